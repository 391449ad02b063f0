"""Hold drawn pixels with their place, and blend them.

Colours inside the painters are premultiplied: blending, averaging and turning them then needs no
case for transparent neighbours, which is where dark fringes come from. Whole numbers throughout, so
that machines agree to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vips_render.scene.model import Box, Color

Pixels = npt.NDArray[np.uint8]
"""Height x width x 4, premultiplied sRGB with alpha; a mask is height x width."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Premultiplied pixels and where their top left corner lies, in output pixels."""

    left: int
    top: int
    pixels: Pixels

    @property
    def box(self) -> Box:
        """What the patch may change."""
        height, width = self.pixels.shape[:2]
        return Box(self.left, self.top, width, height)


def overlap(one: Box, other: Box) -> Box:
    """Return what two boxes share; width or height is 0 when they share nothing."""
    left, top = max(one.left, other.left), max(one.top, other.top)
    right = min(one.left + one.width, other.left + other.width)
    bottom = min(one.top + one.height, other.top + other.height)
    return Box(left, top, max(0, right - left), max(0, bottom - top))


def is_empty(box: Box) -> bool:
    """Tell whether a box holds no pixel."""
    return box.width <= 0 or box.height <= 0


def times(values: npt.NDArray[np.uint8], factor: npt.NDArray[np.uint8] | int) -> Pixels:
    """Multiply 0-255 by 0-255 as fractions, rounded to nearest: exact for every pair."""
    product = values.astype(np.uint16) * np.asarray(factor, dtype=np.uint16)
    product += 128
    product += product >> 8
    return (product >> 8).astype(np.uint8)


def tinted(mask: Pixels, color: Color) -> Pixels:
    """Turn a mask into premultiplied pixels of one colour."""
    red, green, blue, alpha = color
    coverage = times(mask, alpha) if alpha < 255 else mask
    pixels = np.empty((*mask.shape, 4), dtype=np.uint8)
    for band, channel in enumerate((red, green, blue)):
        pixels[..., band] = times(coverage, channel)
    pixels[..., 3] = coverage
    return pixels


def premultiplied(straight: Pixels) -> Pixels:
    """Multiply colours by their alpha."""
    alpha = straight[..., 3]
    if alpha.min(initial=255) == 255:
        return straight
    pixels = straight.copy()
    pixels[..., :3] = times(straight[..., :3], alpha[..., None])
    return pixels


def straightened(pixels: Pixels) -> Pixels:
    """Divide colours by their alpha, rounded to nearest; transparent becomes 0."""
    alpha = pixels[..., 3:4].astype(np.uint32)
    if alpha.min(initial=255) == 255:
        return pixels
    divisor = np.maximum(alpha, 1)
    straight = pixels.copy()
    colors = (pixels[..., :3].astype(np.uint32) * 255 + divisor // 2) // divisor
    straight[..., :3] = np.minimum(colors, 255)
    return straight


def faded(patch: Patch, opacity: float) -> Patch:
    """Make a patch more transparent."""
    if opacity >= 1:
        return patch
    return Patch(patch.left, patch.top, times(patch.pixels, round(max(0.0, opacity) * 255)))


def blend(canvas: Pixels, patch: Patch, origin: tuple[int, int] = (0, 0)) -> Box:
    """Paint a patch over the canvas in place and return the box that it touched.

    Args:
        origin: left and top of the canvas in the patch's coordinates.
    """
    height, width = canvas.shape[:2]
    whole = Box(*origin, width, height)
    touched = overlap(patch.box, whole)
    if is_empty(touched):
        return touched
    row, column = touched.top - origin[1], touched.left - origin[0]
    under = canvas[row : row + touched.height, column : column + touched.width]
    row, column = touched.top - patch.top, touched.left - patch.left
    over = patch.pixels[row : row + touched.height, column : column + touched.width]
    alpha = over[..., 3]
    if alpha.min() == 255:
        under[...] = over
    else:
        under[...] = over + times(under, (255 - alpha)[..., None])
    return touched
