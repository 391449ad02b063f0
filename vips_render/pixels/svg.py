"""Write small SVG documents of our own, and nothing but such, and draw them.

The painters open libvips' SVG loader for these alone. Elements and attributes come from a fixed
list, values are numbers and colours: nothing of a recipient's text can get in, and no reference
leads out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pyvips

from vips_render.pixels.patch import Pixels, premultiplied
from vips_render.scene.model import (
    Box,
    Color,
    Corners,
    Fill,
    LinearGradient,
    RadialGradient,
    Solid,
    Stop,
)

Value = float | Color | str

_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "path": frozenset({"d", "fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"}),
    "ellipse": frozenset({"cx", "cy", "rx", "ry", "fill", "stroke", "stroke-width"}),
    "linearGradient": frozenset({"id", "gradientUnits", "x1", "y1", "x2", "y2"}),
    "radialGradient": frozenset({"id", "gradientUnits", "cx", "cy", "r"}),
    "stop": frozenset({"offset", "stop-color"}),
}
"""Every element and attribute that may be written."""

_WORDS = frozenset({"none", "round", "userSpaceOnUse", "fill", "url(#fill)"})
"""Every value that may be written and is neither a number, a colour nor path data of ours."""


def element(tag: str, content: str = "", /, **attributes: Value) -> str:
    """Write one element; underscores in attribute names become hyphens.

    Raises:
        KeyError: the element, an attribute or a word is not on the list.
    """
    allowed = _ATTRIBUTES[tag]
    parts = []
    for name, value in attributes.items():
        name = name.replace("_", "-")
        if name not in allowed:
            raise KeyError(name)
        parts.append(f' {name}="{_written(name, value)}"')
    return f"<{tag}{''.join(parts)}>{content}</{tag}>"


def _written(name: str, value: Value) -> str:
    if isinstance(value, tuple):
        red, green, blue, alpha = value
        return f"rgba({red},{green},{blue},{alpha / 255:.5f})"
    if isinstance(value, str):
        if name != "d" and value not in _WORDS:
            raise KeyError(value)
        return value
    return number(value)


def number(value: float) -> str:
    """Write a number briefly; what is not finite becomes 0."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"


def draw(content: str, box: Box, window: Box, scale: int) -> Pixels:
    """Draw elements given in pixels of scale 1 relative to `box`; returns the part in `window`.

    Args:
        box: where the elements' origin lies, at scale 1.
        window: what is wanted, in output pixels.
    """
    left, top = window.left - box.left * scale, window.top - box.top * scale
    document = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{window.width}" height="{window.height}" '
        f'viewBox="{left} {top} {window.width} {window.height}">'
        f'<g transform="scale({scale})">{content}</g></svg>'
    )
    pixels: Pixels = pyvips.Image.svgload_buffer(document.encode()).numpy()
    return premultiplied(np.ascontiguousarray(pixels))


def rounded_rectangle(
    left: float, top: float, width: float, height: float, corners: Corners
) -> str:
    """Return path data; radii that do not fit together are shrunk alike, as CSS does."""
    radii = [
        max(0.0, r)
        for r in (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)
    ]
    sides = (
        (width, radii[0] + radii[1]),
        (height, radii[1] + radii[2]),
        (width, radii[2] + radii[3]),
        (height, radii[3] + radii[0]),
    )
    shrink = min([1.0, *(side / total for side, total in sides if total > side)])
    a, b, c, d = (radius * shrink for radius in radii)
    right, bottom = left + width, top + height
    return (
        f"M{number(left + a)} {number(top)}H{number(right - b)}{_arc(b, right, top + b)}"
        f"V{number(bottom - c)}{_arc(c, right - c, bottom)}"
        f"H{number(left + d)}{_arc(d, left, bottom - d)}"
        f"V{number(top + a)}{_arc(a, left + a, top)}Z"
    )


def _arc(radius: float, x: float, y: float) -> str:
    if radius <= 0:
        return ""
    return f"A{number(radius)} {number(radius)} 0 0 1 {number(x)} {number(y)}"


def paint_of(fill: Fill, width: float, height: float) -> tuple[str, str | Color]:
    """Return a definition to write before the element, and the value of its `fill`."""
    if isinstance(fill, Solid):
        return "", fill.color
    if isinstance(fill, LinearGradient):
        return _linear(fill, width, height), "url(#fill)"
    return _radial(fill, width, height), "url(#fill)"


def _linear(fill: LinearGradient, width: float, height: float) -> str:
    """Place the line as CSS Images 3 section 3.1 does: its ends meet the box's corners."""
    angle = math.radians(fill.angle)
    across, up = math.sin(angle), math.cos(angle)
    half = (abs(width * across) + abs(height * up)) / 2
    x, y = width / 2, height / 2
    return element(
        "linearGradient",
        _stops(fill.stops),
        id="fill",
        gradientUnits="userSpaceOnUse",
        x1=x - across * half,
        y1=y + up * half,
        x2=x + across * half,
        y2=y - up * half,
    )


def _radial(fill: RadialGradient, width: float, height: float) -> str:
    x, y = fill.x * width, fill.y * height
    farthest = math.hypot(max(x, width - x), max(y, height - y))
    return element(
        "radialGradient",
        _stops(fill.stops),
        id="fill",
        gradientUnits="userSpaceOnUse",
        cx=x,
        cy=y,
        r=max(0.001, fill.radius * farthest),
    )


def _stops(stops: tuple[Stop, ...]) -> str:
    return "".join(element("stop", offset=stop.offset, stop_color=stop.color) for stop in stops)
