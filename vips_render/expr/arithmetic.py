"""Compute in decimals, so that 0.1 + 0.2 is 0.3, and compare what may be of any kind.

Whole numbers stay whole; everything else is computed with 34 digits. What has no answer, such as a
division by zero or a number made of "abc", is missing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from vips_render.errors import LimitExceeded
from vips_render.expr.values import (
    INTEGER_BITS,
    MISSING,
    NUMBER_DIGITS,
    Evaluation,
    as_number,
    is_absent,
    text_of,
)

Number = int | Decimal


def _context(digits: int) -> Context:
    return Context(
        prec=digits, rounding=ROUND_HALF_UP, Emin=-NUMBER_DIGITS, Emax=NUMBER_DIGITS, traps=[]
    )


_EXACT = _context(34)
_SNAP = _context(28)
"""Takes off the digits that a division leaves behind: 1 / 3 * 3 is 1."""

WIDE = Context(prec=250, rounding=ROUND_HALF_UP, traps=[])
"""Wide enough that no number of the language is rounded but where it is asked for."""

_DEEPEST = 8
_ONE = Decimal(1)


def number_of(value: object) -> Number | None:
    """Return `value` as a number to compute with, or None when it does not read as one."""
    kind = type(value)
    if kind is int:
        return value if value.bit_length() <= INTEGER_BITS else None  # type: ignore[attr-defined,return-value] # its type was looked at
    if kind is float:
        return _decimal(repr(value))
    if kind is Decimal:
        return value  # type: ignore[return-value] # its type was looked at
    if kind is str:
        return _read(value)  # type: ignore[arg-type] # its type was looked at
    number = as_number(value)
    return number if number is None or isinstance(number, int) else _decimal(repr(number))


def _read(text: str) -> Number | None:
    if as_number(text) is None:
        return None
    return _decimal(text.strip()) if "." in text else int(text)


def _decimal(digits: str) -> Decimal | None:
    number = _EXACT.create_decimal(digits)
    return number if number.is_finite() else None


def kept(number: Decimal) -> Decimal:
    """Return what was computed.

    Raises:
        LimitExceeded: it has more than 99 digits before the point.
    """
    if number.is_infinite():
        raise LimitExceeded("a number grows too large")
    return number


def snapped(number: Number) -> Number:
    """Return a number without what earlier steps left in its last digits."""
    return number if isinstance(number, int) else _SNAP.plus(number)


def plain(value: object) -> object:
    """Return a value as those who draw take it: computed numbers as floats."""
    if type(value) is Decimal:
        return float(value)
    return value


def round_to(number: Number, digits: int, rounding: str = ROUND_HALF_UP) -> Number:
    """Return `number` with so many digits after the point (negative: before it), 5 rounded up."""
    if digits >= 0 and isinstance(number, int):
        return number
    unit = _ONE if digits == 0 else _ONE.scaleb(-digits)
    rounded = Decimal(snapped(number)).quantize(unit, rounding, WIDE)
    return int(rounded) if digits <= 0 else kept(rounded)


def _whole(number: int) -> int:
    if number.bit_length() > INTEGER_BITS:
        raise LimitExceeded("a number grows too large")
    return number


def add(run: Evaluation, left: object, right: object) -> object:
    """Add numbers; join when either side is text, as prose does."""
    if isinstance(left, str) or isinstance(right, str):
        first, second = text_of(run, left), text_of(run, right)
        if len(first) + len(second) > run.most_chars:
            raise LimitExceeded(f"a text grows past {run.most_chars} characters")
        return first + second
    return _computed(left, right, operator.add, _EXACT.add)


def _subtract(_run: Evaluation, left: object, right: object) -> object:
    return _computed(left, right, operator.sub, _EXACT.subtract)


def _multiply(_run: Evaluation, left: object, right: object) -> object:
    return _computed(left, right, operator.mul, _EXACT.multiply)


def divided(left: object, right: object) -> object:
    """Return a quotient; whole when it is."""
    first, second = number_of(left), number_of(right)
    if first is None or second is None or not second:
        return MISSING
    if isinstance(first, int) and isinstance(second, int) and first % second == 0:
        return _whole(first // second)
    return kept(_EXACT.divide(Decimal(first), Decimal(second)))


def _divide(_run: Evaluation, left: object, right: object) -> object:
    return divided(left, right)


def _remainder(_run: Evaluation, left: object, right: object) -> object:
    first, second = number_of(left), number_of(right)
    if first is None or second is None or not second:
        return MISSING
    if isinstance(first, int) and isinstance(second, int):
        return first % second
    dividend, divisor = Decimal(first), Decimal(second)
    turns = WIDE.divide(dividend, divisor).to_integral_value(ROUND_FLOOR, WIDE)
    return kept(_EXACT.plus(WIDE.subtract(dividend, WIDE.multiply(turns, divisor))))


def _computed(
    left: object,
    right: object,
    whole: Callable[[int, int], int],
    exact: Callable[[Decimal, Decimal], Decimal],
) -> object:
    first, second = number_of(left), number_of(right)
    if first is None or second is None:
        return MISSING
    if isinstance(first, int) and isinstance(second, int):
        return _whole(whole(first, second))
    return kept(exact(Decimal(first), Decimal(second)))


def _negated(number: Number) -> Number:
    return -number if isinstance(number, int) else number.copy_negate()


def size_of(number: Number) -> Number:
    """Return a number without its sign."""
    return number if number >= 0 else _negated(number)


def negative(value: object) -> object:
    """Return minus `value`, or missing."""
    number = number_of(value)
    return MISSING if number is None else _negated(number)


def total(left: Number, right: Number) -> Number:
    """Add two numbers."""
    if isinstance(left, int) and isinstance(right, int):
        return _whole(left + right)
    return kept(_EXACT.add(Decimal(left), Decimal(right)))


def is_equal(run: Evaluation, left: object, right: object, depth: int = 0) -> bool:
    """Tell whether two values are the same; missing is null, and "5" is 5, since CSV is text."""
    run.spend()
    if is_absent(left) or is_absent(right):
        return is_absent(left) and is_absent(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return (
            depth < _DEEPEST
            and len(left) == len(right)
            and all(
                is_equal(run, one, other, depth + 1) for one, other in zip(left, right, strict=True)
            )
        )
    first, second = number_of(left), number_of(right)
    return first is not None and second is not None and snapped(first) == snapped(second)


def order(left: object, right: object) -> int | None:
    """Return -1, 0 or 1 as `left` is before, at or behind `right`; None when neither is.

    What reads as numbers on both sides is compared as numbers, other text by its characters.
    """
    first, second = number_of(left), number_of(right)
    if first is not None and second is not None:
        one, other = snapped(first), snapped(second)
        return (one > other) - (one < other)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    return None


def _ordered(*wanted: int) -> Callable[[Evaluation, object, object], object]:
    def ordered(_run: Evaluation, left: object, right: object) -> object:
        return order(left, right) in wanted

    return ordered


def _equal(run: Evaluation, left: object, right: object) -> object:
    return is_equal(run, left, right)


def _different(run: Evaluation, left: object, right: object) -> object:
    return not is_equal(run, left, right)


OPERATORS: dict[str, Callable[[Evaluation, object, object], object]] = {
    "+": add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
    "==": _equal,
    "!=": _different,
    "<": _ordered(-1),
    "<=": _ordered(-1, 0),
    ">": _ordered(1),
    ">=": _ordered(0, 1),
}
