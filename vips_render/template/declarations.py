"""Declare the variables of a document, and say for each type what values it takes.

`accept` is the whole law of a type: it reads text where the type is none ("42" is a number, since
CSV files and query strings know only text), cuts what is merely too long or too large, and refuses
the rest with a sentence that names what is allowed and never repeats the value.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

import orjson
from pydantic import Discriminator, Field, Strict, StringConstraints, Tag, model_validator
from pydantic_core import PydanticCustomError

from vips_render.expr.color import read_color
from vips_render.expr.prose import clean_text, cut_text
from vips_render.expr.values import as_boolean, as_number, as_text
from vips_render.template.part import Part
from vips_render.template.pattern import Pattern, compile_pattern
from vips_render.template.properties import ColorName, Str
from vips_render.template.sources import HOST_PATTERN, host_allowed, is_asset_name, url_host

TEXT_CHARS = 2_000
"""Longest text of a variable that declares no `max_length`; `Limits.text_chars` by default."""

_NUMBER_LIMIT = 1e15
_ITEMS = 1_000
_DEPTH = 6

VARIABLE_TAGS = frozenset(
    f"<{kind}>"
    for kind in ("text", "number", "boolean", "color", "image", "date", "list", "object")
)


class Verdict(NamedTuple):
    """What a variable makes of a value.

    `refused` says what is allowed when the value cannot be used, `trimmed` what was cut off it.
    """

    value: object = None
    refused: str = ""
    trimmed: str = ""


class Declared(Part):
    """What every variable may say."""

    description: Str = ""
    example: Any = None
    required: Annotated[bool, Strict()] = False
    """A missing value is an error for whoever signs, even beside a default; an opened picture draws
    without it."""
    open: Annotated[bool, Strict()] = False
    """Whether a link may leave it to the mailer to fill."""
    default: Any = None

    @cached_property
    def fallback(self) -> object:
        """What the variable makes of its default; None without one."""
        return None if self.default is None else self.accept(self.default).value

    @abstractmethod
    def accept(self, value: object, *, from_slot: bool = False) -> Verdict:
        """Return what becomes of `value`; `from_slot` when the mailer filled it in."""

    @property
    def allows_empty(self) -> bool:
        """Whether empty text is a value and not a gap, such as an empty cell of a CSV file."""
        return False

    @model_validator(mode="after")
    def _accept_default(self) -> Declared:
        """Hold the default to the variable's own law."""
        verdict = Verdict() if self.default is None else self.accept(self.default)
        if verdict.refused or verdict.trimmed:
            raise PydanticCustomError(
                "own_default", "{message}", {"message": verdict.refused or verdict.trimmed}
            )
        return self


class TextVariable(Declared):
    """Text; composed (NFC), control characters dropped, line breaks kept."""

    type: Literal["text"]
    default: Str | None = None
    max_length: Annotated[int, Strict(), Field(ge=1, le=TEXT_CHARS)] = TEXT_CHARS
    """In characters; longer text is cut between letters."""
    pattern: Pattern | None = None
    """The whole value must match. No look-around or back-references: checked in linear time."""
    choices: Annotated[tuple[Str, ...], Field(min_length=1)] | None = None

    @property
    def allows_empty(self) -> bool:
        """Empty text is meant, unless a value is required."""
        return not self.required

    def accept(self, value: object, *, from_slot: bool = False) -> Verdict:
        """Take text, numbers and booleans as text."""
        if not isinstance(value, str):
            if not isinstance(value, bool) and as_number(value) is None:
                return Verdict(refused="must be text")
            value = as_text(value)
        whole = clean_text(value, TEXT_CHARS * 2)
        most = self.max_length
        text = whole if len(whole) <= most else cut_text(whole, most)
        if self.choices is not None and text not in self.choices:
            return Verdict(refused=f"must be one of {', '.join(map(repr, self.choices))}")
        if self.pattern is not None and not compile_pattern(self.pattern)(text):
            return Verdict(refused=f"must match the pattern {self.pattern}")
        if len(text) < len(whole):
            return Verdict(text, trimmed=f"may have at most {most} characters")
        return Verdict(text)


class NumberVariable(Declared):
    """A number; text such as "42" or "3.50" reads as one."""

    type: Literal["number"]
    default: Annotated[float, Strict()] | None = None
    min: Annotated[float, Strict()] | None = None
    max: Annotated[float, Strict()] | None = None
    choices: Annotated[tuple[Annotated[float, Strict()], ...], Field(min_length=1)] | None = None

    def accept(self, value: object, *, from_slot: bool = False) -> Verdict:
        """Take a finite number; out of bounds it becomes the bound."""
        number = as_number(value)
        if number is None or abs(number) > _NUMBER_LIMIT:
            return Verdict(refused=f"must be a number such as 42 or 3.5{self._bounds()}")
        if self.choices is not None and number not in self.choices:
            return Verdict(refused=f"must be one of {', '.join(map(as_text, self.choices))}")
        low = number if self.min is None else max(number, self.min)
        bounded = low if self.max is None else min(low, self.max)
        if bounded != number:
            return Verdict(bounded, trimmed=f"must be a number{self._bounds()}")
        return Verdict(bounded)

    def _bounds(self) -> str:
        least = "" if self.min is None else f", at least {as_text(self.min)}"
        return least + ("" if self.max is None else f", at most {as_text(self.max)}")


