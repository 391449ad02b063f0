"""Keep what all pictures of a plan share, and draw each picture's own part over it.

The shared part is always drawn first and flattened: background and lowest static layers into a
base, each further run of static layers into a sheet. A picture is finished inside the boxes of
its personal layers alone, so its bytes depend on its scene and on nothing that was drawn before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from vips_render.pixels.compose import Piece, as_patch, blend, blend_all
from vips_render.pixels.flat import ground_of
from vips_render.pixels.patch import Patch, Pixels, around, is_empty, meet, overlap, part
from vips_render.scene.model import Box, Color

Ready = Callable[[Pixels], Pixels]
"""Turns premultiplied pixels into what an encoder takes; pixel by pixel, so a part will do."""

Step = Piece | None
"""A sheet of static layers, or the place of the next personal layer."""


class Backdrop:
    """The shared pixels of one plan, and the canvas that its pictures are finished on.

    Args:
        base: premultiplied canvas with everything below the first personal layer; changed.
        steps: what comes above it, in paint order.
        ready: see `Ready`; None where pixels are ready as they are, since all are opaque.
        tint: a colour that many boxes above the last sheet have, and that can be seen through.
    """

    def __init__(
        self,
        base: Pixels,
        steps: Sequence[Step],
        ready: Ready | None,
        tint: Color | None = None,
    ) -> None:
        self._runs = _runs_of(steps)
        self._sheets = [sheet for _, sheet in self._runs if sheet is not None]
        self._base = base.copy() if self._sheets else None
        for sheet in self._sheets:
            blend(base, sheet)
        self._flattened = base
        self._ground = None if tint is None else ground_of(base, tint)
        self._canvas = base.copy()
        self._ready = ready
        self.shared = base if ready is None else ready(base)
        """The picture without its personal layers, ready for an encoder; not to be changed."""
        self._finished = self._canvas if ready is None else self.shared.copy()

    @property
    def size_bytes(self) -> int:
        """What is held."""
        held = {id(pixels): pixels.nbytes for pixels in self._all_pixels()}
        return sum(held.values())

    def _all_pixels(self) -> Iterator[Pixels]:
        yield from (self._flattened, self._canvas, self.shared, self._finished)
        yield from (sheet.pixels for sheet in self._sheets)
        if self._base is not None:
            yield self._base
        if self._ground is not None:
            yield self._ground.pixels

    @contextmanager
    def finished(self, pieces: Sequence[Piece | None]) -> Iterator[tuple[Pixels, Sequence[Box]]]:
        """Lend the finished canvas and the boxes in which it differs from `shared`.

        Args:
            pieces: one per personal layer, in paint order; None for one that shows nothing.
        """
        height, width = self._canvas.shape[:2]
        window = Box(0, 0, width, height)
        boxes = [overlap(piece.box, window) for piece in pieces if piece is not None]
        boxes = [box for box in boxes if not is_empty(box)]
        try:
            self._paint(pieces, boxes)
            if self._ready is not None:
                for box in boxes:
                    part(self._finished, box)[...] = self._ready(part(self._canvas, box))
            yield self._finished, boxes
        finally:
            for box in boxes:
                part(self._canvas, box)[...] = part(self._flattened, box)
                if self._ready is not None:
                    part(self._finished, box)[...] = part(self.shared, box)

    def _paint(self, pieces: Sequence[Piece | None], boxes: Sequence[Box]) -> None:
        """Paint the pieces, and again what of the sheets lies above or below them."""
        sheets = [sheet.box for sheet in self._sheets]
        areas = disjoint(box for box in boxes if any(meet(box, sheet) for sheet in sheets))
        if self._base is not None:
            for area in areas:
                part(self._canvas, area)[...] = part(self._base, area)
        start = 0
        for count, sheet in self._runs:
            run = [piece for piece in pieces[start : start + count] if piece is not None]
            if sheet is None:
                below = [piece.box for piece in pieces[:start] if piece is not None]
                blend_all(self._canvas, run, self._ground, around(below))
                continue
            blend_all(self._canvas, run)
            start += count
            for area in areas:
                blend(part(self._canvas, area), sheet, (area.left, area.top))


def _runs_of(steps: Iterable[Step]) -> list[tuple[int, Patch | None]]:
    """Return how many personal layers come before each sheet, and before the end."""
    runs: list[tuple[int, Patch | None]] = []
    count = 0
    for step in steps:
        if step is None:
            count += 1
        else:
            runs.append((count, as_patch(step)))
            count = 0
    return [*runs, (count, None)]


def disjoint(boxes: Iterable[Box]) -> list[Box]:
    """Return boxes that cover the same pixels, and perhaps more, of which no two overlap.

    Overlapping boxes become the smallest one around them.
    """
    found: list[Box] = []
    for box in boxes:
        if is_empty(box):
            continue
        grown = box
        while touching := [other for other in found if meet(grown, other)]:
            found = [other for other in found if other not in touching]
            grown = around([grown, *touching])
        found.append(grown)
    return found
