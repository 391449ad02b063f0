"""Turn a syntax tree into closures, and learn what it reads."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from vips_render.errors import ExpressionError, LimitExceeded
from vips_render.expr.arithmetic import OPERATORS
from vips_render.expr.closures import (
    CHOICES,
    applied,
    branched,
    either,
    joined,
    list_of,
    looped,
    signed,
)
from vips_render.expr.functions import CLOCK, FUNCTIONS, NAMES, NOW, Function
from vips_render.expr.nodes import (
    Call,
    Chain,
    Choice,
    For,
    If,
    Items,
    Literal,
    Node,
    Path,
    Piece,
    Step,
    Ternary,
    Unary,
)
from vips_render.expr.values import MISSING, Closure, Evaluation, step_into

Watch = Callable[[Node, Closure], Closure]
"""May put itself between a node and whoever asks for its value."""

_DEEPEST = 100
"""Python's own stack would end at ten times as many; one level of the parser may hold eight."""

LOOP = "loop"
"""What a loop knows of itself: `loop.index` from 1, `loop.first`, `loop.last`, `loop.length`."""


class Compiler:
    """Compiles the parts of one text.

    Attributes:
        faults: what is wrong: unknown functions, a wrong number of arguments, literals that are
            none of what they stand for. What is compiled in spite of them is of no use.
        mentions: variables with the 1-based column of each mention, in the order of the text;
            what a loop names is none.
        reads_clock: whether the result changes with time.
        reads_locale: whether it depends on the caller's locale or time zone.
        weight: steps that the text takes without loops.
        spends: whether it may use up any of the budget while it runs.
        scope: names that loops give, with the number of the loop's place.
    """

    def __init__(self, faults: list[ExpressionError], watch: Watch | None = None) -> None:
        self.faults = faults
        self.mentions: list[tuple[str, int]] = []
        self.reads_clock = False
        self.reads_locale = False
        self.weight = 0
        self.spends = False
        self.scope: dict[str, int] = {}
        self.depth = 0
        self.nesting = 0
        self.watch = watch

    def node(self, node: Node) -> Closure:
        """Return a closure that evaluates `node`.

        Raises:
            LimitExceeded: nested too deep.
        """
        self.weight += 1
        self.nesting += 1
        if self.nesting > _DEEPEST:
            raise LimitExceeded(f"operators and calls nest deeper than {_DEEPEST} levels")
        self.spends = self.spends or not isinstance(node, (Literal, Path))
        made = self.unwatched(node)
        self.nesting -= 1
        return self.watch(node, made) if self.watch else made

    def unwatched(self, node: Node) -> Closure:
        """Return the closure of a node, without whoever watches it."""
        match node:
            case Literal(value):
                return lambda _run: value
            case Path(root, steps, at):
                return self.way(self.root(root, at[0] + 1), steps)
            case Step(Call() as call, (Literal(str() as member), *steps)):
                return self.way(self.call(call, member), tuple(steps), first=member)
            case Step(value, steps):
                return self.way(self.node(value), steps)
            case Choice(sign, options):
                return CHOICES[sign](tuple(self.node(option) for option in options))
            case Chain(first, rest):
                return self.chain(first, rest)
            case Unary(signs, value):
                return signed(self.node(value), signs)
            case Ternary(test, then, otherwise):
                return either(self.node(test), self.node(then), self.node(otherwise))
            case Items(items):
                return list_of(tuple(self.node(item) for item in items))
            case Call():
                return self.call(node)

    def root(self, name: str, column: int) -> Closure:
        """Return what gives a variable, or what a loop has at hand."""
        place = self.scope.get(name)
        if place is not None:
            return lambda run: run.scope.get(place, MISSING)
        self.mentions.append((name, column))
        return lambda run: run.values.get(name, MISSING)

    def way(self, start: Closure, steps: tuple[Node, ...], first: str | None = None) -> Closure:
        """Return what goes from a value into it; `first` is a step that `start` takes itself."""
        if not steps:
            return start
        keys = tuple(self.node(step) for step in steps)
        known = tuple(step.value for step in steps if isinstance(step, Literal))

        def walk(run: Evaluation) -> object:
            value = start(run)
            for key in keys:
                value = step_into(value, key(run))
            return value

        def walk_known(run: Evaluation) -> object:
            value = start(run)
            for key in known:
                value = step_into(value, key)
            return value

        return walk_known if len(known) == len(steps) else walk

    def chain(self, first: Node, rest: tuple[tuple[str, Node], ...]) -> Closure:
        """Return operators of one rank, from left to right."""
        start = self.node(first)
        links = tuple((OPERATORS[sign], self.node(operand)) for sign, operand in rest)
        if len(links) == 1:
            ((apply, other),) = links
            return lambda run: apply(run, start(run), other(run))

        def chain(run: Evaluation) -> object:
            value = start(run)
            for apply, operand in links:
                value = apply(run, value, operand(run))
            return value

        return chain

    def call(self, node: Call, member: str | None = None) -> Closure:
        """Return the call of a function, or of what gives one member of its result."""
        try:
            function = _function_of(node)
        except ExpressionError as fault:
            self.faults.append(fault)
            return list_of(tuple(self.node(argument) for argument in node.arguments))
        reads_now = False
        given: list[Closure] = []
        for place, argument in enumerate(node.arguments):
            if (
                place in function.moments
                and isinstance(argument, Literal)
                and argument.value == NOW
            ):
                reads_now = True
                given.append(lambda _run: CLOCK)
                continue
            if wrong := _literal_fault(function, place, argument):
                self.faults.append(ExpressionError(wrong, argument.at[0] + 1))
            given.append(self.node(argument))
        self.reads_clock = self.reads_clock or function.reads_clock or reads_now
        self.reads_locale = self.reads_locale or function.reads_locale
        if member is None:
            return applied(function, tuple(given))
        if function.member is None:
            whole = applied(function, tuple(given))
            return lambda run: step_into(whole(run), member)
        return applied(function, (*given, lambda _run: member), function.member)

    def pieces(self, pieces: tuple[Piece, ...], most_chars: int) -> Closure:
        """Return what joins the parts of a text."""
        self.spends = self.spends or not all(isinstance(piece, str) for piece in pieces)
        made = tuple(
            piece if isinstance(piece, str) else self.piece(piece, most_chars) for piece in pieces
        )
        return joined(made, most_chars)

    def piece(self, piece: Node | If | For, most_chars: int) -> Closure:
        """Return an expression or a block of a text."""
        match piece:
            case If(branches, otherwise):
                return branched(
                    tuple(
                        (self.node(test), self.pieces(parts, most_chars))
                        for test, parts in branches
                    ),
                    self.pieces(otherwise, most_chars),
                )
            case For():
                return self.loop(piece, most_chars)
            case _:
                return self.node(piece)

    def loop(self, loop: For, most_chars: int) -> Closure:
        """Return what joins the turns of a loop."""
        self.spends = True
        items = self.node(loop.items)
        outer, place = self.scope, self.depth * 2
        self.scope = outer | {LOOP: place + 1, loop.name: place}
        self.depth += 1
        before = self.weight
        body = self.pieces(loop.body, most_chars)
        weight = self.weight - before + 1
        self.scope = outer
        self.depth -= 1
        return looped(items, place, body, self.pieces(loop.otherwise, most_chars), weight)


def _function_of(node: Call) -> Function:
    function = FUNCTIONS.get(NAMES.get(node.function, ""))
    if function is None:
        close = get_close_matches(node.function, NAMES, n=1)
        known = f"did you mean {close[0]!r}?" if close else "docs/functions.md lists all"
        raise ExpressionError(f"there is no function {node.function!r}; {known}", node.column)
    given = len(node.arguments)
    if not function.smallest <= given <= function.largest:
        raise ExpressionError(
            f"{node.function!r} takes {_span(function)}, not {given}"
            " (a pipe's left side counts as the first)",
            node.column,
        )
    return function


def _literal_fault(function: Function, place: int, argument: Node) -> str:
    check = function.literals.get(place)
    return check(argument.value) if check and isinstance(argument, Literal) else ""


def _span(function: Function) -> str:
    least, most = function.smallest, function.largest
    count = str(least) if least == most else f"{least} to {most}"
    return f"{count} argument{'' if count == '1' else 's'}"
