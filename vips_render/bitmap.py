"""Carry decoded pixels between processes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Decoded pixels: `height x width x 4`, uchar, sRGB, straight (not premultiplied) alpha.

    Rows run top to bottom without padding, so `len(pixels) == width * height * 4`. `digest` names
    the pixels; what is drawn of pixels without a name is not kept.
    """

    width: int
    height: int
    pixels: bytes
    digest: str = ""