class BooleanVariable(Declared):
    """True or false; also yes, no, on, off, 1, 0."""

    type: Literal["boolean"]
    default: Annotated[bool, Strict()] | None = None

    def accept(self, value: object, *, from_slot: bool = False) -> Verdict:
        """Take a boolean or a word for one."""
        read = None if value == "" else as_boolean(value)
        return Verdict(refused="must be true or false") if read is None else Verdict(read)


class ColorVariable(Declared):
    """A CSS colour."""

    type: Literal["color"]
    default: ColorName | None = None

    def accept(self, value: object, *, from_slot: bool = False) -> Verdict:
        """Take a CSS colour."""
        if not isinstance(value, str) or read_color(value) is None:
            return Verdict(refused="must be a colour such as #1d4ed8, rgb(29 78 216) or teal")
        return Verdict(value.strip().lower())


class ImageVariable(Declared):
    """A picture: an http(s) URL, or the name of an asset of the template."""

    type: Literal["image"]
    default: Str | None = None
    hosts: tuple[Annotated[str, Strict(), StringConstraints(pattern=HOST_PATTERN)], ...] = ()
    """Hosts that an open slot may name, such as `cdn.example.com` or `*.example.com`."""

    def accept(self, value: object, *, from_slot: bool = False) -> Verdict:
        """Take a URL, from a slot only of `hosts`; an asset's name only from elsewhere."""
        if not isinstance(value, str):
            return Verdict(refused="must be the https URL of a picture")
        source = value.strip()
        host = url_host(source)
        if from_slot and (host is None or not host_allowed(host, self.hosts)):
            return Verdict(refused=f"must be a URL of {' or '.join(self.hosts) or 'no host'}")
        if host is None and not is_asset_name(source):
            return Verdict(refused="must be the https URL of a picture or the name of an asset")
        return Verdict(source)

    @model_validator(mode="after")
    def _name_hosts_when_open(self) -> ImageVariable:
        if self.open and not self.hosts:
            raise PydanticCustomError(
                "open_image", 'an open image variable needs "hosts", such as ["cdn.example.com"]'
            )
        return self


class DateVariable(Declared):
    """A day or a moment in ISO 8601: 2026-03-01, 2026-03-01T18:00:00+01:00."""

    type: Literal["date"]
    default: Str | None = None

    def accept(self, value: object, *, from_slot: bool = False) -> Verdict:
        """Take ISO 8601 and keep it as ISO 8601 text."""
        text = value.strip() if isinstance(value, str) else ""
        try:
            day = date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
        except ValueError:
            return Verdict(refused="must be a date such as 2026-03-01 or 2026-03-01T18:00:00Z")
        return Verdict(day.isoformat())


class ListVariable(Declared):
    """A list of values; also as JSON text."""

    type: Literal["list"]
    default: tuple[Any, ...] | None = None

    def accept(self, value: object, *, from_slot: bool = False) -> Verdict:
        """Take a list of JSON values, or JSON text that holds one."""
        return _accept_nested(value, (list, tuple), 'a list such as ["Ada", "Bo"]')


class ObjectVariable(Declared):
    """Named values; also as JSON text."""

    type: Literal["object"]
    default: dict[Str, Any] | None = None

    def accept(self, value: object, *, from_slot: bool = False) -> Verdict:
        """Take an object of JSON values, or JSON text that holds one."""
        return _accept_nested(value, (dict,), 'an object such as {"city": "Oslo"}')


def _accept_nested(value: object, kinds: tuple[type, ...], meaning: str) -> Verdict:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except ValueError:
            return Verdict(refused=f"must be {meaning}")
    if not isinstance(value, kinds):
        return Verdict(refused=f"must be {meaning}")
    try:
        return Verdict(_plain(value, _DEPTH, [_ITEMS]))
    except ValueError as error:
        return Verdict(refused=str(error))


def _plain(value: object, depth: int, room: list[int]) -> object:
    """Copy JSON data with its texts cleaned; `room[0]` is how many values may still come."""
    room[0] -= 1
    if depth < 0 or room[0] < 0:
        raise ValueError(f"may have {_ITEMS} values, {_DEPTH} levels deep")
    if isinstance(value, str):
        return clean_text(value, TEXT_CHARS)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return as_number(value)
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {
            clean_text(key, TEXT_CHARS): _plain(item, depth - 1, room)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth - 1, room) for item in value]
    raise ValueError("may hold text, numbers, true, false, null, lists and objects")


def _type_tag(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return f"<{kind}>"


Variable = Annotated[
    Annotated[TextVariable, Tag("<text>")]
    | Annotated[NumberVariable, Tag("<number>")]
    | Annotated[BooleanVariable, Tag("<boolean>")]
    | Annotated[ColorVariable, Tag("<color>")]
    | Annotated[ImageVariable, Tag("<image>")]
    | Annotated[DateVariable, Tag("<date>")]
    | Annotated[ListVariable, Tag("<list>")]
    | Annotated[ObjectVariable, Tag("<object>")],
    Discriminator(
        _type_tag,
        custom_error_type="variable_type",
        custom_error_message=("must be text, number, boolean, color, image, date, list or object"),
    ),
]
