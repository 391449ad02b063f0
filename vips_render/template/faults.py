"""Word pydantic's errors as faults: one per place, with a JSON pointer and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vips_render.errors import Fault
from vips_render.template.declarations import VARIABLE_TAGS
from vips_render.template.layers import LAYER_PATTERN, TAGS
from vips_render.template.lettering import STYLE_PATTERN
from vips_render.template.model import NAME_PATTERN, VARIABLE_PATTERN
from vips_render.template.properties import (
    FEATURE_PATTERN,
    LANGUAGE_PATTERN,
    Reading,
    suggestion,
)
from vips_render.template.sources import HOST_PATTERN

_BRANCHES = TAGS | VARIABLE_TAGS | {"[key]"}

_EXPRESSION_TOO = dict.fromkeys(
    ("float_type", "int_type", "bool_type", "literal_error"), ' or text with "{{ … }}"'
)
"""Where a layer's property has a wrong type, the other thing it may be."""

_PATTERNS = {
    NAME_PATTERN: "use a-z, 0-9 and hyphens, 64 characters at most",
    VARIABLE_PATTERN: "use letters, digits and underscores, 64 characters at most",
    LAYER_PATTERN: "use 1 to 64 characters, none of them a control character",
    STYLE_PATTERN: "use a-z, 0-9, _ and hyphens, 32 characters at most",
    LANGUAGE_PATTERN: "must be a language tag such as en, pt-BR or zh-Hant",
    FEATURE_PATTERN: "must be the four characters of an OpenType feature, such as ss01, or -liga",
    HOST_PATTERN: "must be a host in lower case such as cdn.example.com or *.example.com",
}

_MESSAGES: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda _: "is missing; add it",
    "float_type": lambda _: "must be a number",
    "int_type": lambda _: "must be a whole number",
    "finite_number": lambda _: "must be a finite number",
    "string_type": lambda _: "must be text",
    "bool_type": lambda _: "must be true or false",
    "tuple_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object",
    "mapping_type": lambda _: "must be an object",
    "model_type": lambda _: "must be an object",
    "literal_error": lambda context: f"must be {context['expected']}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']:g}",
    "less_than_equal": lambda context: f"must be at most {context['le']:g}",
    "too_short": lambda context: f"needs at least {context['min_length']} items",
    "too_long": lambda context: f"may have at most {context['max_length']} items",
    "string_too_long": lambda context: f"may have at most {context['max_length']} characters",
    "string_pattern_mismatch": lambda context: _PATTERNS[context["pattern"]],
}
"""Pydantic's error types in the words of this project; any other keeps pydantic's sentence."""

_AT_MEMBER = {
    "layer_kind": "kind",
    "variable_type": "type",
    "own_default": "default",
    "open_image": "hosts",
    "markup": "text",
}
"""Faults that pydantic finds at an object, but that belong to one of its members."""


def faults_of(error: ValidationError, document: object, reading: Reading) -> Iterator[Fault]:
    """Yield a fault per error, placed in `document`, the JSON data that was validated."""
    for detail in error.errors(include_url=False):
        place, parent = _place(detail["loc"], document)
        sentence = _sentence(detail, parent, reading)
        if member := _AT_MEMBER.get(detail["type"]):
            if isinstance(detail["input"], dict):
                place = [*place, member]
            else:
                sentence = "must be an object"
        if place[:1] == ["layers"]:
            sentence += _EXPRESSION_TOO.get(detail["type"], "")
        column = (detail.get("ctx") or {}).get("column")
        yield Fault(pointer(place), sentence, column)


def pointer(place: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a place."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in place)


def _place(loc: tuple[str | int, ...], document: object) -> tuple[list[str | int], object]:
    """Return where an error is, and the object that holds that place.

    Pydantic names the branches it took between the keys; they are no part of the document.
    """
    place = [key for key in loc if key not in _BRANCHES]
    holder, here = document, document
    for key in place:
        holder = here
        try:
            here = here[key]  # type: ignore[index] # JSON data: what has no such key ends the walk
        except (KeyError, IndexError, TypeError):
            break
    return place, holder


def _sentence(detail: ErrorDetails, holder: object, reading: Reading) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown(str(detail["loc"][-1]), reading.known.get(id(holder), ()))
    if kind == "less_than_equal" and (detail.get("ctx") or {})["le"] == 1:
        return _share(detail["input"])
    word = _MESSAGES.get(kind)
    return word(detail.get("ctx") or {}) if word else detail["msg"]


def _share(given: float) -> str:
    """Say what a fraction of 1 may be; whoever writes 40 means per cent."""
    meant = f", so {given / 100:g} for {given:g} %" if 5 <= given <= 100 else ""
    return f"must be from 0 to 1{meant}"


def _unknown(name: str, known: tuple[str, ...]) -> str:
    if name == "box" and "box" not in known and "kind" in known:
        return "a fallback takes the box of its picture; remove this one"
    return f"unknown property {name!r}{suggestion(name, known)}"
