"""Read a template document: JSON to model, or every fault at once."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from pydantic import ValidationError

from vips_render.errors import Fault, TemplateError
from vips_render.limits import Limits
from vips_render.template.check import faults_between, size_faults
from vips_render.template.faults import faults_of
from vips_render.template.model import Template
from vips_render.template.override import Override
from vips_render.template.properties import Reading

_DEEPEST = 64
"""Levels of JSON; a group takes two, so the limit on groups is reached long before."""


def parse_template(data: bytes | str | Mapping[str, Any], limits: Limits | None = None) -> Template:
    """Return the template that `data`, JSON or what JSON gives, describes; it is copied.

    Raises:
        TemplateError: with all faults, in the order of the document.
    """
    document = read_document(data)
    limits = limits or Limits()
    if faults := tuple(size_faults(document, limits)):
        raise TemplateError(faults)
    template, found = examine(document, limits)
    found.extend(layout_faults(document, limits, frozenset(found)))
    if found or template is None:
        raise TemplateError(in_order(found, document))
    return template


def examine(document: dict[str, Any], limits: Limits) -> tuple[Template | None, list[Fault]]:
    """Return the template that `document` describes, or None, and every fault but its layouts'."""
    variables = document.get("variables")
    reading = Reading(limits, frozenset(variables if isinstance(variables, dict) else ()))
    found = list(faults_between(document, limits))
    try:
        return Template.model_validate(document, context=reading), found
    except ValidationError as error:
        return None, [*found, *faults_of(error, document, reading)]


def layout_faults(
    document: dict[str, Any], limits: Limits, known: frozenset[Fault]
) -> Iterator[Fault]:
    """Yield the faults that each layout brings in beside the `known`, where the layout has them."""
    layouts = document.get("layouts")
    for name, layout in layouts.items() if isinstance(layouts, dict) else ():
        if not isinstance(layout, dict) or not isinstance(layout.get("layers", {}), dict):
            continue
        trial = orjson.loads(orjson.dumps(document))
        del trial["layouts"]
        trial.pop("expired", None)
        override = Override(trial)
        override.layers(layout.get("layers", {}), ("layouts", name, "layers"))
        yield from override.faults
        for fault in examine(trial, limits)[1]:
            if fault not in known and (placed := override.placed(fault)):
                yield placed


def read_document(data: bytes | str | Mapping[str, Any]) -> dict[str, Any]:
    """Return a fresh copy of a JSON object.

    Raises:
        TemplateError: no JSON, with line and column, or JSON of another kind.
    """
    try:
        document = orjson.loads(_without_mark(data))
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise TemplateError((Fault("", f"no JSON at {where}: {error.msg}"),)) from error
    except TypeError as error:  # orjson.JSONEncodeError: data that JSON does not know
        raise TemplateError((Fault("", f"no JSON data: {error}"),)) from error
    if not isinstance(document, dict):
        raise TemplateError((Fault("", "a template is a JSON object"),))
    if not is_shallow(document):
        raise TemplateError((Fault("", f"JSON may nest {_DEEPEST} levels deep"),))
    document.pop("$schema", None)  # editors write it to know what they edit
    return document


def _without_mark(data: bytes | str | Mapping[str, Any]) -> bytes | str:
    """Take off the byte order mark that some editors write."""
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    return (data if isinstance(data, bytes) else orjson.dumps(data)).removeprefix(BOM_UTF8)


def is_shallow(document: object) -> bool:
    """Tell whether JSON data nests so little that recursion over it is safe."""
    level = [document]
    for _ in range(_DEEPEST):
        level = [
            item
            for value in level
            if isinstance(value, (dict, list))
            for item in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return True
    return False


def in_order(faults: list[Fault], document: dict[str, Any]) -> tuple[Fault, ...]:
    """Return each fault once, sorted by where it stands; an absent place stands at its holder."""
    order = {pointer: rank for rank, pointer in enumerate(_pointers(document))}

    def rank(fault: Fault) -> tuple[int, int]:
        place = fault.pointer
        while place not in order:
            place = place.rpartition("/")[0]
        return order[place], fault.column or 0

    return tuple(sorted(dict.fromkeys(faults), key=rank))


def _pointers(value: object, place: str = "") -> Iterator[str]:
    """Yield the pointer of every place in JSON data, in its order."""
    yield place
    if isinstance(value, dict):
        for key, item in value.items():
            escaped = key.replace("~", "~0").replace("/", "~1")
            yield from _pointers(item, f"{place}/{escaped}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _pointers(item, f"{place}/{index}")
