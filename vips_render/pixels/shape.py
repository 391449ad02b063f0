"""Paint rectangles, ellipses and lines, and cut the masks of pictures and groups."""

from __future__ import annotations

import math
from dataclasses import astuple
from functools import lru_cache

from vips_render.pixels.flat import Flat
from vips_render.pixels.patch import Patch, Pixels, flat, grown, is_empty, overlap, part, tinted
from vips_render.pixels.svg import draw, element, number, paint_of, rounded_rectangle
from vips_render.scene.model import Border, Box, Color, Corners, Fill, ShapeLayer, Solid

_NO_CORNERS = Corners()

_KEPT_MASK_PX = 512 * 512
"""The masks of so many pixels that were used last are kept, 16 of them: portraits share one."""


def paint_shape(layer: ShapeLayer, window: Box, scale: int) -> Patch | Flat | None:
    """Draw the part of a shape that lies in a window of output pixels; None when there is none."""
    if layer.shape == "line":
        return _paint_line(layer, window, scale)
    seen = overlap(scaled(layer.box, scale), window)
    if is_empty(seen):
        return None
    if is_flat(layer) and isinstance(layer.fill, Solid):
        return Flat(seen, layer.fill.color)
    if layer.shape == "rectangle" and layer.border is None and isinstance(layer.fill, Solid):
        rounded = _rounded(layer.box, layer.corners, layer.fill.color, scale)
        if rounded is not None:
            return Patch(seen.left, seen.top, part(rounded, seen, _corner_of(layer.box, scale)))
    content = outline(
        layer.box, layer.fill, layer.border, layer.corners, ellipse=layer.shape == "ellipse"
    )
    if not content:
        return None
    return Patch(seen.left, seen.top, draw(content, layer.box, seen, scale))


def is_flat(layer: ShapeLayer) -> bool:
    """Tell whether all that a shape draws is a box of one colour."""
    return (
        layer.shape == "rectangle"
        and layer.border is None
        and layer.corners == _NO_CORNERS
        and isinstance(layer.fill, Solid)
    )


def scaled(box: Box, scale: int) -> Box:
    """Return a box in output pixels."""
    if scale == 1:
        return box
    return Box(box.left * scale, box.top * scale, box.width * scale, box.height * scale)


def mask_of(box: Box, corners: Corners, seen: Box, scale: int, *, ellipse: bool) -> Pixels:
    """Return the coverage, height x width, of a rounded box or its ellipse in a part of it."""
    size = Box(0, 0, box.width, box.height)
    shown = Box(seen.left - box.left * scale, seen.top - box.top * scale, seen.width, seen.height)
    if seen.width * seen.height > _KEPT_MASK_PX:
        return _mask(size, corners, shown, scale, ellipse=ellipse)
    return _kept_mask(size, corners, shown, scale, ellipse=ellipse)


def _mask(box: Box, corners: Corners, seen: Box, scale: int, *, ellipse: bool) -> Pixels:
    content = outline(box, Solid((255, 255, 255, 255)), None, corners, ellipse=ellipse)
    mask: Pixels = draw(content, box, seen, scale)[..., 3].copy()
    mask.flags.writeable = False
    return mask


_kept_mask = lru_cache(16)(_mask)


def outline(
    box: Box, fill: Fill | None, border: Border | None, corners: Corners, *, ellipse: bool
) -> str:
    """Write a rectangle or ellipse as SVG elements: the fill, then the border inside the edge.

    Under an opaque border the fill ends at the border's middle, so that it cannot shine through at
    the soft outer edge.
    """
    parts: list[str] = []
    line = border.width if border else 0.0
    if fill is not None:
        inset = line / 2 if border and border.color[3] == 255 else 0.0
        definition, paint = paint_of(fill, box.width, box.height)
        parts += [definition, _figure(box, corners, inset, ellipse, fill=paint)]
    if border and line > 0:
        ring: dict[str, float | Color | str] = {"stroke": border.color, "stroke_width": line}
        parts.append(_figure(box, corners, line / 2, ellipse, fill="none", **ring))
    return "".join(parts)


def _figure(
    box: Box, corners: Corners, inset: float, ellipse: bool, **paint: float | Color | str
) -> str:
    width, height = max(0.0, box.width - 2 * inset), max(0.0, box.height - 2 * inset)
    if ellipse:
        middle_x, middle_y = box.width / 2, box.height / 2
        return element("ellipse", cx=middle_x, cy=middle_y, rx=width / 2, ry=height / 2, **paint)
    inner = Corners(*(max(0.0, radius - inset) for radius in astuple(corners)))
    return element("path", d=rounded_rectangle(inset, inset, width, height, inner), **paint)


def _paint_line(layer: ShapeLayer, window: Box, scale: int) -> Patch | None:
    """Draw from the top left to the bottom right of the box; the caps reach past it."""
    border, box = layer.border, layer.box
    if border is None or border.width <= 0 or (box.width <= 0 and box.height <= 0):
        return None
    reach = math.ceil(border.width / 2) + 1
    ink = grown(box, reach)
    seen = overlap(scaled(ink, scale), window)
    if is_empty(seen):
        return None
    content = element(
        "path",
        d=f"M0 0L{number(box.width)} {number(box.height)}",
        fill="none",
        stroke=border.color,
        stroke_width=border.width,
        stroke_linecap="round",
    )
    return Patch(seen.left, seen.top, draw(content, box, seen, scale))


def _rounded(box: Box, corners: Corners, color: Color, scale: int) -> Pixels | None:
    """Fill a rounded box and cut its corners, which are drawn once per radius; None if they meet.

    Pills differ in width by what they say, hardly ever in their corners.
    """
    radii = astuple(corners)
    sides = [math.ceil(radius) for radius in radii]
    top_left, top_right, bottom_right, bottom_left = sides
    if (
        max(top_left + top_right, bottom_left + bottom_right) > box.width
        or max(top_left + bottom_left, top_right + bottom_right) > box.height
    ):
        return None
    width, height = box.width * scale, box.height * scale
    pixels = flat(width, height, color)
    for place, (radius, side) in enumerate(zip(radii, sides, strict=True)):
        if side:
            reach = side * scale
            left = 0 if place in (0, 3) else width - reach
            top = 0 if place in (0, 1) else height - reach
            corner = pixels[top : top + reach, left : left + reach]
            corner[...] = tinted(_corner_mask(place, radius, side, scale), color)
    return pixels


@lru_cache(64)
def _corner_mask(place: int, radius: float, side: int, scale: int) -> Pixels:
    """Return the coverage of a rounded corner; `place` counts clockwise from the top left."""
    corners = Corners(*(radius if place == number else 0.0 for number in range(4)))
    seen = Box(0, 0, side * scale, side * scale)
    return mask_of(Box(0, 0, side, side), corners, seen, scale, ellipse=False)


def _corner_of(box: Box, scale: int) -> tuple[int, int]:
    return box.left * scale, box.top * scale
