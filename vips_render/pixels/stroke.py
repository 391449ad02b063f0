"""Draw glyphs with a line around them: librsvg knows round joins and keeps them smooth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import uharfbuzz as hb

from vips_render.pixels.patch import Pixels, is_empty, overlap
from vips_render.pixels.svg import draw, element, number
from vips_render.scene.model import Box, Color

Stamp = tuple[hb.Font, int, float, float, float]
"""A glyph: font, number, pixels per unit, and where its pen stands, right and down."""

_WHITE: Color = (255, 255, 255, 255)


def stroked(
    stamps: Sequence[Stamp], width: float, window: Box | None = None
) -> tuple[int, int, Pixels] | None:
    """Return left, top and coverage of glyphs, all sides of which reach `width` pixels further.

    Args:
        window: what can be seen; all when there is none.
    """
    pen = _Pen()
    for font, glyph, *placed in stamps:
        pen.place(*placed)
        font.draw_glyph_with_pen(glyph, pen)
    box = pen.box(width)
    if window is not None:
        box = overlap(box, window)
    if not pen.parts or is_empty(box):
        return None
    content = element(
        "path",
        d="".join(pen.parts),
        fill=_WHITE,
        stroke=_WHITE,
        stroke_width=2 * width,
        stroke_linejoin="round",
    )
    coverage: Pixels = draw(content, Box(0, 0, 0, 0), box, 1)[..., 3].copy()
    return box.left, box.top, coverage


class _Pen:
    """Writes outlines as path data; the methods' names are those of fontTools' pens."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._xs: list[float] = []
        self._ys: list[float] = []
        self._by, self._right, self._down = 1.0, 0.0, 0.0

    def place(self, by: float, right: float, down: float) -> None:
        """Take the scale and place of the next glyph."""
        self._by, self._right, self._down = by, right, down

    def box(self, reach: float) -> Box:
        """Return what holds all that was drawn, and `reach` pixels around it."""
        if not self._xs:
            return Box(0, 0, 0, 0)
        left, top = math.floor(min(self._xs) - reach), math.floor(min(self._ys) - reach)
        right, bottom = math.ceil(max(self._xs) + reach), math.ceil(max(self._ys) + reach)
        return Box(left, top, right - left, bottom - top)

    def _written(self, points: Iterable[tuple[float, float]]) -> str:
        written: list[str] = []
        for x, y in points:
            x, y = x * self._by + self._right, self._down - y * self._by
            self._xs.append(x)
            self._ys.append(y)
            written += number(x), number(y)
        return " ".join(written)

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - as fontTools calls it
        self.parts.append("M" + self._written([point]))

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - as above
        self.parts.append("L" + self._written([point]))

    def qCurveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802 - as above
        self.parts.append("Q" + self._written(points))

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802 - as above
        self.parts.append("C" + self._written(points))

    def closePath(self) -> None:  # noqa: N802 - as above
        self.parts.append("Z")

    def endPath(self) -> None:  # noqa: N802 - as above
        self.parts.append("Z")
