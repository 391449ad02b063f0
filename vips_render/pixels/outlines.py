"""Draw the outlines of words, and keep what was drawn.

Most words of a text are those of its template, and letters repeat even where names do not. So a
glyph is drawn once per size and quarter of a pixel, a word put together of glyphs once per quarter,
and both are placed wherever they are met. Where they stand follows from the text alone; quarters
are what eyes and other renderers make do with.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np
import uharfbuzz as hb

from vips_render.pixels.ink import Spots, gathered_spots, restrided, spots_of
from vips_render.pixels.patch import Pixels

STEPS = 4
"""Places of a glyph within a pixel, across and down."""

GLYPHS_BYTES = 12 * 1024 * 1024
"""A thousand letters of a headline take 8 MB, of running text 1 MB."""

_OVERHEAD_BYTES = 1_000

Spotted = tuple[int, int, Spots]
"""A drawn glyph: left and top from the pen's pixel, and what it covers."""


class Outline(NamedTuple):
    """The shape of a word: its glyphs, and where they stand.

    Attributes:
        numbers: of the glyphs in their font.
        rights: from where the pen is at the first of them, in the font's units.
        ups: above the baseline, likewise; empty where all stand on it.
        gaps: how many letter spacings stand before each; empty where letters are not spaced.
    """

    numbers: tuple[int, ...]
    rights: tuple[int, ...]
    ups: tuple[int, ...] = ()
    gaps: tuple[int, ...] = ()

    def places(self, by: float, spacing: float) -> Iterator[tuple[int, float, float]]:
        """Yield each glyph's number, and pixels to the right and up from the pen.

        Args:
            by: pixels per unit of the font.
            spacing: pixels of a letter spacing.
        """
        ups, gaps = self.ups or repeat(0), self.gaps or repeat(0)
        for number, right, up, gap in zip(self.numbers, self.rights, ups, gaps, strict=False):
            yield number, right * by + gap * spacing, up * by


Word = tuple[hb.Font, Outline, float, int]
"""A word of a line: its font, set to the wanted weight, its shape, where it starts, in em, and how
many letter spacings stand before it."""


class GlyphCase:
    """The letters and words drawn last, within a budget of bytes; when it is full, all are dropped.

    What is kept is what would be drawn, so whether it was kept never shows.
    """

    def __init__(self, max_bytes: int = GLYPHS_BYTES) -> None:
        self.size_bytes = 0
        self._max_bytes = max_bytes
        self._kept: dict[tuple[hb.Font, float, float, int], Sort] = {}

    def sort(self, font: hb.Font, size: float, spacing: float, stride: int) -> Sort:
        """Return the words of a font at a size, for pictures so many pixels wide."""
        if self.size_bytes > self._max_bytes:
            self.clear()
        key = font, size, spacing, stride
        if key not in self._kept:
            self._kept[key] = Sort(self, font, size, spacing, stride)
        return self._kept[key]

    def count(self, drawn: Spotted | None) -> None:
        """Add what was drawn to what is kept."""
        self.size_bytes += _OVERHEAD_BYTES + (drawn[2].size_bytes if drawn else 0)

    def clear(self) -> None:
        """Forget all: the fonts may be no more."""
        self._kept.clear()
        self.size_bytes = 0


class Sort(dict[tuple[Outline, int], Spotted | None]):
    """Words of one font and size, drawn when asked for; None for blanks.

    The key is a word's shape and how many steps right of a whole pixel it starts.
    """

    def __init__(
        self, case: GlyphCase, font: hb.Font, size: float, spacing: float, stride: int
    ) -> None:
        super().__init__()
        self.font = font
        self._case, self._stride = case, stride
        self._step, self._spacing = size * STEPS / font.face.upem, spacing * STEPS
        self._glyphs: dict[tuple[int, int, int], Spotted | None] = {}

    def __missing__(self, key: tuple[Outline, int]) -> Spotted | None:
        outline, step = key
        parts: list[Spotted] = []
        overlapping, behind = False, -math.inf
        for number, right, up in outline.places(self._step, self._spacing):
            x, y = step + math.floor(right + 0.5), math.floor(0.5 - up)
            glyph = self._glyph(number, x % STEPS, y % STEPS)
            if glyph is not None:
                left = x // STEPS + glyph[0]
                overlapping = overlapping or left < behind
                behind = max(behind, left + glyph[2].width)
                parts.append((left, y // STEPS + glyph[1], glyph[2]))
        self[key] = word = self._joined(parts, overlapping=overlapping)
        self._case.count(word)
        return word

    def _joined(self, parts: Sequence[Spotted], *, overlapping: bool) -> Spotted | None:
        if not parts:
            return None
        lefts, tops, spots = zip(*parts, strict=True)
        width = max(x + one.width for x, _, one in parts) - min(lefts)
        if width > self._stride:
            # It reaches over an edge and will be cut there, but must hold together until then.
            spots = tuple([restrided(one, width) for one in spots])
        return gathered_spots(lefts, tops, spots, overlapping=overlapping)

    def _glyph(self, number: int, right: int, down: int) -> Spotted | None:
        """Return one glyph, `right` and `down` in steps within a pixel."""
        key = number, right, down
        if key not in self._glyphs:
            found = self._coverage(*key)
            glyph: Spotted | None = None
            if found is not None:
                left, top, coverage = found
                glyph = left, top, spots_of(coverage, max(self._stride, coverage.shape[1]))
            self._glyphs[key] = glyph
            self._case.count(glyph)
        return self._glyphs[key]

    def _coverage(self, number: int, right: int, down: int) -> tuple[int, int, Pixels] | None:
        raster = hb.RasterDraw()
        by = self._step / STEPS
        raster.transform = (by, 0, 0, by, right / STEPS, -down / STEPS)
        raster.draw_glyph(self.font, number)
        return rendered(raster)


def rendered(raster: hb.RasterDraw) -> tuple[int, int, Pixels] | None:
    """Return left and top from the origin, and the coverage of all that was drawn."""
    image = raster.render()
    drawn = image.extents if image is not None else None
    if drawn is None or drawn.width == 0 or drawn.height == 0:
        return None
    rows = np.frombuffer(image.buffer, dtype=np.uint8).reshape(drawn.height, drawn.stride)
    # HarfBuzz stores rows bottom up.
    coverage: Pixels = rows[::-1, : drawn.width]
    return drawn.x_origin, -(drawn.y_origin + drawn.height), coverage
