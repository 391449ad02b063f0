"""Cut a JPEG into tiles.

Restart markers end all memory of a JPEG's scan: what stands between two of them depends on its own
pixels alone, so that it can be coded again without its neighbours. A tile is the run of blocks
between two markers, counted along the rows and going on in the next row where one ends. So every
width has tiles of one length, primes too, and only the last may be shorter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from vips_render.errors import RenderError
from vips_render.scene.model import Box

LONGEST_PX = 65_488
"""libjpeg, on which most decoders are built, ends at 65,500; this is the last whole block."""

_FULL_COLOUR_QUALITY = 90
"""From here on colour is kept in full resolution: fine red text stays sharp."""

_TILE_PX = 80
"""A marker costs 4 to 6 bytes, a wide tile the coding of pixels that did not change. Bytes of a
photo card, a tall gradient card and a banner, and CPU of finishing them:

    80 px    74.9, 119.3, 16.3 kB    1.56, 3.96, 0.96 ms
    128 px   74.0, 116.3, 16.1       1.68, 4.27, 0.97
    192 px   73.5, 114.5, 16.0       1.77, 4.55, 0.97

A picture is coded for every recipient, so time counts more."""


@dataclass(frozen=True, slots=True)
class JpegGrid:
    """The tiles of a picture; they follow from its size and quality alone.

    Attributes:
        quality: 1-100, libjpeg's scale.

    Raises:
        RenderError: a side is longer than decoders read.
    """

    width: int
    height: int
    quality: int

    def __post_init__(self) -> None:
        if max(self.width, self.height) > LONGEST_PX:
            raise RenderError(f"a JPEG holds at most {LONGEST_PX:,} pixels a side")

    @property
    def subsampling(self) -> str:
        """How colour is kept: 4:2:0, or 4:4:4 from quality 90."""
        return "4:4:4" if self.quality >= _FULL_COLOUR_QUALITY else "4:2:0"

    @property
    def block_px(self) -> int:
        """Side of what is coded as one; the format calls it MCU."""
        return 8 if self.quality >= _FULL_COLOUR_QUALITY else 16

    @property
    def columns(self) -> int:
        """Blocks of a row; the last may reach over the edge."""
        return -(-self.width // self.block_px)

    @property
    def whole_columns(self) -> int:
        """Columns whose blocks reach over no edge."""
        return self.width // self.block_px

    @property
    def rows(self) -> int:
        """Rows of blocks; the last may reach over the edge."""
        return -(-self.height // self.block_px)

    @property
    def interval(self) -> int:
        """Blocks of a tile."""
        return _TILE_PX // self.block_px

    @property
    def tiles(self) -> int:
        """Number of tiles; the last may have fewer blocks."""
        return -(-self.columns * self.rows // self.interval)

    def runs_of(self, boxes: Iterable[Box]) -> list[range]:
        """Return the tiles that boxes of output pixels meet, neighbours together, in order."""
        side, width, height = self.block_px, self.width, self.height
        blocks = np.zeros((self.rows, self.columns), np.bool_)
        for box in boxes:
            left, top = box.left, box.top
            right, bottom = left + box.width, top + box.height
            if 0 < right > left < width and 0 < bottom > top < height:
                first, above = max(0, left // side), max(0, top // side)
                blocks[above : -(-bottom // side), first : -(-right // side)] = True
        met = np.zeros(self.tiles + 2, np.bool_)
        met[blocks.ravel().nonzero()[0] // self.interval + 1] = True
        turns = (met[1:] != met[:-1]).nonzero()[0].tolist()
        return [range(start, end) for start, end in zip(turns[::2], turns[1::2], strict=True)]

    def lines_of(self, runs: Iterable[range]) -> Iterator[tuple[int, int, int]]:
        """Yield row, first column and the column behind for the blocks of runs, row by row."""
        columns, interval = self.columns, self.interval
        blocks = columns * self.rows
        for run in runs:
            row, first = divmod(run.start * interval, columns)
            behind = min(run.stop * interval, blocks) - row * columns
            while behind > columns:
                yield row, first, columns
                row, first, behind = row + 1, 0, behind - columns
            yield row, first, behind
