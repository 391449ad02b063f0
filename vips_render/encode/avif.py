"""Write AVIF.

Measured: the examples drawn with their defaults, quality 82 (AV1's own 56), 4:2:0; encoder time on
one core, bytes, mean error per channel and PSNR. WebP at the same quality for comparison.

    effort  renewal-banner, 1200x600    year-in-review, 1080x1920   referral-poster, 1080x1350
    0         49 ms 24.7 kB 1.17 38.8    138 ms 64.2 kB 1.77 38.4     89 ms 41.0 kB 1.02 40.0
    1        155 ms 17.0 kB 0.95 41.1    352 ms 49.6 kB 1.67 39.3    265 ms 23.9 kB 0.91 41.4
    2        268 ms 16.2 kB 0.93 41.3    613 ms 47.8 kB 1.65 39.5    485 ms 23.3 kB 0.90 41.6
    4       1618 ms 14.7 kB 0.90 41.7   4113 ms 36.6 kB 1.63 39.7   3068 ms 19.9 kB 0.88 41.8
    WebP      45 ms 25.7 kB 1.05 41.3    125 ms 73.6 kB 1.70 39.5     87 ms 39.8 kB 1.14 40.9
"""

from __future__ import annotations

import pyvips

_EFFORT = 1
"""0 is as fast as WebP and no smaller for the same error; 2 takes 1.8 times as long as 1 for 3-5 %
of the bytes; 4, libvips' own, takes 10 times as long."""

_LARGE_PX, _LARGE_EFFORT = 4_000_000, 0
"""A megapixel takes 0.2 s at effort 1, and a painter is killed after seconds."""

_KNEE, _KNEE_Q, _SPAN_Q = 82, 56, 44
"""AV1's scale is not that of JPEG and WebP. On the examples its 33, 43, 48, 56 and 71 have the
error of WebP's 30, 50, 70, 82 and 90, and its 22, 30, 41, 52 and 77 that of our JPEG's: two lines
run between them."""

_FULL_COLOUR_QUALITY = 90
"""As for JPEG."""


def encode_avif(image: pyvips.Image, quality: int) -> bytes:
    """Write lossy AVIF of 8 bits with 4:2:0 colour (4:4:4 from quality 90) and without metadata.

    Alpha is kept where the image has any, as lossy as the colours.

    Args:
        quality: 1-100 on the scale of JPEG and WebP.

    Raises:
        pyvips.Error: a side is longer than 16,384 pixels.
    """
    # libvips hands its thread count to the encoder, which cuts a tile per thread: other bytes.
    pyvips.concurrency_set(1)
    data: bytes = image.heifsave_buffer(
        compression="av1",
        Q=av1_quality(quality),
        effort=_EFFORT if image.width * image.height <= _LARGE_PX else _LARGE_EFFORT,
        bitdepth=8,
        subsample_mode="off" if quality >= _FULL_COLOUR_QUALITY else "on",
        keep="none",
    )
    return data


def av1_quality(quality: int) -> int:
    """Return the quality of AV1 that looks like a quality of JPEG or WebP: 1-100 to 12-100."""
    span = _KNEE - 1 if quality < _KNEE else 100 - _KNEE
    return _KNEE_Q + round((quality - _KNEE) * _SPAN_Q / span)
