"""Paint what a text has besides its colour: boxes behind its lines, shadow, stroke, gradient.

From the bottom up: highlight, shadow, stroke, letters, emoji. The stroke lies below the letters and
reaches outwards alone, so that it never thins them; where letters can be seen through, it is cut
out beneath them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vips_render.pixels.blur import blur_reach, blurred
from vips_render.pixels.glyphs import draw_emoji, draw_letters
from vips_render.pixels.ink import Ink, Spots, cut_spots, joined_spots, patch_of, restrided
from vips_render.pixels.outlines import GlyphCase
from vips_render.pixels.patch import (
    Patch,
    Pixels,
    Words,
    around,
    grown,
    is_empty,
    overlap,
    part,
    times,
    tinted,
)
from vips_render.pixels.reading import Shaped
from vips_render.pixels.shape import mask_of
from vips_render.pixels.svg import draw, element, number, paint_of
from vips_render.scene.geometry import to_pixel
from vips_render.scene.model import (
    Box,
    Color,
    Corners,
    Effects,
    Fill,
    Highlight,
    Shadow,
    TextLayer,
)

Piece = Patch | Ink

_WHITE: Color = (255, 255, 255, 255)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines, each with the place where it starts on its baseline, in output pixels.

    Attributes:
        ascent, descent: how far the primary face reaches above and below a baseline.
    """

    lines: Sequence[tuple[Shaped, tuple[int, int]]]
    size: float
    spacing: float
    ascent: float
    descent: float

    def of_voice(self, voice: int, factor: float) -> Block:
        """Return the glyphs of one voice, `factor` times as large."""
        lines = [(shaped.of_voice(voice, factor), pen) for shaped, pen in self.lines]
        return replace(self, lines=lines, size=self.size * factor)

    def letters(self, color: Color, window: Box, case: GlyphCase, stroke: float = 0) -> list[Piece]:
        """Draw all letters; see `glyphs.draw_letters`."""
        return draw_letters(self.lines, self.size, self.spacing, color, window, case, stroke)

    def emoji(self, color: Color) -> list[Patch]:
        """Draw all emoji; see `glyphs.draw_emoji`."""
        return draw_emoji(self.lines, self.size, self.spacing, color)


Voices = Sequence[tuple[Block, Color | None]]
"""The letters of each voice, and their colour; None for the layer's own colour or gradient."""


def paint_effects(
    layer: TextLayer, block: Block, voices: Voices, window: Box, scale: int, case: GlyphCase
) -> list[Piece]:
    """Draw a text with all that belongs to it; `block` has the letters of all voices."""
    effects = layer.effects or Effects()
    shadow, stroke = effects.shadow, effects.stroke
    wide = thrower_window(shadow, window, scale) if shadow else window
    spoken = [(voice.letters(_WHITE, wide, case), color) for voice, color in voices]
    letters = [piece for pieces, _ in spoken for piece in pieces]
    emoji = [piece for voice, color in voices for piece in voice.emoji(color or layer.color)]
    outlines: list[Piece] = []
    if stroke:
        reach = stroke.width * scale
        outlines = [one for voice, _ in voices for one in voice.letters(_WHITE, wide, case, reach)]
    found: list[Piece | None] = []
    if effects.highlight:
        found.append(paint_highlight(effects.highlight, block, window, scale))
    if shadow:
        found.append(paint_shadow(shadow, [*(outlines or letters), *emoji], window, scale))
    if stroke and all(is_opaque(color or layer.color, effects.fill) for _, color in spoken):
        found += colored(outlines, stroke.color, window)
    elif stroke:
        found.append(paint_ring(outlines, letters, stroke.color, window))
    for pieces, color in spoken:
        if effects.fill and color is None:
            found.append(paint_gradient(effects.fill, pieces, layer.box, window, scale))
        else:
            found += colored(pieces, color or layer.color, window)
    return [piece for piece in (*found, *emoji) if piece is not None]


def paint_highlight(highlight: Highlight, block: Block, window: Box, scale: int) -> Patch | None:
    """Draw the boxes behind lines as one, so that they do not show where they overlap."""
    padding, radius = highlight.padding * scale, highlight.radius * scale
    boxes = [
        _line_box(left, baseline, shaped.advance * block.size + shaped.gaps * block.spacing, block)
        for shaped, (left, baseline) in block.lines
    ]
    boxes = [grown(box, to_pixel(padding)) for box in boxes]
    whole = overlap(around(boxes), window)
    if is_empty(whole):
        return None
    mask = np.zeros((whole.height, whole.width), np.uint8)
    for box in boxes:
        seen = overlap(box, whole)
        if not is_empty(seen):
            under = part(mask, seen, (whole.left, whole.top))
            np.maximum(
                under, part(_rounded_mask(box, radius), seen, (box.left, box.top)), out=under
            )
    return Patch(whole.left, whole.top, tinted(mask, highlight.color))


def _rounded_mask(box: Box, radius: float) -> Pixels:
    """Return the coverage of a box with round corners, which are drawn once per radius."""
    side = math.ceil(radius)
    corners = Corners(radius, radius, radius, radius)
    if 2 * side > min(box.width, box.height):
        return mask_of(box, corners, box, 1, ellipse=False)
    mask = np.full((box.height, box.width), 255, np.uint8)
    if side:
        small = Box(0, 0, 2 * side, 2 * side)
        disc = mask_of(small, corners, small, 1, ellipse=False)
        mask[:side, :side], mask[:side, -side:] = disc[:side, :side], disc[:side, side:]
        mask[-side:, :side], mask[-side:, -side:] = disc[side:, :side], disc[side:, side:]
    return mask


