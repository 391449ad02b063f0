"""A running Signet: `signet serve` with all its processes, and nginx in front where a test asks."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import io
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image

from origin.nginx import CONFIG_FILE, Nginx, find_nginx, render_config
from origin.urls.encoding import to_base64url
from origin.urls.keyring import KeyRing
from origin.urls.link import Link
from origin.urls.path import SCHEME, SIGNATURE_BYTES, sign
from tests.nginx.wire import Answer, fetch
from tests.processes import ROOT, Service, free_port

SERVE = ("-m", "origin", "serve")
STARTED_WITHIN_S = 60.0
"""Far above the three seconds that it takes: other tests may have the machine."""

_SERIES = re.compile(r"^(\w+(?:\{[^}]*\})?) (\S+)$", re.MULTILINE)
_WORK = tuple(
    f"signet_{name}"
    for name in ("stage_seconds", "pictures", "fallback", "shed", "coalesced", "slot_notes")
)

KINDS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "avif": "AVIF"}
TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif"}


@dataclass(slots=True)
class Stack:
    """What a test talks to; `nginx_port` is that of the public side."""

    service: Service
    templates: Path
    keys_file: Path
    nginx: Nginx | None = None
    nginx_port: int = 0

    @property
    def ring(self) -> KeyRing:
        """The key ring as it is on the disk."""
        return KeyRing.load(self.keys_file)

    def path(
        self,
        template: str,
        *,
        version: Any = 1,
        ring: KeyRing | None = None,
        more: dict[str, Any] | None = None,
        **variables: Any,
    ) -> str:
        """Sign a link; `more` has fields of `Link`."""
        link = Link(template, version, variables=variables, **(more or {}))
        return sign(link, ring or self.ring)

    def signed(self, head: str, extension: str) -> str:
        """Sign a path that no sender would write."""
        text = f"{SCHEME}\n{head}.{extension}".encode()
        digest = hmac.digest(self.ring.signing_key().subkey, text, "sha256")
        return f"{head}.{to_base64url(digest[:SIGNATURE_BYTES])}.{extension}"

    def open_path(self, *, template: str = "card", slots: str | None = None, **filled: Any) -> str:
        """Sign a link whose slots a mailer has filled; `slots` is its query as it came out."""
        names = ("first_name", "points") if template == "card" else ("first_name",)
        path = sign(Link(template, 1, open=names), self.ring)
        return f"{path}?{urlencode(filled) if slots is None else slots}"

    async def ask(self, target: str | bytes, method: str = "GET", **headers: str) -> Answer:
        """Ask the origin itself."""
        return await fetch(self.service.port, target, method, b"", **headers)

    async def get(self, target: str | bytes, method: str = "GET", **headers: str) -> Answer:
        """Ask nginx, as the world does."""
        return await fetch(self.nginx_port, target, method, b"", **headers)

    async def counts(self) -> dict[str, float]:
        """Read the metrics page by series."""
        answer = await fetch(self.service.metrics_port, "/metrics")
        found = _SERIES.findall(answer.body.decode())
        return {series: float(value) for series, value in found}

    async def count(self, series: str) -> float:
        """Read one series; 0 when it is not there (yet)."""
        return (await self.counts()).get(f"signet_{series}", 0.0)

    async def work(self) -> dict[str, float]:
        """Count what requests caused: stages, look-ups, fallbacks, notes."""
        counted = await self.counts()
        return {name: count for name, count in counted.items() if name.startswith(_WORK)}

    def children(self, kind: str, *workers: int) -> list[int]:
        """Return the process ids of painters or decoders, of all workers or of some."""
        module = f"origin.children.{kind}".encode()
        return [
            pid
            for worker in workers or self.service.pids()
            for pid in _children_of(worker)
            if module in command_of(pid)
        ]

    async def ready(self) -> bool:
        """Say whether a picture could be drawn now."""
        with contextlib.suppress(OSError, IndexError):
            return (await self.ask("/readyz")).status == 200
        return False


def picture(answer: Answer, size: tuple[int, int], extension: str = "png") -> Image.Image:
    """Return the whole picture of an answer, which must be of this size and type."""
    kind = KINDS[extension]
    assert answer.status == 200, answer
    assert answer.header("content-type") == TYPES[kind]
    assert answer.header("content-length") == str(len(answer.body))
    image = Image.open(io.BytesIO(answer.body))
    image.load()
    assert (image.format, image.size) == (kind, size)
    return image.convert("RGB")


def full(answer: Answer, size: tuple[int, int], extension: str = "png") -> Image.Image:
    """Return the picture of an answer, which must be just what was asked for."""
    assert answer.header("x-signet-degraded") is None, answer.headers
    assert "no-store" not in (answer.header("cache-control") or "")
    return picture(answer, size, extension)


def lesser(answer: Answer, reason: str, size: tuple[int, int], extension: str = "png") -> str:
    """Hold an answer to the law of lesser pictures: shown, named, kept by nobody; return it all."""
    picture(answer, size, extension)
    told = answer.header("x-signet-degraded") or ""
    assert reason in told.split(", "), answer.headers
    assert answer.header("cache-control") == "no-store"
    return told


def refused(answer: Answer) -> None:
    """Hold an answer to the law of refusals."""
    assert answer.status == 403, answer
    assert answer.header("cache-control") == "no-store"
    assert answer.header("content-type") in ("text/plain; charset=utf-8", "text/html")


async def until(claim: Callable[[], Awaitable[bool]], within_s: float = 20.0) -> None:
    """Wait until `claim` holds; fail when it never does."""
    async with asyncio.timeout(within_s):
        while not await claim():
            await asyncio.sleep(0.05)


async def signet(stack_env: dict[str, str], *arguments: str) -> str:
    """Run a command of the real command line, which must succeed; return what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "origin", *arguments),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **stack_env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@asynccontextmanager
