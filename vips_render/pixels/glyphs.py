"""Draw placed glyphs: outlines as one mask per line, emoji as pictures."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pyvips
import uharfbuzz as hb

from vips_render.pixels.patch import Patch, Pixels, bounded, times, tinted
from vips_render.pixels.shaping import Glyph, Shaped
from vips_render.scene.model import Box, Color

_REACH_EM = 3
"""Ink further than this from the pen's way is cut: no letter of any script reaches so far."""

_LARGE_PX = 4_000_000
"""Advance times size from which only what is seen of a line is drawn."""

_REMEMBERED_EMOJI = 64


def draw_line(
    shaped: Shaped,
    size: float,
    spacing: float,
    color: Color,
    pen: tuple[int, int],
    window: Box,
) -> list[Patch]:
    """Draw a line's glyphs in output pixels: one patch of letters, one per emoji.

    Args:
        size: of the font, in output pixels.
        spacing: output pixels after each cluster.
        pen: where the line starts on its baseline.
        window: what can be seen; outlines far outside are not drawn.
    """
    letters = [glyph for glyph in shaped.glyphs if not glyph.is_colour]
    patches: list[Patch] = []
    advance = shaped.advance * size + shaped.gaps * spacing
    mask = _mask(letters, size, spacing, advance, pen, window)
    if mask is not None:
        left, top, coverage = mask
        patches.append(Patch(pen[0] + left, pen[1] + top, tinted(coverage, color)))
    for glyph in shaped.glyphs:
        if glyph.is_colour:
            x = pen[0] + glyph.x * size + glyph.gaps * spacing
            y = pen[1] - glyph.y * size
            patch = _emoji(glyph, size, x, y, color)
            if patch is not None:
                patches.append(patch)
    return patches


def _mask(
    glyphs: list[Glyph],
    size: float,
    spacing: float,
    advance: float,
    pen: tuple[int, int],
    window: Box,
) -> tuple[int, int, Pixels] | None:
    """Return left and top from the pen, and the coverage of all outlines together."""
    raster = hb.RasterDraw()
    for glyph in glyphs:
        by = size / glyph.font.face.upem
        x = glyph.x * size + glyph.gaps * spacing
        raster.transform = (by, 0, 0, by, x, glyph.y * size)
        raster.draw_glyph(glyph.font, glyph.number)
    if advance * size > _LARGE_PX:
        raster.extents = _seen(advance, size, pen, window)
    image = raster.render()
    drawn = image.extents if image is not None else None
    if drawn is None or drawn.width == 0 or drawn.height == 0:
        return None
    rows = np.frombuffer(image.buffer, dtype=np.uint8).reshape(drawn.height, drawn.stride)
    # HarfBuzz stores rows bottom up.
    coverage: Pixels = rows[::-1, : drawn.width]
    return drawn.x_origin, -(drawn.y_origin + drawn.height), coverage


def _seen(advance: float, size: float, pen: tuple[int, int], window: Box) -> hb.RasterExtents:
    """Return what to draw of a line that is much larger than any canvas."""
    reach = math.ceil(_REACH_EM * size)
    left = max(-reach, window.left - pen[0])
    right = min(math.ceil(advance) + reach, window.left + window.width - pen[0])
    top = max(-reach, window.top - pen[1])
    bottom = min(reach, window.top + window.height - pen[1])
    return hb.RasterExtents(left, -bottom, max(1, right - left), max(1, bottom - top), 0)


def _emoji(glyph: Glyph, size: float, x: float, y: float, color: Color) -> Patch | None:
    left, top = math.floor(x + 0.5), math.floor(y + 0.5)
    picture = _emoji_picture(glyph.font, glyph.number, size)
    if picture is None:
        return None
    right, down, pixels = picture
    if color[3] < 255:
        pixels = times(pixels, color[3])
    return Patch(left + right, top + down, pixels)


@lru_cache(_REMEMBERED_EMOJI)
def _emoji_picture(font: hb.Font, number: int, size: float) -> tuple[int, int, Pixels] | None:
    """Return left and top from the pen and the premultiplied pixels of a colour glyph."""
    extents = font.get_glyph_extents(number)
    by = size / font.face.upem
    if extents is None or extents.width == 0:
        return None
    left, top = round(extents.x_bearing * by), round(-extents.y_bearing * by)
    width, height = round(extents.width * by), round(-extents.height * by)
    blob = font.get_glyph_color_png(number) if font.face.has_color_png else None
    if blob is not None and len(blob.data) > 0 and width > 0 and height > 0:
        return left, top, _shrunk_png(bytes(blob.data), width, height)
    return _painted(font, number, extents, by)


def _shrunk_png(data: bytes, width: int, height: int) -> Pixels:
    image = pyvips.Image.pngload_buffer(data).colourspace("srgb")
    image = (image if image.hasalpha() else image.bandjoin(255)).premultiply()
    image = image.resize(width / image.width, vscale=height / image.height)
    pixels: Pixels = (image + 0.5).cast("uchar").numpy()
    return bounded(pixels)


def _painted(
    font: hb.Font, number: int, extents: hb.GlyphExtents, by: float
) -> tuple[int, int, Pixels] | None:
    """Draw a glyph of colour layers (COLR)."""
    raster = hb.RasterPaint()
    raster.transform = (by, 0, 0, by, 0, 0)
    if not raster.set_glyph_extents(extents) or not raster.paint_glyph_or_fail(font, number):
        return None
    image = raster.render()
    if image is None:
        return None
    drawn = image.extents
    rows = np.frombuffer(image.buffer, dtype=np.uint8).reshape(drawn.height, drawn.stride // 4, 4)
    # Blue first, bottom up, premultiplied.
    pixels = np.ascontiguousarray(rows[::-1, : drawn.width][..., [2, 1, 0, 3]])
    return drawn.x_origin, -(drawn.y_origin + drawn.height), pixels
