"""Compile what a text has besides its colour."""

from __future__ import annotations

from vips_render.scene import model as scene
from vips_render.scene.reader import BLACK, Reader, Source, Still, combined
from vips_render.template import layers as document
from vips_render.template import lettering
from vips_render.template.properties import Computed


def color_of(reader: Reader, layer: document.TextFallback) -> Source[scene.Color]:
    """Give the colour of a text; black where a gradient takes its place."""
    if isinstance(layer.color, (str, Computed)):
        return reader.color(layer.color, "color")
    return Still(BLACK)


def effects_of(reader: Reader, layer: document.TextFallback) -> Source[scene.Effects | None]:
    """Give the effects of a text; None when there is nothing to be seen of any."""
    fill: Source[scene.Fill | None] = Still(None)
    if not isinstance(layer.color, (str, Computed)):
        fill = reader.fill(layer.color, "color")
    return combined(
        _effects,
        fill,
        _stroke_of(reader, layer.stroke),
        _shadow_of(reader, layer.shadow),
        _highlight_of(reader, layer.highlight),
    )


def _stroke_of(reader: Reader, stroke: lettering.Stroke | None) -> Source[scene.Stroke | None]:
    if stroke is None:
        return Still(None)
    width = reader.read(stroke.width, "stroke.width", 2.0)
    return combined(_stroke, width, reader.color(stroke.color, "stroke.color"))


def _shadow_of(reader: Reader, shadow: lettering.Shadow | None) -> Source[scene.Shadow | None]:
    if shadow is None:
        return Still(None)
    return combined(
        _shadow,
        reader.read(shadow.x, "shadow.x", 0.0),
        reader.read(shadow.y, "shadow.y", 2.0),
        reader.read(shadow.blur, "shadow.blur", 4.0),
        reader.color(shadow.color, "shadow.color"),
    )


def _highlight_of(
    reader: Reader, highlight: lettering.Highlight | None
) -> Source[scene.Highlight | None]:
    if highlight is None:
        return Still(None)
    return combined(
        _highlight,
        reader.color(highlight.color, "highlight.color"),
        reader.read(highlight.padding, "highlight.padding", 4.0),
        reader.read(highlight.radius, "highlight.radius", 0.0),
    )


def _effects(
    fill: scene.LinearGradient | scene.RadialGradient | None,
    stroke: scene.Stroke | None,
    shadow: scene.Shadow | None,
    highlight: scene.Highlight | None,
) -> scene.Effects | None:
    if not (fill or stroke or shadow or highlight):
        return None
    return scene.Effects(fill, stroke, shadow, highlight)


def _stroke(width: float, color: scene.Color) -> scene.Stroke | None:
    return scene.Stroke(width, color) if width > 0 and color[3] else None


def _shadow(x: float, y: float, blur: float, color: scene.Color) -> scene.Shadow | None:
    return scene.Shadow(x, y, blur, color) if color[3] else None


def _highlight(color: scene.Color, padding: float, radius: float) -> scene.Highlight | None:
    return scene.Highlight(color, padding, radius) if color[3] else None
