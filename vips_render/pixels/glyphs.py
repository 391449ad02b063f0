"""Draw placed glyphs: outlines as ink of one colour, emoji as pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from io import BytesIO

import numpy as np
import uharfbuzz as hb
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from vips_render.pixels.ink import Ink, Spots, cut_spots, ink_of, restrided
from vips_render.pixels.outlines import STEPS, GlyphCase, Placed, rendered
from vips_render.pixels.patch import Patch, Pixels, bounded, is_empty, overlap, times, tinted
from vips_render.pixels.reading import Shaped
from vips_render.pixels.stroke import Stamp, stroked
from vips_render.scene.geometry import to_pixel
from vips_render.scene.model import Box, Color

_REACH_EM = 3
"""Ink further than this from the pen's way is cut: no letter of any script reaches so far."""

_LARGE_PX = 4_000_000
"""Advance times size from which only what is seen of a line is drawn."""

_POSTER_PX = 256
"""Larger letters are drawn as masks, line by line: there are few, and few pixels are edges."""

_REMEMBERED_EMOJI = 64

_LARGEST_EMOJI_PX = 1_048_576
"""Fonts of emoji bring 136 to 160 pixels a side; a document's own font may bring anything."""


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
        spacing: output pixels for each of letter spacing.
        window: what can be seen; what lies outside may be left out.
    """
    letters = draw_letters(lines, size, spacing, color, window, case)
    return [*letters, *draw_emoji(lines, size, spacing, color)]


def draw_letters(
    lines: Sequence[tuple[Shaped, tuple[int, int]]],
    size: float,
    spacing: float,
    color: Color,
    window: Box,
    case: GlyphCase,
    stroke: float = 0.0,
) -> list[Patch | Ink]:
    """Draw the letters of lines; see `draw_lines`.

    Args:
        stroke: how many output pixels further than the letters all reaches.
    """
    pieces: list[Patch | Ink] = []
    if stroke and size + 2 * stroke > _POSTER_PX:
        mask = stroked([*_stamps(lines, size, spacing)], stroke, window)
        if mask is not None:
            left, top, coverage = mask
            pieces.append(Patch(left, top, tinted(coverage, color)))
    elif size > _POSTER_PX:
        for shaped, pen in lines:
            advance = shaped.advance * size + shaped.gaps * spacing
            mask = _mask(shaped.letters, size, spacing, advance, pen, window)
            if mask is not None:
                left, top, coverage = mask
                pieces.append(Patch(pen[0] + left, pen[1] + top, tinted(coverage, color)))
    else:
        ink = _ink(lines, size, spacing, color, window, case, stroke)
        if ink is not None:
            pieces.append(ink)
    return pieces


def _stamps(
    lines: Iterable[tuple[Shaped, tuple[int, int]]], size: float, spacing: float
) -> Iterator[Stamp]:
    for shaped, pen in lines:
        for font, outline, start, gaps, _ in shaped.letters:
            by, x = size / font.face.upem, pen[0] + start * size + gaps * spacing
            for number, right, up in outline.places(by, spacing):
                yield font, number, by, x + right, pen[1] - up


def draw_emoji(
    lines: Iterable[tuple[Shaped, tuple[int, int]]], size: float, spacing: float, color: Color
) -> list[Patch]:
    """Draw what brings its own colours; of `color` only alpha counts."""
    pieces: list[Patch] = []
    for shaped, pen in lines:
        for font, outline, start, gaps, _ in shaped.emoji:
            x = pen[0] + start * size + gaps * spacing
            for number, right, up in outline.places(size / font.face.upem, spacing):
                patch = _emoji(font, number, size, x + right, pen[1] - up, color)
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
    stroke: float,
) -> Ink | None:
    """Return the letters of all lines together; None when none is seen."""
    lefts: list[int] = []
    tops: list[int] = []
    spots: list[Spots] = []
    overlapping, below, floor = False, -math.inf, math.floor
    for shaped, (pen_x, pen_y) in lines:
        first, behind = len(spots), -math.inf
        for font, outline, start, gaps, _ in shaped.letters:
            sort = case.sort(font, size, window.width, stroke)
            from_left = (pen_x + start * size + gaps * spacing) * STEPS + 0.5
            from_top = pen_y * STEPS + 0.5
            for number, right, up in outline.places(sort.by * STEPS, spacing * STEPS):
                x, y = floor(from_left + right), floor(from_top - up)
                glyph = sort[(number * STEPS + y % STEPS) * STEPS + x % STEPS]
                if glyph is None:
                    continue
                left = x // STEPS + glyph[0]
                if left < behind:
                    overlapping = True
                behind = max(behind, left + glyph[2].width)
                lefts.append(left)
                tops.append(y // STEPS + glyph[1])
                spots.append(glyph[2])
        if first and not overlapping:
            overlapping = min(tops[first:], default=below) < below
        bottoms = [y + one.height for y, one in zip(tops[first:], spots[first:], strict=True)]
        below = max(bottoms, default=below)
    ends = [x + one.width for x, one in zip(lefts, spots, strict=True)]
    is_seen = spots and (
        min(lefts) >= window.left
        and max(ends) <= window.left + window.width
        and min(tops) >= window.top
        and below <= window.top + window.height
    )
    if not is_seen:
        lefts, tops, spots = _cut(lefts, tops, spots, window)
    if not spots:
        return None
    return ink_of(lefts, tops, spots, color, overlapping=overlapping)


def _cut(
    lefts: list[int], tops: list[int], spots: list[Spots], window: Box
) -> tuple[list[int], list[int], list[Spots]]:
    """Leave out what is not seen."""
    seen: list[tuple[int, int, Spots]] = []
    for left, top, one in zip(lefts, tops, spots, strict=True):
        box = overlap(Box(left, top, one.width, one.height), window)
        if not is_empty(box):
            cut = cut_spots(one, Box(box.left - left, box.top - top, box.width, box.height))
            seen.append((box.left, box.top, restrided(cut, window.width)))
    return [x for x, _, _ in seen], [y for _, y, _ in seen], [one for _, _, one in seen]


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
    for font, outline, start, gaps, _ in letters:
        by, x = size / font.face.upem, start * size + gaps * spacing
        for number, right, up in outline.places(by, spacing):
            raster.transform = (by, 0, 0, by, x + right, up)
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
    left, top = to_pixel(x), to_pixel(y)
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
        pixels = _shrunk_png(bytes(blob.data), width, height)
        return None if pixels is None else (left, top, pixels)
    return _painted(font, number, extents, by)


def _shrunk_png(data: bytes, width: int, height: int) -> Pixels | None:
    """Return a font's picture at another size; None where it is none, or a bomb."""
    try:
        # A line of emoji is dozens of small pictures, each of which costs libvips 7 times as much.
        image = PngImageFile(BytesIO(data))
        if image.width * image.height > _LARGEST_EMOJI_PX:
            return None
        premultiplied = image.convert("RGBA").convert("RGBa")
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for files that are broken
        return None
    return bounded(np.asarray(premultiplied.resize((width, height), Image.Resampling.LANCZOS)))


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