def thrower_window(shadow: Shadow, window: Box, scale: int) -> Box:
    """Return where something may stand whose shadow, or which itself, is seen in a window."""
    reach = blur_reach(shadow.blur / 2 * scale)
    right, down = _offset(shadow, scale)
    shaded = Box(window.left - right, window.top - down, window.width, window.height)
    return around([window, grown(shaded, reach)])


def _offset(shadow: Shadow, scale: int) -> tuple[int, int]:
    return to_pixel(shadow.x * scale), to_pixel(shadow.y * scale)


def paint_shadow(shadow: Shadow, pieces: Sequence[Piece], window: Box, scale: int) -> Patch | None:
    """Draw the shadow of pieces."""
    thrower = overlap(
        around([piece.box for piece in pieces]), thrower_window(shadow, window, scale)
    )
    if is_empty(thrower):
        return None
    deviation = shadow.blur / 2 * scale
    box = grown(thrower, blur_reach(deviation))
    mask = blurred(coverage_of(pieces, box), deviation)
    right, down = _offset(shadow, scale)
    moved = Box(box.left + right, box.top + down, box.width, box.height)
    seen = overlap(moved, window)
    if is_empty(seen):
        return None
    cut = np.ascontiguousarray(part(mask, seen, (moved.left, moved.top)))
    return Patch(seen.left, seen.top, tinted(cut, shadow.color))


def paint_ring(
    outlines: Sequence[Piece], letters: Sequence[Piece], color: Color, window: Box
) -> Patch | None:
    """Draw a stroke that letters shall not cover: what they do not reach of their outlines."""
    box = overlap(around([piece.box for piece in outlines]), window)
    if is_empty(box):
        return None
    ring = tinted(coverage_of(outlines, box), color)
    return Patch(box.left, box.top, times(ring, 255 - coverage_of(letters, box)))


def paint_gradient(
    fill: Fill, pieces: Sequence[Piece], frame: Box, window: Box, scale: int
) -> Patch | None:
    """Fill letters with a gradient over the layer's box, `frame`."""
    box = overlap(around([piece.box for piece in pieces]), window)
    if is_empty(box):
        return None
    definition, paint = paint_of(fill, frame.width, frame.height)
    left, top = box.left / scale - frame.left, box.top / scale - frame.top
    right, bottom = left + box.width / scale, top + box.height / scale
    # A pixel more on each side, so that no soft edge of this rectangle is seen.
    corners = ((left - 1, top - 1), (right + 1, top - 1), (right + 1, bottom + 1))
    path = "L".join(f"{number(x)} {number(y)}" for x, y in (*corners, (left - 1, bottom + 1)))
    pixels = draw(definition + element("path", d=f"M{path}Z", fill=paint), frame, box, scale)
    return Patch(box.left, box.top, times(pixels, coverage_of(pieces, box)))


def coverage_of(pieces: Iterable[Piece], box: Box) -> Pixels:
    """Return how much of each pixel in a box white pieces cover, height x width."""
    mask = np.zeros((box.height, box.width), np.uint8)
    for piece in pieces:
        seen = overlap(piece.box, box)
        if is_empty(seen):
            continue
        under = part(mask, seen, (box.left, box.top))
        if isinstance(piece, Patch):
            over = part(piece.pixels, seen, (piece.left, piece.top))[..., 3]
        else:
            over = np.zeros((seen.height, seen.width), np.uint8)
            spots = _seen_spots(piece, seen)
            over.reshape(-1)[spots.edges] = _bytes_of(spots.shares)
            over.reshape(-1)[spots.whole] = 255
        np.maximum(under, over, out=under)
    return mask


def _bytes_of(shares: Words) -> Pixels:
    """Return shares of 256 as those of 255."""
    return ((shares * np.uint32(255) + np.uint32(128)) >> np.uint32(8)).astype(np.uint8)


def _seen_spots(ink: Ink, box: Box) -> Spots:
    """Return the part of an ink that lies in a box, for pictures of its width."""
    inside = Box(box.left - ink.box.left, box.top - ink.box.top, box.width, box.height)
    return restrided(cut_spots(joined_spots(ink), inside), box.width)


def is_opaque(color: Color, fill: Fill | None) -> bool:
    """Tell whether nothing shines through letters; the colour counts beside a gradient."""
    if fill is None or fill.kind == "solid":
        return color[3] == 255
    return color[3] == 255 and all(stop.color[3] == 255 for stop in fill.stops)


def colored(pieces: Iterable[Piece], color: Color, window: Box) -> list[Patch]:
    """Return what was drawn in white in a colour, as far as it is seen."""
    found: list[Patch] = []
    for piece in pieces:
        box = overlap(piece.box, window)
        if is_empty(box):
            continue
        if isinstance(piece, Ink):
            seen = Ink(box, (_seen_spots(piece, box),), (0,), color)
            found.append(patch_of(seen))
        else:
            mask = part(piece.pixels, box, (piece.left, piece.top))[..., 3]
            found.append(Patch(box.left, box.top, tinted(mask, color)))
    return found


def _line_box(left: int, baseline: int, width: float, block: Block) -> Box:
    top, bottom = math.floor(baseline - block.ascent), math.ceil(baseline + block.descent)
    return Box(left, top, math.ceil(width), bottom - top)
