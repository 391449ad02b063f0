"""Speak over a pipe: a JSON header and raw blobs, each with its length in front.

    4 bytes   length of the header, big endian
    header    JSON object; `blobs` lists the sizes of what follows
    blobs     raw bytes, one after the other

Every size is checked before anything is read, so a broken peer costs a bounded amount of memory.
JSON and bytes only, never pickle: whoever takes over a child can send data but not code.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import orjson

if TYPE_CHECKING:
    # Only a parent has a loop; in a child its import costs 80 ms and 9 MB.
    import asyncio

HEADER_BYTES = 4 * 1024 * 1024
"""Largest header; reports and a list of assets fit many times over."""

BLOBS = 1_000
"""Most blobs of one frame; a document has at most 500 layers."""

BLOBS_BYTES = 512 * 1024 * 1024
"""Largest sum of blobs; three canvases of 32 million pixels."""

_LENGTH = struct.Struct(">I")


class FrameError(Exception):
    """The peer sent, or was to be sent, something that is no frame."""


class Frame(NamedTuple):
    """One message: `header` without its `blobs`, and the blobs themselves."""

    header: dict[str, Any]
    blobs: list[bytes]


def pack(header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> list[bytes]:
    """Return the pieces of a frame in the order in which they are written."""
    if "blobs" in header:
        raise FrameError("'blobs' belongs to the frame, not to its header")
    sizes = [len(blob) for blob in blobs]
    _check_blobs(sizes)
    text = orjson.dumps({**header, "blobs": sizes})
    _check_header(len(text))
    return [_LENGTH.pack(len(text)), text, *blobs]


async def receive(reader: asyncio.StreamReader) -> Frame:
    """Read one frame.

    Raises:
        FrameError: what arrived is no frame.
        asyncio.IncompleteReadError: the peer closed its end.
    """
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    header, sizes = _parse(await reader.readexactly(_check_header(length)))
    return Frame(header, [await reader.readexactly(size) for size in sizes])


def read(stream: BinaryIO) -> Frame | None:
    """Read one frame from a blocking stream; None when it ends between two frames.

    Raises:
        FrameError: what arrived is no frame, or it ends inside one.
    """
    prefix = stream.read(_LENGTH.size)
    if not prefix:
        return None
    if len(prefix) < _LENGTH.size:
        raise FrameError("the stream ends inside a frame")
    (length,) = _LENGTH.unpack(prefix)
    header, sizes = _parse(_exactly(stream, _check_header(length)))
    return Frame(header, [_exactly(stream, size) for size in sizes])


def write(stream: BinaryIO, header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write one frame to a blocking stream and send it on its way."""
    for piece in pack(header, blobs):
        stream.write(piece)
    stream.flush()


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise FrameError("the stream ends inside a frame")
    return data


def _parse(text: bytes) -> tuple[dict[str, Any], list[int]]:
    try:
        header = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FrameError("a header is not JSON") from error
    if not isinstance(header, dict):
        raise FrameError("a header is not a JSON object")
    sizes = header.pop("blobs", None)
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise FrameError("a header does not list the sizes of its blobs")
    _check_blobs(sizes)
    return header, sizes


def _check_header(length: int) -> int:
    if length > HEADER_BYTES:
        raise FrameError(f"a header of {length} bytes; at most {HEADER_BYTES} are allowed")
    return length


def _check_blobs(sizes: Sequence[int]) -> None:
    if len(sizes) > BLOBS or sum(sizes) > BLOBS_BYTES:
        raise FrameError(f"{len(sizes)} blobs of {sum(sizes)} bytes are more than a frame may hold")
