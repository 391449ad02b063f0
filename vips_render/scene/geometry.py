"""Turn numbers of a document into whole pixels, by one rule.

The rule: an edge at `v` lies on the pixel line nearest to `v`, halves away from the origin's side,
that is `floor(v + 0.5)`. Edges are rounded, never sizes: boxes that touch in the document touch in
the picture. A number that is a size by itself (a font's) is rounded the same way.
"""

from __future__ import annotations

import math

from vips_render.scene.model import Box, Corners, of_fields

_SQUARE = Corners(0.0, 0.0, 0.0, 0.0)


def to_pixel(value: float) -> int:
    """Return the pixel line nearest to `value`; 0.5 goes to 1, -0.5 to 0."""
    return math.floor(value + 0.5)


def place_box(x: float, y: float, width: float, height: float) -> Box:
    """Return the box between the rounded edges; sizes below 0 count as 0."""
    left, top = to_pixel(x), to_pixel(y)
    right, bottom = to_pixel(x + max(width, 0.0)), to_pixel(y + max(height, 0.0))
    sides = {"left": left, "top": top, "width": right - left, "height": bottom - top}
    return of_fields(Box, sides)


def fit_corners(radii: tuple[float, float, float, float], box: Box) -> Corners:
    """Return corner radii that fit `box`: all shrink by one factor until no two overlap.

    Source: CSS Backgrounds 3, section 5.5.
    """
    if not any(radii):
        return _SQUARE
    top_left, top_right, bottom_right, bottom_left = radii
    sums = (
        (top_left + top_right, box.width),
        (bottom_left + bottom_right, box.width),
        (top_left + bottom_left, box.height),
        (top_right + bottom_right, box.height),
    )
    factor = min([1.0, *(side / total for total, side in sums if total > 0)])
    return Corners(
        top_left * factor, top_right * factor, bottom_right * factor, bottom_left * factor
    )
