from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vips_render.encode.checksums import adler32_joined
from vips_render.encode.png import encode_png
from vips_render.encode.png_bands import (
    Pixels,
    PngGrid,
    encode_bands,
    png_file,
    png_grid,
    shared_png,
)
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
    boxes = draw(st.lists(st.builds(Box, place, place, size, size), max_size=4))
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


@given(pictures(), st.booleans())
def test_decoders_return_the_pixels(picture: tuple[Pixels, PngGrid], hard: bool) -> None:
    """Two decoders that share no code give back every pixel, RGB or RGBA, of any size."""
    pixels, grid = picture
    bands = encode_bands(pixels, grid, range(grid.band_count), hard=hard)
    file = png_file(grid, list(bands.values()))
    assert (decoded_by_pillow(file) == seen(pixels, grid)).all()
    assert (decoded_by_libvips(file) == seen(pixels, grid)).all()


@given(changes())
def test_spliced_bytes_are_those_of_every_band(
    change: tuple[Pixels, Pixels, PngGrid, list[Box]],
) -> None:
    """Exchanging the bands that boxes touch gives what encoding every band of the picture gives."""
    shared, picture, grid, boxes = change
    touched = grid.bands_of(boxes)
    spliced = shared_png(shared, grid).splice(encode_bands(picture, grid, touched))
    rest = [index for index in range(grid.band_count) if index not in touched]
    every = encode_bands(picture, grid, rest, hard=True) | encode_bands(picture, grid, touched)
    assert spliced == png_file(grid, [every[index] for index in range(grid.band_count)])
    assert (decoded_by_pillow(spliced) == seen(picture, grid)).all()


@given(pictures(), st.data())
def test_a_band_does_not_depend_on_the_others(
    picture: tuple[Pixels, PngGrid], data: st.DataObject
) -> None:
    """A band of an otherwise empty canvas, or coded among any others, has the same bytes."""
    pixels, grid = picture
    index = data.draw(st.integers(0, grid.band_count - 1))
    others = data.draw(st.sets(st.integers(0, grid.band_count - 1)))
    bare = np.zeros_like(pixels)
    own = grid.rows_of(index, index)
    bare[own] = pixels[own]
    for hard in (False, True):
        alone = encode_bands(bare, grid, [index], hard=hard)[index]
        among = encode_bands(pixels, grid, {index} | others, hard=hard)
        assert among.keys() == {index} | others
        assert among[index] == alone


@given(pictures())
def test_an_ordinary_encode_is_every_band(picture: tuple[Pixels, PngGrid]) -> None:
    """`encode_png` writes what a splice of all bands writes."""
    pixels, grid = picture
    opaque = bool(pixels[..., 3].min() == 255)
    grid = PngGrid(grid.width, grid.height, not opaque, grid.band_rows)
    every = encode_bands(pixels, grid, range(grid.band_count))
    spliced = shared_png(np.zeros_like(pixels), grid).splice(every)
    assert encode_png(pixels, grid.band_rows // 16) == spliced


@given(pictures())
def test_one_idat_per_band_and_nothing_else(picture: tuple[Pixels, PngGrid]) -> None:
    """CRCs and Adler-32 are right, and no chunk tells more than the picture."""
    pixels, grid = picture
    shared = shared_png(pixels, grid)
    file = shared.splice({})
    names, data = zip(*chunks(file), strict=True)
    assert names == (b"IHDR", *[b"IDAT"] * (grid.band_count + 2), b"IEND")
    raw = zlib.decompress(b"".join(data[1:-1]))  # raises where the Adler-32 does not fit
    assert len(raw) == grid.height * (grid.width * grid.pixel_bytes + 1)
    assert shared.size_bytes == sum(map(len, data[2:-2])) + 12 * grid.band_count


@given(st.binary(max_size=9000), st.binary(max_size=9000))
def test_joined_checksums_are_those_of_the_whole(first: bytes, second: bytes) -> None:
    """Joining the Adler-32 of two pieces gives the Adler-32 of both in a row."""
    joined = adler32_joined(zlib.adler32(first), zlib.adler32(second), len(second))
    assert joined == zlib.adler32(first + second)


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
    expected = [i for i in range(grid.band_count) if covered[grid.rows_of(i, i)].any()]
    assert list(grid.bands_of(boxes)) == expected


def test_a_canvas_of_another_size_is_refused() -> None:
    """Bands of a canvas that is not the grid's would make a broken file."""
    grid = png_grid(40, 40, alpha=False)
    with pytest.raises(ValueError, match="does not fit"):
        encode_bands(art(40, 39, 0, alpha=False), grid, [0])


def sample_digest() -> str:
    """Digest of a few files, hard and fast, of both colour types."""
    digest = hashlib.sha256()
    for seed, alpha in ((1, False), (2, True)):
        shared, other = (art(331, 173, seed + extra, alpha=alpha) for extra in (0, 10))
        grid = png_grid(331, 173, alpha=alpha)
        digest.update(shared_png(shared, grid).splice(encode_bands(other, grid, (2, 3, 7))))
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
    touched = grid.bands_of([Box(0, height // 3, width, height // 3 + 1)])
    master = shared_png(shared, grid)
    files = (
        master.splice({}),
        master.splice(encode_bands(other, grid, touched)),
        encode_png(other),
    )
    for place, file in enumerate(files):
        path = tmp_path / f"{place}.png"
        path.write_bytes(file)
        judged = subprocess.run(["pngcheck", "-q", path], capture_output=True, text=True)
        assert (judged.returncode, judged.stdout) == (0, "")


def test_shared_bands_are_smaller() -> None:
    """What is coded once for all is worth its time: hard bands are smaller than fast ones."""
    for kind in range(3):
        pixels = np.repeat(np.repeat(art(300, 40, kind, alpha=False), 2, axis=0), 2, axis=1)
        assert len(shared_png(pixels, png_grid(600, 80, alpha=False)).splice({})) < len(
            encode_png(pixels)
        )
