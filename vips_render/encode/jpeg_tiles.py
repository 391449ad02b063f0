"""Encode the tiles of a JPEG that changed, and put them between those that did not.

All tables are fixed by the quality, never fitted to a picture: tiles made at different times share
one header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from vips_render.encode.jpeg_grid import LONGEST_PX, JpegGrid, Tiles

# Pillow loads its writers at the first save: 25 ms that no first picture should wait for.
Image.preinit()

Pixels = npt.NDArray[np.uint8]
"""Height x width x 4, opaque sRGB; the fourth channel is not read."""

_Words = npt.NDArray[np.uint32]
"""Height x width, the four channels of a pixel as one."""

_ESCAPE = 0xFF
_RESTART, _RESTART_BITS, _TURNS = 0xD0, 0xF8, 8
"""Restart markers are 0xFFD0 to 0xFFD7 in turn."""
_END = 0xD9
_END_BYTES = 32
"""A Python int, and its place in a tuple."""
_FRAME = b"\xff\xc0\x00\x11\x08"
"""The frame header up to its height and width. No table holds a zero, so this stands only once."""
_SCAN = b"\xff\xda\x00\x0c"
"""The start of the scan header, which is 12 bytes long for three components."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Tiles one behind the other, each with the marker that its place in the picture has.

    Attributes:
        ends: where each tile ends in `data`, behind its marker; first a 0.
    """

    data: memoryview
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SharedJpeg:
    """A whole picture, ready to take other tiles.

    Attributes:
        header: all that stands before the first tile.
        coded: every tile.
    """

    grid: JpegGrid
    header: bytes
    coded: Coded

    @property
    def size_bytes(self) -> int:
        """What keeping it costs."""
        return len(self.coded.data) + len(self.coded.ends) * _END_BYTES

    def splice(self, tiles: Tiles, changed: Coded) -> bytes:
        """Return the file with some tiles replaced by what `encode_tiles` made of them."""
        parts: list[bytes | memoryview] = [self.header]
        kept = 0
        for first, start, end in _neighbours(tiles):
            parts.append(self.coded.data[self.coded.ends[kept] : self.coded.ends[first]])
            parts.append(changed.data[changed.ends[start] : changed.ends[end]])
            kept = first + end - start
        parts.append(self.coded.data[self.coded.ends[kept] :])
        return b"".join(parts)


def encode_every_tile(canvas: Pixels, grid: JpegGrid) -> bytes:
    """Encode a whole picture in one piece: the bytes are those of its tiles, spliced."""
    rows, columns = grid.rows * grid.block_px, grid.columns * grid.block_px
    words = np.ascontiguousarray(canvas).view(np.uint32)[..., 0]
    if words.shape != (rows, columns):
        padded = np.empty((rows, columns), np.uint32)
        _fill(padded, words)
        words = padded
    header = _header(grid)
    return header + _encoded(words, grid)[len(header) :]


def share(canvas: Pixels, grid: JpegGrid) -> SharedJpeg:
    """Encode a whole picture and keep its tiles apart."""
    header = _header(grid)
    scan = encode_every_tile(canvas, grid)[len(header) :]
    return SharedJpeg(grid, header, _placed([scan], np.arange(grid.tiles), grid))


def encode_tiles(canvas: Pixels, grid: JpegGrid, tiles: Tiles) -> Coded:
    """Encode some tiles of a canvas.

    They are laid side by side and coded as one row of blocks: the encoder spends on each line what
    it spends on 80 pixels, however short the line.
    """
    at_once = LONGEST_PX // (grid.interval * grid.block_px)
    header = _header(grid)
    scans = [
        _encoded(_gathered(canvas, grid, tiles[first : first + at_once]), grid)[len(header) :]
        for first in range(0, len(tiles), at_once)
    ]
    return _placed(scans, tiles, grid)


def _placed(scans: Iterable[bytes], tiles: Tiles, grid: JpegGrid) -> Coded:
    """Give each tile the marker of its place: restarts in turn, behind the last the file's end.

    Coded among others a tile has another one, of the same length.
    """
    data = np.frombuffer(bytearray().join(scans), np.uint8)
    escapes = np.flatnonzero(data[:-1] == _ESCAPE) + 1
    kinds = data[escapes]
    markers = escapes[(kinds & _RESTART_BITS == _RESTART) | (kinds == _END)]
    data[markers] = np.where(tiles == grid.tiles - 1, _END, _RESTART + tiles % _TURNS)
    return Coded(data.data, (0, *(markers + 1).tolist()))


def _neighbours(tiles: Tiles) -> Iterator[tuple[int, int, int]]:
    """Yield runs of tiles: the first one, and from where to where in `tiles` they stand."""
    splits = (np.flatnonzero(np.diff(tiles) > 1) + 1).tolist()
    if tiles.size:
        starts = [0, *splits]
        yield from zip(tiles[starts].tolist(), starts, [*splits, len(tiles)], strict=True)


def _gathered(canvas: Pixels, grid: JpegGrid, tiles: Tiles) -> _Words:
    words, side = canvas.view(np.uint32)[..., 0], grid.block_px
    runs = list(grid.runs_of(tiles))
    strip = np.empty((side, side * sum(behind - first for _, first, behind in runs)), np.uint32)
    start = 0
    for row, first, behind in runs:
        end = start + (behind - first) * side
        top = row * side
        pixels = words[top : top + side, first * side : behind * side]
        if pixels.shape == (side, end - start):
            strip[:, start:end] = pixels
        else:
            _fill(strip[:, start:end], pixels)
        start = end
    return strip


def _fill(blocks: _Words, words: _Words) -> None:
    """Copy pixels into whole blocks; past the edge the last row and column go on.

    libjpeg would do this after it has halved the colours, which differs where sizes are odd.
    """
    height, width = words.shape
    blocks[:height, :width] = words
    if width < blocks.shape[1]:
        blocks[:height, width:] = words[:, -1:]
    if height < blocks.shape[0]:
        blocks[height:] = blocks[height - 1]


@lru_cache(maxsize=256)
def _header(grid: JpegGrid) -> bytes:
    block = _encoded(np.zeros((grid.block_px, grid.block_px), np.uint32), grid)
    size = block.index(_FRAME) + len(_FRAME)
    end = block.index(_SCAN, size) + 2 + _SCAN[-1]
    true_size = grid.height.to_bytes(2, "big") + grid.width.to_bytes(2, "big")
    return block[:size] + true_size + block[size + len(true_size) : end]


def _encoded(words: _Words, grid: JpegGrid) -> bytes:
    height, width = words.shape
    image = Image.frombuffer("RGBX", (width, height), words, "raw", "RGBX", 0, 1)
    file = BytesIO()
    image.save(
        file,
        "JPEG",
        quality=grid.quality,
        subsampling=grid.subsampling,
        restart_marker_blocks=grid.interval,
    )
    return file.getvalue()
