"""Write PNG."""

from __future__ import annotations

import pyvips

_LEVEL = 5


def encode_png(image: pyvips.Image) -> bytes:
    """Write RGB or RGBA, as the image has bands, without metadata."""
    data: bytes = image.pngsave_buffer(compression=_LEVEL, filter="up", keep="none")
    return data
