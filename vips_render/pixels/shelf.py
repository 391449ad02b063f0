"""Keep drawn layers by what they show: avatars, badges and pills come back."""

from __future__ import annotations

from collections.abc import Mapping

from cachetools import LRUCache

from vips_render.bitmap import Bitmap
from vips_render.pixels.paint import Drawn, Painter
from vips_render.pixels.shape import is_flat
from vips_render.scene.assets import sources_in
from vips_render.scene.model import Box, Layer, ShapeLayer, TextLayer
from vips_render.scene.wire import layer_line

OVERHEAD_BYTES = 2_000
"""A patch beside its pixels: its key (a layer with its text), the objects, its place."""

Shown = tuple[bytes, Box, int, tuple[str, ...]]
"""A layer by its line, the window and scale that it was drawn for, and its pictures by digest."""


class PatchShelf:
    """Draw layers, or take them from where they were put last time.

    What is kept is what would be drawn, so whether it was kept never shows. Layers with a picture
    whose pixels have no digest are drawn each time. So are those that are drawn in little more time
    than it takes to look them up: boxes of one colour, and plain texts, whose letters are kept
    already and which hardly ever come back whole. Kept, they would push the pictures out.
    """

    def __init__(self, max_bytes: int) -> None:
        self._drawn: LRUCache[Shown, Drawn] = LRUCache(max_bytes, getsizeof=_size_of)

    def draw(self, painter: Painter, layer: Layer, window: Box) -> Drawn:
        """Return what `painter` draws for a layer in a window."""
        if isinstance(layer, TextLayer):
            is_cheap = layer.effects is None
        else:
            is_cheap = isinstance(layer, ShapeLayer) and is_flat(layer)
        if is_cheap:
            return painter.drawn(layer, window)
        digests = digests_in(layer, painter.bitmaps)
        if digests is None:
            return painter.drawn(layer, window)
        shown = (layer_line(layer), window, painter.scale, digests)
        known = self._drawn.get(shown)
        if known is None:
            known = painter.drawn(layer, window)
            if _size_of(known) <= self._drawn.maxsize:
                self._drawn[shown] = known
        return known


def digests_in(layer: Layer, bitmaps: Mapping[str, Bitmap]) -> tuple[str, ...] | None:
    """Return the digests of a layer's pictures, empty for missing ones; None if one has none."""
    found: list[str] = []
    for source in sources_in(layer):
        bitmap = bitmaps.get(source)
        if bitmap is not None and not bitmap.digest:
            return None
        found.append("" if bitmap is None else bitmap.digest)
    return tuple(found)


def _size_of(drawn: Drawn) -> int:
    return OVERHEAD_BYTES + (drawn.piece.size_bytes if drawn.piece is not None else 0)
