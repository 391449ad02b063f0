from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vips_render.encode import png_bands
from vips_render.encode.checksums import adler32_cut, adler32_joined
from vips_render.encode.png import encode_png
from vips_render.encode.png_bands import (
    Piece,
    Pixels,
    PngGrid,
    fast_piece,
    hard_piece,
    png_file,
    png_grid,
    shared_png,
)
from vips_render.encode.png_filters import up_filtered
from vips_render.scene.model import Box

PRIMES = (1, 2, 3, 7, 13, 17, 31, 37, 61, 97, 127)
WIDTHS = st.one_of(st.sampled_from(PRIMES), st.integers(1, 80))
HEIGHTS = st.one_of(st.sampled_from(PRIMES), st.sampled_from((15, 16, 32, 33, 64, 65)))


def art(width: int, height: int, seed: int, *, alpha: bool) -> Pixels:
    """Draw a slope, flat blocks and noise, so that every filter and both kinds of band occur."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width]
    slope = (down * 3 + across * 5)[..., None] + random.integers(0, 256, 4)
    noise = random.integers(0, 256, (height, width, 4))
    flat = np.broadcast_to(random.integers(0, 256, 4), (height, width, 4))
    kind = (down // 20 + across // 24 + seed) % 3
    pixels: Pixels = np.choose(kind[..., None], (slope, noise, flat)).astype(np.uint8)
    if not alpha:
        pixels[..., 3] = 255
    return pixels


@st.composite
def pictures(draw: st.DrawFn) -> tuple[Pixels, PngGrid]:
    width, height = draw(WIDTHS), draw(HEIGHTS)
    alpha, scale = draw(st.booleans()), draw(st.integers(1, 4))
    pixels = art(width, height, draw(st.integers(0, 99)), alpha=alpha)
    return pixels, png_grid(width, height, alpha=alpha, scale=scale)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Pixels, Pixels, PngGrid, list[Box]]:
    """A shared canvas, the canvas of one picture, and the boxes in which they differ."""
    shared, grid = draw(pictures())
    place = st.integers(-20, 140)
    size = st.integers(0, 60)
    boxes = draw(st.lists(st.builds(Box, place, place, size, size), max_size=6))
    other = art(grid.width, grid.height, draw(st.integers(100, 199)), alpha=grid.alpha)
    picture = shared.copy()
    for box in boxes:
        rows = slice(max(box.top, 0), max(box.top + box.height, 0))
        columns = slice(max(box.left, 0), max(box.left + box.width, 0))
        picture[rows, columns] = other[rows, columns]
    return shared, picture, grid, boxes


def chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Take a PNG apart, checking each CRC."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(file):
        length = struct.unpack_from(">I", file, at)[0]
        name, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", file, at + 8 + length)[0] == zlib.crc32(name + data)
        yield name, data
        at += length + 12


def decoded_by_pillow(file: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(file)))


def decoded_by_libvips(file: bytes) -> Pixels:
    pixels: Pixels = pyvips.Image.pngload_buffer(file, fail_on="warning").numpy()
    return pixels


def seen(pixels: Pixels, grid: PngGrid) -> Pixels:
    return pixels if grid.alpha else pixels[..., :3]


def every_piece(picture: Pixels, grid: PngGrid, boxes: list[Box]) -> bytes:
    """Encode a picture from nothing: what boxes touch fast, neighbours in one, the rest hard."""
    runs = {run.start: run for run in grid.runs_of(grid.windows_of(boxes))}
    filtered = up_filtered(picture, alpha=grid.alpha)
    pieces, band = [], 0
    while band < grid.band_count:
        run = runs.get(band, range(band, band + 1))
        rows = grid.rows_of(run)
        pieces.append(
            fast_piece(filtered[rows]) if band in runs else hard_piece(picture[rows], grid)
        )
        band = run.stop
    return png_file(grid, pieces)


@given(changes())
def test_finished_bytes_are_those_of_every_piece(
    change: tuple[Pixels, Pixels, PngGrid, list[Box]],
) -> None:
    """Coding what boxes touched gives the bytes of coding all anew, and the painted pixels.

    Two decoders that share no code give back every pixel, RGB or RGBA, of any size.
    """
    shared, picture, grid, boxes = change
    finished = shared_png(shared, grid).finish(picture, boxes)
    assert finished == every_piece(picture, grid, boxes)
    assert (decoded_by_pillow(finished) == seen(picture, grid)).all()
    assert (decoded_by_libvips(finished) == seen(picture, grid)).all()


@given(changes(), st.data())
def test_no_picture_shows_in_the_next(
    change: tuple[Pixels, Pixels, PngGrid, list[Box]], data: st.DataObject
) -> None:
    """A shared picture is as new after each picture, and after one that failed."""
    shared, picture, grid, boxes = change
    png = shared_png(shared, grid)
    first = png.finish(picture, boxes)
    assert png.finish(shared, []) == every_piece(shared, grid, [])
    whole = Box(0, 0, grid.width, grid.height)
    png.finish(data.draw(st.sampled_from([shared, 255 - shared])), [whole, *boxes, whole])
    with pytest.MonkeyPatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(png_bands, "fast_piece", failing)
        png.finish(255 - shared, [whole])
    assert png.finish(picture, boxes) == first
    assert (png.filtered == up_filtered(shared, alpha=grid.alpha)).all()


def failing(filtered: Pixels) -> Piece:
    raise MemoryError


@given(pictures(), st.data())
def test_a_hard_band_does_not_depend_on_the_others(
    picture: tuple[Pixels, PngGrid], data: st.DataObject
) -> None:
    """A band of an otherwise empty canvas has the same bytes."""
    pixels, grid = picture
    index = data.draw(st.integers(0, grid.band_count - 1))
    bare = np.zeros_like(pixels)
    own = grid.rows_of(range(index, index + 1))
    bare[own] = pixels[own]
    alone, among = shared_png(bare, grid), shared_png(pixels, grid)
    ends = slice(among.ends[index], among.ends[index + 1])
    alone_ends = slice(alone.ends[index], alone.ends[index + 1])
    assert among.idats[ends] == alone.idats[alone_ends]


@given(pictures())
def test_an_ordinary_encode_is_one_run(picture: tuple[Pixels, PngGrid]) -> None:
    """`encode_png` writes what a picture is whose boxes cover it."""
    pixels, grid = picture
    opaque = bool(pixels[..., 3].min() == 255)
    grid = PngGrid(grid.width, grid.height, not opaque, grid.band_rows)
    whole = Box(0, 0, grid.width, grid.height)
    finished = shared_png(np.zeros_like(pixels), grid).finish(pixels, [whole])
    assert encode_png(pixels, grid.band_rows // 16) == finished


@given(changes())
def test_one_idat_per_piece_and_nothing_else(
    change: tuple[Pixels, Pixels, PngGrid, list[Box]],
) -> None:
    """CRCs and Adler-32 are right, and no chunk tells more than the picture."""
    shared, picture, grid, boxes = change
    png = shared_png(shared, grid)
    names, data = zip(*chunks(png.finish(picture, boxes)), strict=True)
    runs = grid.runs_of(grid.windows_of(boxes))
    pieces = grid.band_count - sum(map(len, runs)) + len(runs)
    assert names == (b"IHDR", *[b"IDAT"] * (pieces + 2), b"IEND")
    raw = zlib.decompress(b"".join(data[1:-1]))  # raises where the Adler-32 does not fit
    assert len(raw) == grid.height * (grid.width * grid.pixel_bytes + 1)
    assert png.size_bytes == len(png.idats) + len(raw)


@given(st.binary(max_size=9000), st.binary(max_size=9000))
def test_joined_checksums_are_those_of_the_whole(first: bytes, second: bytes) -> None:
    """Joining the Adler-32 of two pieces gives that of both in a row; cutting takes it back."""
    joined = adler32_joined(zlib.adler32(first), zlib.adler32(second), len(second))
    assert joined == zlib.adler32(first + second)
    assert adler32_cut(joined, zlib.adler32(first), len(second)) == zlib.adler32(second)


@given(
    boxes=st.lists(
        st.builds(Box, *[st.integers(-30, 90)] * 2, *[st.integers(0, 60)] * 2), max_size=3
    ),
    height=HEIGHTS,
    width=WIDTHS,
    scale=st.integers(1, 4),
)
def test_bands_of_boxes_are_those_with_a_pixel_in_them(
    boxes: list[Box], height: int, width: int, scale: int
) -> None:
    """A band is named exactly if a box covers one of its pixels."""
    grid = png_grid(width, height, alpha=False, scale=scale)
    covered = np.zeros((height, width), dtype=bool)
    for box in boxes:
        right, bottom = max(box.left + box.width, 0), max(box.top + box.height, 0)
        covered[max(box.top, 0) : bottom, max(box.left, 0) : right] = True
    expected = [i for i in range(grid.band_count) if covered[grid.rows_of(range(i, i + 1))].any()]
    runs = grid.runs_of(grid.windows_of(boxes))
    assert [band for run in runs for band in run] == expected
    assert all(run.stop < later.start for run, later in pairwise(runs))


def test_a_canvas_of_another_size_is_refused() -> None:
    """Bands of a canvas that is not the grid's would make a broken file."""
    grid = png_grid(40, 40, alpha=False)
    with pytest.raises(ValueError, match="does not fit"):
        shared_png(art(40, 39, 0, alpha=False), grid)
    with pytest.raises(ValueError, match="does not fit"):
        shared_png(art(40, 40, 0, alpha=False), grid).finish(art(39, 40, 0, alpha=False), [])


