"""Write a scene as bytes and read it back.

Used between processes and as part of cache keys: equal bytes draw equal pixels. A scene is lines of
JSON, the canvas first and then a line for each layer, so that what many scenes share is written
once and read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final, TypeVar

import orjson

from vips_render.errors import RenderError
from vips_render.scene.model import (
    Border,
    Box,
    Color,
    Corners,
    Effects,
    Fill,
    Font,
    GroupLayer,
    Highlight,
    ImageLayer,
    Layer,
    LinearGradient,
    RadialGradient,
    Scene,
    Shadow,
    ShapeLayer,
    Solid,
    Span,
    Stop,
    Stroke,
    TextLayer,
    of_fields,
)

T = TypeVar("T")

KEPT_BYTES = 256 * 1024
"""Lines whose layers a reader keeps: those of a dozen templates, 2 MB of objects."""

_LINE = "_line"
"""Where a noun keeps its line: no field, so it counts neither for equality nor for orjson."""


def dump_scene(scene: Scene) -> bytes:
    """Return the scene as lines of JSON; fields stand in the order that the model declares them."""
    return b"\n".join([canvas_line(scene), *map(layer_line, scene.layers)])


def load_scene(data: bytes) -> Scene:
    """Return the scene that `dump_scene` wrote.

    Raises:
        RenderError: bytes that it never writes.
    """
    return SceneReader().read(data)


def layer_line(layer: Layer) -> bytes:
    """Return a layer as one line of JSON; equal layers have equal lines.

    Written once and kept with the layer, so a good key for what is made of it.
    """
    kept = vars(layer)
    line: bytes | None = kept.get(_LINE)
    if line is None:
        line = kept[_LINE] = orjson.dumps(layer)
    return line


def canvas_line(scene: Scene) -> bytes:
    """Return a scene without its layers as one line of JSON, kept likewise."""
    kept = vars(scene)
    line: bytes | None = kept.get(_LINE)
    if line is None:
        canvas = {name: kept[name] for name in _CANVAS}
        line = kept[_LINE] = orjson.dumps(canvas)
    return line


class SceneReader:
    """Reads scenes; what is not personal is read once and is the same object every time.

    Args:
        families: the name that each font family has here; others keep theirs.
        kept_bytes: how many bytes of lines it keeps in mind.
    """

    def __init__(
        self, families: Mapping[str, str] | None = None, kept_bytes: int = KEPT_BYTES
    ) -> None:
        self._families = {name.casefold(): own for name, own in (families or {}).items()}
        self._room = self._kept_bytes = kept_bytes
        self._canvases: dict[bytes, dict[str, Any]] = {}
        self._layers: dict[bytes, Layer] = {}

    def read(self, data: bytes) -> Scene:
        """Return the scene that `dump_scene` wrote.

        Raises:
            RenderError: bytes that it never writes.
        """
        first, *lines = data.split(b"\n")
        try:
            known = self._layers.get
            canvas = self._canvases.get(first) or self._canvas(first)
            layers = tuple([known(line) or self._layer(line) for line in lines])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise RenderError(f"these bytes are no scene: {error!r}") from error
        return of_fields(Scene, canvas | {"layers": layers, _LINE: first})

    def _canvas(self, line: bytes) -> dict[str, Any]:
        raw = orjson.loads(line)
        if tuple(raw) != _CANVAS:
            raise ValueError("the first line is no canvas")
        canvas: dict[str, Any] = dict.fromkeys(_FIELDS[Scene]) | raw
        canvas["background"] = _fill(raw["background"])
        if not canvas["personal"] and self._has_room(line):
            self._canvases[line] = canvas
        return canvas

    def _layer(self, line: bytes) -> Layer:
        layer = self._noun(orjson.loads(line))
        if not self._families:
            vars(layer)[_LINE] = line
        if not layer.personal and self._has_room(line):
            self._layers[line] = layer
        return layer

    def _has_room(self, line: bytes) -> bool:
        """Tell whether a line may be kept, and count it as kept."""
        if len(line) > self._kept_bytes:
            return False
        if len(line) > self._room:
            # All at once: those still in use are back with the next picture.
            self._canvases.clear()
            self._layers.clear()
            self._room = self._kept_bytes
        self._room -= len(line)
        return True

    def _noun(self, raw: dict[str, Any]) -> Layer:
        """Return a layer; `raw` becomes its own."""
        raw["box"] = _box(**raw["box"])
        match raw["kind"]:
            case "text":
                raw["font"] = self._font(raw["font"])
                raw["color"] = _color(raw["color"])
                raw["effects"] = _effects(raw["effects"])
                raw["spans"] = tuple([_span(span) for span in raw["spans"]])
                return _made(TextLayer, raw)
            case "shape":
                raw["fill"] = _fill(raw["fill"])
                raw["border"] = _border(raw["border"])
                raw["corners"] = _corners(**raw["corners"])
                return _made(ShapeLayer, raw)
            case "image":
                raw["focus"] = tuple(raw["focus"])
                raw["corners"] = _corners(**raw["corners"])
                raw["border"] = _border(raw["border"])
                fallback = raw["fallback"]
                raw["fallback"] = None if fallback is None else self._noun(fallback)
                return _made(ImageLayer, raw)
            case "group":
                raw["layers"] = tuple([self._noun(layer) for layer in raw["layers"]])
                raw["corners"] = _corners(**raw["corners"])
                return _made(GroupLayer, raw)
        raise ValueError("a layer of no known kind")

    def _font(self, raw: dict[str, Any]) -> Font:
        families = raw["families"]
        if self._families:
            families = [self._families.get(name.casefold(), name) for name in families]
        return _font(tuple(families), raw["weight"], raw["italic"], tuple(raw["features"]))


_FIELDS: Final[dict[type, tuple[str, ...]]] = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (TextLayer, ShapeLayer, ImageLayer, GroupLayer, Scene)
}
_CANVAS: Final = tuple(name for name in _FIELDS[Scene] if name != "layers")

# Looking one up costs less than making it, and those of personal layers are mostly the same too.
_box = lru_cache(maxsize=1024, typed=True)(Box)
_corners = lru_cache(maxsize=1024, typed=True)(Corners)
_font = lru_cache(maxsize=1024, typed=True)(Font)


def _made(kind: type[T], raw: dict[str, Any]) -> T:
    if tuple(raw) != _FIELDS[kind]:
        raise ValueError(f"not the fields of a {kind.__name__}")
    return of_fields(kind, raw)


def _color(raw: list[int]) -> Color:
    red, green, blue, alpha = raw
    return red, green, blue, alpha


def _border(raw: dict[str, Any] | None) -> Border | None:
    return None if raw is None else Border(raw["width"], _color(raw["color"]))


def _span(raw: dict[str, Any]) -> Span:
    color = raw["color"]
    return Span(**raw | {"color": None if color is None else _color(color)})


def _effects(raw: dict[str, Any] | None) -> Effects | None:
    if raw is None:
        return None
    stroke, shadow, highlight = (
        None if part is None else part | {"color": _color(part["color"])}
        for part in (raw["stroke"], raw["shadow"], raw["highlight"])
    )
    fill = _fill(raw["fill"])
    if isinstance(fill, Solid):
        raise ValueError("the colour of a text is no effect")
    return Effects(
        fill,
        None if stroke is None else Stroke(**stroke),
        None if shadow is None else Shadow(**shadow),
        None if highlight is None else Highlight(**highlight),
    )


def _fill(raw: dict[str, Any] | None) -> Fill | None:
    if raw is None:
        return None
    if raw["kind"] == "solid":
        return Solid(_color(raw["color"]))
    stops = tuple(Stop(stop["offset"], _color(stop["color"])) for stop in raw["stops"])
    if raw["kind"] == "linear":
        return LinearGradient(raw["angle"], stops)
    return RadialGradient(raw["x"], raw["y"], raw["radius"], stops)
