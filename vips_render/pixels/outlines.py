"""Draw the outlines of glyphs, and keep what was drawn.

Letters repeat even where names do not, so a glyph is drawn once per size and quarter of a pixel,
and placed wherever it is met. Where it stands follows from the text alone; quarters are what eyes
and other renderers make do with.
"""

from __future__ import annotations

import numpy as np
import uharfbuzz as hb

from vips_render.pixels.ink import Spots, spots_of
from vips_render.pixels.patch import Pixels

STEPS = 4
"""Places of a glyph within a pixel, across and down."""

GLYPHS_BYTES = 12 * 1024 * 1024
"""A thousand letters of a headline take 8 MB, of running text 1 MB."""

_GLYPH_OVERHEAD_BYTES = 1_000

Spotted = tuple[int, int, Spots]
"""A drawn glyph: left and top from the pen's pixel, and what it covers."""


class GlyphCase:
    """The glyphs that were drawn last, within a budget of bytes; when it is full, all are dropped.

    What is kept is what would be drawn, so whether it was kept never shows.
    """

    def __init__(self, max_bytes: int = GLYPHS_BYTES) -> None:
        self.size_bytes = 0
        self._max_bytes = max_bytes
        self._kept: dict[tuple[hb.Font, float, int], Sort] = {}

    def sort(self, font: hb.Font, size: float, stride: int) -> Sort:
        """Return the glyphs of a font at a size, for pictures so many pixels wide."""
        if self.size_bytes > self._max_bytes:
            self.clear()
        key = font, size, stride
        if key not in self._kept:
            self._kept[key] = Sort(self, font, size, stride)
            self.size_bytes += _GLYPH_OVERHEAD_BYTES
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

    def __init__(self, case: GlyphCase, font: hb.Font, size: float, stride: int) -> None:
        super().__init__()
        self.font, self.size, self.stride = font, size, stride
        self._case = case

    def __missing__(self, key: int) -> Spotted | None:
        found = self.coverage(key)
        drawn: Spotted | None = None
        self._case.size_bytes += _GLYPH_OVERHEAD_BYTES
        if found is not None:
            left, top, coverage = found
            spots = spots_of(coverage, max(self.stride, coverage.shape[1]))
            drawn = left, top, spots
            self._case.size_bytes += spots.size_bytes
        self[key] = drawn
        return drawn

    def coverage(self, key: int) -> tuple[int, int, Pixels] | None:
        """Return left and top from the pen's pixel, and the coverage of one glyph."""
        place, number = key % (STEPS * STEPS), key // (STEPS * STEPS)
        raster = hb.RasterDraw()
        by = self.size / self.font.face.upem
        raster.transform = (by, 0, 0, by, place % STEPS / STEPS, -(place // STEPS) / STEPS)
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
