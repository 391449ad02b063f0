from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import pyvips
from PIL import Image

from tests.demo.chromium import Page, open_page
from vips_render.encode.avif import av1_quality
from vips_render.encode.save import encode
from vips_render.output import DEFAULT_QUALITY, Output
from vips_render.runtime import start_libvips

Pixels = npt.NDArray[np.uint8]

SHOWN = """new Promise((done, fail) => {
  const picture = new Image();
  picture.onerror = () => fail(new Error("not shown"));
  picture.onload = () => {
    const paper = document.createElement("canvas");
    paper.width = picture.naturalWidth;
    paper.height = picture.naturalHeight;
    const brush = paper.getContext("2d");
    brush.drawImage(picture, 0, 0);
    const { data } = brush.getImageData(0, 0, paper.width, paper.height);
    done([paper.width, paper.height, Array.from(data)]);
  };
  picture.src = "data:image/avif;base64,%s";
})"""


@pytest.fixture(autouse=True)
def libvips() -> None:
    """Save with every loader closed that the service closes."""
    start_libvips()


@pytest.fixture
def threads() -> Iterator[None]:
    """Leave the number of libvips' threads as it was."""
    before = pyvips.concurrency_get()
    yield
    pyvips.concurrency_set(before)


def ramps(width: int = 301, height: int = 203) -> Pixels:
    """Return smooth colours with a hard-edged box, opaque."""
    y, x = np.mgrid[:height, :width]
    red, green = 255 * x // width, 255 * y // height
    pixels = np.stack([red, green, (red + green) // 2, np.full_like(red, 255)], axis=2)
    pixels[40:90, 60:160, :3] = 250, 40, 30
    return pixels.astype(np.uint8)


def faded() -> Pixels:
    """Return the same, seen less to the right and not at all at the left edge."""
    pixels = ramps()
    pixels[..., 3] = np.linspace(255, 0, pixels.shape[1])[None]
    pixels[:, :20, 3] = 0
    return pixels


def decoded(data: bytes) -> npt.NDArray[np.float64]:
    """Decode with Pillow's libavif, which shares no code with libvips' libheif."""
    image = Image.open(BytesIO(data))
    assert image.format == "AVIF"
    return np.asarray(image, dtype=float)


async def shown(page: Page, file: bytes) -> npt.NDArray[np.float64]:
    """Return the straight pixels that a browser draws."""
    width, height, flat = await page.run(SHOWN % base64.b64encode(file).decode())
    return np.array(flat, dtype=float).reshape(height, width, 4)


def subsampling(data: bytes) -> tuple[bool, bool]:
    """Read the high bit depth and the horizontal subsampling out of the `av1C` box."""
    flags = data[data.index(b"av1C") + 6]
    return bool(flags & 0x40), bool(flags & 0x08)


def test_quality_is_on_the_scale_of_jpeg_and_webp() -> None:
    """The ends are the ends, more is never less, and the default is no near-lossless file."""
    scale = [av1_quality(quality) for quality in range(1, 101)]
    assert scale == sorted(scale)
    assert (scale[0], scale[DEFAULT_QUALITY - 1], scale[-1]) == (12, 56, 100)
    jpeg, avif = (len(encode(ramps(), Output(kind))) for kind in ("jpeg", "avif"))
    assert avif < jpeg


@pytest.mark.parametrize(("quality", "worst"), [(30, 4.0), (82, 2.0), (100, 1.0)])
def test_another_decoder_sees_the_picture(quality: int, worst: float) -> None:
    """Mean error per channel, by a decoder of other people."""
    found = decoded(encode(ramps(), Output("avif", quality)))
    assert np.abs(found - ramps()[..., :3]).mean() < worst


@pytest.mark.parametrize(("quality", "halved"), [(89, True), (90, False)])
def test_colour_is_whole_where_jpeg_keeps_it_whole(quality: int, *, halved: bool) -> None:
    """Eight bits always; 4:2:0 below quality 90 and 4:4:4 from there, with and without alpha."""
    for pixels in (ramps(), faded()):
        assert subsampling(encode(pixels, Output("avif", quality))) == (False, halved)


def test_alpha_is_kept() -> None:
    """What is seen through is seen through as much as before."""
    found = decoded(encode(faded(), Output("avif")))
    assert np.abs(found[..., 3] - faded()[..., 3]).mean() < 1
    assert found[:, :19, 3].max() <= 2
    seen = faded()[..., 3] > 128
    assert np.abs(found - faded())[seen].mean() < 2


@pytest.mark.usefixtures("threads")
def test_bytes_do_not_depend_on_the_machine() -> None:
    """libheif cuts a tile per thread of libvips, and would write other bytes on other machines."""
    pixels = ramps(1200, 700)
    files = set()
    for count in (1, 2, 4, 8):
        pyvips.concurrency_set(count)
        files.add(encode(pixels, Output("avif")))
    assert len(files) == 1


@pytest.mark.parametrize(("side", "effort"), [(2000, 1), (2001, 0)])
def test_large_pictures_get_less_effort(
    monkeypatch: pytest.MonkeyPatch, side: int, effort: int
) -> None:
    """Beyond four megapixels the encoder would take seconds."""
    efforts = []

    def save(image: pyvips.Image, **options: object) -> bytes:
        efforts.append(options["effort"])
        return b""

    monkeypatch.setattr(pyvips.Image, "heifsave_buffer", save, raising=False)
    encode(np.full((2000, side, 4), 255, dtype=np.uint8), Output("avif"))
    assert efforts == [effort]


async def test_chromium_shows_it(tmp_path: Path) -> None:
    """A browser shows what was written: sizes, odd ones included, and colours."""
    async with open_page(tmp_path) as page:
        for pixels in (ramps(), ramps()[:1, :1], ramps()[:13, :31]):
            for quality in (DEFAULT_QUALITY, 90):
                found = await shown(page, encode(pixels, Output("avif", quality)))
                assert found.shape == pixels.shape
                assert np.abs(found - pixels).mean() < 3


async def test_chromium_sees_through_it_as_through_files_of_others(tmp_path: Path) -> None:
    """Alpha looks as it does in a file that libavif wrote.

    Chromium 156 takes full-range alpha for video range in both, so the pixels themselves are no
    measure.
    """
    theirs = BytesIO()
    Image.fromarray(faded()).save(theirs, "AVIF", quality=90)
    async with open_page(tmp_path) as page:
        found = await shown(page, encode(faded(), Output("avif", 90)))
        expected = await shown(page, theirs.getvalue())
    assert np.abs(found[..., 3] - expected[..., 3]).mean() < 1
    assert found[:, :19, 3].max() <= 2
    seen = faded()[..., 3] > 128
    assert np.abs(found - expected)[seen].mean() < 3
