"""The law that every text and every data are held to, by Hypothesis and by the fuzzer alike."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from vips_render.errors import ExpressionError, LimitExceeded
from vips_render.expr.explain import explain
from vips_render.expr.text import compile_text
from vips_render.expr.values import Evaluation, Missing, as_text
from vips_render.limits import Limits

LIMITS = Limits()


def hold_law(
    source: str, values: Mapping[str, object], *, locale: str, timezone: str, now: float
) -> None:
    """Evaluate a text: it gives a value within the budget or an error of ours, and nothing else.

    Whatever it gives, watching it gives the same, and it holds until a moment that is to come.
    """
    try:
        expression = compile_text(source, LIMITS)
    except ExpressionError as error:
        columns = [one.column for one in (error, *error.others)]
        assert columns == sorted(columns)
        assert 1 <= columns[0] <= columns[-1] <= len(source) + 1
        return
    except LimitExceeded:
        return
    run = Evaluation(values, now, timezone, locale)
    try:
        value = expression.run(run)
        text = as_text(value)
    except LimitExceeded:
        return
    finally:
        assert run.fresh_until is None or run.fresh_until > now
        assert run.fresh_until is None or expression.reads_clock
    assert not isinstance(value, Decimal)
    if expression.variable is None and not isinstance(value, (list, tuple)):
        assert len(text) <= max(LIMITS.expression_chars, *map(_longest, values.values()), 0)
    again = Evaluation(values, now, timezone, locale)
    watched = explain(source, again, LIMITS)
    assert as_text(watched.value) == text
    assert again.fresh_until == run.fresh_until
    assert isinstance(value, Missing) == isinstance(watched.value, Missing)


def _longest(value: object) -> int:
    """Return the length of the longest text in data: a path gives it as it is."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return max(map(_longest, value.values()), default=0)
    if isinstance(value, (list, tuple)):
        return max(map(_longest, value), default=0)
    return 40
