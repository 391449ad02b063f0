"""A stranger's server on loopback that answers each path in its own nasty way."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp.abc import AbstractResolver, ResolveResult

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Stranger:
    """Raw sockets, so that it can lie about everything; counts the requests per path."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: Counter[str] = Counter()
        self.heads: list[str] = []
        self.release = asyncio.Event()
        self._behaviours: dict[str, Behaviour] = {}

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Write the address of `path` in the spelling of choice."""
        return f"http://{host}:{self.port}{path}"

    def at(self, path: str, behaviour: Behaviour | bytes) -> str:
        """Answer `path` with raw bytes or a behaviour, and return its URL."""
        self._behaviours[path] = says(behaviour) if isinstance(behaviour, bytes) else behaviour
        return self.url(path)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request and behave as its path is meant to."""
        with (
            contextlib.closing(writer),
            contextlib.suppress(ConnectionError, asyncio.IncompleteReadError),
        ):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split()[1]
            self.heads.append(head)
            self.asked[path] += 1
            await self._behaviours[path](reader, writer)


@asynccontextmanager
async def stranger(host: str = "127.0.0.1") -> AsyncIterator[Stranger]:
    """Listen on a free port until the end of the test."""
    there = Stranger(0)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(there.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, host, 0)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def response(
    body: bytes = b"", status: str = "200 OK", length: int | None = None, **headers: str
) -> bytes:
    """Write a response; `length` lies about the size, keyword `Cache_Control` is a header."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return response(status=status, Location=location)


def says(data: bytes) -> Behaviour:
    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return behave


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, read, and never say a word."""
    await reader.read()


async def stops_in_the_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    await reader.read()


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then, so that no silence is ever long."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def resets(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close with RST."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def never_ends(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send without a length as long as anybody listens."""
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65_536)
        await writer.drain()


def gzip_bomb(size: int) -> bytes:
    return response(gzip.compress(bytes(size), 9), Content_Encoding="gzip")


class Names(AbstractResolver):
    """DNS of a stranger's choosing."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = answers
        self.asked: Counter[str] = Counter()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Answer by the first label of the name."""
        self.asked[host] += 1
        found = self.answers.get(host.partition(".")[0])
        if found is None:
            raise OSError(f"no such name: {host}")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Hold nothing, close nothing."""
