"""Write PNG."""

from __future__ import annotations

import pyvips

_LEVEL = 6


def encode_png(image: pyvips.Image) -> bytes:
    """Write RGB or RGBA, as the image has bands, without metadata."""
    data: bytes = image.pngsave_buffer(compression=_LEVEL, filter="sub", keep="none")
    return data
