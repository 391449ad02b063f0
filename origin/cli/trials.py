"""Choose the values that a design must survive, variable by variable; pure and always the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, zip_longest

from vips_render.expr.values import as_text
from vips_render.limits import Limits
from vips_render.template.declarations import (
    BooleanVariable,
    DateVariable,
    Declared,
    ImageVariable,
    ListVariable,
    NumberVariable,
    ObjectVariable,
    TextVariable,
)
from vips_render.template.model import Template, layers_of, variables_in

LONG_NAME = "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff"
NAMES = {
    "a long name": LONG_NAME,
    "Arabic": "عبد الرحمن بن عبد العزيز",
    "Devanagari": "श्रीलक्ष्मी कृष्णमूर्ति",
    "Thai": "กรรณิการ์ ศรีสุวรรณ",
    "Han": "司馬相如",
    "emoji": "👩🏽‍🚀 Zoë 🎉",
}
"""Of people, by what is special about them; the sign that emoji are joined by is meant."""

TOGETHER = "all at their longest"
NOWHERE = "assets/not-to-be-had"
HUGE = 999_999_999_999_999.0
CHOICES = 12
WORD = "Wwwwwww "
DATES = ("2026-09-30", "0001-01-01", "9999-12-31")
"""The first is the longest in words in English, the others are as far away as can be."""

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Trial:
    """Values to draw a picture with.

    Attributes:
        variable: whose value is an odd one; empty where none stands out.
        what: that value, in a word or two.
        values: by name; variables that are not there have none.
    """

    variable: str
    what: str
    values: Values

    @property
    def is_usual(self) -> bool:
        """Claim that these are the defaults or the examples."""
        return not self.variable and self.what != TOGETHER

    @property
    def is_together(self) -> bool:
        """Claim that all variables have odd values."""
        return self.what == TOGETHER

    def __str__(self) -> str:
        """Read as what a picture was drawn with."""
        return f"{self.variable}: {self.what}" if self.variable else self.what


def trials_of(template: Template) -> Iterator[Trial]:
    """Give the defaults, the examples, each variable's odd values by turns, and all at once.

    Every value is one that its variable takes. What comes first matters most.
    """
    variables = template.variables
    yield Trial("", "the defaults", {})
    usual = {name: one.example for name, one in variables.items() if one.example is not None}
    yield Trial("", "the examples", usual)
    unseen = _read_by_fallbacks(template)
    bare = {name: NOWHERE for name, one in variables.items() if isinstance(one, ImageVariable)}
    odd = {name: list(_odd_values(one)) for name, one in variables.items()}
    for turn in zip_longest(*odd.values()):
        for name, found in zip(odd, turn, strict=True):
            if found is not None:
                rest = {**usual, **bare} if name in unseen else usual
                yield Trial(name, found[0], {**rest, name: found[1]})
    for name, one in variables.items():
        if one.open or not one.required:
            rest = {other: value for other, value in usual.items() if other != name}
            yield Trial(name, "missing", rest)
    most = {
        name: found[0][1]
        for name, found in odd.items()
        if found and not isinstance(variables[name], ImageVariable)
    }
    yield Trial("", TOGETHER, {**usual, **bare, **most})


def _read_by_fallbacks(template: Template) -> frozenset[str]:
    """Return the variables that show only where a picture is not to be had."""
    fallbacks = (getattr(layer, "fallback", None) for layer in layers_of(template.layers))
    return frozenset().union(*(variables_in(one) for one in fallbacks if one is not None))


def _odd_values(variable: Declared) -> Iterator[tuple[str, object]]:
    """Give what a variable makes of odd values, with a word for each; the longest comes first."""
    for what, value in _candidates(variable):
        verdict = variable.accept(value)
        if not verdict.refused:
            yield what, verdict.value


def _candidates(variable: Declared) -> Iterator[tuple[str, object]]:
    match variable:
        case TextVariable():
            yield from _texts(variable)
        case NumberVariable():
            yield from _numbers(variable)
        case ListVariable():
            yield from _lists(variable)
        case ObjectVariable():
            yield "long names", _with_long_names(variable.example or variable.default or {})
            yield "empty", {}
        case BooleanVariable():
            yield from (("true", True), ("false", False))
        case DateVariable():
            yield from zip(DATES, DATES, strict=True)
        case ImageVariable():
            yield "not to be had", NOWHERE


def _texts(variable: TextVariable) -> Iterator[tuple[str, object]]:
    if variable.choices is not None:
        longest = sorted(variable.choices, key=len, reverse=True)[:CHOICES]
        for number, choice in enumerate(longest, start=1):
            short = len(choice) <= len(LONG_NAME)
            yield choice if short and choice.isprintable() else f"choice {number}", choice
        return
    if word := _longest(variable):
        yield f"{len(word)} {word[0]} in one word", word
    if len(word) > len(WORD):
        yield f"{len(word)} letters in words", (WORD * len(word))[: len(word) - 1] + "w"
    yield "empty", ""
    yield from NAMES.items()


def _longest(variable: TextVariable) -> str:
    """Return the widest letters that a variable takes, as many as it takes."""
    lengths = range(variable.max_length, 0, -1) if variable.pattern else (variable.max_length,)
    fitting = (
        letter * length
        for letter in "W8w"
        for length in lengths
        if not variable.accept(letter * length).refused
    )
    return next(fitting, "")


def _numbers(variable: NumberVariable) -> Iterator[tuple[str, object]]:
    most = HUGE if variable.max is None else variable.max
    least = -HUGE if variable.min is None else variable.min
    numbers = variable.choices or (most, least, 0.0, 1.0, 1234567.891)
    for number in tuple(dict.fromkeys(numbers))[:CHOICES]:
        if least <= number <= most:
            yield as_text(number), number


def _lists(variable: ListVariable) -> Iterator[tuple[str, object]]:
    usual = variable.example or variable.default
    items = list(usual) if isinstance(usual, list | tuple) and usual else ["Ada"]
    many = _filled_up(items)
    yield f"{len(many)} items", many
    yield "long names", _with_long_names(items)
    yield "empty", []


def _filled_up(items: Sequence[object]) -> list[object]:
    """Repeat items as long as a list may go on."""
    room = Limits().expression_items - 1
    filled: list[object] = []
    for item in cycle(items):
        room -= _size(item)
        if room < 0:
            break
        filled.append(item)
    return filled


def _size(value: object) -> int:
    """Count a value as variables do: itself, and all that it holds."""
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list | tuple) else 1


def _with_long_names(value: object) -> object:
    """Put a long name in the place of every text."""
    match value:
        case str():
            return LONG_NAME
        case dict():
            return {key: _with_long_names(item) for key, item in value.items()}
        case list() | tuple():
            return [_with_long_names(item) for item in value]
        case _:
            return value
