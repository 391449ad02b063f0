from __future__ import annotations

import asyncio
import base64
import signal
from urllib.parse import quote

import pytest

from tests.fetch.strangers import Stranger, response
from tests.stack.stack import Stack, stopped

pytestmark = pytest.mark.asyncio(loop_scope="session")

CANARY = "Quirinalia"


def logs_of(stack: Stack) -> dict[str, str]:
    """Read everything that the service and nginx wrote about what they did."""
    nginx = stack.service.data_dir / "nginx"
    files = [stack.service.log_path, *nginx.glob("*.log")]
    assert len(files) == 3
    return {path.name: path.read_text(errors="replace") for path in files}


async def shout(port: int, raw: bytes) -> None:
    """Send bytes as they are and wait for the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    writer.write_eof()
    async with asyncio.timeout(20):
        try:
            await reader.read()
        finally:
            writer.close()


async def test_no_recipient_is_written_anywhere(stack: Stack, there: Stranger) -> None:
    """A name in path, slot, header or picture address is in no log of origin and nginx, nor metric.

    Also while things fail, since errors like to quote what they failed on.
    """
    there.at(f"/{CANARY}.png", response(b"", "500 Internal Server Error"))
    avatar = there.url(f"/{CANARY}.png", host="127.0.1.200")
    sealed = stack.path("card", first_name=CANARY)
    targets: list[str | bytes] = [
        sealed,
        stack.path("card", first_name=CANARY, more={"recipient": CANARY, "campaign": CANARY}),
        stack.path("face", avatar=avatar, first_name=CANARY),
        stack.path("gone", first_name=CANARY),
        stack.path("card", version=77, first_name=CANARY),
        stack.path("card", first_name=CANARY, more={"expires": 1}),
        stack.open_path(slots=f"first_name={CANARY}"),
        stack.open_path(slots=f"first_name={CANARY}&points={CANARY}&{CANARY}=1"),
        stack.open_path(slots=f"first_name={CANARY} {CANARY}"),
        stack.open_path(slots=f"first_name={CANARY}").encode() + b"\xc3\xa9\xff",
        f"/i/card/1/k1.{CANARY}.png",
        f"/o/{CANARY}?{CANARY}",
        f"/{CANARY}?{CANARY}",
        f"/i/card/1/{CANARY * 900}.png",
    ]
    for target in targets:
        for _ in range(2):
            await stack.get(target, X_Name=CANARY, User_Agent=CANARY, Referer=CANARY)
        await stack.ask(target, X_Name=CANARY, User_Agent=CANARY, X_Request_Id=CANARY)
        await stack.get(target, "POST", Cookie=CANARY)
    name = CANARY.encode()
    for port in (stack.service.port, stack.nginx_port):
        await shout(port, name + b" /i/" + name + b" HTTP/1.1\r\n\r\n")
        await shout(port, b"GET /i/" + name + b"\x00\xff HTTP/1.1\r\nHost: x\r\n\r\n")
        await shout(port, b"GET /i/" + name + b" HTTP/1.1\r\n" + name + b"\r\n\r\n")
    (painter,) = stack.children("painter")
    with stopped(painter, signal.SIGCONT, signal.SIGSTOP):
        await stack.get(stack.path("plain", first_name=CANARY))
    metrics = (await stack.counts()).keys()
    encoded = sealed.split(".")[1]
    signature = sealed.split(".")[2]
    for secret in (CANARY, CANARY[2:], quote(CANARY), encoded, encoded[8:30], signature):
        for name_of_log, content in logs_of(stack).items():
            assert secret not in content, name_of_log
        assert not any(secret in series for series in metrics)
    for name_of_log, content in logs_of(stack).items():
        assert base64.b64encode(CANARY.encode()).decode()[:12] not in content, name_of_log
