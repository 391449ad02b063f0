"""Paint with one colour: over a whole box, or at the scattered pixels that letters cover.

A line of text covers a fifth of its box, and nearly all of that fully. So letters are kept as lists
of pixels instead of masks: those covered fully, and the few at edges with their share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from vips_render.pixels.patch import Patch, Pixels, Words, holds, is_empty, overlap, part
from vips_render.scene.model import Box, Color

Offsets = npt.NDArray[np.int64]
"""Places of pixels in a flattened picture whose rows are `stride` pixels long."""

FULL = 256
"""A pixel that is covered whole. Shares count in 256ths: their product is a shift away."""

_LANES = np.uint32(0x00FF00FF)
_HALVES = np.uint32(0x00800080)
_BYTE = np.uint32(8)


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
            words[...] = _word(color)
    elif under:
        # All at once: on small boxes numpy spends more on each call than on the pixels.
        row = np.empty(sum(words.size for words in under), np.uint32)
        ends = [*accumulate((words.size for words in under), initial=0)]
        for words, (start, end) in zip(under, pairwise(ends), strict=True):
            row[start:end].reshape(words.shape)[...] = words
        mixed = _mixed_evenly(row, color, share)
        for words, (start, end) in zip(under, pairwise(ends), strict=True):
            words[...] = mixed[start:end].reshape(words.shape)


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
        inside = _mixed_evenly(words.take(whole), color, share)
        words[edges] = _mixed(words.take(edges), color, shares)
        words[whole] = inside
    else:
        words[edges] = _mixed(words.take(edges), color, shares)
        words[whole] = _word(color)


def fits_on(ink: Ink, canvas: Pixels, origin: tuple[int, int]) -> bool:
    """Tell whether ink may be painted on a canvas as it is."""
    height, width = canvas.shape[:2]
    return ink.stride == width and holds(Box(*origin, width, height), ink.box)


def as_patch(piece: Patch | Flat | Ink) -> Patch:
    """Return the same as pixels of a whole box."""
    if isinstance(piece, Patch):
        return piece
    box = piece.box
    pixels = np.zeros((box.height, box.width, 4), dtype=np.uint8)
    origin = box.left, box.top
    if isinstance(piece, Flat):
        blend_flats(pixels, [piece], origin)
    else:
        spots = restrided(joined_spots(piece), box.width)
        blend_inks(pixels, [replace(piece, parts=(spots,), bases=(0,))], origin)
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


def _mixed_evenly(under: Words, color: Color, share: int) -> Words:
    """Do what `_mixed` does where all pixels have the same share.

    Each channel rides in 16 bits of its own: a product and its rounding stay below 2**16.
    """
    word, rest = int(_word(color)), np.uint16(FULL - share)
    odd = under.view(np.uint16)
    even = odd & np.uint16(0x00FF)
    even *= rest
    even.view(np.uint32)[...] += np.uint32((word & 0x00FF00FF) * share + 0x00800080)
    even >>= np.uint16(8)
    odd >>= np.uint16(8)
    odd *= rest
    under += np.uint32((word >> 8 & 0x00FF00FF) * share + 0x00800080)
    odd &= np.uint16(0xFF00)
    odd |= even
    return under


def _mixed(under: Words, color: Color, shares: Words) -> Words:
    """Go from the pixels, which are used up, towards an opaque colour by shares of 256.

    Two channels at a time. A difference may be below zero and then borrows from the channel above
    it; adding what it was taken from pays that back. Rounds to nearest.
    """
    word_even, word_odd = _lanes(color)
    even = under & _LANES
    step = word_even - even
    step *= shares
    step += _HALVES
    step >>= _BYTE
    step += even
    step &= _LANES
    under >>= _BYTE
    under &= _LANES
    np.subtract(word_odd, under, out=even)
    even *= shares
    even += _HALVES
    even >>= _BYTE
    even += under
    even &= _LANES
    even <<= _BYTE
    step |= even
    return step


@lru_cache(256)
def _lanes(color: Color) -> tuple[np.uint32, np.uint32]:
    """Return red and blue of a colour as they stand in a word, then green and alpha moved there."""
    word = _word(color)
    return word & _LANES, (word >> _BYTE) & _LANES


@lru_cache(256)
def _word(color: Color) -> np.uint32:
    """Return a colour as an opaque pixel; how much of it there is, shares say."""
    red, green, blue, _ = color
    return np.uint32(red | green << 8 | blue << 16 | 0xFF000000)
