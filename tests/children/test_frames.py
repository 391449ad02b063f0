from __future__ import annotations

import asyncio
import io
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.children import frames
from origin.children.frames import Frame, FrameError

JSON = st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=9) | st.lists(st.booleans())
HEADERS = st.dictionaries(st.sampled_from(["op", "", "ä", "need"]), JSON)
BLOBS = st.lists(st.binary(max_size=50), max_size=3)
MESSAGES = st.tuples(HEADERS, BLOBS)


def _raw(header: bytes) -> bytes:
    return struct.pack(">I", len(header)) + header


@given(st.lists(st.tuples(HEADERS, BLOBS), max_size=3))
def test_blocking_reader_gets_what_was_packed(
    messages: list[tuple[dict[str, Any], list[bytes]]],
) -> None:
    """Frames that follow each other come out as they went in, then None."""
    stream = io.BytesIO(b"".join(piece for message in messages for piece in frames.pack(*message)))
    assert [frames.read(stream) for _ in messages] == [Frame(*message) for message in messages]
    assert frames.read(stream) is None


@given(MESSAGES)
def test_both_readers_agree(message: tuple[dict[str, Any], list[bytes]]) -> None:
    """The loop's reader gives the same frame as the blocking one."""
    data = b"".join(frames.pack(*message))

    async def received() -> Frame:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        return await frames.receive(reader)

    assert asyncio.run(received()) == frames.read(io.BytesIO(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x00\x00", id="ends-in-the-length"),
        pytest.param(b"\x00\x00\x00\x10{}", id="ends-in-the-header"),
        pytest.param(_raw(b'{"blobs":[10]}') + b"short", id="ends-in-a-blob"),
        pytest.param(b"\xff\xff\xff\xff", id="header-of-four-gigabytes"),
        pytest.param(_raw(b"not json"), id="not-json"),
        pytest.param(_raw(b"[]"), id="not-an-object"),
        pytest.param(_raw(b"{}"), id="no-sizes"),
        pytest.param(_raw(b'{"blobs":[-1]}'), id="negative-size"),
        pytest.param(_raw(b'{"blobs":[true]}'), id="size-is-true"),
        pytest.param(_raw(b'{"blobs":["9"]}'), id="size-is-text"),
        pytest.param(_raw(b'{"blobs":[99999999999]}'), id="blob-of-a-hundred-gigabytes"),
        pytest.param(_raw(b'{"blobs":[' + b",".join([b"0"] * 1001) + b"]}"), id="too-many-blobs"),
    ],
)
def test_nonsense_is_refused_before_it_is_read(data: bytes) -> None:
    """Whatever arrives that is no frame is a FrameError, and sizes are checked before memory."""
    with pytest.raises(FrameError):
        frames.read(io.BytesIO(data))


def test_header_may_not_claim_blobs() -> None:
    """The key that lists the blobs belongs to the frame."""
    with pytest.raises(FrameError):
        frames.pack({"blobs": [1]})


def test_header_too_long_is_not_sent() -> None:
    """A sender meets the same bound as a receiver."""
    with pytest.raises(FrameError):
        frames.pack({"text": "x" * (frames.HEADER_BYTES + 1)})
