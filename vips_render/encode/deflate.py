"""Compress the bands of a PNG: which codec, at which level, and why.

CPU time and bytes against ISA-L's level 1, on single bands of 16 rows that recipients differ in:

| codec     | photo card       | gradient card    | flat art, text   |
|-----------|------------------|------------------|------------------|
| ISA-L 0   | x 0.8, +13 %     | x 0.6, +30 %     | x 0.5, +32 %     |
| ISA-L 1   | 0.20 ms, 17.8 kB | 0.04 ms, 2.4 kB  | 0.03 ms, 1.0 kB  |
| ISA-L 2   | the same         | the same         | the same         |
| zlib-ng 1 | x 2.0, +41 %     | x 1.4, +32 %     | x 1.1, +12 %     |
| zlib-ng 2 | x 3.8, 0 %       | x 2.7, -6 %      | x 2.3, -9 %      |
| zlib-ng 6 | x 11, -12 %      | x 4.6, -10 %     | x 4.2, -13 %     |
| zlib-ng 9 | x 120, -16 %     | x 38, -11 %      | x 38, -20 %      |

What is coded per recipient goes through ISA-L, neighbouring bands in one call: a story takes 40 %
less time so than band by band. To call a picture flat by its shared pixels and give it to zlib-ng
would cost most where it is wrong: a flat card may hold a personal photo. To call single bands flat
by their own pixels saves less than 1 kB a picture for a third more time or double. What is coded
once goes through zlib-ng, at its top level where that is cheap; noisy bands take longest there and
gain least.
"""

from __future__ import annotations

from collections.abc import Iterable

from isal import isal_zlib
from zlib_ng import zlib_ng

from vips_render.encode.png_filters import Rows

_FAST_LEVEL, _FAST_MEMORY = 2, 2
"""The memory says how often ISA-L fits its Huffman tables anew. On hero, story and banner, 1 and 8
(the default) take 3.07, 1.56 and 0.56 ms for 290.4, 140.4 and 60.1 kB; 2 and 2 take 3.30, 1.69 and
0.61 ms for 289.1, 140.1 and 59.6 kB. With 1, or on level 3, it takes twice as long."""

_HARD_LEVEL, _LARGE_LEVEL = 9, 7
"""zlib-ng levels; the second is for noisy bands of large pictures. On noise, 9 takes 1.6 times as
long as 8 for 0.7 % of the bytes: half a second more, once, for a photo card. 8 takes 3.3 times as
long as 7 for 1.5 %, too long for large pictures. On flat bands 9 saves 1.7 % for 0.1 s a picture.
Z_FILTERED, which drops short matches, saves 0.3 % on noise and costs 3.5 % on flat bands."""

_FLAT = 8
"""A band is flat where level 1 makes it so many times smaller."""

_LARGE_PIXELS = 1 << 20

_RAW = -15
"""Window bits: 32 KiB, without zlib's header and checksum."""

_MEMORY = 9


def deflated(filtered: Rows) -> bytes:
    """Compress a band fast; it ends on a whole byte and the next starts without history."""
    compressor = isal_zlib.compressobj(_FAST_LEVEL, isal_zlib.DEFLATED, _RAW, _FAST_MEMORY)
    return compressor.compress(filtered) + compressor.flush(isal_zlib.Z_FULL_FLUSH)


def deflated_hard(ways: Iterable[Rows], picture_pixels: int) -> tuple[Rows, bytes]:
    """Compress the most promising of several filterings of a band hard; return it with its bytes.

    The most promising is the one that the fast codec makes smallest, the first of equals.
    """
    fast_bytes, _, filtered = min(
        (len(deflated(way)), order, way) for order, way in enumerate(ways)
    )
    is_flat = fast_bytes * _FLAT < filtered.size
    level = _HARD_LEVEL if is_flat or picture_pixels <= _LARGE_PIXELS else _LARGE_LEVEL
    strategy = zlib_ng.Z_DEFAULT_STRATEGY if is_flat else zlib_ng.Z_FILTERED
    compressor = zlib_ng.compressobj(level, zlib_ng.DEFLATED, _RAW, _MEMORY, strategy)
    return filtered, compressor.compress(filtered) + compressor.flush(zlib_ng.Z_FULL_FLUSH)
