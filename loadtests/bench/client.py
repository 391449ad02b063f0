"""A client that costs little: whole answers over kept connections, one request each at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

from loadtests.bench.links import Asked
from loadtests.pictures import fault_of, is_hit

FIRST_BYTES = 4 * 1024 * 1024
"""Room of a connection for an answer; more is made when one is larger."""

GIVE_UP_S = 10.0
DRAWN = "fwd=miss"
"""What the origin says in Cache-Status of a picture that it has just drawn."""


class Faulty(Exception):  # noqa: N818 - reads as a claim where it is raised
    """An answer is not the picture that was asked for, drawn just now; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer and how long it took, from the first byte sent to the last received."""

    status: int
    headers: dict[str, str]
    body: bytes
    ms: float


class Connection(asyncio.BufferedProtocol):
    """A kept connection to 127.0.0.1."""

    def __init__(self) -> None:
        self._buffer = bytearray(FIRST_BYTES)
        self._filled = self._head_end = self._whole = 0
        self._answered: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int) -> Connection:
        """Connect to a port of the loopback."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    async def get(self, target: str) -> Answer:
        """Ask and wait for the whole answer.

        Raises:
            ConnectionError: the peer hung up, or answered without a length.
            TimeoutError: no answer within `GIVE_UP_S`.
        """
        if self._transport is None:
            raise ConnectionError("the connection is closed")
        self._filled = self._head_end = self._whole = 0
        self._answered = asyncio.get_running_loop().create_future()
        started = perf_counter()
        self._transport.write(f"GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        async with asyncio.timeout(GIVE_UP_S):
            await self._answered
        ms = (perf_counter() - started) * 1000
        lines = bytes(self._buffer[: self._head_end]).decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines[1:] if line)
        headers = {name.lower(): value for name, _, value in pairs}
        body = bytes(memoryview(self._buffer)[self._head_end : self._whole])
        return Answer(int(lines[0].split()[1]), headers, body, ms)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what writes."""
        self._transport = transport  # type: ignore[assignment]  # a stream's is one that writes

    def get_buffer(self, sizehint: int) -> memoryview:
        """Give the room that is left."""
        if self._filled == len(self._buffer):
            # A new one: views of the old may be alive.
            self._buffer = self._buffer + bytearray(len(self._buffer))
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Take note of what arrived."""
        self._filled += nbytes
        if not self._head_end:
            end = self._buffer.find(b"\r\n\r\n", 0, self._filled)
            if end < 0:
                return
            self._head_end = end + 4
            length = _length(bytes(self._buffer[:end]))
            if length is None:
                self.connection_lost(ConnectionError("an answer without a length"))
                return
            self._whole = self._head_end + length
        if self._filled >= self._whole and self._answered and not self._answered.done():
            self._answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._transport = None
        if self._answered and not self._answered.done():
            self._answered.set_exception(exc or ConnectionError("the peer hung up"))


def check(asked: Asked, answer: Answer, *, through_nginx: bool) -> None:
    """Hold an answer to being the whole picture, drawn for this request and kept by all.

    Raises:
        Faulty: it is not.
    """
    fault = fault_of(answer.status, answer.headers, answer.body, asked.extension, asked.size)
    said = answer.headers.get("cache-status", "")
    if not fault and (is_hit(said) or DRAWN not in said or through_nginx != ("nginx" in said)):
        fault = f"not drawn for this request: {said!r}"
    if fault:
        raise Faulty(f"{asked.document}.{asked.extension}: {fault}")


async def ask_all(port: int, wanted: Sequence[Asked], connections: int) -> list[float]:
    """Ask nginx for each picture once, over so many connections; return milliseconds each.

    Raises:
        Faulty: any answer is not what was asked for.
    """
    left = iter(wanted)
    lines = [await Connection.open(port) for _ in range(connections)]
    try:
        parts = await asyncio.gather(*(_ask_on(line, left) for line in lines))
    finally:
        for line in lines:
            line.close()
    return [ms for part in parts for ms in part]


async def _ask_on(line: Connection, left: Iterator[Asked]) -> list[float]:
    took = []
    for asked in left:
        answer = await line.get(asked.target)
        check(asked, answer, through_nginx=True)
        took.append(answer.ms)
    return took


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return None
