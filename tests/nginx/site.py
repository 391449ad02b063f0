"""A real nginx with the shipped configuration in front of a stub origin."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from origin.nginx import CONFIG_FILE, Nginx, find_nginx, reload, render_config
from tests.nginx.stub import Stub
from tests.nginx.wire import Answer, fetch

SIGNATURE = "AbCdEfGhIjKlMnOpQrStUv"
NEUTRAL = {
    "png": b"neutral png",
    "jpg": b"neutral jpg",
    "webp": b"neutral webp",
    "avif": b"neutral avif",
}
CARD = {"png": b"card png", "jpg": b"card jpg", "webp": b"card webp", "avif": b"card avif"}


def link(name: str, *, kind: str = "i", template: str = "card", extension: str = "png") -> str:
    """Make a path of the right shape; `name` is the payload and decides the signature."""
    signature = f"{name:-<22.22}".replace("-", "x")
    return f"/{kind}/{template}/1/k1.{name}.{signature}.{extension}"


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on right now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@dataclass(slots=True)
class Site:
    """What a test talks to: nginx at `port`, its files in `data_dir`, the stub behind it."""

    stub: Stub
    data_dir: Path
    port: int
    nginx: Nginx

    async def get(
        self, target: str | bytes, method: str = "GET", body: bytes = b"", **headers: str
    ) -> Answer:
        """Ask nginx."""
        return await fetch(self.port, target, method, body, **headers)

    async def log(self, count: int) -> list[dict[str, Any]]:
        """Read the access log once it has `count` lines; nginx writes after it has answered."""
        path = self.data_dir / "nginx" / "access.log"
        await until(lambda: path.read_text().count("\n") >= count)
        return [json.loads(line) for line in path.read_text().splitlines()]

    async def reload(self) -> None:
        """Make nginx read its files again and wait until nobody answers by the old ones."""
        old = children(self.nginx.process.pid)
        assert reload(self.data_dir)
        await until(lambda: not old & children(self.nginx.process.pid))

    def kept(self, zone: str) -> list[Path]:
        """List the pictures that nginx keeps in a zone."""
        files = (self.data_dir / "nginx" / zone).rglob("*")
        # Unfinished ones have a number behind the hash.
        return [path for path in files if path.is_file() and not path.suffix]


def children(pid: int) -> set[str]:
    """Return the process ids below `pid`."""
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def write_fallbacks(directory: Path) -> None:
    """Lay out the pictures that the origin writes at start and at publish."""
    directory.mkdir()
    for name, pictures in {"neutral": NEUTRAL, "card": CARD}.items():
        for extension, picture in pictures.items():
            (directory / f"{name}.{extension}").write_bytes(picture)


async def start_site(stub: Stub, data_dir: Path, *changes: tuple[str, str]) -> Site:
    """Start nginx on `data_dir`; each of `changes` replaces one text of the configuration."""
    binary = find_nginx()
    assert binary is not None, "nginx is not installed"
    port, hop = free_ports(2)
    config = render_config(
        CONFIG_FILE.read_text(),
        listen=f"127.0.0.1:{port}",
        origin=f"127.0.0.1:{stub.port}",
        hop=f"127.0.0.1:{hop}",
    )
    for old, new in changes:
        assert old in config, f"nginx.conf has no {old!r} any more"
        config = config.replace(old, new)
    nginx = await Nginx.start(binary, data_dir, config)
    return Site(stub, data_dir, port, nginx)


async def until(claim: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Wait until `claim()` is true; fail when it never is."""
    async with asyncio.timeout(within_s):
        while not claim():
            await asyncio.sleep(0.02)
