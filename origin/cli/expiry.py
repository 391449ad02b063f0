"""Read when a link shall lapse, the ways a person says it, and say it back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from origin.cli.screen import counted

ALLOWED = (
    "a span (30d, 12h, 90m, 2w), a date (2027-01-31, to its end in UTC), a time "
    "(2027-01-31T18:00+01:00) or unix seconds"
)

_UNIT_S = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def parse_expiry(text: str, *, now: float) -> int:
    """Return the unix second at which a link lapses.

    A time without an offset is UTC.

    Raises:
        ValueError: not readable, or past already; the message says what is allowed.
    """
    if span := re.fullmatch("([0-9]{1,5})([mhdw])", text):
        expires = int(now) + int(span[1]) * _UNIT_S[span[2]]
    elif re.fullmatch("[0-9]{9,12}", text):
        expires = int(text)
    else:
        expires = _moment(text)
    if expires <= now:
        raise ValueError(f"{text!r} is past; give {ALLOWED}")
    return expires


def say_expiry(expires: int, *, now: float) -> str:
    """Write a moment with how far off it is: `2027-01-31 18:00:00 UTC (in 30 days)`."""
    shown = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    distance = abs(expires - now)
    units = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
    unit = next((name for name, seconds in units.items() if distance >= seconds), "second")
    span = counted(int(distance // units[unit]), unit)
    return f"{shown} (in {span})" if expires > now else f"{shown} (lapsed {span} ago)"


def _moment(text: str) -> int:
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            day = date.fromisoformat(text) + timedelta(days=1)
            moment = datetime.combine(day, time(), UTC)
        else:
            moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no moment; give {ALLOWED}") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
