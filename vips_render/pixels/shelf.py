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

SHORT_CHARS = 4
"""Numbers below ten thousand, initials, sizes. To look one up takes a tenth of drawing it."""

_SHORT_PART = 8
"""What part of all bytes short texts have."""

Shown = tuple[bytes, Box, int, tuple[str, ...]]
"""A layer by its line, the window and scale that it was drawn for, and its pictures by digest."""


class PatchShelf:
    """Draw layers, or take them from where they were put last time.

    What is kept is what would be drawn, so whether it was kept never shows. Layers with a picture
    whose pixels have no digest are drawn each time. So are those that are drawn in little more time
    than it takes to look them up: boxes of one colour, and plain texts, whose letters are kept
    already. Of these only the shortest come back often, and they have a shelf of their own: there
    are so many that they would push the pictures out.
    """

    def __init__(self, max_bytes: int) -> None:
        short_bytes = max_bytes // _SHORT_PART
        self._short: LRUCache[Shown, Drawn] = LRUCache(short_bytes, getsizeof=_size_of)
        self._drawn: LRUCache[Shown, Drawn] = LRUCache(max_bytes - short_bytes, getsizeof=_size_of)

    def draw(self, painter: Painter, layer: Layer, window: Box) -> Drawn:
        """Return what `painter` draws for a layer in a window."""
        kept = self._kept(layer)
        digests = digests_in(layer, painter.bitmaps) if kept is not None else None
        if kept is None or digests is None:
            return painter.drawn(layer, window)
        shown = (layer_line(layer), window, painter.scale, digests)
        known = kept.get(shown)
        if known is None:
            known = painter.drawn(layer, window)
            if _size_of(known) <= kept.maxsize:
                kept[shown] = known
        return known

    def _kept(self, layer: Layer) -> LRUCache[Shown, Drawn] | None:
        """Return where a layer is kept; None for one that is not."""
        if isinstance(layer, TextLayer) and layer.effects is None:
            return self._short if len(layer.text) <= SHORT_CHARS else None
        is_cheap = isinstance(layer, ShapeLayer) and is_flat(layer)
        return None if is_cheap else self._drawn


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
