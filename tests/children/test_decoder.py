from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from origin.children.calls import decode
from origin.children.child import Child, python_argv
from origin.children.errors import ChildCrashed, ChildError
from tests.fetch.pictures import SVG, TRUNCATED_JPEG, picture, png_of_zeros, png_that_declares
from vips_render.bitmap import Bitmap
from vips_render.errors import AssetError

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"], loop_scope="module")

MEGABYTE = 1024 * 1024


def _decoder(memory_bytes: int = 1024 * MEGABYTE) -> Child:
    argv = python_argv("origin.children.decoder", "--memory-bytes", str(memory_bytes))
    return Child(argv, env={"MALLOC_ARENA_MAX": "2", "VIPS_CONCURRENCY": "1"}, name="decoder")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def decoder() -> AsyncIterator[Child]:
    child = _decoder()
    yield child
    await child.close()


async def _decode(decoder: Child, data: bytes, side: int = 20) -> Bitmap:
    return await decode(decoder, data, max_width=side, max_height=side, fit="cover", timeout_s=60)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_picture_becomes_pixels(decoder: Child, kind: str) -> None:
    """Each format of the web comes back as the pixels that fill the box, and no more."""
    bitmap = await _decode(decoder, picture(400, 200, (200, 30, 60), kind))
    assert (bitmap.width, bitmap.height) == (40, 20)
    near = zip(bitmap.pixels[:4], (200, 30, 60, 255), strict=True)
    assert all(abs(got - sent) <= 3 for got, sent in near)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(SVG, "not-a-picture", id="svg"),
        pytest.param(b"", "not-a-picture", id="nothing"),
        pytest.param(png_that_declares(30_000, 30_000), "too-large", id="900-megapixel"),
        pytest.param(TRUNCATED_JPEG, "broken", id="truncated"),
        pytest.param(picture(4_500_000, 1), "too-large", id="one-pixel-high"),
    ],
)
async def test_bad_picture_is_refused_by_a_decoder_that_lives(
    decoder: Child, data: bytes, reason: str
) -> None:
    """What cannot be decoded is told by its reason, and costs no process."""
    with pytest.raises(AssetError) as refusal:
        await _decode(decoder, data)
    assert refusal.value.reason == reason
    starts = decoder.starts
    assert (await _decode(decoder, picture())).width > 0
    assert decoder.starts == starts


async def test_picture_that_eats_memory_ends_and_the_next_one_is_decoded() -> None:
    """Pixels beyond the address space cost their own picture: an error, or the process."""
    small = _decoder(512 * MEGABYTE)
    try:
        with pytest.raises((AssetError, ChildError)):
            await _decode(small, png_of_zeros(6_500, 6_500), side=6_500)
        assert (await _decode(small, picture())).width > 0
    finally:
        await small.close()


async def test_decoder_killed_at_work_is_replaced(decoder: Child) -> None:
    """A SIGKILL in the middle of a picture is a crash for its caller and nothing for the next."""
    await decoder.warm()
    assert decoder.process_id is not None
    os.kill(decoder.process_id, signal.SIGSTOP)
    at_work = asyncio.create_task(_decode(decoder, picture(2_000, 2_000), side=2_000))
    await asyncio.sleep(0.05)
    os.kill(decoder.process_id, signal.SIGKILL)
    with pytest.raises(ChildCrashed):
        await at_work
    assert (await _decode(decoder, picture())).width > 0


async def test_decoder_writes_no_file(decoder: Child) -> None:
    """Whatever a picture makes a decoder do, it cannot fill a disk."""
    await decoder.warm()
    limits = await asyncio.to_thread(_limits, decoder.process_id or 0)
    assert limits["Max file size"][:2] == ["0", "0"]
    assert limits["Max core file size"][:2] == ["0", "0"]
    assert limits["Max address space"][0] == str(1024 * MEGABYTE)


def _limits(process_id: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{process_id}/limits").read_text().splitlines()[1:]
    return {line[:25].strip(): line[25:].split() for line in lines}
