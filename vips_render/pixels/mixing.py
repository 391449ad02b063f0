"""Mix pixels with one colour: two channels at a time ride in one word.

Pixels that nothing shines through come out exact to the nearest; the others within 1 of 255.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vips_render.pixels.patch import Words
from vips_render.scene.model import Color

FULL = 256
"""A pixel that is covered whole. Shares count in 256ths: their product is a shift away."""

_LANES = np.uint32(0x00FF00FF)
_HALVES = np.uint32(0x00800080)
_BYTE = np.uint32(8)


def mixed_evenly(under: Words, color: Color, share: int) -> Words:
    """Do what `mixed` does where all pixels have the same share.

    Each channel rides in 16 bits of its own: a product and its rounding stay below 2**16.
    """
    word, rest = int(word_of(color)), np.uint16(FULL - share)
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


def mixed(under: Words, color: Color, shares: Words) -> Words:
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
    word = word_of(color)
    return word & _LANES, (word >> _BYTE) & _LANES


@lru_cache(256)
def word_of(color: Color) -> np.uint32:
    """Return a colour as an opaque pixel; how much of it there is, shares say."""
    red, green, blue, _ = color
    return np.uint32(red | green << 8 | blue << 16 | 0xFF000000)
