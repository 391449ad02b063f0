"""Paint decoded pictures into their boxes."""

from __future__ import annotations

import numpy as np
import pyvips

from vips_render.bitmap import Bitmap
from vips_render.pixels.patch import (
    Patch,
    Pixels,
    blend_patch,
    bounded,
    is_empty,
    overlap,
    premultiplied,
    times,
)
from vips_render.pixels.shape import mask_of, outline, scaled
from vips_render.pixels.svg import draw
from vips_render.scene.model import Border, Box, Corners, ImageLayer


def paint_image(layer: ImageLayer, bitmap: Bitmap, window: Box, scale: int) -> Patch | None:
    """Draw the part of a picture that lies in a window of output pixels; None without one."""
    frame = scaled(layer.box, scale)
    if is_empty(frame) or bitmap.width <= 0 or bitmap.height <= 0:
        return None
    place = _placed(layer, bitmap, frame)
    seen = overlap(overlap(place, frame), window)
    if is_empty(seen):
        return None
    patch = Patch(seen.left, seen.top, _resized(bitmap, place, seen))
    if layer.ellipse or layer.corners != Corners():
        patch = _masked(layer, patch, scale)
    if layer.border and layer.border.width > 0:
        return _bordered(layer, layer.border, patch, overlap(frame, window), scale)
    return patch


def _placed(layer: ImageLayer, bitmap: Bitmap, frame: Box) -> Box:
    """Return where the whole picture lies, in output pixels.

    `cover` reaches past the frame on one axis; the focus is then as near to the frame's centre
    as the picture's edges allow.
    """
    wide, high = frame.width / bitmap.width, frame.height / bitmap.height
    ratio = max(wide, high) if layer.fit == "cover" else min(wide, high)
    width, height = max(1, round(bitmap.width * ratio)), max(1, round(bitmap.height * ratio))
    if layer.fit == "contain":
        return Box(
            frame.left + (frame.width - width) // 2,
            frame.top + (frame.height - height) // 2,
            width,
            height,
        )
    width, height = max(width, frame.width), max(height, frame.height)
    left = _kept(layer.focus[0] * width - frame.width / 2, width - frame.width)
    top = _kept(layer.focus[1] * height - frame.height / 2, height - frame.height)
    return Box(frame.left - left, frame.top - top, width, height)


def _kept(wanted: float, most: int) -> int:
    return min(max(0, round(wanted)), most)


def _resized(bitmap: Bitmap, place: Box, seen: Box) -> Pixels:
    """Scale the whole picture to its place and cut out what is seen, premultiplied.

    libvips works on demand: only the part that is seen is computed.
    """
    size = bitmap.height, bitmap.width, 4
    pixels = premultiplied(np.frombuffer(bitmap.pixels, dtype=np.uint8).reshape(size))
    left, top = seen.left - place.left, seen.top - place.top
    if (place.width, place.height) == (bitmap.width, bitmap.height):
        return pixels[top : top + seen.height, left : left + seen.width]
    image = pyvips.Image.new_from_memory(pixels.data, bitmap.width, bitmap.height, 4, "uchar")
    image = image.resize(place.width / bitmap.width, vscale=place.height / bitmap.height)
    return bounded(image.crop(left, top, seen.width, seen.height).numpy())


def _masked(layer: ImageLayer, patch: Patch, scale: int) -> Patch:
    mask = mask_of(layer.box, layer.corners, patch.box, scale, ellipse=layer.ellipse)
    return Patch(patch.left, patch.top, times(patch.pixels, mask))


def _bordered(layer: ImageLayer, border: Border, patch: Patch, seen: Box, scale: int) -> Patch:
    line = outline(layer.box, None, border, layer.corners, ellipse=layer.ellipse)
    canvas = np.zeros((seen.height, seen.width, 4), dtype=np.uint8)
    blend_patch(canvas, patch, (seen.left, seen.top))
    blend_patch(
        canvas,
        Patch(seen.left, seen.top, draw(line, layer.box, seen, scale)),
        (seen.left, seen.top),
    )
    return Patch(seen.left, seen.top, canvas)
