"""Show how a text of the language comes to its result, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from vips_render.expr.nodes import Literal, Node
from vips_render.expr.text import Expression, compile_text
from vips_render.expr.values import Closure, Evaluation
from vips_render.limits import Limits

MOST_STEPS = 100
"""A loop may take thousands; nobody reads them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A part of the text, as written, and its value: a variable, an operation, a call, a pipe."""

    source: str
    column: int
    value: object


@dataclass(frozen=True, slots=True)
class Explained:
    """An expression, its value, and the steps in the order in which they were taken."""

    expression: Expression
    value: object
    steps: tuple[Seen, ...]


def explain(source: str, run: Evaluation, limits: Limits) -> Explained:
    """Evaluate `source` within `run`, watching; `run` learns until when the value holds.

    Raises:
        ExpressionError: with the 1-based column in `source`.
        LimitExceeded: past a budget.
    """
    steps: list[Seen] = []

    def watch(node: Node, closure: Closure) -> Closure:
        if isinstance(node, Literal):
            return closure
        start, end = node.at

        def watched(run: Evaluation) -> object:
            value = closure(run)
            if len(steps) < MOST_STEPS:
                steps.append(Seen(source[start:end], start + 1, value))
            return value

        return watched

    expression = compile_text(source, limits, watch)
    value = expression.run(run)
    return Explained(expression, value, tuple(steps))
