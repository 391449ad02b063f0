"""Write WebP."""

from __future__ import annotations

import pyvips

_EFFORT = 2
"""libvips' own 4 takes 2-3 times as long for a few percent of the bytes."""


def encode_webp(image: pyvips.Image, quality: int) -> bytes:
    """Write lossy WebP, with lossless alpha where the image has any, without metadata."""
    data: bytes = image.webpsave_buffer(Q=quality, effort=_EFFORT, keep="none")
    return data