def sample_digest() -> str:
    """Digest of a few files, hard and fast, of both colour types."""
    digest = hashlib.sha256()
    for seed, alpha in ((1, False), (2, True)):
        shared, other = (art(331, 173, seed + extra, alpha=alpha) for extra in (0, 10))
        grid = png_grid(331, 173, alpha=alpha)
        changed = shared.copy()
        changed[40:60], changed[120:130, 3:99] = other[40:60], other[120:130, 3:99]
        boxes = [Box(0, 40, 331, 20), Box(3, 120, 96, 10)]
        digest.update(shared_png(shared, grid).finish(changed, boxes))
        digest.update(encode_png(other))
    return digest.hexdigest()


def test_another_process_writes_the_same_bytes() -> None:
    """Neither what was encoded before nor fresh or used memory shows in the bytes."""
    before = sample_digest()
    for seed in range(5):
        encode_png(art(500, 300, seed, alpha=False))
    assert sample_digest() == before
    code = "from tests.encode.test_png_bands import sample_digest; print(sample_digest())"
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == before


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 50), (97, 1), (331, 173), (600, 200)])
def test_pngcheck_finds_no_fault(width: int, height: int, alpha: bool, tmp_path: Path) -> None:
    """An independent judge of the format accepts shared, spliced and ordinary files."""
    shared, other = (art(width, height, seed, alpha=alpha) for seed in (3, 4))
    grid = png_grid(width, height, alpha=alpha)
    middle = Box(0, height // 3, width, height // 3 + 1)
    part = slice(middle.top, middle.top + middle.height)
    master, changed = shared_png(shared, grid), shared.copy()
    changed[part] = other[part]
    files = (master.finish(shared, []), master.finish(changed, [middle]), encode_png(other))
    for place, file in enumerate(files):
        path = tmp_path / f"{place}.png"
        path.write_bytes(file)
        judged = subprocess.run(["pngcheck", "-q", path], capture_output=True, text=True)
        assert (judged.returncode, judged.stdout) == (0, "")


def test_shared_bands_are_smaller() -> None:
    """What is coded once for all is worth its time: hard bands are smaller than fast ones."""
    for kind in range(3):
        pixels = np.repeat(np.repeat(art(300, 40, kind, alpha=False), 2, axis=0), 2, axis=1)
        shared = shared_png(pixels, png_grid(600, 80, alpha=False))
        assert len(shared.finish(pixels, [])) < len(encode_png(pixels))
