"""Write what a link says as its payload, and read it back without trusting it.

The first letter of a payload is its form: `j` is base64url of a JSON object, `s` is reserved for
the encrypted form. Both directions go through one table of keys, so what `sign` writes is what
`read` accepts.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import NoReturn

from origin.urls.encoding import from_base64url, to_base64url
from origin.urls.link import Link

PAYLOAD_CHARS = 4_096
"""Longest payload; a request line has to stay below nginx' and aiohttp's 8 kB with its query."""

DEPTH = 32
"""Lists and objects inside each other, the payload's own object included."""

MAX_OPEN = 32
MAX_EXPIRES = 253_402_300_799  # the last second of the year 9999; milliseconds are past it


class PayloadError(Exception):
    """Why a payload cannot be written or read; turned into a `UrlError` by `path`."""


def _whole(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _matching(pattern: str) -> Callable[[object], bool]:
    accepts = re.compile(pattern).fullmatch
    return lambda value: isinstance(value, str) and accepts(value) is not None


_is_name = _matching("[A-Za-z_][A-Za-z0-9_]{0,63}")
_is_label = _matching(r"[^\x00-\x1f\x7f-\x9f]{1,128}")


def _are_variables(value: object) -> bool:
    return isinstance(value, dict) and all(_is_name(name) for name in value)


def _are_modifications(value: object) -> bool:
    return isinstance(value, dict) and all(
        _is_label(layer) and isinstance(properties, dict) for layer, properties in value.items()
    )


def _are_slots(value: object) -> bool:
    return (
        isinstance(value, list)
        and 1 <= len(value) <= MAX_OPEN
        and all(_is_name(name) for name in value)
        and len(set(value)) == len(value)
    )


# key: (field of Link, is the value allowed, what is allowed)
_KEYS: dict[str, tuple[str, Callable[[object], bool], str]] = {
    "v": ("variables", _are_variables, "an object; names are 1-64 of A-Z a-z 0-9 _"),
    "m": ("modifications", _are_modifications, "an object of objects by layer name"),
    "o": ("open", _are_slots, f"1-{MAX_OPEN} different names, each 1-64 of A-Z a-z 0-9 _"),
    "b": ("budget", _whole(1, 1_000_000_000), "a whole number from 1 to 1000000000"),
    "x": ("expires", _whole(1, MAX_EXPIRES), "unix seconds (not milliseconds)"),
    "l": ("layout", _is_label, "a name of 1-128 characters"),
    "s": ("scale", _whole(1, 4), "1, 2, 3 or 4"),
    "q": ("quality", _whole(1, 100), "a whole number from 1 to 100"),
    "g": ("locale", _matching("(?=.{2,35}$)[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"), "a BCP 47 tag"),
    "z": ("timezone", _matching("[A-Za-z0-9_+/-]{1,64}"), "an IANA time zone"),
    "c": ("campaign", _is_label, "1-128 characters"),
    "u": ("recipient", _is_label, "1-128 characters"),
    "e": ("experiment", _is_label, "1-128 characters"),
}
_RESERVED = frozenset("rwh")
_DEFAULTS = Link(template="", version=1)


def dump_payload(link: Link) -> str:
    """Write the payload of `link`: same values, same text.

    Raises:
        PayloadError: a field outside its range, or a value that JSON does not know.
    """
    document: dict[str, object] = {}
    for key, (name, _, _) in _KEYS.items():
        value = getattr(link, name)
        if value != getattr(_DEFAULTS, name):
            document[key] = list(value) if isinstance(value, tuple) else value
    try:
        text = json.dumps(
            document, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True
        )
        # Reading back turns whatever mapping or subclass came in into plain JSON values.
        _check(_parse(text))
        payload = "j" + to_base64url(text.encode("utf-8"))
    except (TypeError, ValueError, RecursionError) as fault:
        raise PayloadError("a variable or modification holds what JSON cannot") from fault
    if len(payload) > PAYLOAD_CHARS:
        raise PayloadError(
            f"the payload has {len(payload)} characters of at most {PAYLOAD_CHARS}; "
            "shorten its values"
        )
    return payload


def load_payload(encoded: str) -> dict[str, object]:
    """Read the base64url part of a `j` payload into the fields of a `Link`.

    Raises:
        PayloadError: not the canonical spelling, not JSON, or not what the table of keys allows.
    """
    try:
        document = _parse(from_base64url(encoded).decode("utf-8"))
    except RecursionError as fault:
        raise PayloadError("it is nested too deeply") from fault
    except ValueError as fault:
        raise PayloadError("it is not canonical base64url of a JSON text in UTF-8") from fault
    checked = _check(document)
    fields = {_KEYS[key][0]: value for key, value in checked.items()}
    if "open" in fields:
        fields["open"] = tuple(checked["o"])  # type: ignore[arg-type]  # _check saw a list
    return fields


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise PayloadError("it repeats a key")
    return document


def _no_constant(name: str) -> NoReturn:
    raise PayloadError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise PayloadError("it holds a number that is too large")
    return number


_decode = json.JSONDecoder(
    object_pairs_hook=_unrepeated, parse_constant=_no_constant, parse_float=_finite
).decode


def _parse(text: str) -> object:
    document = _decode(text)
    if text.count("[") + text.count("{") > DEPTH:
        _refuse_depth(document)
    if "\\u" in text:
        # An escape may spell half a surrogate pair, which is no text and cannot be encoded.
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def _refuse_depth(document: object) -> None:
    """Bound nesting ourselves: Python's own bound differs from version to version."""
    level: list[object] = [document]
    for _ in range(DEPTH):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    raise PayloadError("it is nested too deeply")


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check(document: object) -> dict[str, object]:
    if not isinstance(document, dict):
        raise PayloadError("it is not a JSON object")
    for key, value in document.items():
        if key in _RESERVED:
            raise PayloadError(f"key {key!r} is reserved and not available in this version")
        if key not in _KEYS:
            raise PayloadError("it has a key that this version does not know")
        name, is_allowed, allowed = _KEYS[key]
        if not is_allowed(value):
            raise PayloadError(f"{name} ({key!r}) must be {allowed}")
    if "b" in document and "o" not in document:
        raise PayloadError("budget ('b') has a meaning only with open slots ('o')")
    return document
