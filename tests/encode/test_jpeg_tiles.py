from __future__ import annotations

import re
import subprocess
from io import BytesIO
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt
import pytest
import pyvips
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin

from vips_render.encode.jpeg import encode_jpeg
from vips_render.encode.jpeg_grid import LONGEST_PX, JpegGrid
from vips_render.encode.jpeg_tiles import (
    Pixels,
    SharedJpeg,
    encode_every_tile,
    encode_tiles,
    share,
)
from vips_render.errors import RenderError
from vips_render.scene.model import Box

SIDE = st.one_of(
    st.sampled_from([1, 2, 7, 8, 9, 15, 16, 17, 31, 191, 192, 193]), st.integers(1, 420)
)
QUALITY = st.integers(1, 100)
GRID = st.builds(JpegGrid, SIDE, SIDE, QUALITY)
EDGE = st.integers(-40, 440)
LENGTH = st.integers(-5, 250)
BOXES = st.lists(st.builds(Box, EDGE, EDGE, LENGTH, LENGTH), max_size=4)


def noise(width: int, height: int, seed: int) -> Pixels:
    """Every pixel by chance, the unread fourth channel too."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)


def artwork(width: int, height: int, seed: int) -> Pixels:
    """Slopes, an edge and some grain, as pictures have them."""
    y, x = np.mgrid[0:height, 0:width]
    slope = np.dstack([x * 200 // width, y * 200 // height, (x + y) * 200 // (width + height)])
    slope[height // 3 : height // 2] = (240, 40, 90)
    grain = np.random.default_rng(seed).integers(0, 12, slope.shape)
    return np.dstack([slope + grain, np.full((height, width), 255)]).astype(np.uint8)


def touched(grid: JpegGrid, boxes: list[Box]) -> npt.NDArray[np.bool_]:
    """Which pixels lie in a box."""
    y, x = np.mgrid[0 : grid.height, 0 : grid.width]
    mask = np.zeros((grid.height, grid.width), dtype=bool)
    for box in boxes:
        across = (box.left <= x) & (x < box.left + box.width)
        mask |= across & (box.top <= y) & (y < box.top + box.height)
    return mask


def repainted(canvas: Pixels, grid: JpegGrid, boxes: list[Box]) -> Pixels:
    """Another picture inside the boxes, the same one outside."""
    inside = touched(grid, boxes)[..., None]
    return np.where(inside, noise(grid.width, grid.height, 1), canvas)


def spliced(before: Pixels, after: Pixels, grid: JpegGrid, boxes: list[Box]) -> bytes:
    """Code what boxes touched, and put it in the file of what was there before."""
    return share(before, grid).finish(after, boxes)


def untouched(shared: SharedJpeg) -> bytes:
    """The file of the shared picture itself."""
    return shared.splice([], encode_tiles(np.empty((0, 0, 4), np.uint8), shared.grid, []))


def by_libvips(data: bytes) -> Pixels:
    """Decode with libvips, which refuses what it would only warn of."""
    pixels: Pixels = pyvips.Image.new_from_buffer(data, "", fail_on="warning").numpy()
    return pixels


def by_djpeg(data: bytes) -> Pixels:
    """Decode with Debian's libjpeg-turbo, warnings being errors."""
    done = subprocess.run(["djpeg", "-strict", "-pnm"], input=data, capture_output=True, check=True)
    return np.asarray(Image.open(BytesIO(done.stdout)).convert("RGB"))


def plainly(pixels: Pixels, grid: JpegGrid) -> bytes:
    """Encode as Pillow does by itself."""
    file = BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    image.save(file, "JPEG", quality=grid.quality, subsampling=grid.subsampling)
    return file.getvalue()


def error_of(data: bytes, pixels: Pixels) -> float:
    """Mean squared error of a file against its source."""
    return float(np.mean((by_libvips(data).astype(float) - pixels[..., :3]) ** 2))


