from __future__ import annotations

import io
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.children import frames
from origin.children.child import Child
from origin.children.errors import ChildCrashed
from origin.children.frames import Frame, FrameError
from origin.children.tray import Tray, memory_file

PARROT = str(Path(__file__).with_name("parrot.py"))
SIZE_BYTES = 100_000
DESCRIPTORS = Path("/proc/self/fd")

pytestmark = pytest.mark.skipif(
    not hasattr(os, "memfd_create"), reason="this system has no files in memory"
)


def new_tray(size_bytes: int = SIZE_BYTES) -> Tray:
    descriptor = memory_file(size_bytes)
    assert descriptor is not None
    try:
        return Tray(descriptor)
    finally:
        os.close(descriptor)


@pytest.fixture
async def child() -> AsyncIterator[Child]:
    parrot = Child([sys.executable, PARROT], env={}, name="parrot", tray_bytes=SIZE_BYTES)
    yield parrot
    await parrot.close()


@given(st.lists(st.lists(st.binary(max_size=60), max_size=4), max_size=3))
def test_frames_come_out_as_they_went_in(messages: list[list[bytes]]) -> None:
    """Blobs lie in the tray, or follow where they are too large for it."""
    tray = new_tray(100)
    for blobs in messages:
        pieces = frames.pack({"op": 1}, blobs, tray)
        total = sum(map(len, blobs))
        assert len(pieces) == (2 if 0 < total <= 100 else 2 + len(blobs))
        assert frames.read(io.BytesIO(b"".join(pieces)), tray) == Frame({"op": 1}, blobs)


def test_what_does_not_lie_in_the_tray_is_refused() -> None:
    """A peer cannot make us read beyond the tray, nor from one that is not there."""
    laid = b"".join(frames.pack({}, [b"x" * 80], new_tray(100)))
    for tray in (None, new_tray(79)):
        with pytest.raises(FrameError, match="do not lie in the tray"):
            frames.read(io.BytesIO(laid), tray)


def test_what_was_taken_stays_as_it_was() -> None:
    """The next frame overwrites the tray, never what was read before."""
    tray = new_tray()
    assert tray.lay([b"one", b"two"])
    taken = tray.take([3, 3])
    assert tray.lay([b"three!"])
    assert taken == [b"one", b"two"]


def test_a_tray_cannot_be_cut_short() -> None:
    """Whoever holds the descriptor can write, but not pull the memory away from the other side."""
    descriptor = memory_file(SIZE_BYTES)
    assert descriptor is not None
    try:
        for size in (0, SIZE_BYTES * 2):
            with pytest.raises(PermissionError):
                os.ftruncate(descriptor, size)
    finally:
        os.close(descriptor)


async def test_blobs_pass_both_ways(child: Child) -> None:
    """Small and large ones, in the tray and beside it, one after the other."""
    for size in (0, 1, SIZE_BYTES - 3, SIZE_BYTES - 2, SIZE_BYTES * 30, 5):
        blob = os.urandom(size)
        answer = await child.call({"op": "repeat", "say": size}, [blob, b"end"], timeout_s=20)
        assert answer == Frame({"said": size}, [blob, b"end"])


async def test_a_new_process_has_a_tray_of_its_own(child: Child) -> None:
    """After a crash blobs pass as before, and no descriptor is left over."""
    await child.call({"op": "repeat"}, [b"before"], timeout_s=20)
    held = len([*DESCRIPTORS.iterdir()])
    for _ in range(3):
        with pytest.raises(ChildCrashed):
            await child.call({"op": "die", "by": "SIGKILL"}, timeout_s=20)
        answer = await child.call({"op": "repeat"}, [b"after" * 999], timeout_s=20)
        assert answer.blobs == [b"after" * 999]
    # The trays that were left are unmapped when they are collected; nothing else may stay.
    assert len([*DESCRIPTORS.iterdir()]) <= held + 3
