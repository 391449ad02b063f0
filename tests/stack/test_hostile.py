from __future__ import annotations

import asyncio
import time

import pytest

from tests.fetch.strangers import Stranger, hangs
from tests.nginx.wire import Answer, parse
from tests.stack.documents import CARD_PX, FACE_PX, PLAIN_PX
from tests.stack.stack import Stack, full, lesser, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEADLINE_S = 2.5
SLACK_S = 1.0

SLOT_BYTES = {
    "del": b"a\x7fb",
    "nul": b"a\x00b",
    "tab": b"a\tb",
    "utf-8": "Zoë Ünal".encode(),
    "latin-1": b"Zo\xeb",
    "quotes": b'"<>|\\^`{}',
    "fragment": b"a#b",
    "merge-tag": b"*|FNAME|* x",
    "escapes": b"%00%0d%0aSet-Cookie:%20x%ff%u0041",
    "long": b"x" * 7_000,
    "too-long": b"x" * 9_000,
    "far-too-long": b"x" * 40_000,
}

END = b"\r\nHost: x\r\nConnection: close\r\n"

HEADS = {
    "no-host": b"GET %s HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two-hosts": b"GET %s HTTP/1.1" + END + b"Host: y\r\n\r\n",
    "http-1.0": b"GET %s HTTP/1.0\r\n\r\n",
    "absolute": b"GET http://other.example%s HTTP/1.1" + END + b"\r\n",
    "body": b"GET %s HTTP/1.1" + END + b"Content-Length: 2\r\n\r\nhi",
    "chunks": b"GET %s HTTP/1.1" + END + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "large-body": b"GET %s HTTP/1.1" + END + b"Content-Length: 2000\r\n\r\n" + b"x" * 2000,
    "range": b"GET %s HTTP/1.1" + END + b"Range: bytes=0-9\r\n\r\n",
    "nonsense": b"GET %s HTTP/1.1" + END + b"no colon\r\n\r\n",
    "large-head": b"GET %s HTTP/1.1" + END + b"X: " + b"x" * 30_000 + b"\r\n\r\n",
    "lines": b"GET %s HTTP/1.1\nHost: x\nConnection: close\n\n",
    "spaces": b"GET  %s  HTTP/1.1" + END + b"\r\n",
}


async def say(port: int, raw: bytes) -> Answer:
    """Send bytes as they are, and read the answer to its end."""
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(raw)
            return parse(await reader.read())
        finally:
            writer.close()


@pytest.mark.parametrize("name", SLOT_BYTES)
async def test_no_bytes_in_a_slot_break_the_picture(stack: Stack, name: str) -> None:
    """Whatever a mailer leaves in a slot: a whole picture of the right size, full or not kept."""
    target = stack.open_path(slots="first_name=").encode() + SLOT_BYTES[name]
    request = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % target
    answer = await say(stack.nginx_port, request)
    picture(answer, CARD_PX)
    assert answer.header("set-cookie") is None
    if answer.header("x-signet-degraded") is None:
        full(answer, CARD_PX)
    else:
        lesser(answer, "malformed-request", CARD_PX)


@pytest.mark.parametrize("name", HEADS)
async def test_no_request_for_a_good_link_breaks_the_picture(stack: Stack, name: str) -> None:
    """However odd the request around a good link: a whole picture, and what is kept stays whole."""
    path = stack.path("card", first_name="Head", note=name)
    answer = await say(stack.nginx_port, HEADS[name] % path.encode())
    picture(answer, CARD_PX)
    if answer.header("x-signet-degraded") is not None:
        lesser(answer, "malformed-request", CARD_PX)
    full(await stack.get(path), CARD_PX)
    assert (await stack.get(path)).cache == "hit"


async def test_requests_on_one_connection_do_not_mix(stack: Stack) -> None:
    """Pipelined requests are answered in their order, refusals between them or not."""
    good, bad = stack.path("card", first_name="Pipe"), "/i/card/1/k1.x.y.png"
    wanted = await stack.get(good)
    line = "GET {} HTTP/1.1\r\nHost: x\r\nConnection: {}\r\n\r\n"
    requests = [good, bad, good, bad, good]
    raw = "".join(
        line.format(path, "close" if last else "keep-alive")
        for path, last in zip(requests, [False] * 4 + [True], strict=True)
    )
    for port in (stack.nginx_port, stack.service.port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw.encode())
        async with asyncio.timeout(10):
            answered = await reader.read()
        writer.close()
        assert answered.count(wanted.body) == 3
        assert answered.count(b"HTTP/1.1 403") == 2


async def test_slow_strangers_hold_up_nobody_else(stack: Stack, there: Stranger) -> None:
    """Hundreds of hanging avatars are answered in time, and a card without one meanwhile."""
    for number in range(250):
        there.at(f"/hang-{number}", hangs)
    paths = [
        stack.path("face", avatar=there.url(f"/hang-{number}", host=f"127.0.1.{number + 1}"))
        for number in range(250)
    ]

    async def timed(path: str) -> tuple[Answer, float]:
        started = time.monotonic()
        return await stack.ask(path), time.monotonic() - started

    asking = [asyncio.create_task(timed(path)) for path in paths]
    await asyncio.sleep(0.2)
    full(await stack.ask(stack.path("plain", first_name="Meanwhile")), PLAIN_PX)
    for answer, took_s in await asyncio.gather(*asking):
        picture(answer, FACE_PX)
        assert answer.header("cache-control") == "no-store"
        assert took_s < DEADLINE_S + SLACK_S
