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

GlyphKey = tuple[hb.Font, int, float, int, int, int]
Spotted = tuple[int, int, Spots]


class GlyphCase:
    """The glyphs that were drawn last, within a budget of bytes; when it is full, all are dropped.

    What is kept is what would be drawn, so whether it was kept never shows.
    """

    def __init__(self, max_bytes: int = GLYPHS_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: dict[GlyphKey, Spotted | None] = {}
        self._bytes = 0

    @property
    def size_bytes(self) -> int:
        """What is held."""
        return self._bytes

    def clear(self) -> None:
        """Forget all: the fonts may be no more."""
        self._kept.clear()
        self._bytes = 0

    def glyph(self, key: GlyphKey) -> Spotted | None:
        """Return left and top from the pen's pixel, and the spots; None for a blank.

        Args:
            key: font, number, size, steps right and down from the pixel, width of the canvas.
        """
        try:
            return self._kept[key]
        except KeyError:
            pass
        drawn = _spotted(*key)
        if self._bytes > self._max_bytes:
            self.clear()
        self._kept[key] = drawn
        self._bytes += _GLYPH_OVERHEAD_BYTES + (drawn[2].size_bytes if drawn else 0)
        return drawn


def _spotted(
    font: hb.Font, number: int, size: float, right: int, down: int, stride: int
) -> Spotted | None:
    drawn = coverage_of(font, number, size, right, down)
    if drawn is None:
        return None
    left, top, coverage = drawn
    return left, top, spots_of(coverage, max(stride, coverage.shape[1]))


def coverage_of(
    font: hb.Font, number: int, size: float, right: int, down: int
) -> tuple[int, int, Pixels] | None:
    """Return left and top from the pen's pixel, and the coverage of one glyph."""
    raster = hb.RasterDraw()
    by = size / font.face.upem
    raster.transform = (by, 0, 0, by, right / STEPS, -down / STEPS)
    raster.draw_glyph(font, number)
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
