"""Compile a text of the document that may hold `{{ … }}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vips_render.errors import ExpressionError, LimitExceeded
from vips_render.expr.arithmetic import plain
from vips_render.expr.blocks import OPENING, read_pieces
from vips_render.expr.compile import Compiler, Watch
from vips_render.expr.flow import Flow, flows_of
from vips_render.expr.nodes import For, If, Literal, Path
from vips_render.expr.values import Closure, Evaluation
from vips_render.limits import Limits


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled text; equal to another of the same source.

    Attributes:
        source: the text as written.
        mentions: each variable it names, with the 1-based column of the mention.
        flows: of these, what gets into the result and how.
        reads_clock: whether its result changes with time.
        reads_locale: whether its result depends on the caller's locale or time zone.
        opening: the prose before the first `{{`.
        variable: the variable whose value it is, if it is nothing but `{{ variable }}`.
    """

    source: str
    mentions: tuple[tuple[str, int], ...] = field(compare=False)
    flows: tuple[Flow, ...] = field(compare=False, repr=False)
    reads_clock: bool = field(compare=False)
    reads_locale: bool = field(compare=False)
    opening: str = field(compare=False)
    variable: str | None = field(compare=False)
    closure: Closure = field(compare=False, repr=False)
    """Gives the value within an evaluation, whose budget it sets anew if it spends any."""

    @property
    def reads(self) -> frozenset[str]:
        """The names of the variables it reads."""
        return frozenset(name for name, _ in self.mentions)

    def evaluate(self, values: Mapping[str, object]) -> object:
        """Return the value for these variables; missing ones are missing, not an error.

        Raises:
            LimitExceeded: more steps, characters or digits than the budget it was compiled with.
        """
        return self.run(Evaluation(values))

    def run(self, evaluation: Evaluation) -> object:
        """Return the value within `evaluation`, which also learns until when it holds."""
        return self.closure(evaluation)


def has_expression(source: str) -> bool:
    """Tell whether `source` holds anything to compile."""
    return OPENING in source


def literal_source(text: str) -> str:
    """Return a source that evaluates to `text` itself, whatever it holds."""
    return text.replace(OPENING, "{{ '{{' }}")


def compile_text(source: str, limits: Limits, watch: Watch | None = None) -> Expression:
    """Compile `source`; one `{{ … }}` alone keeps its value's type, all else gives text.

    Raises:
        ExpressionError: the first fault by its 1-based column in `source`, and all others.
        LimitExceeded: too long, nested too deep, or too many steps even without a loop.
    """
    if len(source) > limits.expression_chars:
        raise LimitExceeded(f"a text may have at most {limits.expression_chars} characters")
    faults: list[ExpressionError] = []
    pieces = read_pieces(source, limits.expression_depth, faults)
    compiler = Compiler(faults, watch)
    alone = pieces[0] if len(pieces) == 1 and not isinstance(pieces[0], (str, If, For)) else None
    if alone is None:
        closure = compiler.pieces(pieces, limits.expression_chars)
    else:
        closure = compiler.node(alone)
        if not isinstance(alone, (Path, Literal)):
            closure = _as_drawn(closure)
    if compiler.weight > limits.expression_steps:
        raise LimitExceeded("an expression takes too many steps")
    if faults:
        raise _together(faults, compiler.mentions)
    return Expression(
        source,
        tuple(compiler.mentions),
        tuple(flows_of(pieces)),
        compiler.reads_clock,
        compiler.reads_locale,
        opening=pieces[0] if isinstance(pieces[0], str) else "",
        variable=alone.root if isinstance(alone, Path) and not alone.steps else None,
        closure=_budgeted(closure, limits) if compiler.spends else closure,
    )


def _together(faults: list[ExpressionError], mentions: list[tuple[str, int]]) -> ExpressionError:
    first, *others = sorted(faults, key=lambda fault: fault.column)
    return ExpressionError(first.message, first.column, tuple(others), tuple(mentions))


def _budgeted(closure: Closure, limits: Limits) -> Closure:
    def budgeted(run: Evaluation) -> object:
        steps = run.steps_left = min(limits.expression_steps, run.picture_steps)
        run.most_chars = limits.expression_chars
        run.most_items = limits.expression_items
        try:
            return closure(run)
        finally:
            run.picture_steps -= min(steps - run.steps_left, steps)

    return budgeted


def _as_drawn(closure: Closure) -> Closure:
    return lambda run: plain(closure(run))
