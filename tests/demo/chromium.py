"""Drive a real Chromium over its debugging protocol, as far as the gallery needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.processes import free_port

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,1000",
)
START_S = 40.0


class Page:
    """One tab: open an address, run a script, wait for a claim."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0

    async def go(self, url: str) -> None:
        """Open an address."""
        await self._ask("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = await self._ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, claim: str, within_s: float = 30.0) -> None:
        """Wait until a JavaScript expression is true."""
        async with asyncio.timeout(within_s):
            while not await self.run(f"Boolean({claim})"):
                await asyncio.sleep(0.1)

    async def _ask(self, method: str, **params: object) -> dict[str, Any]:
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": params})
        async for message in self._socket:
            answer = json.loads(message.data)
            if answer.get("id") == self._last:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result
        raise AssertionError("Chromium hung up")


def find_chromium() -> str:
    """Return the browser's program; a missing one fails the test and says what to do."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    raise AssertionError("these tests show pages: apt-get install chromium, or run `make test`")


@asynccontextmanager
async def open_page(profile: Path) -> AsyncIterator[Page]:
    """Start a browser with an empty profile and give its first tab."""
    port = free_port()
    browser = await asyncio.create_subprocess_exec(
        find_chromium(),
        *FLAGS,
        f"--remote-debugging-port={port}",
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session:
            address = await _first_tab(session, port)
            async with session.ws_connect(address, max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        browser.kill()
        await browser.wait()


async def _first_tab(session: aiohttp.ClientSession, port: int) -> str:
    async with asyncio.timeout(START_S):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                    for tab in await answer.json():
                        if tab["type"] == "page":
                            return str(tab["webSocketDebuggerUrl"])
            await asyncio.sleep(0.1)
