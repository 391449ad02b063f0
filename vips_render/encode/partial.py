"""Encode only what changed of a picture, where its format allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vips_render.encode.jpeg_grid import JpegGrid
from vips_render.encode.jpeg_tiles import share
from vips_render.encode.png_bands import png_grid, shared_png
from vips_render.encode.save import Pixels, encode
from vips_render.output import Output
from vips_render.scene.model import Box


class Encoder(Protocol):
    """The file of a plan's shared pixels, ready to become that of a picture."""

    @property
    def size_bytes(self) -> int:
        """What is held."""

    def finish(self, canvas: Pixels, boxes: Sequence[Box]) -> bytes:
        """Return the file of a canvas that differs from the shared pixels in `boxes` only."""


def encoder_for(shared: Pixels, output: Output, *, is_opaque: bool) -> Encoder:
    """Encode what the pictures of a plan share.

    Args:
        shared: straight sRGB, height x width x 4; opaque for JPEG.
        is_opaque: whether every picture of the plan is.

    Raises:
        RenderError: the format cannot hold a picture so large.
    """
    height, width = shared.shape[:2]
    if output.format == "jpeg":
        return share(shared, JpegGrid(width, height, min(max(1, output.quality), 100)))
    if output.format == "png":
        grid = png_grid(width, height, alpha=not is_opaque, scale=output.scale)
        return shared_png(shared, grid)
    return WholeEncoder(output)


@dataclass(frozen=True, slots=True)
class WholeEncoder:
    """Codes the whole picture: WebP and AVIF have no parts that stand alone."""

    output: Output
    size_bytes: int = 0

    def finish(self, canvas: Pixels, boxes: Sequence[Box]) -> bytes:
        """Return the file; see `Encoder`."""
        return encode(canvas, self.output)
