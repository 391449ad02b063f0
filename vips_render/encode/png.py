"""Write PNG."""

from __future__ import annotations

from vips_render.encode.png_bands import Pixels, encode_bands, png_file, png_grid


def encode_png(pixels: Pixels, scale: int = 1) -> bytes:
    """Write straight pixels as RGB, or as RGBA where one is not opaque, without metadata.

    Every band is coded as a personal one is: these are the bytes that `SharedPng.splice` gives when
    the boxes cover the canvas.
    """
    height, width = pixels.shape[:2]
    grid = png_grid(width, height, alpha=bool(pixels[..., 3].min() < 255), scale=scale)
    bands = encode_bands(pixels, grid, range(grid.band_count))
    return png_file(grid, tuple(bands.values()))
