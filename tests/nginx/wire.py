"""Speak HTTP/1.1 over plain sockets, so that tests can also send and see what is not valid."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came over the wire; header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the only value of a header; two of them are a fault of their own."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) < 2, f"{name} is there {len(values)} times: {values}"
        return values[0] if values else None

    @property
    def cache(self) -> str:
        """What nginx says of its own part: `hit`, `fwd=uri-miss`, or nothing."""
        status = self.header("cache-status") or ""
        return status.rpartition("nginx; ")[2]


async def fetch(
    port: int, target: str | bytes, method: str = "GET", body: bytes = b"", **headers: str
) -> Answer:
    """Send one request with the raw bytes of `target` and read until nginx closes.

    nginx closes when all is done, so what it keeps of the answer is kept by then. Header names are
    given with `_` for `-`.
    """
    return parse(await say(port, request(target, method, **headers) + body))


async def say(port: int, raw: bytes) -> bytes:
    """Send bytes as they are, and read until nginx closes."""
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(raw)
            return await reader.read()
        finally:
            writer.close()


async def glance(port: int, target: str) -> Answer:
    """Send a GET and leave as soon as the picture is complete, as a browser does."""
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request(target, "GET"))
            head = await reader.readuntil(b"\r\n\r\n")
            length = parse(head).header("content-length")
            assert length is not None
            return parse(head + await reader.readexactly(int(length)))
        finally:
            writer.close()


def request(target: str | bytes, method: str, **headers: str) -> bytes:
    """Write the head of a request."""
    raw = target.encode() if isinstance(target, str) else target
    lines = [b"%s %s HTTP/1.1" % (method.encode(), raw), b"Host: signet", b"Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}".encode() for name, value in headers.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def parse(data: bytes) -> Answer:
    """Take an answer apart; a chunked body is joined up to where it ends or was cut."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = tuple((name.lower(), value.strip()) for name, _, value in map(_colon, rest))
    if ("transfer-encoding", "chunked") in pairs:
        body = _joined(body)
    return Answer(int(first.split()[1]), pairs, body)


def _colon(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _joined(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        length = int(size, 16)
        body, chunks = body + chunks[:length], chunks[length + 2 :]
    return body
