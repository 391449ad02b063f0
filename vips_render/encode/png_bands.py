"""Write PNG in pieces that are compressed apart from each other.

The shared picture of a plan is cut into bands of whole rows. Each is filtered without a look
outside itself and compressed hard, once. Of a picture, the bands that its personal pixels touch are
coded anew, fast, neighbours as one run; the others stay:

    shared = shared_png(canvas, grid)        # once per plan
    body = shared.finish(canvas, boxes)      # per picture

A piece, band or run, is one call of a fresh compressor that ends with a full flush, and has an IDAT
of its own; the checksum over all of them is joined from theirs. What its bytes depend on: its own
pixels, for a run the row above it too, the grid, and which bands the picture's boxes touch. All of
that follows from what is drawn, so it does not matter what was drawn or kept before: to code all
pieces of the finished picture, the untouched hard and the touched fast, gives the same file.

Only what boxes reach is filtered per picture; the rest of a run is kept filtered, by Up, for which
the pixels above suffice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from zlib_ng import zlib_ng

from vips_render.encode.checksums import adler32_cut, adler32_joined
from vips_render.encode.deflate import deflated, deflated_hard
from vips_render.encode.png_filters import (
    Rows,
    Window,
    candidates,
    packed,
    reached,
    refilter,
    up_filtered,
)
from vips_render.scene.model import Box

Pixels = npt.NDArray[np.uint8]
"""Height x width x 4, straight sRGB with alpha."""

_BAND_ROWS = 16
"""Rows of a band at scale 1.

