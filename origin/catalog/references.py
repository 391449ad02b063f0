"""Find what a document needs from its directory: local pictures and font families.

Pure: reads the document's JSON, no files. Works on the JSON rather than on the compiled template
because every find must carry the JSON pointer that its author can go to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

ASSETS = "assets/"
"""How every local name begins: pictures lie in the directory `assets` beside the documents."""

_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_QUOTED_ASSET = re.compile(r"""(["'])(assets/[^"'{}]+)\1""")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class AssetReference:
    """A local picture that the document names at `pointer`.

    `pattern` matches the names it may become; a text without expressions matches only itself.
    """

    text: str
    pointer: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class FontReference:
    """A font family that the document asks for at `pointer`.

    `weight` and `italic` are None when an expression decides them: every face of it may be drawn.
    """

    family: str
    weight: int | None
    italic: bool | None
    pointer: str


def asset_references(document: dict[str, Any]) -> tuple[AssetReference, ...]:
    """List the local pictures that layers, layouts and defaults of variables can name.

    An expression counts with the texts it quotes (`{{ badge ?? 'assets/none.png' }}`) and, where
    it stands inside a name (`assets/flags/{{ country }}.png`), with every file that fits there.
    """
    found = []
    for pointer, text in _sources(document):
        found += [
            AssetReference(match[2], pointer, re.compile(re.escape(match[2])))
            for match in _QUOTED_ASSET.finditer(text)
        ]
        literal = not _EXPRESSION.search(text)
        if text.startswith(ASSETS) or (literal and text and not _REMOTE.match(text)):
            found.append(AssetReference(text, pointer, _pattern(text)))
    return tuple(found)


def font_references(document: dict[str, Any]) -> tuple[FontReference, ...]:
    """List the font families that layers and layouts name in so many letters.

    What follows the families of every text is needed in each look that one of them has.
    Where a text has markup, any of them may be drawn bold, slanted, or as a style says.
    """
    found: list[FontReference] = []
    has_markup = False
    for pointer, key, value in _members(document, ("layers", "layouts")):
        has_markup = has_markup or (key == "markup" and value is True)
        if key == "font" and isinstance(value, dict):
            found += _families(f"{pointer}/family", value.get("family"), value)
            found += _families("/fallback_families", document.get("fallback_families"), value)
        elif key == "font.family":
            # How a layout spells it; the weight stands elsewhere.
            found += _families(pointer, value, {})
    if has_markup:
        found = [replace(reference, weight=None, italic=None) for reference in found]
    return tuple(dict.fromkeys(found))


def _families(pointer: str, families: object, font: dict[str, Any]) -> Iterator[FontReference]:
    weight, italic = font.get("weight", 400), font.get("italic", False)
    listed = isinstance(families, list)
    for index, family in enumerate(families if isinstance(families, list) else [families]):
        if isinstance(family, str) and family and not _EXPRESSION.search(family):
            yield FontReference(
                family,
                weight if isinstance(weight, int) else None,
                italic if isinstance(italic, bool) else None,
                f"{pointer}/{index}" if listed else pointer,
            )


def _pattern(text: str) -> re.Pattern[str]:
    """Match the names that `text` may become; an expression stands for a part of one name."""
    return re.compile("[^/]+".join(re.escape(part) for part in _EXPRESSION.split(text)))


def _sources(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Walk over every text that can become the source of a picture, with its pointer."""
    for pointer, key, value in _members(document, ("layers", "layouts")):
        if key == "source" and isinstance(value, str):
            yield pointer, value
    variables = document.get("variables")
    for name, variable in variables.items() if isinstance(variables, dict) else ():
        if not isinstance(variable, dict) or variable.get("type") != "image":
            continue
        if isinstance(variable.get("default"), str):
            yield f"/variables/{_escaped(name)}/default", variable["default"]


def _members(document: dict[str, Any], keys: tuple[str, ...]) -> Iterator[tuple[str, str, Any]]:
    """Walk over every member of every object below `keys`: pointer, key, value."""
    waiting: list[tuple[str, Any]] = [
        (f"/{key}", document[key])
        for key in reversed(keys)
        if isinstance(document.get(key), dict | list)
    ]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, dict):
            members = [(f"{pointer}/{_escaped(key)}", key, item) for key, item in value.items()]
            yield from members
        else:
            members = [(f"{pointer}/{index}", "", item) for index, item in enumerate(value)]
        waiting += [
            (where, item) for where, _, item in reversed(members) if isinstance(item, dict | list)
        ]


def _escaped(key: str) -> str:
    """Write `key` as one step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
