"""Hold drawn pixels with their place, and blend them.

Colours inside the painters are premultiplied: blending, averaging and turning them then needs no
case for transparent neighbours, which is where dark fringes come from. Whole numbers throughout, so
that machines agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vips_render.scene.model import Box, Color

Pixels = npt.NDArray[np.uint8]
"""Height x width x 4, premultiplied sRGB with alpha; a mask is height x width."""

Words = npt.NDArray[np.uint32]
"""Premultiplied pixels, the four channels of each as one word."""

_FEW = 8
"""Painting one pixel by itself takes as long as painting so many side by side."""

_LANES = np.uint32(0x00FF00FF)
_HALVES = np.uint32(0x00800080)
_BYTE = np.uint32(8)


@dataclass(frozen=True, eq=False)  # no slots: what is asked for late is kept in the instance
class Patch:
    """Premultiplied pixels and where their top left corner lies, in output pixels."""

    left: int
    top: int
    pixels: Pixels

    @cached_property
    def box(self) -> Box:
        """What the patch may change."""
        height, width = self.pixels.shape[:2]
        return Box(self.left, self.top, width, height)

    @property
    def size_bytes(self) -> int:
        """What is held once it was painted."""
        return self.pixels.nbytes * 3 // 2

    @cached_property
    def outline(self) -> _Outline | None:
        """How to paint it edge by edge; None where too much is neither opaque nor transparent."""
        alpha = self.pixels[..., 3]
        opaque = alpha == 255
        seen = alpha > 0
        seen ^= opaque
        if np.count_nonzero(seen) * _FEW > seen.size:
            return None
        # In one dimension numpy finds them several times faster than in two.
        places = np.divmod(np.flatnonzero(seen), seen.shape[1])
        words = self.pixels.view(np.uint32)[..., 0]
        return _Outline(opaque, places, words[places], 255 - alpha[places].astype(np.uint32))


class _Outline(NamedTuple):
    """Which pixels are opaque; where the edges are, in what colour, and what shines through."""

    opaque: npt.NDArray[np.bool_]
    places: tuple[npt.NDArray[np.intp], ...]
    words: Words
    rests: Words


def overlap(one: Box, other: Box) -> Box:
    """Return what two boxes share; width or height is 0 when they share nothing."""
    if holds(other, one):
        return one
    left, top = max(one.left, other.left), max(one.top, other.top)
    right = min(one.left + one.width, other.left + other.width)
    bottom = min(one.top + one.height, other.top + other.height)
    return Box(left, top, max(0, right - left), max(0, bottom - top))


def around(boxes: Sequence[Box]) -> Box:
    """Return the smallest box that holds others; an empty one when there is none."""
    if not boxes:
        return Box(0, 0, 0, 0)
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right = max(box.left + box.width for box in boxes)
    bottom = max(box.top + box.height for box in boxes)
    return Box(left, top, right - left, bottom - top)


def joined(one: Box, other: Box) -> Box:
    """Return the smallest box that holds two; where the first is empty, the other."""
    if is_empty(one):
        return other
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    bottom = max(one.top + one.height, other.top + other.height)
    return Box(left, top, right - left, bottom - top)


def grown(box: Box, reach: int) -> Box:
    """Return a box that reaches so many pixels further on each side."""
    return Box(box.left - reach, box.top - reach, box.width + 2 * reach, box.height + 2 * reach)


def holds(outer: Box, inner: Box) -> bool:
    """Tell whether all of a box lies in another; most do, and need no cutting."""
    left, top = inner.left, inner.top
    return (
        outer.left <= left
        and outer.top <= top
        and left + inner.width <= outer.left + outer.width
        and top + inner.height <= outer.top + outer.height
    )


def meet(one: Box, other: Box) -> bool:
    """Tell whether two boxes share a pixel."""
    return (
        one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.top < other.top + other.height
        and other.top < one.top + one.height
        and not is_empty(one)
        and not is_empty(other)
    )


def is_empty(box: Box) -> bool:
    """Tell whether a box holds no pixel."""
    return box.width <= 0 or box.height <= 0


def times(pixels: Pixels, share: Pixels | int) -> Pixels:
    """Multiply all four channels by a share of 255 per pixel, or by one for all.

    Rounds to nearest, exactly, for every pair. Two channels at a time ride in one 32-bit word: a
    product and its rounding stay below 2**16.
    """
    words = pixels.view(np.uint32)[..., 0]
    factor = np.uint32(share) if isinstance(share, int) else share.astype(np.uint32)
    return _product(words, factor).view(np.uint8).reshape(pixels.shape)


def _product(words: Words, factor: Words | np.uint32) -> Words:
    even = words & _LANES
    even *= factor
    even += _HALVES
    even += (even >> _BYTE) & _LANES
    even >>= _BYTE
    even &= _LANES
    odd = (words >> _BYTE) & _LANES
    odd *= factor
    odd += _HALVES
    odd += (odd >> _BYTE) & _LANES
    odd &= ~_LANES
    odd |= even
    return odd


def tinted(mask: Pixels, color: Color) -> Pixels:
    """Turn a mask into premultiplied pixels of one colour."""
    return times(_filled(mask.shape[0], mask.shape[1], color), mask)


def flat(width: int, height: int, color: Color) -> Pixels:
    """Return premultiplied pixels of one colour."""
    return _filled(height, width, color)


def premultiplied(straight: Pixels) -> Pixels:
    """Multiply colours by their alpha."""
    alpha = straight[..., 3]
    if alpha.min(initial=255) == 255:
        return straight
    pixels = times(straight, alpha)
    pixels[..., 3] = alpha
    return pixels


def straightened(pixels: Pixels) -> Pixels:
    """Divide colours by their alpha, rounded to nearest; transparent becomes 0."""
    alpha = pixels[..., 3].astype(np.uint32)
    divisor = np.maximum(alpha, 1)
    straight = pixels.copy()
    for channel in range(3):
        value = (pixels[..., channel] * np.uint32(255) + divisor // 2) // divisor
        straight[..., channel] = np.minimum(value, 255)
    return straight


def on_white(pixels: Pixels) -> Pixels:
    """Put pixels on white paper."""
    opaque = pixels + (255 - pixels[..., 3:4])
    opaque[..., 3] = 255
    return opaque


def bounded(pixels: Pixels) -> Pixels:
    """Cut colours to their alpha: filters that overshoot at edges may leave more."""
    alpha = pixels[..., 3]
    if alpha.min(initial=255) == 255:
        return pixels
    cut = pixels.copy()
    for channel in range(3):
        np.minimum(cut[..., channel], alpha, out=cut[..., channel])
    return cut


def blend_patch(canvas: Pixels, patch: Patch, origin: tuple[int, int] = (0, 0)) -> None:
    """Paint a patch over the canvas in place.

    Args:
        origin: left and top of the canvas in the patch's coordinates.
    """
    height, width = canvas.shape[:2]
    touched = overlap(patch.box, Box(*origin, width, height))
    if is_empty(touched):
        return
    under = part(canvas, touched, origin)
    if touched is patch.box and patch.outline is not None:
        opaque, places, edge, rests = patch.outline
        words = under.view(np.uint32)[..., 0]
        np.copyto(words, patch.pixels.view(np.uint32)[..., 0], where=opaque)
        if rests.size:
            words[places] = _product(words[places], rests) + edge
    else:
        over = part(patch.pixels, touched, (patch.left, patch.top))
        np.add(times(under, 255 - over[..., 3]), over, out=under)


def part(pixels: Pixels, box: Box, origin: tuple[int, int] = (0, 0)) -> Pixels:
    """Return a view of the pixels in a box; `origin` is where `pixels` begin."""
    top, left = box.top - origin[1], box.left - origin[0]
    return pixels[top : top + box.height, left : left + box.width]


def _filled(height: int, width: int, color: Color) -> Pixels:
    red, green, blue, alpha = color
    channels = [(channel * alpha * 2 + 255) // 510 for channel in (red, green, blue)]
    word = np.array([*channels, alpha], dtype=np.uint8).view(np.uint32)[0]
    return np.full((height, width, 1), word, dtype=np.uint32).view(np.uint8)
