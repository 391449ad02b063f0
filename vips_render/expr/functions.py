"""The one table of functions; pipes and calls both look here.

A function gets evaluated arguments, a pipe's left side first, and the evaluation it runs in. It
returns a value for arguments of any kind and never raises but `LimitExceeded`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from vips_render.expr.values import Evaluation, is_absent


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    Attributes:
        apply: from the evaluation and the arguments to the result.
        smallest: fewest arguments, a pipe's left side included.
        largest: most arguments.
        reads_clock: whether the result changes with time.
    """

    apply: Callable[..., object]
    smallest: int
    largest: int
    reads_clock: bool = False


def _default(_run: Evaluation, value: object, otherwise: object) -> object:
    """Return `value`, or `otherwise` when it is missing, null or empty text."""
    is_blank = isinstance(value, str) and not value
    return otherwise if is_blank or is_absent(value) else value


def _year(run: Evaluation) -> object:
    """Return the calendar year of now in the caller's time zone; it holds until New Year there."""
    zone = _zone(run.timezone)
    try:
        year = datetime.fromtimestamp(run.now, zone).year
        run.holds_until(datetime(year + 1, 1, 1, tzinfo=zone).timestamp())
    except (ValueError, OverflowError, OSError):  # a clock before year 1 or after 9998
        return None
    return year


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):  # zoneinfo refuses odd keys in all three ways
        return UTC


FUNCTIONS: dict[str, Function] = {
    "default": Function(_default, 2, 2),
    "year": Function(_year, 0, 0, reads_clock=True),
}
