"""Compress the bands of a PNG: which codec, at which level, and why.

Measured on bands of 16 rows, CPU time and bytes against ISA-L's level 1 (a photo card's personal
bands / a gradient card's / flat art with text):

| codec        | time            | bytes           |
|--------------|-----------------|-----------------|
| ISA-L 0      | 0.7 / 0.6 / 0.6 | +13 / +30 / +90 % |
| ISA-L 1      | 1               | 0               |
| zlib-ng 2    | 3.7 / 2.8 / 2.5 | 0 / -6 / -13 %  |
| zlib-ng 6    | 9 / 5 / 5       | -12 / -8 / -15 % |
| zlib-ng 9    | 120 / 40 / 25   | -19 / -14 / -25 % |

So what is coded per recipient goes through ISA-L 1, everywhere: a kind of picture (photo or flat)
named by its shared pixels would not help, since a flat card may hold a personal photo, and a kind
named by the band's own saves less than 1 kB a picture for a third more time. What is coded once
goes through zlib-ng, on top where that is cheap; above, noisy bands cost most and gain least.
"""

from __future__ import annotations

from collections.abc import Iterable

from isal import isal_zlib
from zlib_ng import zlib_ng

from vips_render.encode.png_filters import Rows

_FAST_LEVEL = 1

_HARD_LEVELS = {"flat": 9, "noisy": 8, "noisy and large": 7}
"""zlib-ng levels; on noise 9 takes 1.6 times as long as 8 for 0.7 % of the bytes, 8 takes 3.4 times
as long as 7 for 1.5 %."""

_FLAT = 8
"""A band is flat where level 1 makes it so many times smaller."""

_LARGE_PIXELS = 1 << 20

_RAW = -15
"""Window bits: 32 KiB, without zlib's header and checksum."""

_MEMORY = 9


def deflated(filtered: Rows) -> bytes:
    """Compress a band fast; it ends on a whole byte and the next starts without history."""
    compressor = isal_zlib.compressobj(_FAST_LEVEL, isal_zlib.DEFLATED, _RAW)
    return compressor.compress(filtered) + compressor.flush(isal_zlib.Z_FULL_FLUSH)


def deflated_hard(ways: Iterable[Rows], picture_pixels: int) -> tuple[Rows, bytes]:
    """Compress the most promising of several filterings of a band hard; return it with its bytes.

    The most promising is the one that the fast codec makes smallest, the first of equals.
    """
    fast_bytes, _, filtered = min(
        (len(deflated(way)), order, way) for order, way in enumerate(ways)
    )
    kind = "flat" if fast_bytes * _FLAT < filtered.size else "noisy"
    if kind == "noisy" and picture_pixels > _LARGE_PIXELS:
        kind = "noisy and large"
    compressor = zlib_ng.compressobj(
        _HARD_LEVELS[kind], zlib_ng.DEFLATED, _RAW, _MEMORY, zlib_ng.Z_FILTERED
    )
    return filtered, compressor.compress(filtered) + compressor.flush(zlib_ng.Z_FULL_FLUSH)
