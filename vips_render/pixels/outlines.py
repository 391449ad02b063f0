"""Draw the outlines of glyphs, and keep what was drawn.

Letters repeat even where names do not, so a glyph is drawn once per size and quarter of a pixel,
and placed wherever it is met. Where it stands follows from the text alone; quarters are what eyes
and other renderers make do with. To keep whole words would be slower: a word is met at four
quarters and, where texts are fitted, at many sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np
import uharfbuzz as hb

from vips_render.pixels.ink import Spots, spots_of
from vips_render.pixels.patch import Pixels
from vips_render.pixels.stroke import stroked

STEPS = 4
"""Places of a glyph within a pixel, across and down."""

GLYPHS_BYTES = 12 * 1024 * 1024
"""A thousand letters of a headline take 8 MB, of running text 1 MB."""

_OVERHEAD_BYTES = 1_000

Spotted = tuple[int, int, Spots]
"""A drawn glyph: left and top from the pen's pixel, and what it covers."""


class Outline(NamedTuple):
    """Glyphs of one font from left to right.

    Attributes:
        numbers: of the glyphs in their font.
        rights: from where the pen starts, in the font's units.
        ups: above the baseline, likewise; empty where all stand on it.
        gaps: the letter spacings before each, in pixels of scale 1; empty where there are none.
    """

    numbers: Sequence[int]
    rights: Sequence[int]
    ups: Sequence[int] = ()
    gaps: Sequence[float] = ()

    def places(self, by: float, spacing: float) -> Iterator[tuple[int, float, float]]:
        """Return each glyph's number, and how far right of and above the pen it stands.

        Args:
            by: how far a unit of the font is.
            spacing: how far a pixel of letter spacing is.
        """
        rights = [right * by for right in self.rights]
        if self.gaps:
            rights = [right + gap * spacing for right, gap in zip(rights, self.gaps, strict=True)]
        ups = [up * by for up in self.ups] if self.ups else repeat(0.0)
        return zip(self.numbers, rights, ups, strict=False)


Placed = tuple[hb.Font, Outline, float, float, int]
"""Glyphs of a line: their font, set to the wanted weight, where they stand from where they start,
where that is, in em, the letter spacings before it, and the voice they have."""


class GlyphCase:
    """The glyphs that were drawn last, within a budget of bytes; when it is full, all are dropped.

    What is kept is what would be drawn, so whether it was kept never shows.
    """

    def __init__(self, max_bytes: int = GLYPHS_BYTES) -> None:
        self.size_bytes = 0
        self._max_bytes = max_bytes
        self._kept: dict[tuple[hb.Font, float, int, float], Sort] = {}

    def sort(self, font: hb.Font, size: float, stride: int, stroke: float = 0.0) -> Sort:
        """Return the glyphs of a font at a size, for pictures so many pixels wide.

        Args:
            stroke: how many pixels wider they are on each side.
        """
        if self.size_bytes > self._max_bytes:
            self.clear()
        key = font, size, stride, stroke
        if key not in self._kept:
            self._kept[key] = Sort(self, font, size, stride, stroke)
        return self._kept[key]

    def clear(self) -> None:
        """Forget all: the fonts may be no more."""
        self._kept.clear()
        self.size_bytes = 0


class Sort(dict[int, Spotted | None]):
    """Glyphs of one font and size, drawn when asked for; None for blanks.

    The key is the glyph's number, then its steps down and right within a pixel, as three digits of
    a number: `(number * STEPS + down) * STEPS + right`.
    """

    def __init__(
        self, case: GlyphCase, font: hb.Font, size: float, stride: int, stroke: float
    ) -> None:
        super().__init__()
        self.by = size / font.face.upem
        self._case, self._font, self._stride, self._stroke = case, font, stride, stroke

    def __missing__(self, key: int) -> Spotted | None:
        found = self._coverage(*divmod(key, STEPS * STEPS))
        drawn: Spotted | None = None
        if found is not None:
            left, top, coverage = found
            drawn = left, top, spots_of(coverage, max(self._stride, coverage.shape[1]))
        self[key] = drawn
        self._case.size_bytes += _OVERHEAD_BYTES + (drawn[2].size_bytes if drawn else 0)
        return drawn

    def _coverage(self, number: int, place: int) -> tuple[int, int, Pixels] | None:
        right, down = place % STEPS / STEPS, place // STEPS / STEPS
        if self._stroke:
            return stroked([(self._font, number, self.by, right, down)], self._stroke)
        raster = hb.RasterDraw()
        raster.transform = (self.by, 0, 0, self.by, right, -down)
        raster.draw_glyph(self._font, number)
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
