"""Blur a mask, in whole numbers, so that machines agree to the last bit."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from vips_render.pixels.patch import Pixels

_FINE = 8
"""Bits below a whole step of coverage that are kept between passes."""


def blur_reach(deviation: float) -> int:
    """Return how many pixels a blur of this standard deviation reaches."""
    return sum(_halves(deviation))


def blurred(mask: Pixels, deviation: float) -> Pixels:
    """Return a mask blurred like a Gaussian of this standard deviation in pixels.

    Three means over boxes one after the other, together of its deviation. What is blurred past the
    edge is lost, so let `mask` have `blur_reach` around.
    """
    halves = _halves(deviation)
    if not any(halves):
        return mask
    fine = mask.astype(np.uint32) << np.uint32(_FINE)
    for half in filter(None, halves):
        fine = _mean_down(_mean_down(fine, half).T, half).T
    fine += np.uint32(1 << _FINE >> 1)
    fine >>= np.uint32(_FINE)
    return np.ascontiguousarray(fine).astype(np.uint8)


def _halves(deviation: float) -> list[int]:
    """Return how far each box reaches on both sides of its pixel.

    A box of side n has a variance of (n * n - 1) / 12, and variances add up. All sides are odd, so
    that nothing moves: some boxes are one step wider than the others to come near to the sum.
    """
    ideal = math.sqrt(4 * deviation**2 + 1)
    half = (math.floor(ideal) - 1) // 2
    side = 2 * half + 1
    wider = round((12 * deviation**2 - 3 * (side**2 - 1)) / (4 * side + 4))
    return [half + (number < wider) for number in range(3)]


def _mean_down(fine: npt.NDArray[np.uint32], half: int) -> npt.NDArray[np.uint32]:
    """Return the mean of each pixel and its neighbours above and below."""
    height, width = fine.shape
    sums = np.zeros((height + 2 * half + 1, width), np.uint32)
    np.cumsum(fine, axis=0, out=sums[half + 1 : half + 1 + height])
    sums[half + 1 + height :] = sums[half + height]
    side = 2 * half + 1
    means: npt.NDArray[np.uint32] = sums[side:] - sums[:height]
    means += np.uint32(half)
    means //= np.uint32(side)
    return means
