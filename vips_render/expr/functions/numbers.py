"""Functions that compute with numbers or write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from vips_render.expr.arithmetic import Number, divided, number_of, round_to, size_of, total
from vips_render.expr.functions.function import Example, Rows, numbers_in, whole_of
from vips_render.expr.functions.words import ORDINALS
from vips_render.expr.locales import (
    Writing,
    asked,
    language_of,
    locale_fault,
    writing_for,
    writing_of,
)
from vips_render.expr.values import MISSING, Evaluation, text_of

NUMBERS = Rows(
    "Numbers",
    "What is no number gives nothing at all, so that `default` can step in. A 5 is rounded up. A "
    "locale may stand where digits do, in any order: `currency: 'EUR', 'de'`.",
)

_MOST_DIGITS = 15
_CODE = re.compile(r"[A-Za-z]{3}")


def _round(_run: Evaluation, value: object, digits: object = 0) -> object:
    return _rounded(value, digits)


def _rounded(value: object, digits: object) -> Number | None:
    number = number_of(value)
    if number is None:
        return None
    return round_to(number, whole_of(digits, most=_MOST_DIGITS))


def _towards(rounding: str) -> Callable[..., object]:
    def rounded(_run: Evaluation, value: object) -> object:
        number = number_of(value)
        return MISSING if number is None else round_to(number, 0, rounding)

    return rounded


def _absolute(_run: Evaluation, value: object) -> object:
    number = number_of(value)
    return MISSING if number is None else size_of(number)


def _smallest(run: Evaluation, *values: object) -> object:
    return min(numbers_in(run, values), default=MISSING)


def _largest(run: Evaluation, *values: object) -> object:
    return max(numbers_in(run, values), default=MISSING)


def _sum(run: Evaluation, *values: object) -> object:
    found: Number = 0
    for number in numbers_in(run, values):
        found = total(found, number)
    return found


def _average(run: Evaluation, *values: object) -> object:
    numbers = numbers_in(run, values)
    return divided(_sum(run, numbers), len(numbers))


def _number(run: Evaluation, value: object, *how: object) -> object:
    from babel.numbers import format_decimal

    digits, writing = _manner(run, how)
    number = number_of(value) if digits is None else _rounded(value, digits)
    if number is None:
        return MISSING
    pattern = writing.locale.decimal_formats[None].pattern
    exact = pattern if digits is None else _with_digits(pattern, digits)
    return _written(writing, format_decimal, number, exact)


def _currency(run: Evaluation, value: object, code: object, *how: object) -> object:
    from babel.numbers import format_currency

    digits, writing = _manner(run, how)
    number = number_of(value) if digits is None else _rounded(value, digits)
    name = text_of(run, code).strip().upper()
    if number is None or not _CODE.fullmatch(name):
        return MISSING
    if digits is None:
        return _written(writing, format_currency, number, name)
    exact = _with_digits(writing.locale.currency_formats["standard"].pattern, digits)
    return _written(writing, format_currency, number, name, exact, currency_digits=False)


def _written(
    writing: Writing, function: Callable[..., str], *given: object, **named: object
) -> object:
    """Write a number with the signs of the locale, which Babel has and does not use."""
    text = writing(function, *given, numbering_system=writing.numbering, **named)
    symbols = writing.locale.number_symbols.get(writing.numbering)
    if not isinstance(text, str) or not isinstance(symbols, Mapping):
        return text
    minus, percent = symbols.get("minusSign", "-"), symbols.get("percentSign", "%")
    return text.replace("-", str(minus)).replace("%", str(percent))


def _code_fault(code: object) -> str:
    if isinstance(code, str) and _CODE.fullmatch(code.strip()):
        return ""
    return "a currency has three letters, such as 'EUR'"


def _with_digits(pattern: str, digits: int) -> str:
    """Return a pattern of CLDR with another number of digits after the point."""
    places = "." + "0" * digits if digits > 0 else ""
    return re.sub(r"0(\.[0#]+)?(?=[^0-9#.,]|$)", "0" + places, pattern)


def _percent(run: Evaluation, value: object, *how: object) -> object:
    from babel.numbers import format_percent

    digits, writing = _manner(run, how)
    number = number_of(value)
    if number is None:
        return MISSING
    exact = round_to(Decimal(number), (digits or 0) + 2)
    pattern = _with_digits(writing.locale.percent_formats[None].pattern, digits or 0)
    return _written(writing, format_percent, Decimal(exact), pattern)


def _compact(run: Evaluation, value: object, *how: object) -> object:
    from babel.numbers import format_compact_decimal, format_decimal

    digits, writing = _manner(run, how)
    number = number_of(value)
    if number is None:
        return MISSING
    fraction = 1 if digits is None else max(digits, 0)
    reached = _next_magnitude(number, fraction, writing)
    if reached is not None:
        return _written(writing, format_compact_decimal, reached, fraction_digits=fraction)
    pattern = _with_digits(writing.locale.decimal_formats[None].pattern, 0)
    optional = pattern if fraction == 0 else pattern.replace("0", "0." + "#" * fraction, 1)
    return _written(writing, format_decimal, round_to(number, fraction), optional)


def _next_magnitude(number: Number, fraction: int, writing: Writing) -> Number | None:
    """Return what to shorten: the round number where `number` reads as one, since Babel writes
    1000K; None where the language writes the number out.
    """
    size = size_of(number)
    forms = asked(lambda: writing.locale.compact_decimal_formats["short"]["other"])
    if not isinstance(forms, Mapping):
        return None
    magnitude = max((int(one) for one in forms if int(one) <= size), default=0)
    pattern = forms[str(magnitude)].pattern if magnitude else ""
    if not pattern.strip("0"):
        return None
    if size >= magnitude * 10:
        return number
    divisor = magnitude // 10 ** (pattern.count("0") - 1)
    if round_to(Decimal(size) / divisor, fraction) * divisor < magnitude * 10:
        return number
    return magnitude * (10 if number > 0 else -10)


def _manner(run: Evaluation, how: tuple[object, ...]) -> tuple[int | None, Writing]:
    """Read the arguments behind a value: digits after the point, and a locale, in any order."""
    digits: int | None = None
    locale = run.locale
    for argument in how:
        if number_of(argument) is not None:
            digits = whole_of(argument, most=_MOST_DIGITS)
        elif isinstance(argument, str) and argument:
            locale = argument
    return digits, writing_for(run, locale)


def _ordinal(run: Evaluation, value: object, locale: object = None) -> object:
    number = number_of(value)
    tag = locale if isinstance(locale, str) and locale else run.locale
    if number is None or number != int(number):
        return MISSING
    writing_for(run, tag)
    return ordinal_of(tag, int(number))


def ordinal_of(tag: str, number: int) -> str:
    """Return a whole number as a place in a row."""
    writing = writing_of(tag)
    forms = ORDINALS.get(language_of(tag), {"other": "{}."})
    found = asked(lambda: str(writing.locale.ordinal_form(abs(number))))
    word = forms.get(found) if isinstance(found, str) else None
    return (word or forms["other"]).format(writing.numerals(str(number)))


_LOCALE = "[digits], [locale]"
NUMBERS.add(
    *("round", "number, [digits]", "The number with so many digits after the point."),
    *(_round, Example("{{ 1.005 | round: 2 }}", "1.01"), Example("{{ round(1250, -2) }}", "1300")),
)
NUMBERS.add(
    *("floor", "number", "The next whole number below."),
    *(_towards(ROUND_FLOOR), Example("{{ floor(2.9) }}", "2")),
)
NUMBERS.add(
    *("ceil", "number", "The next whole number above."),
    *(_towards(ROUND_CEILING), Example("{{ ceil(2.1) }}", "3")),
)
NUMBERS.add(
    "abs", "number", "The number without its sign.", _absolute, Example("{{ abs(-3) }}", "3")
)
_SMALLEST = "The smallest of several numbers, or of those in a list."
NUMBERS.add(
    *("min", "number, [number …]", _SMALLEST, _smallest),
    *(Example("{{ min(3, 1, 2) }}", "1"), Example("{{ [3, 1] | min }}", "1")),
)
NUMBERS.add(
    *("max", "number, [number …]", "The largest of several numbers, or of those in a list."),
    *(_largest, Example("{{ max(points, 0) }}", "120", data={"points": 120})),
)
NUMBERS.add(
    *("sum", "number, [number …]", "All numbers of a list together; 0 for none.", _sum),
    Example("{{ sum(prices) }}", "12.4", data={"prices": [4.1, 8.3]}),
)
NUMBERS.add(
    *("average", "number, [number …]", "Their sum divided by how many they are.", _average),
    Example("{{ average([1, 2, 4]) | round: 1 }}", "2.3"),
    aliases="avg",
)
NUMBERS.add(
    *("number", f"number, {_LOCALE}", "The number as it is written in the locale.", _number),
    Example("{{ 1234567.891 | number }}", "1,234,567.891"),
    Example("{{ 1234.5 | number: 2 }}", "1.234,50", locale="de"),
    literals={1: locale_fault, 2: locale_fault},
    reads_locale=True,
)
NUMBERS.add(
    "currency",
    f"number, code, {_LOCALE}",
    "An amount with its currency, with as many digits as the currency has.",
    _currency,
    Example("{{ price * 0.9 | currency: 'EUR' }}", "€1,111.05", data={"price": 1234.5}),
    Example("{{ 1234.5 | currency: 'JPY' }}", "¥1,235"),
    Example("{{ currency(20, 'USD', 0) }}", "$20"),
    Example("{{ currency(1234.5, 'EUR', 'de') }}", "1.234,50\u00a0€"),
    literals={1: _code_fault, 2: locale_fault, 3: locale_fault},
    reads_locale=True,
)
NUMBERS.add(
    *("percent", f"number, {_LOCALE}", "A share of 1 in per cent.", _percent),
    *(Example("{{ 0.256 | percent }}", "26%"), Example("{{ 0.256 | percent: 1 }}", "25.6%")),
    literals={1: locale_fault, 2: locale_fault},
    reads_locale=True,
)
NUMBERS.add(
    *("compact", f"number, {_LOCALE}", "The number in short; one digit after the point.", _compact),
    *(Example("{{ 12400 | compact }}", "12.4K"), Example("{{ 2000000 | compact }}", "2M")),
    Example("{{ 12400000 | compact }}", "12,4\u00a0Mio.", locale="de"),
    literals={1: locale_fault, 2: locale_fault},
    reads_locale=True,
)
NUMBERS.add(
    *("ordinal", "number, [locale]", "The number as a place in a row.", _ordinal),
    *(Example("{{ 22 | ordinal }}", "22nd"), Example("{{ 1 | ordinal }}", "1er", locale="fr")),
    literals={1: locale_fault},
    reads_locale=True,
)
