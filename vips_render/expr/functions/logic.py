"""Functions that ask what a value is, step in for it, or read and write it as JSON."""

from __future__ import annotations

import math
from decimal import Decimal

import orjson

from vips_render.errors import LimitExceeded
from vips_render.expr.arithmetic import number_of
from vips_render.expr.functions.function import Example, Rows
from vips_render.expr.values import (
    INTEGER_BITS,
    MISSING,
    Evaluation,
    decimal_text,
    is_absent,
    text_of,
)

LOGIC = Rows(
    "Values", "A value is missing when nobody gave it; `null` of JSON counts as missing here."
)

_DEEPEST = 16


def _is_blank(value: object) -> bool:
    return is_absent(value) or (isinstance(value, (str, list, tuple, dict)) and not value)


def _default(_run: Evaluation, value: object, otherwise: object) -> object:
    return otherwise if _is_blank(value) else value


def _coalesce(_run: Evaluation, *values: object) -> object:
    return next((value for value in values if not is_absent(value)), MISSING)


def _is_empty(_run: Evaluation, value: object) -> object:
    return _is_blank(value)


def _is_not_empty(_run: Evaluation, value: object) -> object:
    return not _is_blank(value)


def _is_defined(_run: Evaluation, value: object) -> object:
    return value is not MISSING


def _is_list(_run: Evaluation, value: object) -> object:
    return isinstance(value, (list, tuple))


def _is_text(_run: Evaluation, value: object) -> object:
    return isinstance(value, str)


def _is_number(_run: Evaluation, value: object) -> object:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _to_number(_run: Evaluation, value: object) -> object:
    number = number_of(value)
    return MISSING if number is None else number


def _json(run: Evaluation, value: object) -> object:
    room = [run.most_chars]
    return "".join(_written(run, value, _DEEPEST, room))


def _written(run: Evaluation, value: object, depth: int, room: list[int]) -> list[str]:
    """Return the pieces of JSON text; `room[0]` is how many characters may still come."""
    run.spend()
    if depth < 0:
        raise LimitExceeded(f"JSON may nest {_DEEPEST} levels deep")
    if isinstance(value, dict):
        found = ["{"]
        for key, item in value.items():
            if isinstance(key, str):
                found += [*([","] if len(found) > 1 else []), _quoted(key, room), ":"]
                found += _written(run, item, depth - 1, room)
        return [*found, "}"]
    if isinstance(value, (list, tuple)):
        found = ["["]
        for place, item in enumerate(value):
            found += [*([","] if place else []), *_written(run, item, depth - 1, room)]
        return [*found, "]"]
    return [_quoted(value, room) if isinstance(value, str) else _plainly(value)]


def _quoted(text: str, room: list[int]) -> str:
    room[0] -= len(text)
    if room[0] < 0:
        raise LimitExceeded("a text grows too long")
    return orjson.dumps(text.encode(errors="replace").decode()).decode()


def _plainly(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= INTEGER_BITS else "null"
    if isinstance(value, Decimal):
        return decimal_text(value) or "null"
    if isinstance(value, float) and math.isfinite(value):
        return orjson.dumps(value).decode()
    return "null"


def _parse_json(run: Evaluation, text: object) -> object:
    try:
        value: object = orjson.loads(text_of(run, text).encode(errors="replace"))
    except orjson.JSONDecodeError:
        return MISSING
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            item
            for holder in level
            if isinstance(holder, (dict, list))
            for item in (holder.values() if isinstance(holder, dict) else holder)
        ]
        run.spend(len(level))
    return value if not level else MISSING


LOGIC.add(
    "default",
    "value, otherwise",
    "The value, or `otherwise` when it is missing, empty text or an empty list.",
    _default,
    Example("Hi {{ first_name | default: 'there' }}", "Hi there", data={"first_name": ""}),
    sees_missing=True,
)
LOGIC.add(
    *("coalesce", "value, [value …]", "The first value that is not missing.", _coalesce),
    Example("{{ coalesce(nickname, first_name) }}", "Ada", data={"first_name": "Ada"}),
    sees_missing=True,
)
LOGIC.add(
    *("is_empty", "value", "Whether it is missing, empty text or an empty list.", _is_empty),
    Example("{{ is_empty('') }}", "true"),
    aliases="isEmpty",
    sees_missing=True,
)
LOGIC.add(
    *("is_not_empty", "value", "The opposite.", _is_not_empty),
    Example("{{ is_not_empty(['a']) }}", "true"),
    aliases="isNotEmpty",
    sees_missing=True,
)
LOGIC.add(
    *("is_defined", "value", "Whether somebody gave it, be it `null`.", _is_defined),
    Example("{{ is_defined(address.city) }}", "false", data={"address": {}}),
    aliases="isDefined",
    sees_missing=True,
)
LOGIC.add(
    *("is_list", "value", "Whether it is a list.", _is_list),
    Example("{{ is_list([1]) }}", "true"),
    aliases="isArray isList is_array",
    sees_missing=True,
)
LOGIC.add(
    *("is_text", "value", "Whether it is text.", _is_text, Example("{{ is_text(5) }}", "false")),
    aliases="isString isText is_string",
    sees_missing=True,
)
LOGIC.add(
    *("is_number", "value", "Whether it is a number, not text that reads as one.", _is_number),
    Example("{{ is_number(5) }}", "true"),
    aliases="isNumber",
    sees_missing=True,
)
LOGIC.add(
    *("to_number", "text", "The number that a text reads as.", _to_number),
    Example("{{ to_number('12.50') + 1 }}", "13.5"),
    aliases="toNumber",
)
LOGIC.add(
    *("json", "value", "The value as JSON.", _json),
    Example("{{ json(tags) }}", '["a",1]', data={"tags": ["a", 1]}),
    sees_missing=True,
)
LOGIC.add(
    *("parse_json", "text", "What a JSON text says; nothing when it is none.", _parse_json),
    Example("{{ parse_json(raw).city }}", "Oslo", data={"raw": '{"city":"Oslo"}'}),
    aliases="parseJson",
)
