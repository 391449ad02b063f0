"""Write a scene as bytes and read it back.

Used between processes and as part of cache keys: equal bytes draw equal pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from vips_render.errors import RenderError
from vips_render.scene.model import (
    Border,
    Box,
    Corners,
    Fill,
    Font,
    GroupLayer,
    ImageLayer,
    Layer,
    LinearGradient,
    RadialGradient,
    Scene,
    ShapeLayer,
    Solid,
    Stop,
    TextLayer,
)


def dump_scene(scene: Scene) -> bytes:
    """Return the scene as JSON; fields stand in the order that the model declares them."""
    return orjson.dumps(scene)


def load_scene(data: bytes) -> Scene:
    """Return the scene that `dump_scene` wrote.

    Raises:
        RenderError: bytes that it never writes.
    """
    try:
        raw = orjson.loads(data)
        return Scene(
            raw["width"],
            raw["height"],
            _fill(raw["background"]),
            _layers(raw["layers"]),
            raw["personal"],
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise RenderError(f"these bytes are no scene: {error!r}") from error


def _layers(raw: list[dict[str, Any]]) -> tuple[Layer, ...]:
    return tuple(_LAYERS[layer["kind"]](layer) for layer in raw)


def _text(raw: dict[str, Any]) -> TextLayer:
    font = raw["font"]
    families = tuple(font["families"])
    return TextLayer(
        **_with(
            raw, font=Font(families, font["weight"], font["italic"]), color=_color(raw["color"])
        )
    )


def _shape(raw: dict[str, Any]) -> ShapeLayer:
    return ShapeLayer(
        **_with(
            raw,
            fill=_fill(raw["fill"]),
            border=_border(raw["border"]),
            corners=Corners(**raw["corners"]),
        )
    )


def _image(raw: dict[str, Any]) -> ImageLayer:
    fallback = raw["fallback"]
    return ImageLayer(
        **_with(
            raw,
            focus=tuple(raw["focus"]),
            corners=Corners(**raw["corners"]),
            border=_border(raw["border"]),
            fallback=None if fallback is None else _LAYERS[fallback["kind"]](fallback),
        )
    )


def _group(raw: dict[str, Any]) -> GroupLayer:
    return GroupLayer(
        **_with(raw, layers=_layers(raw["layers"]), corners=Corners(**raw["corners"]))
    )


_LAYERS: Final[dict[str, Callable[[dict[str, Any]], Layer]]] = {
    "text": _text,
    "shape": _shape,
    "image": _image,
    "group": _group,
}


def _with(raw: dict[str, Any], **parts: object) -> dict[str, Any]:
    """Return the fields of a layer with its box and `parts` as nouns instead of JSON."""
    return {**raw, "box": Box(**raw["box"]), **parts}


def _color(raw: list[int]) -> tuple[int, int, int, int]:
    red, green, blue, alpha = raw
    return red, green, blue, alpha


def _border(raw: dict[str, Any] | None) -> Border | None:
    return None if raw is None else Border(raw["width"], _color(raw["color"]))


def _fill(raw: dict[str, Any] | None) -> Fill | None:
    if raw is None:
        return None
    if raw["kind"] == "solid":
        return Solid(_color(raw["color"]))
    stops = tuple(Stop(stop["offset"], _color(stop["color"])) for stop in raw["stops"])
    if raw["kind"] == "linear":
        return LinearGradient(raw["angle"], stops)
    return RadialGradient(raw["x"], raw["y"], raw["radius"], stops)
