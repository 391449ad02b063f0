"""Write JPEG."""

from __future__ import annotations

from vips_render.encode.jpeg_grid import JpegGrid
from vips_render.encode.jpeg_tiles import Pixels, encode_every_tile


def encode_jpeg(pixels: Pixels, quality: int) -> bytes:
    """Write baseline JPEG with 4:2:0 colour (4:4:4 from quality 90) and without metadata.

    Raises:
        RenderError: a side is longer than a JPEG's can be.
    """
    height, width = pixels.shape[:2]
    return encode_every_tile(pixels, JpegGrid(width, height, quality))
