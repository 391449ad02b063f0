"""Speak over a pipe: a JSON header and raw blobs, each with its length in front.

    4 bytes   length of the header, big endian
    header    JSON object; `blobs` lists the sizes of what follows, or if `laid` of what lies in
              the tray (`origin.children.tray`)
    blobs     raw bytes, one after the other

Every size is checked before anything is read, so a broken peer costs a bounded amount of memory.
JSON and bytes only, never pickle: whoever takes over a child can send data but not code.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import orjson

from origin.children.tray import Tray

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


def pack(
    header: Mapping[str, Any], blobs: Sequence[bytes] = (), tray: Tray | None = None
) -> list[bytes]:
    """Return the pieces of a frame in the order in which they are written.

    Args:
        tray: takes the blobs, if they fit in.
    """
    if "blobs" in header or "laid" in header:
        raise FrameError("'blobs' and 'laid' belong to the frame, not to its header")
    sizes = [len(blob) for blob in blobs]
    _check_blobs(sizes)
    laid = tray is not None and sum(sizes) > 0 and tray.lay(blobs)
    text = orjson.dumps({**header, "blobs": sizes, "laid": laid})
    _check_header(len(text))
    return [_LENGTH.pack(len(text)), text, *(() if laid else blobs)]


async def receive(reader: asyncio.StreamReader, tray: Tray | None = None) -> Frame:
    """Read one frame.

    Raises:
        FrameError: what arrived is no frame.
        asyncio.IncompleteReadError: the peer closed its end.
    """
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    header, sizes, laid = _parse(await reader.readexactly(_check_header(length)))
    if laid:
        return Frame(header, _taken(tray, sizes))
    return Frame(header, [await reader.readexactly(size) for size in sizes])


def read(stream: BinaryIO, tray: Tray | None = None) -> Frame | None:
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
    header, sizes, laid = _parse(_exactly(stream, _check_header(length)))
    if laid:
        return Frame(header, _taken(tray, sizes))
    return Frame(header, [_exactly(stream, size) for size in sizes])


def write(
    stream: BinaryIO,
    header: Mapping[str, Any],
    blobs: Sequence[bytes] = (),
    tray: Tray | None = None,
) -> None:
    """Write one frame to a blocking stream and send it on its way."""
    for piece in pack(header, blobs, tray):
        stream.write(piece)
    stream.flush()


def _taken(tray: Tray | None, sizes: Sequence[int]) -> list[bytes]:
    if tray is None or sum(sizes) > tray.size_bytes:
        raise FrameError(f"{sum(sizes)} bytes do not lie in the tray")
    return tray.take(sizes)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise FrameError("the stream ends inside a frame")
    return data


def _parse(text: bytes) -> tuple[dict[str, Any], list[int], bool]:
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
    return header, sizes, header.pop("laid", False) is True


def _check_header(length: int) -> int:
    if length > HEADER_BYTES:
        raise FrameError(f"a header of {length} bytes; at most {HEADER_BYTES} are allowed")
    return length


def _check_blobs(sizes: Sequence[int]) -> None:
    if len(sizes) > BLOBS or sum(sizes) > BLOBS_BYTES:
        raise FrameError(f"{len(sizes)} blobs of {sum(sizes)} bytes are more than a frame may hold")
