"""Paint with one colour at the scattered pixels that letters cover.

A line of text covers a fifth of its box, and nearly all of that fully. So letters are kept as lists
of pixels instead of masks: those covered fully, and the few at edges with their share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vips_render.pixels.mixing import FULL, mixed, mixed_evenly, word_of
from vips_render.pixels.patch import Patch, Pixels, Words, holds
from vips_render.scene.model import Box, Color

Offsets = npt.NDArray[np.int64]
"""Places of pixels in a flattened picture whose rows are `stride` pixels long."""

_BYTE = np.uint32(8)


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Scattered pixels inside a box; places count from its top left corner.

    Attributes:
        whole: pixels that are covered fully.
        edges, shares: the others, and how much of each is covered, 1-255 of 256.
    """

    width: int
    height: int
    stride: int
    whole: Offsets
    edges: Offsets
    shares: Words

    @property
    def size_bytes(self) -> int:
        """What is held."""
        return self.whole.nbytes + self.edges.nbytes + self.shares.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """Letters in one colour, in output pixels.

    Attributes:
        box: what the ink may change.
        parts: of one stride; no two share a pixel.
        bases: how far each of them lies behind the box's first pixel, counted as places are.
    """

    box: Box
    parts: Sequence[Spots]
    bases: Sequence[int]
    color: Color

    @property
    def stride(self) -> int:
        """How long the rows are that it can be painted on."""
        return self.parts[0].stride

    @property
    def size_bytes(self) -> int:
        """What is held."""
        return sum(part.size_bytes for part in self.parts)


def spots_of(coverage: Pixels, stride: int) -> Spots:
    """List what a mask covers.

    Args:
        coverage: height x width, 0-255.
        stride: width of the pictures that it will be painted on; at least the mask's.
    """
    height, width = coverage.shape
    flat = coverage.ravel()
    # In one dimension numpy finds them several times faster than in two.
    whole = np.flatnonzero(flat == 255)
    edges = np.flatnonzero((flat + np.uint8(1)) > 1)
    shares = flat[edges].astype(np.uint32)
    shares += shares >> np.uint32(7)
    if stride != width:
        whole += whole // width * (stride - width)
        edges += edges // width * (stride - width)
    return Spots(width, height, stride, whole, edges, shares)


def ink_of(
    lefts: Sequence[int],
    tops: Sequence[int],
    spots: Sequence[Spots],
    color: Color,
    *,
    overlapping: bool,
) -> Ink:
    """Put spots of one stride together, in output pixels.

    Where edges meet, their shares add up, as those of outlines do that are drawn together.

    Args:
        lefts, tops: of each of the spots, of which there is one at least.
        overlapping: whether two may share a pixel.
    """
    left, top, stride = min(lefts), min(tops), spots[0].stride
    width = max([x + one.width for x, one in zip(lefts, spots, strict=True)]) - left
    height = max([y + one.height for y, one in zip(tops, spots, strict=True)]) - top
    start = top * stride + left
    bases = [y * stride + x - start for x, y in zip(lefts, tops, strict=True)]
    ink = Ink(Box(left, top, width, height), spots, bases, color)
    return replace(ink, parts=(_summed(ink),), bases=(0,)) if overlapping else ink


def _summed(ink: Ink) -> Spots:
    joined = joined_spots(ink)
    whole, edges = joined.whole, joined.edges
    sums = np.zeros(joined.height * joined.stride, np.uint32)
    np.add.at(sums, edges, joined.shares)
    sums[whole] = 0
    shares = np.minimum(sums.take(edges), FULL)
    bare = shares > 0
    return replace(joined, edges=edges[bare], shares=shares[bare])


def joined_spots(ink: Ink) -> Spots:
    """Return all spots as one, which begin where the ink's box does."""
    return Spots(ink.box.width, ink.box.height, ink.stride, *_placed(ink.parts, ink.bases))


def _placed(spots: Sequence[Spots], bases: Sequence[int]) -> tuple[Offsets, Offsets, Words]:
    """Return where all spots lie that are covered fully, where the others, and their shares."""
    wholes, edges = [one.whole for one in spots], [one.edges for one in spots]
    # All at once: an addition for each letter would take longer than painting it.
    offsets = np.concatenate(wholes + edges)
    offsets += np.array([*bases, *bases]).repeat([*map(len, wholes), *map(len, edges)])
    inside = sum(map(len, wholes))
    return offsets[:inside], offsets[inside:], np.concatenate([one.shares for one in spots])


def blend_inks(canvas: Pixels, inks: Sequence[Ink], origin: tuple[int, int]) -> None:
    """Paint inks of one colour, whose boxes do not meet, over a canvas that holds all of them.

    The canvas has rows of their stride.
    """
    words, color = canvas.reshape(-1).view(np.uint32), inks[0].color
    parts: list[Spots] = []
    bases: list[int] = []
    for ink in inks:
        start = (ink.box.top - origin[1]) * ink.stride + ink.box.left - origin[0]
        parts += ink.parts
        bases += [start + base for base in ink.bases]
    whole, edges, shares = _placed(parts, bases)
    share = color[3] + (color[3] >> 7)
    if share < FULL:
        shares = (shares * np.uint32(share) + np.uint32(128)) >> _BYTE
        inside = mixed_evenly(words.take(whole), color, share)
        words[edges] = mixed(words.take(edges), color, shares)
        words[whole] = inside
    else:
        words[edges] = mixed(words.take(edges), color, shares)
        words[whole] = word_of(color)


def fits_on(ink: Ink, canvas: Pixels, origin: tuple[int, int]) -> bool:
    """Tell whether ink may be painted on a canvas as it is."""
    height, width = canvas.shape[:2]
    return ink.stride == width and holds(Box(*origin, width, height), ink.box)


def patch_of(ink: Ink) -> Patch:
    """Return the same as pixels of a whole box."""
    box = ink.box
    pixels = np.zeros((box.height, box.width, 4), dtype=np.uint8)
    spots = restrided(joined_spots(ink), box.width)
    blend_inks(pixels, [replace(ink, parts=(spots,), bases=(0,))], (box.left, box.top))
    return Patch(box.left, box.top, pixels)


def restrided(spots: Spots, stride: int) -> Spots:
    """Return the same spots for pictures of another width."""
    if stride == spots.stride:
        return spots

    def moved(offsets: Offsets) -> Offsets:
        rows, columns = np.divmod(offsets, spots.stride)
        return rows * stride + columns

    whole, edges = moved(spots.whole), moved(spots.edges)
    return Spots(spots.width, spots.height, stride, whole, edges, spots.shares)


def cut_spots(spots: Spots, box: Box) -> Spots:
    """Return those that lie in a box, whose place counts from theirs."""
    if (box.left, box.top, box.width, box.height) == (0, 0, spots.width, spots.height):
        return spots

    def inside(offsets: Offsets) -> npt.NDArray[np.bool_]:
        rows, columns = np.divmod(offsets, spots.stride)
        rows, columns = rows - box.top, columns - box.left
        return (rows >= 0) & (rows < box.height) & (columns >= 0) & (columns < box.width)

    start = box.top * spots.stride + box.left
    whole, edges = spots.whole, spots.edges
    kept = inside(edges)
    return Spots(
        box.width,
        box.height,
        spots.stride,
        whole[inside(whole)] - start,
        edges[kept] - start,
        spots.shares[kept],
    )
