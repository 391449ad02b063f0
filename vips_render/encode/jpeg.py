"""Write JPEG."""

from __future__ import annotations

import pyvips

_FULL_COLOUR_QUALITY = 90
"""From here on colour is kept in full resolution: fine red text stays sharp."""


def encode_jpeg(image: pyvips.Image, quality: int) -> bytes:
    """Write baseline JPEG with 4:2:0 colour (4:4:4 from quality 90) and without metadata."""
    subsample = "off" if quality >= _FULL_COLOUR_QUALITY else "on"
    data: bytes = image.jpegsave_buffer(Q=quality, subsample_mode=subsample, keep="none")
    return data
