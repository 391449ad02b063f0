"""Draw what all pictures of a plan share once, and each picture's own part over it.

The shared part is always drawn first and flattened: background and lowest static layers into a
base, each further run of static layers into a sheet. A picture is finished inside the boxes of
its personal layers alone, from the base upwards, so its bytes depend on its scene and on nothing
that was drawn before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from vips_render.pixels.patch import Patch, Pixels, blend, is_empty, overlap, part
from vips_render.scene.model import Box

Ready = Callable[[Pixels], Pixels]
"""Turns premultiplied pixels into what an encoder takes; pixel by pixel, so a part will do."""

Step = Patch | None
"""A sheet of static layers, or the place of the next personal layer."""


class Backdrop:
    """The shared pixels of one plan, and the canvas that its pictures are finished on.

    Args:
        base: premultiplied canvas with everything below the first personal layer.
        steps: what comes above it, in paint order; a sheet may be empty pixels.
        ready: see `Ready`.
    """

    def __init__(self, base: Pixels, steps: Sequence[Step], ready: Ready) -> None:
        self._base = base
        self._steps = tuple(steps)
        self._ready = ready
        flattened = base.copy()
        for step in steps:
            if step is not None:
                blend(flattened, step)
        self.shared = ready(flattened)
        """The picture without its personal layers, ready for an encoder; not to be changed."""
        self._canvas = self.shared.copy()

    @property
    def size_bytes(self) -> int:
        """What is held."""
        sheets = sum(step.pixels.nbytes for step in self._steps if step is not None)
        return self._base.nbytes + self.shared.nbytes + self._canvas.nbytes + sheets

    @contextmanager
    def finished(self, patches: Sequence[Patch | None]) -> Iterator[tuple[Pixels, tuple[Box, ...]]]:
        """Lend the finished canvas and the boxes in which it differs from `shared`.

        Args:
            patches: one per personal layer, in paint order; None for one that shows nothing.
        """
        height, width = self._base.shape[:2]
        window = Box(0, 0, width, height)
        seen = [None if patch is None else overlap(patch.box, window) for patch in patches]
        boxes = disjoint(box for box in seen if box is not None)
        try:
            for box, over in zip(boxes, self._above(boxes, patches, seen), strict=True):
                pixels = part(self._base, box).copy()
                for patch in over:
                    blend(pixels, patch, (box.left, box.top))
                part(self._canvas, box)[...] = self._ready(pixels)
            yield self._canvas, boxes
        finally:
            for box in boxes:
                part(self._canvas, box)[...] = part(self.shared, box)

    def _above(
        self,
        boxes: Sequence[Box],
        patches: Sequence[Patch | None],
        seen: Sequence[Box | None],
    ) -> list[list[Patch]]:
        """Return what is blended in each box, in paint order.

        What is seen of a personal layer lies in one box whole, so no other need ask for it.
        """
        above: list[list[Patch]] = [[] for _ in boxes]
        personal = iter(zip(patches, seen, strict=True))
        for step in self._steps:
            if step is not None:
                for over in above:
                    over.append(step)
                continue
            patch, shown = next(personal)
            if patch is not None and shown is not None and not is_empty(shown):
                above[_holder(boxes, shown)].append(patch)
        return above


def _holder(boxes: Sequence[Box], inner: Box) -> int:
    """Return which of several disjoint boxes holds another."""
    return next(
        number
        for number, box in enumerate(boxes)
        if box.left <= inner.left < box.left + box.width
        and box.top <= inner.top < box.top + box.height
    )


def disjoint(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Return boxes that cover the same pixels, and perhaps more, of which no two overlap.

    Overlapping boxes become the smallest one around them.
    """
    found: list[Box] = []
    for box in boxes:
        if is_empty(box):
            continue
        grown = box
        while touching := [other for other in found if not is_empty(overlap(grown, other))]:
            found = [other for other in found if other not in touching]
            grown = _around([grown, *touching])
        found.append(grown)
    return tuple(found)


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right = max(box.left + box.width for box in boxes)
    bottom = max(box.top + box.height for box in boxes)
    return Box(left, top, right - left, bottom - top)
