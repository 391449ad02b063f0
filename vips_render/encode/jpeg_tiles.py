"""Encode the tiles of a JPEG that changed, and put them between those that did not.

All tables are fixed by the quality, never fitted to a picture: tiles made at different times share
one header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from vips_render.encode.jpeg_grid import LONGEST_PX, JpegGrid

# Pillow loads its writers at the first save: 25 ms that no first picture should wait for.
Image.preinit()

Pixels = npt.NDArray[np.uint8]
"""Height x width x 4, opaque sRGB; the fourth channel is not read."""

_Words = npt.NDArray[np.uint32]
"""Height x width, the four channels of a pixel as one."""

_END = b"\xff\xd9"
_RESTARTS = tuple(bytes((0xFF, 0xD0 + turn)) for turn in range(8))
_ANY_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_FRAME = b"\xff\xc0\x00\x11\x08"
"""The frame header up to its height and width. No table holds a zero, so this stands only once."""
_SCAN = b"\xff\xda\x00\x0c"
"""The start of the scan header, which is 12 bytes long for three components."""


@dataclass(frozen=True, slots=True)
class SharedJpeg:
    """A whole picture, ready to take other tiles.

    Attributes:
        header: all that stands before the first tile.
        segments: every tile, each but the last with the marker that its place has.
    """

    grid: JpegGrid
    header: bytes
    segments: tuple[bytes, ...]

    def splice(self, changed: Mapping[int, bytes]) -> bytes:
        """Return the file with some tiles replaced by what `encode_tiles` made of them."""
        parts = [self.header, *self.segments, _END]
        for tile, segment in changed.items():
            parts[tile + 1] = segment
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
    scan = encode_every_tile(canvas, grid)[len(header) : -len(_END)]
    return SharedJpeg(grid, header, tuple(_marked(range(grid.tiles), scan, grid).values()))


def encode_tiles(canvas: Pixels, grid: JpegGrid, tiles: Sequence[int]) -> dict[int, bytes]:
    """Encode some tiles of a canvas, given ascending and none twice.

    They are laid side by side and coded as one row of blocks: the encoder spends on each line what
    it spends on 80 pixels, however short the line.
    """
    at_once = LONGEST_PX // (grid.interval * grid.block_px)
    skipped = len(_header(grid))
    coded: dict[int, bytes] = {}
    for first in range(0, len(tiles), at_once):
        some = tiles[first : first + at_once]
        scan = _encoded(_gathered(canvas, grid, some), grid)[skipped : -len(_END)]
        coded |= _marked(some, scan, grid)
    return coded


def _marked(tiles: Sequence[int], scan: bytes, grid: JpegGrid) -> dict[int, bytes]:
    segments = _ANY_RESTART.split(scan)
    last = grid.tiles - 1
    return {
        tile: segment if tile == last else segment + _RESTARTS[tile % 8]
        for tile, segment in zip(tiles, segments, strict=True)
    }


def _gathered(canvas: Pixels, grid: JpegGrid, tiles: Sequence[int]) -> _Words:
    words, side = canvas.view(np.uint32)[..., 0], grid.block_px
    runs = list(grid.runs_of(tiles))
    strip = np.empty((side, side * sum(count for _, _, count in runs)), np.uint32)
    start = 0
    for row, column, count in runs:
        end = start + count * side
        top, left = row * side, column * side
        _fill(strip[:, start:end], words[top : top + side, left : left + count * side])
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
