"""Encode the tiles of a JPEG that changed, and put them between those that did not.

All tables are fixed by the quality, never fitted to a picture: tiles made at different times share
one header.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from vips_render.encode.jpeg_grid import LONGEST_PX, JpegGrid
from vips_render.scene.model import Box

# Pillow loads its writers at the first save: 25 ms that no first picture should wait for.
Image.preinit()

Pixels = npt.NDArray[np.uint8]
"""Height x width x 4, opaque sRGB; the fourth channel is not read."""

_Words = npt.NDArray[np.uint32]
"""Height x width, the four channels of a pixel as one."""

_ESCAPE = 0xFF
_RESTART, _END = 0xD0, 0xD9
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
        edge: the blocks that reach over the right edge, filled up.
    """

    grid: JpegGrid
    header: bytes
    coded: Coded
    edge: _Words

    @property
    def size_bytes(self) -> int:
        """What keeping it costs."""
        return len(self.coded.data) + len(self.coded.ends) * _END_BYTES + self.edge.nbytes

    def finish(self, canvas: Pixels, boxes: Sequence[Box]) -> bytes:
        """Return the file of a canvas that differs from the shared pixels in `boxes` only."""
        runs, right = self.grid.runs_of(boxes), self.grid.whole_columns * self.grid.block_px
        is_kept = all(box.left + box.width <= right for box in boxes)
        edge = self.edge if is_kept else _edge(canvas, self.grid)
        return self.splice(runs, encode_tiles(canvas, self.grid, runs, edge))

    def splice(self, runs: Iterable[range], changed: Coded) -> bytes:
        """Return the file with runs of tiles replaced by what `encode_tiles` made of them."""
        shared, ends = self.coded.data, self.coded.ends
        new, new_ends = changed.data, changed.ends
        parts: list[bytes | memoryview] = [self.header]
        kept = place = 0
        for run in runs:
            behind = place + len(run)
            parts.append(shared[kept : ends[run.start]])
            parts.append(new[new_ends[place] : new_ends[behind]])
            kept, place = ends[run.stop], behind
        parts.append(shared[kept:])
        return b"".join(parts)


def encode_every_tile(canvas: Pixels, grid: JpegGrid) -> bytes:
    """Encode a whole picture in one piece: the bytes are those of its tiles, spliced."""
    rows, columns = grid.rows * grid.block_px, grid.columns * grid.block_px
    words = np.ascontiguousarray(canvas).view(np.uint32)[..., 0]
    header = _header(grid)
    return header + _encoded(_filled(words, (rows, columns)), grid)[len(header) :]


def share(canvas: Pixels, grid: JpegGrid) -> SharedJpeg:
    """Encode a whole picture and keep its tiles apart."""
    scan = encode_every_tile(canvas, grid)[len(_header(grid)) :]
    coded = _placed([scan], [range(grid.tiles)], grid)
    return SharedJpeg(grid, _header(grid), coded, _edge(canvas, grid))


def encode_tiles(
    canvas: Pixels, grid: JpegGrid, runs: Sequence[range], edge: _Words | None = None
) -> Coded:
    """Encode runs of tiles of a canvas, given in order.

    They are laid side by side and coded as one row of blocks: the encoder spends on each line what
    it spends on 80 pixels, however short the line.

    Args:
        edge: the canvas' blocks that reach over the right edge, if they were filled up already.
    """
    if not runs:
        return Coded(memoryview(b""), (0,))
    strip = _gathered(canvas, grid, runs, _edge(canvas, grid) if edge is None else edge)
    tile_px = grid.interval * grid.block_px
    at_once, header = LONGEST_PX // tile_px * tile_px, _header(grid)
    scans = [
        _encoded(np.ascontiguousarray(strip[:, start : start + at_once]), grid)[len(header) :]
        for start in range(0, strip.shape[1], at_once)
    ]
    return _placed(scans, runs, grid)


def _placed(scans: Iterable[bytes], runs: Iterable[range], grid: JpegGrid) -> Coded:
    """Give each tile the marker of its place.

    Coded among others a tile has another one, of the same length. Any other byte that looks like
    the start of a marker is followed by a zero.
    """
    data = np.frombuffer(bytearray().join(scans), np.uint8)
    escapes = np.flatnonzero(data == _ESCAPE)
    markers = escapes[data[escapes + 1] != 0] + 1
    kinds = _markers(grid)
    data[markers] = np.frombuffer(b"".join([kinds[run.start : run.stop] for run in runs]), np.uint8)
    return Coded(data.data, (0, *(markers + 1).tolist()))


@lru_cache(maxsize=256)
def _markers(grid: JpegGrid) -> bytes:
    """Return the second byte of each tile's marker: restarts in turn, at last the file's end."""
    turns = itertools.cycle(range(_RESTART, _RESTART + 8))
    return bytes((*itertools.islice(turns, grid.tiles - 1), _END))


def _gathered(canvas: Pixels, grid: JpegGrid, runs: Iterable[range], edge: _Words) -> _Words:
    words, side = canvas.view(np.uint32)[..., 0], grid.block_px
    columns, rows = grid.whole_columns, grid.height // side
    parts: list[_Words] = []
    for row, first, behind in grid.lines_of(runs):
        top = row * side
        line = words[top : top + side, first * side : min(behind, columns) * side]
        parts.append(line if row < rows else _filled(line, (side, line.shape[1])))
        if behind > columns:
            parts.append(edge[top : top + side])
    return np.concatenate(parts, axis=1)


def _edge(canvas: Pixels, grid: JpegGrid) -> _Words:
    # All that lies over the edge at once; line by line it takes longer than the copying.
    side, whole = grid.block_px, grid.whole_columns
    words = canvas.view(np.uint32)[:, whole * side :, 0]
    return _filled(words, (grid.rows * side, (grid.columns - whole) * side))


def _filled(words: _Words, shape: tuple[int, int]) -> _Words:
    """Fill pixels up to whole blocks; past the edge the last row and column go on.

    libjpeg would do this after it has halved the colours, which differs where sizes are odd.
    """
    if words.shape == shape:
        return words
    height, width = words.shape
    blocks = np.empty(shape, np.uint32)
    blocks[:height, :width] = words
    if width < shape[1]:
        blocks[:height, width:] = words[:, -1:]
    if height < shape[0]:
        blocks[height:] = blocks[height - 1]
    return blocks


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