With 8 or 12, up to 8 % fewer rows are coded anew in the same time, and the picture has up to 2 %
more bytes. 24 and 32 save up to 1 % of the bytes on one card and cost that much on another, and
code 15-30 % more rows for a single line of text.
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

    def rows_of(self, bands: range) -> slice:
        """Return the rows of bands that lie below each other."""
        return slice(bands.start * self.band_rows, min(bands.stop * self.band_rows, self.height))

    def raw_bytes_of(self, bands: range) -> int:
        """Return how many filtered bytes bands that lie below each other hold."""
        rows = self.rows_of(bands)
        row_count: int = rows.stop - rows.start
        return row_count * (1 + self.width * self.pixel_bytes)

    def windows_of(self, boxes: Iterable[Box]) -> list[Window]:
        """Cut boxes to the picture, and leave out those that hold none of it."""
        windows = []
        for box in boxes:
            left, top = box.left, box.top
            right, bottom = left + box.width, top + box.height
            if 0 < right > left < self.width and 0 < bottom > top < self.height:
                rows = range(max(top, 0), min(bottom, self.height))
                windows.append((rows, range(max(left, 0), min(right, self.width))))
        return windows

    def runs_of(self, windows: Iterable[Window]) -> list[range]:
        """Return the bands that windows touch, neighbours together, in order."""
        touched = np.zeros(self.band_count + 2, np.bool_)
        bands = touched[1:-1]
        for rows, _ in windows:
            bands[rows.start // self.band_rows : -(-rows.stop // self.band_rows)] = True
        turns = np.flatnonzero(touched[1:] != touched[:-1]).tolist()
        return [range(*turn) for turn in zip(turns[::2], turns[1::2], strict=True)]


def png_grid(width: int, height: int, *, alpha: bool, scale: int = 1) -> PngGrid:
    """Return the grid for a canvas of so many output pixels."""
    return PngGrid(width, height, alpha, _BAND_ROWS * scale)


@dataclass(frozen=True, slots=True)
class Piece:
    """One or more bands, finished.

    Attributes:
        idat: the chunks, with length, name and CRC.
        adler: Adler-32 of the filtered bytes in them.
        raw_bytes: how many these are.
    """

    idat: bytes | memoryview
    adler: int
    raw_bytes: int


@dataclass(frozen=True, slots=True)
class SharedPng:
    """A whole picture in which bands can be exchanged. Not for several threads.

    Attributes:
        idats: all bands, one behind the other.
        ends: where each band ends in `idats`; first a 0.
        adlers: Adler-32 of all filtered bytes up to there; first a 1.
        filtered: the picture, filtered by Up.
    """

    grid: PngGrid
    idats: memoryview
    ends: tuple[int, ...]
    adlers: tuple[int, ...]
    filtered: Rows

    @property
    def size_bytes(self) -> int:
        """What keeping it costs."""
        return len(self.idats) + self.filtered.nbytes

    def finish(self, canvas: Pixels, boxes: Iterable[Box]) -> bytes:
        """Return the file of a canvas that differs from the shared picture in boxes only.

        Args:
            boxes: may overlap and reach over the edges.

        Raises:
            ValueError: the canvas has another size than the grid.
        """
        _check(canvas, self.grid)
        windows = self.grid.windows_of(boxes)
        pieces: list[Piece] = []
        kept = 0
        with self._refiltered(canvas, windows):
            for run in self.grid.runs_of(windows):
                pieces += self._kept(range(kept, run.start))
                pieces.append(fast_piece(self.filtered[self.grid.rows_of(run)]))
                kept = run.stop
        return png_file(self.grid, [*pieces, *self._kept(range(kept, self.grid.band_count))])

    def _kept(self, bands: range) -> Iterator[Piece]:
        if bands:
            raw_bytes = self.grid.raw_bytes_of(bands)
            adler = adler32_cut(self.adlers[bands.stop], self.adlers[bands.start], raw_bytes)
            idats = self.idats[self.ends[bands.start] : self.ends[bands.stop]]
            yield Piece(idats, adler, raw_bytes)

    @contextmanager
    def _refiltered(self, canvas: Pixels, windows: Iterable[Window]) -> Iterator[None]:
        """Let `filtered` be that of another canvas for a while."""
        saved: list[tuple[Rows, Rows]] = []
        try:
            for window in windows:
                part = reached(self.filtered, window, self.grid.pixel_bytes)
                saved.append((part, part.copy()))
                refilter(part, canvas, window)
            yield
        finally:
            # Backwards: where windows overlap, the first to save saw what is shared.
            for part, before in reversed(saved):
                part[...] = before


def shared_png(canvas: Pixels, grid: PngGrid) -> SharedPng:
    """Encode what the pictures of a plan share, as hard as pays.

    Takes 0.3-0.9 s of CPU per million pixels of photograph, 0.15 s of flat art.

    Raises:
        ValueError: the canvas has another size than the grid.
    """
    _check(canvas, grid)
    ends, adlers, idats = [0], [1], bytearray()
    for band in range(grid.band_count):
        piece = hard_piece(canvas[grid.rows_of(range(band, band + 1))], grid)
        idats += piece.idat
        ends.append(len(idats))
        adlers.append(adler32_joined(adlers[-1], piece.adler, piece.raw_bytes))
    filtered = up_filtered(canvas, alpha=grid.alpha)
    return SharedPng(grid, memoryview(bytes(idats)), tuple(ends), tuple(adlers), filtered)


def fast_piece(filtered: Rows) -> Piece:
    """Compress neighbouring bands of one picture."""
    return _piece(filtered, deflated(filtered))


def hard_piece(canvas: Pixels, grid: PngGrid) -> Piece:
    """Compress the rows of a band that many pictures share: 20-50 times as long, 15-25 % less."""
    ways = candidates(packed(canvas, alpha=grid.alpha), grid.pixel_bytes)
    return _piece(*deflated_hard(ways, grid.width * grid.height))


def png_file(grid: PngGrid, pieces: Iterable[Piece]) -> bytes:
    """Put all pieces of a picture together, top to bottom."""
    colour_type = 6 if grid.alpha else 2
    header = struct.pack(">2I5B", grid.width, grid.height, 8, colour_type, 0, 0, 0)
    parts: list[bytes | memoryview] = [
        _SIGNATURE,
        _chunk(b"IHDR", header),
        _chunk(b"IDAT", _ZLIB_HEADER),
    ]
    adler = 1
    for piece in pieces:
        parts.append(piece.idat)
        adler = adler32_joined(adler, piece.adler, piece.raw_bytes)
    parts.append(_chunk(b"IDAT", _LAST_BLOCK + adler.to_bytes(4, "big")))
    parts.append(_chunk(b"IEND", b""))
    return b"".join(parts)


def _check(canvas: Pixels, grid: PngGrid) -> None:
    if canvas.shape != (grid.height, grid.width, 4):
        raise ValueError(f"a canvas of shape {canvas.shape} does not fit {grid}")


def _piece(filtered: Rows, data: bytes) -> Piece:
    return Piece(_chunk(b"IDAT", data), zlib_ng.adler32(filtered), filtered.size)


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib_ng.crc32(data, zlib_ng.crc32(name))
    return b"".join((len(data).to_bytes(4, "big"), name, data, checksum.to_bytes(4, "big")))
