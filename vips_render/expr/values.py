"""Say what values mean to the language: missing, truth, text, number, the way into them.

Nothing here raises for a value of any kind but `LimitExceeded`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from vips_render.errors import LimitExceeded

NUMBER_DIGITS = 99
"""Computed numbers have an exponent of at most so much, either way."""

SHOWN: Final = Context(
    prec=15, rounding=ROUND_HALF_UP, Emin=-NUMBER_DIGITS, Emax=NUMBER_DIGITS, traps=[]
)
"""How many digits of a computed number are told."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
INTEGER_BITS = 128
_WORD_CHARS = 100
"""Longer text is no number and no boolean, be it space for the most part."""
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
        locale: BCP 47; English when empty or unknown.
        steps_left: budget; one per turn of a loop and part of it, one per call, and what calls
            have to look through.
        picture_steps: what is left for all texts of the picture together.
        most_chars: longest text that may come up on the way.
        most_items: longest list.
        fresh_until: until when the results so far hold, in seconds since the epoch; None for ever.
    """

    values: Mapping[str, object]
    now: float = 0.0
    timezone: str = ""
    locale: str = ""
    steps_left: int = 10_000
    picture_steps: int = 100_000
    most_chars: int = 8_000
    most_items: int = 1_000
    fresh_until: float | None = None
    scope: dict[int, object] = field(default_factory=dict)
    """What loops have at hand by now, by the number of the loop's place."""

    locales: set[str] = field(default_factory=set)
    """Locales beside the caller's that calls asked for."""

    def spend(self, steps: int = 1) -> None:
        """Take steps off the budget."""
        self.steps_left -= steps
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
    if isinstance(value, (list, tuple)):
        index = key if type(key) is int else _whole(key)
        if index is not None and 0 <= index < len(value):
            item: object = value[index]
            return item
    return MISSING


def _whole(key: object) -> int | None:
    """Return an index that came as 2.0, as numbers of variables do."""
    if isinstance(key, float):
        return int(key) if key.is_integer() else None
    if isinstance(key, Decimal):
        return int(key) if key.is_finite() and key == key.to_integral_value() else None
    return None


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
        if value.bit_length() > INTEGER_BITS:
            raise LimitExceeded("a number is too large to be written")
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        digits = repr(value)
        if "e" not in digits or abs(SHOWN.create_decimal(digits).adjusted()) >= NUMBER_DIGITS:
            return digits
        return decimal_text(Decimal(digits))
    if isinstance(value, Decimal):
        return decimal_text(value)
    return ""


def text_of(run: Evaluation, value: object) -> str:
    """Return what `value` reads as, within the budget on characters."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        listed_within(run, value)
        run.spend(len(value))
        room = run.most_chars - sum(len(item) for item in value if isinstance(item, str))
        if room < 0:
            raise LimitExceeded(f"a text grows past {run.most_chars} characters")
    return as_text(value)


def listed_within(run: Evaluation, items: Sequence[object]) -> None:
    """Refuse a list that is longer than the budget allows."""
    if len(items) > run.most_items:
        raise LimitExceeded(f"a list grows past {run.most_items} items")


def decimal_text(value: Decimal) -> str:
    """Return a computed number as plain digits, at most 15 that count: 0.3, 12.5, 120."""
    if not value.is_finite() or not value:
        return "0" if value.is_finite() else ""
    text = format(SHOWN.plus(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_number(value: object) -> int | float | None:
    """Return `value` as a finite number, or None when it does not read as one.

    Text is read as plain decimals ("42", " 3.50 "); thousands separators are not guessed.
    """
    if isinstance(value, str):
        text = value.strip() if len(value) <= _WORD_CHARS else ""
        if not _NUMBER.fullmatch(text):
            return None
        return float(text) if "." in text else int(text)
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        return value if value.bit_length() <= INTEGER_BITS else None
    return value if math.isfinite(value) else None


def as_boolean(value: object) -> bool | None:
    """Return `value` as true or false, or None when it reads as neither.

    Text may be true, false, yes, no, on, off, 1, 0 in any case; empty text is false.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower() if len(value) <= _WORD_CHARS else value
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
    if isinstance(value, (bool, int, float, Decimal, list, tuple, dict)):
        return bool(value)
    return False
