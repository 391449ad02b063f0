"""Read days and moments, and tell when what is shown of them changes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from vips_render.expr.arithmetic import number_of, size_of
from vips_render.expr.values import Evaluation

Moment = date | datetime
"""A day without a time, or a moment with its zone."""

IMPOSSIBLE = (ValueError, OverflowError, OSError)
"""What Python raises for dates that no calendar has."""

_MILLISECONDS = 10**11
_DAY_CHARS, _MOMENT_CHARS = 10, 40
_QUOTED = re.compile(r"'[^']*'")
_ZONE_CHARS = 64
_STAMP = re.compile(r"[0-9]{9,10}|[0-9]{12,13}")
"""Seconds or milliseconds as a CSV file has them; eight digits are a day."""


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """Return the time zone of that name, UTC when there is none."""
    try:
        return ZoneInfo(name) if name and len(name) <= _ZONE_CHARS else UTC
    except (ValueError, OSError, KeyError):  # zoneinfo refuses odd keys in all three ways
        return UTC


def zone_fault(name: object) -> str:
    """Return what is wrong with a time zone that is written out; empty when nothing is."""
    if not isinstance(name, str) or not name or zone_of(name) is not UTC:
        return ""
    if zone_of("Europe/Berlin") is UTC:
        return ""  # a machine without the data base knows none
    return f"{name!r} is no time zone; write one such as 'Europe/Berlin'"


def zone_for(run: Evaluation, name: object) -> tzinfo:
    """Return the zone of that name, that of the link when it is none."""
    return zone_of(name if isinstance(name, str) and name else run.timezone)


def now_in(run: Evaluation, zone: tzinfo) -> datetime | None:
    """Return the clock in a zone; None when it shows what no calendar has."""
    try:
        return datetime.fromtimestamp(run.now, zone)
    except IMPOSSIBLE:
        return None


def moment_of(value: object, zone: tzinfo) -> Moment | None:
    """Return the day or moment that `value` names, or None.

    Text is ISO 8601, a moment without zone is one in `zone`. A number, be it text, counts seconds
    since 1970, or milliseconds when it is too large for that.
    """
    try:
        if isinstance(value, str) and not _STAMP.fullmatch(value):
            return _read(value.strip(), zone)
        number = number_of(value)
        if number is None:
            return None
        seconds = float(number) / (1000 if size_of(number) >= _MILLISECONDS else 1)
        return datetime.fromtimestamp(seconds, zone)
    except IMPOSSIBLE:
        return None


def moment_fault(value: object) -> str:
    """Return what is wrong with a date that is written out; empty when nothing is."""
    if value is None or moment_of(value, UTC) is not None:
        return ""
    return f"{value!r} is no date; write one such as '2026-03-01' or '2026-03-01T18:00:00Z'"


def _read(text: str, zone: tzinfo) -> Moment | None:
    if len(text) <= _DAY_CHARS:
        return date.fromisoformat(text)
    if len(text) > _MOMENT_CHARS:
        return None
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)


def start_of(day: date, zone: tzinfo) -> datetime:
    """Return the first moment of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def next_change(local: datetime, pattern: str) -> float | None:
    """Return when what `pattern` (of CLDR) shows of the moment changes, in seconds since 1970.

    Raises:
        ValueError, OverflowError: behind the end of the calendar.
    """
    letters = set(_QUOTED.sub("", pattern))
    now = local.timestamp()
    past_minute = local.second + local.microsecond / 1e6
    if letters & set("sSA"):
        return now - local.microsecond / 1e6 + 1
    if "m" in letters:
        return now - past_minute + 60
    if letters & set("hHkKabBzZOvVXx"):
        return now - past_minute - local.minute * 60 + 3600
    if letters & set("dDFgEecwWY"):
        return midnight(local, 1)
    if letters & set("MLqQ"):
        year, month = divmod(local.year * 12 + local.month, 12)
        return start_of(date(year, month + 1, 1), _zone(local)).timestamp()
    if letters & set("yurUG"):
        return start_of(date(local.year + 1, 1, 1), _zone(local)).timestamp()
    return None


def midnight(local: datetime, days: int) -> float:
    """Return when the day begins that is so many days ahead."""
    return start_of(local.date() + timedelta(days=days), _zone(local)).timestamp()


def _zone(local: datetime) -> tzinfo:
    return local.tzinfo or UTC


class Rung(NamedTuple):
    """A distance in the unit that suits it; `low` and `high` bound the distances that read so."""

    unit: str
    amount: int
    low: int
    high: int


_DAY_RUNGS = (("day", 1, 7), ("week", 7, 30), ("month", 30, 365), ("year", 365, 10**9))
_SECOND_RUNGS = (
    ("second", 1, 60),
    ("minute", 60, 3600),
    ("hour", 3600, 86_400),
    *((unit, size * 86_400, end * 86_400) for unit, size, end in _DAY_RUNGS),
)


def rung_of(distance: int, *, in_days: bool) -> Rung:
    """Return how to tell a distance in days, or else in seconds; it is not negative."""
    start = 0
    for unit, size, end in _DAY_RUNGS if in_days else _SECOND_RUNGS:
        if distance < end:
            count = distance // size
            return Rung(unit, count, max(count * size, start), min((count + 1) * size, end))
        start = end
    return Rung("year", 10**9, 0, distance + 1)
