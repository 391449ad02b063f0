"""Write PNG in bands of whole rows that know nothing of each other.

A band is filtered without a look outside itself and compressed by one call of a fresh compressor
that ends with a full flush, so its bytes follow from its pixels alone. It has an IDAT of its own;
the checksum over all of them is joined from theirs. A picture of a plan is then the shared bands,
compressed hard once, with the bands that its personal pixels touch put in their place:

    shared = shared_png(canvas, grid)                    # once per plan
    bands = encode_bands(canvas, grid, grid.bands_of(boxes))
    body = shared.splice(bands)                          # per picture

What a band's bytes depend on: its own pixels, the grid, and whether the picture's boxes touch it.
All three follow from what is drawn, so it does not matter what was drawn or kept before: to code
all bands of the finished picture, the untouched hard and the touched fast, gives the same file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from zlib_ng import zlib_ng

from vips_render.encode.checksums import adler32_joined
from vips_render.encode.deflate import deflated, deflated_hard
from vips_render.encode.png_filters import Rows, candidates, packed, up_filtered
from vips_render.scene.model import Box

Pixels = npt.NDArray[np.uint8]
"""Height x width x 4, straight sRGB with alpha."""

_BAND_ROWS = 16
"""Rows of a band at scale 1.

With 8, a photo card has 9 % fewer rows to code anew but takes as long and as many bytes, and a
gradient card takes 40 % longer. 24 and 32 save up to 1 % of the bytes and code 15-30 % more rows
for a single line of text.
"""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ZLIB_HEADER = b"\x78\x01"
_LAST_BLOCK = b"\x03\x00"
"""The empty final block of RFC 1951."""


@dataclass(frozen=True, slots=True)
class PngGrid:
    """How a picture is cut into bands; sizes in output pixels.

    Attributes:
        alpha: write RGBA. Without it alpha is dropped: only for canvases that are opaque whatever
            is painted on them.
        band_rows: rows of a band; the last one may have fewer.
    """

    width: int
    height: int
    alpha: bool
    band_rows: int

    @property
    def band_count(self) -> int:
        """How many bands there are."""
        return -(-self.height // self.band_rows)

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a pixel in the file."""
        return 4 if self.alpha else 3

    def rows_of(self, first: int, last: int) -> slice:
        """Return the rows from one band to another, both included."""
        return slice(first * self.band_rows, min((last + 1) * self.band_rows, self.height))

    def bands_of(self, boxes: Iterable[Box]) -> tuple[int, ...]:
        """Return the bands that boxes touch, in order; boxes may reach over the edges."""
        touched: set[int] = set()
        for box in boxes:
            left, right = max(box.left, 0), min(box.left + box.width, self.width)
            top, bottom = max(box.top, 0), min(box.top + box.height, self.height)
            if left < right and top < bottom:
                touched.update(range(top // self.band_rows, (bottom - 1) // self.band_rows + 1))
        return tuple(sorted(touched))


def png_grid(width: int, height: int, *, alpha: bool, scale: int = 1) -> PngGrid:
    """Return the grid for a canvas of so many output pixels."""
    return PngGrid(width, height, alpha, _BAND_ROWS * scale)


@dataclass(frozen=True, slots=True)
class Band:
    """A finished band.

    Attributes:
        idat: the chunk, with its length, name and CRC.
        adler: Adler-32 of the filtered bytes in it.
        raw_bytes: how many these are.
    """

    idat: bytes
    adler: int
    raw_bytes: int


def encode_bands(
    canvas: Pixels, grid: PngGrid, indices: Iterable[int], *, hard: bool = False
) -> dict[int, Band]:
    """Encode some bands of a canvas; only their rows are read.

    Args:
        hard: for bands that many pictures share: 20-50 times as long for 15-25 % less.

    Raises:
        ValueError: the canvas has another size than the grid.
    """
    if canvas.shape != (grid.height, grid.width, 4):
        raise ValueError(f"a canvas of shape {canvas.shape} does not fit {grid}")
    order = sorted(set(indices))
    if hard:
        return {index: _hard_band(canvas, grid, index) for index in order}
    bands: dict[int, Band] = {}
    for run in _runs(order):
        rows = packed(canvas[grid.rows_of(run[0], run[-1])], alpha=grid.alpha)
        filtered = up_filtered(rows, grid.pixel_bytes, grid.band_rows)
        for place, index in enumerate(run):
            own = filtered[place * grid.band_rows : (place + 1) * grid.band_rows]
            bands[index] = _band(own, deflated(own))
    return bands


@dataclass(frozen=True, slots=True)
class SharedPng:
    """A whole picture whose bands can be exchanged."""

    grid: PngGrid
    bands: tuple[Band, ...]

    @property
    def size_bytes(self) -> int:
        """What keeping it costs."""
        return sum(len(band.idat) for band in self.bands)

    def splice(self, changed: Mapping[int, Band]) -> bytes:
        """Return the file with some bands exchanged."""
        return png_file(self.grid, [changed.get(i, band) for i, band in enumerate(self.bands)])


def shared_png(canvas: Pixels, grid: PngGrid) -> SharedPng:
    """Encode what the pictures of a plan share, as hard as pays.

    Takes 0.3-0.9 s of CPU per million pixels of photograph, 0.15 s of flat art.
    """
    bands = encode_bands(canvas, grid, range(grid.band_count), hard=True)
    return SharedPng(grid, tuple(bands.values()))


def png_file(grid: PngGrid, bands: Sequence[Band]) -> bytes:
    """Put all bands of a picture together, top to bottom."""
    colour_type = 6 if grid.alpha else 2
    header = struct.pack(">2I5B", grid.width, grid.height, 8, colour_type, 0, 0, 0)
    adler = 1
    for band in bands:
        adler = adler32_joined(adler, band.adler, band.raw_bytes)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", _ZLIB_HEADER),
            *(band.idat for band in bands),
            _chunk(b"IDAT", _LAST_BLOCK + adler.to_bytes(4, "big")),
            _chunk(b"IEND", b""),
        )
    )


def _hard_band(canvas: Pixels, grid: PngGrid, index: int) -> Band:
    rows = packed(canvas[grid.rows_of(index, index)], alpha=grid.alpha)
    ways = candidates(rows, grid.pixel_bytes)
    return _band(*deflated_hard(ways, grid.width * grid.height))


def _runs(order: Iterable[int]) -> list[list[int]]:
    """Put neighbours together: numpy's cost per call is that of filtering thousands of bytes."""
    runs: list[list[int]] = []
    for index in order:
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _band(filtered: Rows, data: bytes) -> Band:
    return Band(_chunk(b"IDAT", data), zlib_ng.adler32(filtered), filtered.size)


def _chunk(name: bytes, data: bytes) -> bytes:
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib_ng.crc32(body))