@settings(deadline=None, max_examples=150)
@given(grid=GRID, boxes=BOXES, seed=st.integers(0, 9))
def test_changed_tiles_give_the_bytes_of_all_tiles(
    grid: JpegGrid, boxes: list[Box], seed: int
) -> None:
    """Coding what boxes touched, between what was shared, is coding the whole new picture."""
    before = artwork(grid.width, grid.height, seed)
    after = repainted(before, grid, boxes)
    assert spliced(before, after, grid, boxes) == encode_jpeg(after, grid.quality)


@settings(deadline=None, max_examples=60)
@given(grid=GRID, seed=st.integers(0, 9))
def test_tiles_one_by_one_are_the_picture(grid: JpegGrid, seed: int) -> None:
    """A tile's bytes know nothing of which others were coded with it."""
    canvas = noise(grid.width, grid.height, seed)
    shared = share(canvas, grid)
    alone = [encode_tiles(canvas, grid, [range(tile, tile + 1)]).data for tile in range(grid.tiles)]
    ends = shared.coded.ends
    assert alone == [shared.coded.data[start:end] for start, end in pairwise(ends)]
    assert untouched(shared) == encode_every_tile(canvas, grid)


@settings(deadline=None, max_examples=150)
@given(grid=GRID, boxes=BOXES)
@example(grid=JpegGrid(384, 32, 80), boxes=[Box(0, 0, 192, 16)])
@example(grid=JpegGrid(384, 32, 80), boxes=[Box(191, 15, 2, 2)])
@example(grid=JpegGrid(200, 24, 95), boxes=[Box(192, 8, 8, 8)])
def test_a_tile_is_met_where_a_box_has_a_pixel_in_it(grid: JpegGrid, boxes: list[Box]) -> None:
    """Neither more tiles nor fewer, in order, and none that the picture does not have."""
    y, x = np.mgrid[0 : grid.height, 0 : grid.width] // grid.block_px
    tile_at = (y * grid.columns + x) // grid.interval
    runs = grid.runs_of(boxes)
    assert [*chain(*runs)] == np.unique(tile_at[touched(grid, boxes)]).tolist()
    assert all(run.stop < later.start for run, later in pairwise(runs))
    assert np.unique(tile_at).tolist() == list(range(grid.tiles))


@settings(deadline=None, max_examples=60)
@given(grid=GRID, boxes=BOXES, seed=st.integers(0, 9))
def test_two_decoders_see_one_picture(grid: JpegGrid, boxes: list[Box], seed: int) -> None:
    """libvips and djpeg read a spliced file without a warning, to the same pixels, in its size."""
    before = artwork(grid.width, grid.height, seed)
    data = spliced(before, repainted(before, grid, boxes), grid, boxes)
    seen = by_libvips(data)
    assert seen.shape == (grid.height, grid.width, 3)
    assert (seen == by_djpeg(data)).all()


@settings(deadline=None, max_examples=60)
@given(columns=st.integers(1, 30), rows=st.integers(1, 12), quality=QUALITY)
def test_markers_change_no_pixel(columns: int, rows: int, quality: int) -> None:
    """Where nothing needs filling up, the picture is that of an encoder without tiles."""
    grid = JpegGrid(columns * 16, rows * 16, quality)
    canvas = artwork(grid.width, grid.height, quality)
    ours = by_libvips(encode_every_tile(canvas, grid))
    assert (ours == by_libvips(plainly(canvas, grid))).all()


@settings(deadline=None, max_examples=60)
@given(width=SIDE, height=SIDE, quality=st.integers(50, 100))
def test_edges_are_as_near_as_a_plain_encoder_comes(width: int, height: int, quality: int) -> None:
    """Filling up before the colours are halved, not after, loses little even in tiny pictures."""
    grid, canvas = JpegGrid(width, height, quality), artwork(width, height, quality)
    ours = error_of(encode_every_tile(canvas, grid), canvas)
    assert ours <= 1.2 * error_of(plainly(canvas, grid), canvas)


@settings(deadline=None, max_examples=60)
@given(grid=GRID, color=st.tuples(*[st.integers(0, 255)] * 3))
def test_one_colour_stays_one_colour(grid: JpegGrid, color: tuple[int, int, int]) -> None:
    """Filled up or not, no fringe shows at an edge."""
    canvas = np.full((grid.height, grid.width, 4), (*color, 255), dtype=np.uint8)
    seen = by_libvips(encode_every_tile(canvas, grid))
    assert (seen == seen[0, 0]).all()


