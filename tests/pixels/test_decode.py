from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms

from vips_render.bitmap import Bitmap
from vips_render.errors import AssetError
from vips_render.limits import Limits
from vips_render.pixels.decode import decode

LIMITS = Limits()


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixels_of(bitmap: Bitmap) -> npt.NDArray[np.uint8]:
    return np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width, 4)


def ramp(width: int = 100, height: int = 60) -> Image.Image:
    """A picture whose every corner differs."""
    across = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    down = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return Image.fromarray(np.dstack([across, down, 255 - across]).astype(np.uint8))


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header claims a size, with few bytes behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes(height * (width // 8 + 1)), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "RGBA", "P", "1"])
def test_every_kind_of_png_becomes_srgb_with_alpha(mode: str) -> None:
    """Grey, palette, one bit, with or without alpha: always four exact bands."""
    image = ramp().convert(mode)
    assert (
        pixels_of(decode(encoded(image, "PNG"), LIMITS)) == np.asarray(image.convert("RGBA"))
    ).all()


@pytest.mark.parametrize(("kind", "worst"), [("JPEG", 6), ("WEBP", 12), ("GIF", 0)])
def test_lossy_formats_come_close(kind: str, worst: int) -> None:
    """JPEG, WebP and GIF give the picture that another decoder sees."""
    data = encoded(ramp().convert("P") if kind == "GIF" else ramp(), kind)
    seen = np.asarray(Image.open(BytesIO(data)).convert("RGBA"), dtype=int)
    assert np.abs(pixels_of(decode(data, LIMITS)) - seen).max() <= worst


def test_sixteen_bits_become_eight() -> None:
    """Deep pictures keep their tones."""
    deep = Image.fromarray(np.linspace(0, 65535, 6000).reshape(60, 100).astype(np.uint16))
    grey = pixels_of(decode(encoded(deep, "PNG"), LIMITS))[..., 0].astype(int)
    assert np.abs(grey - np.asarray(deep, dtype=int) / 257).max() <= 1


def test_cmyk_is_not_turned_inside_out() -> None:
    """White paper stays white and black ink black, though JPEG stores CMYK inverted."""
    sheet = Image.new("CMYK", (32, 16), (0, 0, 0, 0))
    sheet.paste((0, 0, 0, 255), (16, 0, 32, 16))
    pixels = pixels_of(decode(encoded(sheet, "JPEG", quality=95), LIMITS))
    assert pixels[8, 4, :3].min() > 240
    assert pixels[8, 28, :3].max() < 60


def test_a_profile_counts() -> None:
    """A picture in another colour space is brought to sRGB through its own profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = pixels_of(decode(encoded(ramp(), "PNG"), LIMITS)).astype(int)
    same = pixels_of(decode(encoded(ramp(), "PNG", icc_profile=srgb), LIMITS)).astype(int)
    assert np.abs(plain - same).max() <= 2
    wrong = pixels_of(decode(encoded(ramp(), "PNG", icc_profile=profile.tobytes()), LIMITS))
    assert np.abs(plain - wrong).max() <= 255  # a profile that does not fit does not break it


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    """A picture stands upright whatever way the camera was held, shrunk on load or not."""
    exif = Image.Exif()
    exif[0x112] = orientation
    data = encoded(ramp(640, 320), "JPEG", exif=exif, quality=95)
    upright = {5: (2, 4), 6: (2, 4), 7: (2, 4), 8: (2, 4)}.get(orientation, (4, 2))
    bitmap = decode(data, LIMITS, 40, 40, "cover")
    assert (bitmap.width, bitmap.height) == (upright[0] * 20, upright[1] * 20)
    corner = pixels_of(bitmap)[2, 2, :2] > 128
    expected = {
        1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0),
    }[orientation]  # fmt: skip
    assert tuple(map(int, corner)) == expected


@pytest.mark.parametrize(("fit", "size"), [("cover", (50, 30)), ("contain", (30, 18))])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_shrink_to_what_their_box_needs(
    kind: str, fit: str, size: tuple[int, int]
) -> None:
    """Cover keeps enough for both sides of the box, contain for the tighter one."""
    bitmap = decode(encoded(ramp(1000, 600), kind), LIMITS, 30, 30, fit)  # type: ignore[arg-type] # parametrised
    assert (bitmap.width, bitmap.height) == size
    assert len(bitmap.pixels) == bitmap.width * bitmap.height * 4


def test_small_pictures_stay_as_they_are() -> None:
    """Enlarging is left to the painter, who knows the box."""
    bitmap = decode(encoded(ramp(), "PNG"), LIMITS, 900, 900, "cover")
    assert (bitmap.width, bitmap.height) == (100, 60)


def test_shrinking_leaves_no_dark_fringe() -> None:
    """What is transparent lends none of its colour to what is not."""
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (100, 100, 301, 301))
    pixels = pixels_of(decode(encoded(image, "PNG"), LIMITS, 50, 50, "cover"))
    assert pixels[pixels[..., 3] > 8][:, :3].min() >= 250


def test_only_the_first_frame_is_kept() -> None:
    """An animation shows what Outlook would show."""
    frames = [ramp().rotate(angle).convert("P") for angle in (0, 90, 180)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    bitmap = decode(data, LIMITS)
    assert (bitmap.width, bitmap.height) == (100, 60)
    assert (pixels_of(bitmap)[..., :3] == np.asarray(frames[0].convert("RGB"))).all()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", id="svg"),
        pytest.param(b"%PDF-1.7", id="pdf"),
        pytest.param(b"MATLAB 5.0 MAT-file", id="matlab"),
        pytest.param(b"II*\x00\x08\x00\x00\x00", id="tiff-is-not-for-the-web"),
        pytest.param(b"RIFF\x00\x00\x00\x00AVI LIST", id="riff-but-not-webp"),
    ],
)
def test_other_formats_are_not_pictures(data: bytes) -> None:
    """The first bytes decide; no loader is tried that was not chosen."""
    with pytest.raises(AssetError) as refused:
        decode(data, LIMITS)
    assert refused.value.reason == "not-a-picture"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_truncated_file_is_broken(kind: str) -> None:
    """Half a picture is not shown as if it were a whole one."""
    data = encoded(ramp().convert("P") if kind == "GIF" else ramp(), kind)
    for kept in (len(data) // 2, 16):
        with pytest.raises(AssetError) as refused:
            decode(data[:kept], LIMITS)
        assert refused.value.reason == "broken"


def test_a_bomb_is_refused_from_its_header() -> None:
    """109 kB that unpack to 900 megapixels: no row of it is decoded."""
    bomb = png_of_size(30_000, 30_000)
    assert len(bomb) < 120_000
    with pytest.raises(AssetError) as refused:
        decode(bomb, LIMITS)
    assert refused.value.reason == "too-large"


def test_many_frames_count_together() -> None:
    """An animation may not hide in frames what one picture may not have."""
    frames = [Image.new("RGB", (200, 200), (9 * n, 0, 0)).convert("P") for n in range(20)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(AssetError) as refused:
        decode(data, Limits(asset_area_px=200 * 200 * 10))
    assert refused.value.reason == "too-large"


def test_too_many_bytes_are_refused_unread() -> None:
    """The bound on bytes holds here too, whoever fetched them."""
    with pytest.raises(AssetError) as refused:
        decode(bytes(101), Limits(asset_bytes=100))
    assert refused.value.reason == "too-large"
