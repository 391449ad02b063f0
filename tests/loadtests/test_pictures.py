from __future__ import annotations

import io

import pytest
from PIL import Image

from loadtests.pictures import TYPES, fault_of, is_hit, percentile

FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "avif": "AVIF"}
SIZE = (31, 17)


def picture(extension: str, mode: str = "RGB", **options: object) -> bytes:
    """Draw a small picture with a strange encoder's own container."""
    file = io.BytesIO()
    Image.effect_noise(SIZE, 50).convert(mode).save(file, FORMATS[extension], **options)
    return file.getvalue()


BODIES = {
    "png": ("png", picture("png")),
    "jpg": ("jpg", picture("jpg")),
    "jpg-progressive": ("jpg", picture("jpg", progressive=True)),
    "webp-lossy": ("webp", picture("webp")),
    "webp-lossless": ("webp", picture("webp", lossless=True)),
    "webp-alpha": ("webp", picture("webp", "RGBA", exif=b"Exif\0\0")),
    "avif": ("avif", picture("avif")),
    "avif-alpha": ("avif", picture("avif", "RGBA")),
}


def headers(extension: str, body: bytes, **more: str) -> dict[str, str]:
    """Write the headers of a good answer."""
    return {"content-type": TYPES[extension], "content-length": str(len(body)), **more}


@pytest.mark.parametrize("case", BODIES)
def test_whole_picture_has_no_fault(case: str) -> None:
    """Every container that a browser shows is a picture, and its size is read from it."""
    extension, body = BODIES[case]
    assert not fault_of(200, headers(extension, body), body, extension, SIZE)
    assert "size" in fault_of(200, headers(extension, body), body, extension, (17, 31))


@pytest.mark.parametrize("case", BODIES)
def test_every_cut_is_a_fault(case: str) -> None:
    """A picture that ends early is broken wherever it ends, also if its length says otherwise."""
    extension, body = BODIES[case]
    for length in range(len(body)):
        cut = body[:length]
        assert fault_of(200, headers(extension, cut), cut, extension, SIZE)
        assert fault_of(200, headers(extension, body), cut, extension, SIZE)


def test_what_readers_would_notice_is_a_fault() -> None:
    """Errors, wrong types and stand-in pictures count, however fine their bytes are."""
    body = BODIES["png"][1]
    good = headers("png", body)
    assert fault_of(403, good, body, "png", SIZE) == "status 403"
    assert "media type" in fault_of(200, {**good, "content-type": "text/html"}, body, "png", SIZE)
    degraded = {**good, "x-signet-degraded": "origin-down"}
    assert fault_of(200, degraded, body, "png", SIZE) == "degraded: origin-down"
    assert fault_of(200, headers("jpg", body), body, "jpg", SIZE) == "not a complete jpg"


def test_only_the_cache_in_front_makes_a_hit() -> None:
    """A hit in a cache of the origin is a miss of nginx."""
    assert is_hit("nginx; hit")
    assert is_hit("Signet; fwd=miss, nginx; hit; detail=stale")
    assert not is_hit("Signet; hit, nginx; fwd=uri-miss")
    assert not is_hit("")


def test_percentile_is_between_its_neighbours() -> None:
    """The median of an even count is the middle, the ends are the ends."""
    values = [4.0, 1.0, 3.0, 2.0]
    assert [percentile(values, part) for part in (0, 50, 100)] == [1.0, 2.5, 4.0]
    assert percentile([7.0], 99) == 7.0
    assert percentile([], 99) == 0.0
