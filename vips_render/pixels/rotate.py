"""Turn patches about a point, and find what must be drawn for what will be seen."""

from __future__ import annotations

import math

import numpy as np
import pyvips

from vips_render.pixels.patch import Patch, Pixels, bounded, grown, is_empty, overlap
from vips_render.scene.model import Box


def centre_of(box: Box, scale: int) -> tuple[float, float]:
    """Return the centre of a box in output pixels."""
    return (box.left + box.width / 2) * scale, (box.top + box.height / 2) * scale


def turned_window(window: Box, centre: tuple[float, float], degrees: float) -> Box:
    """Return the smallest box that holds a window turned by an angle about a point."""
    if is_empty(window):
        return window
    cosine, sine = _direction(degrees)
    xs, ys = [], []
    for x in (window.left, window.left + window.width):
        for y in (window.top, window.top + window.height):
            right, down = x - centre[0], y - centre[1]
            xs.append(centre[0] + cosine * right - sine * down)
            ys.append(centre[1] + sine * right + cosine * down)
    left, top = math.floor(min(xs)), math.floor(min(ys))
    return Box(left, top, math.ceil(max(xs)) - left, math.ceil(max(ys)) - top)


def rotated(patch: Patch, centre: tuple[float, float], degrees: float, window: Box) -> Patch | None:
    """Turn a patch clockwise about a point, bicubic; returns the part in a window.

    Colours stay premultiplied, so that what is transparent lends no darkness to the edges.
    """
    if degrees % 360 == 0:
        return patch
    # One pixel more on each side: soft edges reach out.
    turned = turned_window(patch.box, centre, degrees)
    ink = grown(turned, 1)
    seen = overlap(ink, window)
    if is_empty(seen):
        return None
    cosine, sine = _direction(degrees)
    # libvips counts from pixel centres, we from pixel corners: hence the halves. It refuses areas
    # left of or above its origin, so the origin is put where the seen part begins.
    x, y = patch.left + 0.5 - centre[0], patch.top + 0.5 - centre[1]
    out_x = cosine * x - sine * y + centre[0] - 0.5
    out_y = sine * x + cosine * y + centre[1] - 0.5
    height, width = patch.pixels.shape[:2]
    image = pyvips.Image.new_from_memory(
        np.ascontiguousarray(patch.pixels).data, width, height, 4, "uchar"
    ).affine(
        [cosine, -sine, sine, cosine],
        interpolate=pyvips.Interpolate.new("bicubic"),
        oarea=[0, 0, seen.width, seen.height],
        odx=out_x - seen.left,
        ody=out_y - seen.top,
        background=[0, 0, 0, 0],
        extend="background",
        premultiplied=True,
    )
    pixels: Pixels = image.numpy()
    return Patch(seen.left, seen.top, bounded(pixels))


def _direction(degrees: float) -> tuple[float, float]:
    """Cosine and sine, exact at right angles."""
    quarters, rest = divmod(degrees % 360, 90)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters)]
    radians = math.radians(degrees)
    return math.cos(radians), math.sin(radians)
