"""Find faults that lie between the parts of a document.

Works on the JSON data, so that these faults are found beside those of a document that no model
could be made of. What has a wrong shape is left to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vips_render.errors import Fault, RenderError
from vips_render.expr.lexer import RESERVED
from vips_render.expr.text import compile_text
from vips_render.limits import Limits
from vips_render.template.faults import pointer
from vips_render.template.properties import suggestion
from vips_render.template.sources import is_asset_name

Place = tuple[str | int, ...]

_FIXED_PLACE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/|assets/")
_UNSAFE_SOURCE = (
    "the open variable {name!r} could name any host here; use an image variable with hosts alone,"
    " or write https://host/ or assets/ before it"
)


def raw_layers(
    layers: object, place: Place = ("layers",), level: int = 0, deepest: int = 64
) -> Iterator[tuple[Place, dict[str, Any], int]]:
    """Yield place, data and nesting of every layer that is an object, down to `deepest`."""
    if not isinstance(layers, list) or level > deepest:
        return
    for index, layer in enumerate(layers):
        if isinstance(layer, dict):
            yield from _with_nested(layer, (*place, index), level, deepest)


def _with_nested(
    layer: dict[str, Any], place: Place, level: int, deepest: int
) -> Iterator[tuple[Place, dict[str, Any], int]]:
    yield place, layer, level
    yield from raw_layers(layer.get("layers"), (*place, "layers"), level + 1, deepest)
    fallback = layer.get("fallback")
    if isinstance(fallback, dict) and level < deepest:
        yield from _with_nested(fallback, (*place, "fallback"), level + 1, deepest)


def size_faults(document: dict[str, Any], limits: Limits) -> Iterator[Fault]:
    """Yield what makes a document too large to look at any closer."""
    count = 0
    for place, _, level in raw_layers(document.get("layers"), deepest=limits.depth + 1):
        count += 1
        if level > limits.depth:
            yield Fault(pointer(place), f"layers may nest {limits.depth} levels deep")
            return
    if count > limits.layers:
        yield Fault("/layers", f"a document may have {limits.layers} layers; these are {count}")


def faults_between(document: dict[str, Any], limits: Limits) -> Iterator[Fault]:
    """Yield every fault that needs more than one place of the document to see."""
    yield from _canvas_faults(document, limits)
    yield from _name_faults(document)
    yield from _variable_name_faults(document)
    yield from _font_faults(document)
    yield from _open_source_faults(document, limits)
    layouts = document.get("layouts")
    expired = document.get("expired")
    known = list(layouts) if isinstance(layouts, dict) else []
    if isinstance(expired, str) and expired not in known:
        yield Fault("/expired", f"there is no layout {expired!r}{suggestion(expired, known)}")


def _canvas_faults(document: dict[str, Any], limits: Limits) -> Iterator[Fault]:
    canvas = document.get("canvas")
    layouts = document.get("layouts")
    if not isinstance(canvas, dict):
        return
    sizes: list[tuple[Place, dict[str, Any]]] = [(("canvas",), canvas)]
    for name, layout in layouts.items() if isinstance(layouts, dict) else ():
        if isinstance(layout, dict):
            sizes.append((("layouts", name), {**canvas, **layout}))
    for place, size in sizes:
        sides = [size.get(side) for side in ("width", "height")]
        numbers = [side for side in sides if isinstance(side, int)]
        for name, side in zip(("width", "height"), sides, strict=True):
            if isinstance(side, int) and side > limits.canvas_px:
                yield Fault(pointer((*place, name)), f"must be at most {limits.canvas_px}")
        if len(numbers) == 2 and numbers[0] * numbers[1] > limits.canvas_area_px:
            yield Fault(pointer(place), f"the area must be at most {limits.canvas_area_px} pixels")


def _name_faults(document: dict[str, Any]) -> Iterator[Fault]:
    """Yield every layer whose name another had before."""
    first: dict[str, Place] = {}
    for place, layer, _ in raw_layers(document.get("layers")):
        name = layer.get("name")
        if not isinstance(name, str):
            continue
        if name in first:
            taken = f"{name!r} is the name of {pointer(first[name])} already"
            yield Fault(pointer((*place, "name")), f"{taken}; choose another")
        first.setdefault(name, place)


def _variable_name_faults(document: dict[str, Any]) -> Iterator[Fault]:
    variables = document.get("variables")
    for name in variables if isinstance(variables, dict) else ():
        if name in RESERVED or name in ("true", "false", "null"):
            yield Fault(
                pointer(("variables", name)), f"{name!r} is a word of the language; choose another"
            )


def _font_faults(document: dict[str, Any]) -> Iterator[Fault]:
    """Yield font files that are no assets."""
    fonts = document.get("fonts")
    for index, font in enumerate(fonts if isinstance(fonts, list) else ()):
        file = font.get("file") if isinstance(font, dict) else None
        if isinstance(file, str) and not is_asset_name(file):
            yield Fault(pointer(("fonts", index, "file")), "must be the name of an asset")


def _open_source_faults(document: dict[str, Any], limits: Limits) -> Iterator[Fault]:
    """Yield picture sources whose host an open slot could choose without the document's say.

    An open image variable is held to its `hosts` as long as nothing is made of it; any other open
    variable may only stand behind a host that the document writes out, or behind `assets/`, which
    is on none. What is only asked about, as in `plan == 'pro' ? … : …`, chooses no host.
    """
    variables = document.get("variables")
    opened = {
        name: variable.get("type")
        for name, variable in (variables.items() if isinstance(variables, dict) else ())
        if isinstance(variable, dict) and variable.get("open") is True
    }
    for place, layer, _ in raw_layers(document.get("layers")):
        source = layer.get("source")
        if layer.get("kind") != "image" or not isinstance(source, str):
            continue
        try:
            expression = compile_text(source, limits)
        except RenderError:
            continue  # the model reports it, with its column
        if _FIXED_PLACE.match(expression.opening):
            continue
        for flow in expression.flows:
            if flow.name in opened and (opened[flow.name] != "image" or not flow.is_whole):
                message = _UNSAFE_SOURCE.format(name=flow.name)
                yield Fault(pointer((*place, "source")), message, flow.column)
