"""Paint boxes of one colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from vips_render.pixels.mixing import FULL, mixed_evenly, word_of
from vips_render.pixels.patch import Patch, Pixels, is_empty, overlap, part
from vips_render.scene.model import Box, Color


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """A box of output pixels in one colour."""

    box: Box
    color: Color

    @property
    def size_bytes(self) -> int:
        """What is held: the pixels are not."""
        return 0


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What boxes of one colour look like on a canvas that nothing else was painted on.

    Attributes:
        pixels: the whole canvas, painted over in that colour.
    """

    color: Color
    pixels: Pixels


def ground_of(canvas: Pixels, color: Color) -> Ground:
    """Paint a colour over all of a canvas, which stays as it is."""
    height, width = canvas.shape[:2]
    pixels = canvas.copy()
    blend_flats(pixels, [Flat(Box(0, 0, width, height), color)], (0, 0))
    return Ground(color, pixels)


def copy_flats(canvas: Pixels, flats: Sequence[Flat], ground: Ground) -> None:
    """Do what `blend_flats` does where the canvas is still as that of the ground was."""
    height, width = canvas.shape[:2]
    for flat in flats:
        box = overlap(flat.box, Box(0, 0, width, height))
        part(canvas, box)[...] = part(ground.pixels, box)


def blend_flats(canvas: Pixels, flats: Sequence[Flat], origin: tuple[int, int]) -> None:
    """Paint boxes of one colour, none of which meet, over the canvas; see `compose.blend`."""
    height, width = canvas.shape[:2]
    window = Box(*origin, width, height)
    seen = [box for flat in flats if not is_empty(box := overlap(flat.box, window))]
    under = [part(canvas, box, origin).view(np.uint32)[..., 0] for box in seen]
    color = flats[0].color
    share = color[3] + (color[3] >> 7)
    if share == FULL:
        for words in under:
            words[...] = word_of(color)
    elif under:
        # All at once: on small boxes numpy spends more on each call than on the pixels.
        row = np.empty(sum(words.size for words in under), np.uint32)
        ends = [*accumulate((words.size for words in under), initial=0)]
        for words, (start, end) in zip(under, pairwise(ends), strict=True):
            row[start:end].reshape(words.shape)[...] = words
        mixed = mixed_evenly(row, color, share)
        for words, (start, end) in zip(under, pairwise(ends), strict=True):
            words[...] = mixed[start:end].reshape(words.shape)


def patch_of(flat: Flat) -> Patch:
    """Return the same as pixels."""
    box = flat.box
    pixels = np.zeros((box.height, box.width, 4), dtype=np.uint8)
    blend_flats(pixels, [flat], (box.left, box.top))
    return Patch(box.left, box.top, pixels)
