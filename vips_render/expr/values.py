"""Say what values mean to the language: missing, truth, text, number, the way into them.

Nothing here raises for a value of any kind but `LimitExceeded`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from vips_render.errors import LimitExceeded

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_INTEGER_BITS = 128
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0", ""})


class Missing:
    """The value of a name that nobody gave; there is one of it, `MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


@dataclass(slots=True)
class Evaluation:
    """What one evaluation may look at, and what it used up.

    Attributes:
        values: variables by name.
        now: seconds since the epoch; the only clock of the language.
        timezone: name of the IANA data base; UTC when empty or unknown.
        steps_left: budget; one per path and call.
        fresh_until: until when the results so far hold, in seconds since the epoch; None for ever.
    """

    values: Mapping[str, object]
    now: float = 0.0
    timezone: str = ""
    steps_left: int = 10_000
    fresh_until: float | None = None

    def spend(self) -> None:
        """Take one step off the budget."""
        self.steps_left -= 1
        if self.steps_left < 0:
            raise LimitExceeded("an expression takes too many steps")

    def holds_until(self, moment: float) -> None:
        """Remember that the result changes at `moment`."""
        if self.fresh_until is None or moment < self.fresh_until:
            self.fresh_until = moment


Closure = Callable[[Evaluation], object]


def step_into(value: object, key: object) -> object:
    """Return the member of an object or the item of a list (0 is the first), or missing."""
    if isinstance(value, dict):
        return value.get(key, MISSING) if isinstance(key, str) else MISSING
    if isinstance(value, (list, tuple)) and type(key) is int and 0 <= key < len(value):
        item: object = value[key]
        return item
    return MISSING


def is_absent(value: object) -> bool:
    """Tell whether `value` is missing or null."""
    return value is MISSING or value is None


def as_text(value: object) -> str:
    """Return what `value` reads as in prose: nothing for missing, null and objects.

    Whole floats lose their `.0`; a list reads as its items with commas between.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return ", ".join(_scalar_text(item) for item in value)
    return _scalar_text(value)


def _scalar_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if value.bit_length() > _INTEGER_BITS:
            raise LimitExceeded("a number is too large to be written")
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return ""


def as_number(value: object) -> int | float | None:
    """Return `value` as a finite number, or None when it does not read as one.

    Text is read as plain decimals ("42", " 3.50 "); thousands separators are not guessed.
    """
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return None
        return float(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        return value if value.bit_length() <= _INTEGER_BITS else None
    return value if math.isfinite(value) else None


def as_boolean(value: object) -> bool | None:
    """Return `value` as true or false, or None when it reads as neither.

    Text may be true, false, yes, no, on, off, 1, 0 in any case; empty text is false.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in _YES else False if word in _NO else None
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    return None


def is_true(value: object) -> bool:
    """Tell whether `value` counts as true: missing, null, 0 and anything empty do not.

    Text that reads as a boolean counts as that boolean, since data from a CSV file is all text.
    """
    if isinstance(value, str):
        read = as_boolean(value)
        return bool(value) if read is None else read
    return bool(value) if isinstance(value, (bool, int, float, list, tuple, dict)) else False
