"""Turn a syntax tree into a closure, and learn what it reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches

from vips_render.errors import ExpressionError
from vips_render.expr.functions import FUNCTIONS
from vips_render.expr.nodes import Call, Coalesce, Literal, Node, Path, Step
from vips_render.expr.values import MISSING, Closure, Evaluation, is_absent, step_into


@dataclass(slots=True)
class Findings:
    """What compiling came across: variables with the column of each mention, and the clock."""

    mentions: list[tuple[str, int]] = field(default_factory=list)
    reads_clock: bool = False


def compile_node(node: Node, findings: Findings) -> Closure:
    """Return a closure that evaluates `node`; add what it reads to `findings`.

    Raises:
        ExpressionError: an unknown function or a wrong number of arguments.
    """
    match node:
        case Literal(value):
            return lambda _run: value
        case Path(root, steps, column):
            findings.mentions.append((root, column))
            return _walk(lambda run: run.values.get(root, MISSING), steps, findings)
        case Step(value, steps):
            return _walk(compile_node(value, findings), steps, findings)
        case Coalesce(options):
            return _first_present(tuple(compile_node(option, findings) for option in options))
        case Call():
            return _call(node, findings)


def _walk(start: Closure, steps: tuple[Node, ...], findings: Findings) -> Closure:
    keys = tuple(compile_node(step, findings) for step in steps)
    known = tuple(step.value for step in steps if isinstance(step, Literal))

    def walk(run: Evaluation) -> object:
        run.spend()
        value = start(run)
        for key in keys:
            value = step_into(value, key(run))
        return value

    def walk_known(run: Evaluation) -> object:
        run.spend()
        value = start(run)
        for key in known:
            value = step_into(value, key)
        return value

    return walk_known if len(known) == len(steps) else walk


def _first_present(options: tuple[Closure, ...]) -> Closure:
    def first_present(run: Evaluation) -> object:
        for option in options:
            value = option(run)
            if not is_absent(value):
                return value
        return MISSING

    return first_present


def _call(node: Call, findings: Findings) -> Closure:
    function = FUNCTIONS.get(node.function)
    if function is None:
        close = get_close_matches(node.function, FUNCTIONS, n=1)
        known = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(FUNCTIONS)}"
        raise ExpressionError(f"there is no function {node.function!r}; {known}", node.column)
    given = len(node.arguments)
    if not function.smallest <= given <= function.largest:
        raise ExpressionError(
            f"{node.function!r} takes {_span(function.smallest, function.largest)}, not {given}"
            " (a pipe's left side counts as the first)",
            node.column,
        )
    findings.reads_clock = findings.reads_clock or function.reads_clock
    arguments = tuple(compile_node(argument, findings) for argument in node.arguments)
    apply = function.apply

    def call(run: Evaluation) -> object:
        run.spend()
        return apply(run, *[argument(run) for argument in arguments])

    return call


def _span(smallest: int, largest: int) -> str:
    count = str(smallest) if smallest == largest else f"{smallest} to {largest}"
    return f"{count} argument{'' if count == '1' else 's'}"
