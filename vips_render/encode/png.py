"""Write PNG."""

from __future__ import annotations

from vips_render.encode.png_bands import Pixels, fast_piece, png_file, png_grid
from vips_render.encode.png_filters import up_filtered


def encode_png(pixels: Pixels, scale: int = 1) -> bytes:
    """Write straight pixels as RGB, or as RGBA where one is not opaque, without metadata.

    All is coded as what is personal: these are the bytes that `SharedPng.finish` gives when the
    boxes cover the canvas.
    """
    height, width = pixels.shape[:2]
    grid = png_grid(width, height, alpha=bool(pixels[..., 3].min() < 255), scale=scale)
    return png_file(grid, [fast_piece(up_filtered(pixels, alpha=grid.alpha))])