async def running(
    directory: Path, templates: Path, *, nginx: bool = False, **settings: object
) -> AsyncIterator[Stack]:
    """Bring everything up in `directory`, with a key ring of its own."""
    keys_file = directory / "keys.json"
    if not keys_file.exists():
        KeyRing().new_key(now=time.time()).save(keys_file)
    given = {"workers": 1, "templates": templates, "keys_file": keys_file, **settings}
    stack = Stack(Service(directory, SERVE, **given), templates, keys_file)
    try:
        await until(lambda: _started(stack), STARTED_WITHIN_S)
        if nginx:
            await _put_nginx_in_front(stack)
        yield stack
    finally:
        if stack.nginx is not None:
            await stack.nginx.stop()
        await asyncio.to_thread(stack.service.end)


async def _started(stack: Stack) -> bool:
    assert stack.service.master.poll() is None, stack.service.log()
    return await stack.ready() and (stack.service.data_dir / "fallback" / "neutral.avif").exists()


async def _put_nginx_in_front(stack: Stack) -> None:
    binary = find_nginx()
    assert binary is not None, "nginx is not installed"
    stack.nginx_port = free_port()
    config = render_config(
        CONFIG_FILE.read_text(),
        listen=f"127.0.0.1:{stack.nginx_port}",
        origin=f"127.0.0.1:{stack.service.port}",
        hop=f"127.0.0.1:{free_port()}",
    )
    stack.nginx = await Nginx.start(binary, stack.service.data_dir, config)


@contextmanager
def stopped(pid: int, resume: int, stop: int) -> Iterator[None]:
    """Hold a process still inside the block; it may be gone afterwards."""
    os.kill(pid, stop)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, resume)


def _children_of(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def command_of(pid: int) -> bytes:
    """Return what runs as this process; nothing of one that is dead."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def env_of(stack: Stack) -> dict[str, str]:
    """Point the command line at the service."""
    return {
        "SIGNET_TEMPLATES": str(stack.templates),
        "SIGNET_DATA_DIR": str(stack.service.data_dir),
        "SIGNET_KEYS_FILE": str(stack.keys_file),
    }
