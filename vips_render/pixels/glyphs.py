"""Draw placed glyphs: outlines as ink of one colour, emoji as pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import pyvips
import uharfbuzz as hb

from vips_render.pixels.ink import Ink, gathered_spots, spots_of
from vips_render.pixels.outlines import STEPS, GlyphCase, Sort, Spotted, rendered
from vips_render.pixels.patch import Patch, Pixels, bounded, is_empty, overlap, part, times, tinted
from vips_render.pixels.shaping import Placed, Shaped
from vips_render.scene.model import Box, Color

_REACH_EM = 3
"""Ink further than this from the pen's way is cut: no letter of any script reaches so far."""

_LARGE_PX = 4_000_000
"""Advance times size from which only what is seen of a line is drawn."""

_POSTER_PX = 256
"""Larger letters are drawn as masks, line by line: there are few, and few pixels are edges."""

_REMEMBERED_EMOJI = 64


def draw_lines(
    lines: Sequence[tuple[Shaped, tuple[int, int]]],
    size: float,
    spacing: float,
    color: Color,
    window: Box,
    case: GlyphCase,
) -> list[Patch | Ink]:
    """Draw lines in output pixels: letters first, all as one where they can be, then emoji.

    Args:
        lines: each with the place where it starts on its baseline.
        size: of the font, in output pixels.
        spacing: output pixels after each cluster.
        window: what can be seen; what lies outside may be left out.
    """
    pieces: list[Patch | Ink] = []
    if size > _POSTER_PX:
        for shaped, pen in lines:
            advance = shaped.advance * size + shaped.gaps * spacing
            mask = _mask(shaped.letters, size, spacing, advance, pen, window)
            if mask is not None:
                left, top, coverage = mask
                pieces.append(Patch(pen[0] + left, pen[1] + top, tinted(coverage, color)))
    else:
        ink = _ink(lines, size, spacing, color, window, case)
        if ink is not None:
            pieces.append(ink)
    for shaped, pen in lines:
        for font, number, right, up, gaps in shaped.emoji:
            x, y = pen[0] + right * size + gaps * spacing, pen[1] - up * size
            patch = _emoji(font, number, size, x, y, color)
            if patch is not None:
                pieces.append(patch)
    return pieces


def _ink(
    lines: Iterable[tuple[Shaped, tuple[int, int]]],
    size: float,
    spacing: float,
    color: Color,
    window: Box,
    case: GlyphCase,
) -> Ink | None:
    """Return the letters of all lines together; None when none is seen."""
    placed: list[Spotted] = []
    overlapping = False
    edge_left, edge_top = window.left, window.top
    edge_right, edge_bottom = window.left + window.width, window.top + window.height
    steps_em, steps_gap, floor = size * STEPS, spacing * STEPS, math.floor
    below = edge_top
    sort: Sort | None = None
    for shaped, (pen_x, pen_y) in lines:
        behind, first = edge_left, len(placed)
        for font, number, right, up, gaps in shaped.letters:
            if sort is None or sort.font is not font:
                sort = case.sort(font, size, window.width)
            x = floor(right * steps_em + gaps * steps_gap + 0.5)
            y = floor(0.5 - up * steps_em) if up else 0
            key = (number * STEPS + y % STEPS) * STEPS + x % STEPS
            glyph = sort[key]
            if glyph is None:
                continue
            left, top, end, bottom, spots = glyph
            x, y = pen_x + x // STEPS, pen_y + y // STEPS
            left, top, end, bottom = left + x, top + y, end + x, bottom + y
            seen = left, top, end, bottom, spots
            if left < edge_left or top < edge_top or end > edge_right or bottom > edge_bottom:
                cut = _cut(sort, key, seen, window)
                if cut is None:
                    continue
                seen = cut
            if left < behind:
                overlapping = True
            if end > behind:
                behind = end
            placed.append(seen)
        if first and not overlapping:
            overlapping = any(glyph[1] < below for glyph in placed[first:])
        below = max([below, *(glyph[3] for glyph in placed[first:])])
    if not placed:
        return None
    left, top, spots = gathered_spots(placed, overlapping=overlapping)
    return Ink(left, top, spots, color)


def _cut(sort: Sort, key: int, glyph: Spotted, window: Box) -> Spotted | None:
    """Return what is seen of a glyph that reaches over the edge of a window."""
    left, top, right, bottom, _ = glyph
    seen = overlap(Box(left, top, right - left, bottom - top), window)
    drawn = sort.coverage(key)
    if is_empty(seen) or drawn is None:
        return None
    coverage = part(drawn[2], seen, (left, top))
    ends = seen.left + seen.width, seen.top + seen.height
    return seen.left, seen.top, *ends, spots_of(coverage, window.width)


def _mask(
    letters: Iterable[Placed],
    size: float,
    spacing: float,
    advance: float,
    pen: tuple[int, int],
    window: Box,
) -> tuple[int, int, Pixels] | None:
    """Return left and top from the pen, and the coverage of all outlines together."""
    raster = hb.RasterDraw()
    for font, number, right, up, gaps in letters:
        by = size / font.face.upem
        raster.transform = (by, 0, 0, by, right * size + gaps * spacing, up * size)
        raster.draw_glyph(font, number)
    if advance * size > _LARGE_PX:
        raster.extents = _seen(advance, size, pen, window)
    return rendered(raster)


def _seen(advance: float, size: float, pen: tuple[int, int], window: Box) -> hb.RasterExtents:
    """Return what to draw of a line that is much larger than any canvas."""
    reach = math.ceil(_REACH_EM * size)
    left = max(-reach, window.left - pen[0])
    right = min(math.ceil(advance) + reach, window.left + window.width - pen[0])
    top = max(-reach, window.top - pen[1])
    bottom = min(reach, window.top + window.height - pen[1])
    return hb.RasterExtents(left, -bottom, max(1, right - left), max(1, bottom - top), 0)


def _emoji(
    font: hb.Font, number: int, size: float, x: float, y: float, color: Color
) -> Patch | None:
    left, top = math.floor(x + 0.5), math.floor(y + 0.5)
    picture = _emoji_picture(font, number, size)
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