@pytest.mark.parametrize(("quality", "floor_db"), [(50, 33), (82, 34), (95, 37)])
def test_the_picture_is_near_its_source(quality: int, floor_db: int) -> None:
    """Signal to noise, peak, at an odd size."""
    canvas = artwork(601, 333, 3)
    error = error_of(encode_jpeg(canvas, quality), canvas)
    assert 10 * np.log10(255**2 / error) >= floor_db


@pytest.mark.parametrize("quality", range(1, 101))
def test_headers_say_what_the_file_is(quality: int) -> None:
    """Size, colour, markers in turn, no word of who made it; whatever bytes the tables hold."""
    grid = JpegGrid(1021, 37, quality)
    data = encode_jpeg(artwork(1021, 37, quality), quality)
    image = Image.open(BytesIO(data))
    image.load()
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (1021, 37))
    assert set(image.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert JpegImagePlugin.get_sampling(image) == (0 if quality >= 90 else 2)
    scan = data[data.rindex(b"\xff\xda") :]
    markers = [marker[1] - 0xD0 for marker in re.findall(rb"\xff[\xd0-\xd7]", scan)]
    assert markers == [place % 8 for place in range(grid.tiles - 1)]


def test_more_tiles_than_one_strip_holds() -> None:
    """Many are coded in several calls; no seam shows in the bytes."""
    grid = JpegGrid(1600, 1210, 95)
    canvas = noise(1600, 1210, 5)
    assert grid.tiles * grid.interval * grid.block_px > 2 * LONGEST_PX
    coded = encode_tiles(canvas, grid, [range(grid.tiles)])
    assert coded == share(canvas, grid).coded


@pytest.mark.parametrize("quality", [1, 80, 100])
@pytest.mark.parametrize("size", [(LONGEST_PX, 1), (1, LONGEST_PX), (LONGEST_PX - 1, 17)])
def test_the_longest_pictures_are_written(size: tuple[int, int], quality: int) -> None:
    """Noise at full length, spliced or not."""
    grid, canvas = JpegGrid(*size, quality), noise(*size, 2)
    data = encode_every_tile(canvas, grid)
    assert by_libvips(data).shape == (size[1], size[0], 3)
    whole = [Box(0, 0, *size)]
    assert spliced(np.zeros_like(canvas), canvas, grid, whole) == data


@pytest.mark.parametrize("size", [(LONGEST_PX + 1, 1), (1, LONGEST_PX + 1)])
def test_longer_pictures_are_refused(size: tuple[int, int]) -> None:
    """The fault is ours, and says what a JPEG holds."""
    with pytest.raises(RenderError, match="65,488"):
        encode_jpeg(noise(*size, 0), 80)


@settings(deadline=None, max_examples=30)
@given(grids=st.lists(GRID, min_size=1, max_size=5))
def test_same_pixels_same_bytes(grids: list[JpegGrid]) -> None:
    """Whatever was coded before, in whatever order."""
    canvases = [artwork(grid.width, grid.height, 0) for grid in grids]
    first = [encode_every_tile(*pair) for pair in zip(canvases, grids, strict=True)]
    pairs = list(zip(canvases, grids, strict=True))
    again = [untouched(share(*pair)) for pair in reversed(pairs)]
    assert again == first[::-1]


def test_coding_leaves_the_canvas_alone() -> None:
    """Pixels may be read-only or part of a larger picture; a shared picture never changes."""
    whole = artwork(500, 300, 1)
    view = whole[11:200, 7:400]
    view.flags.writeable = False
    grid = JpegGrid(393, 189, 80)
    shared = share(view, grid)
    before, every = untouched(shared), [range(grid.tiles)]
    shared.splice(every, encode_tiles(noise(393, 189, 1), grid, every))
    assert shared.splice(every, encode_tiles(view, grid, every)) == before
    assert encode_jpeg(view.copy(), 80) == before
