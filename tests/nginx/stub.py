"""Stand in for the origin: a server that answers, lies, hangs and dies as a test tells it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 80
KEPT = ("Cache-Control", "public, max-age=60")
NOT_KEPT = ("Cache-Control", "no-store")
ETAG = ("ETag", '"of-the-bytes"')


@dataclass(frozen=True, slots=True)
class Reply:
    """What the stub writes.

    Attributes:
        frame: how the end of the body is told: `length`, `chunked`, or `close`.
        cut_after: bytes of the body after which the connection is torn; None sends all.
        dies: the connection is torn without a byte.
        gate: the last byte is held back until it opens.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (KEPT, ETAG)
    body: bytes = PICTURE
    media_type: str = "image/png"
    frame: str = "length"
    cut_after: int | None = None
    dies: bool = False
    gate: asyncio.Event | None = None

    def with_headers(self, *headers: tuple[str, str]) -> Reply:
        """Return the same reply with only these headers."""
        return replace(self, headers=headers)

    def wire(self) -> bytes:
        """Return the bytes to send."""
        lines = [f"HTTP/1.1 {self.status} Stub", f"Content-Type: {self.media_type}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if not any(name == "Date" for name, _ in self.headers):
            lines.append(f"Date: {formatdate(usegmt=True)}")
        body = self.body if self.cut_after is None else self.body[: self.cut_after]
        if self.frame == "length":
            lines.append(f"Content-Length: {len(self.body)}")
        elif self.frame == "close":
            lines.append("Connection: close")
        else:
            lines.append("Transfer-Encoding: chunked")
            end = b"0\r\n\r\n" if self.cut_after is None else b""
            body = b"%x\r\n%s\r\n%s" % (len(body), body, end)
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    @property
    def ends_connection(self) -> bool:
        """Say whether nothing can follow on the same connection."""
        return self.frame == "close" or self.cut_after is not None


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it reached the stub; header names in lower case."""

    method: str
    target: bytes
    headers: dict[str, str]


Answering = Callable[[Seen], Awaitable[Reply]]


@dataclass(slots=True)
class Stub:
    """An origin at `port`; `answer` decides and may wait, `seen` remembers."""

    answer: Answering
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def always(self, reply: Reply) -> None:
        """Answer everything with `reply` from now on."""

        async def answer(_: Seen) -> Reply:
            return reply

        self.answer = answer

    def in_turn(self, *replies: Reply) -> None:
        """Answer each target with `replies` one by one, and with the last from then on."""
        turns: dict[bytes, list[Reply]] = {}

        async def answer(seen: Seen) -> Reply:
            left = turns.setdefault(seen.target, list(replies))
            return left.pop(0) if len(left) > 1 else left[0]

        self.answer = answer

    async def start(self) -> None:
        """Listen, at the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Die: refuse new connections and tear the open ones."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *rest = head.strip().split(b"\r\n")
        method, _, target = first.rpartition(b" ")[0].partition(b" ")
        pairs = (line.decode("latin-1").partition(":") for line in rest)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        seen = Seen(method.decode(), target, headers)
        self.seen.append(seen)
        reply = await self.answer(seen)
        if reply.dies:
            writer.transport.abort()
            return False
        wire = reply.wire()
        writer.write(wire[:-1])
        if reply.gate is not None:
            await reply.gate.wait()
        writer.write(wire[-1:])
        await writer.drain()
        return not reply.ends_connection
