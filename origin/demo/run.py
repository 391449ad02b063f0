"""Bring up everything, show each example once cold and once cached, and stay for the gallery."""

from __future__ import annotations

import asyncio
import contextlib
import io
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web
from PIL import Image
from rich.console import Console
from rich.table import Table

from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.demo.gallery import (
    Fetch,
    Gallery,
    Notes,
    examples_of,
    fetch_picture,
    link_to,
    no_notes,
)
from origin.nginx import CONFIG_FILE, Nginx, NginxError, find_nginx, render_config
from origin.urls.keyring import KeyRing
from origin.urls.path import sign
from vips_render.limits import Limits
from vips_render.output import MEDIA_TYPES

READY_WITHIN_S = 30.0
"""A cold machine starts Python, libvips and the font cache in about three seconds."""


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """Where the demo works: `templates` are the documents shown, `data` may be deleted."""

    templates: Path
    data: Path
    output: Path

    @property
    def keys_file(self) -> Path:
        """The demo's own key ring; never one that signs for the world."""
        return self.data / "signet-keys.json"

    @property
    def service_data(self) -> Path:
        """What origin and nginx keep."""
        return self.data / "service"

    @property
    def notes_data(self) -> Path:
        """What the gallery's own painter keeps."""
        return self.data / "gallery"

    @property
    def settings_file(self) -> Path:
        """The settings of the demo's origin."""
        return self.data / "signet.toml"


class DemoFailed(Exception):  # noqa: N818 - reads as a claim where it is raised
    """The demo cannot go on; the text says why and what to do."""


Noting = Callable[[DemoPlace, Catalog], AbstractAsyncContextManager[Notes]]
"""Starts what says of pictures in the gallery what fell short, for the length of a block."""


async def run_demo(place: DemoPlace, *, once: bool, console: Console, noting: Noting) -> bool:
    """Run the demo and tell whether everything was as it should be.

    Args:
        noting: started for the gallery alone.
        once: leave the pictures in `place.output` and return, instead of serving the gallery
            until SIGINT or SIGTERM.

    Raises:
        DemoFailed: origin or nginx did not come up.
    """
    # Caches of an earlier run would turn this one's first fetches into hits.
    shutil.rmtree(place.service_data, ignore_errors=True)
    place.service_data.mkdir(parents=True)
    ring = _own_ring(place)
    catalog = Catalog(place.templates, Limits())
    async with AsyncExitStack() as stack:
        console.print("Publishing the examples …")
        await _publish(place)
        origin_port = free_port(8081)
        public_port = free_port(8080, taken=origin_port)
        binary = find_nginx()
        front = f"http://127.0.0.1:{public_port if binary else origin_port}"
        started = time.perf_counter()
        await stack.enter_async_context(_origin(place, origin_port, front))
        if binary is None:
            console.print("nginx is not installed: the origin answers alone, from its own caches.")
        else:
            await stack.enter_async_context(_nginx(binary, place, public_port, origin_port))
        took_s = time.perf_counter() - started
        console.print(f"Origin{' and nginx' if binary else ''} up in {took_s:.1f} s: {front}\n")
        session = await stack.enter_async_context(aiohttp.ClientSession())
        good = await _show(place, catalog, ring, front, session, console, keep=once)
        notes = no_notes if once else await stack.enter_async_context(noting(place, catalog))
        address = await _serve_gallery(stack, Gallery(catalog, ring, front, session, notes))
        if once:
            async with session.get(address) as answer:
                return good and answer.status == 200
        console.print(f"\nPlay: [bold]{address}[/bold]    (Ctrl-C stops everything)")
        await _until_stopped()
        console.print("Stopping …")
    return True


async def _until_stopped() -> None:
    """Wait for Ctrl-C, or for whoever runs the demo to end it."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    await stopped.wait()


def free_port(wanted: int, *, taken: int = 0) -> int:
    """Return `wanted` when nobody listens there, else any free port of this machine."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found: int = probe.getsockname()[1]
            if found != taken:
                return found
    raise DemoFailed("no free port on 127.0.0.1")


def _own_ring(place: DemoPlace) -> KeyRing:
    if place.keys_file.is_file():
        return KeyRing.load(place.keys_file)
    ring = KeyRing().new_key(now=time.time())
    ring.save(place.keys_file)
    return ring


async def _publish(place: DemoPlace) -> None:
    process = await asyncio.create_subprocess_exec(
        *_signet("templates", "publish", *_dirs(place)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    words, _ = await process.communicate()
    if process.returncode:
        raise DemoFailed(f"the examples cannot be published:\n{words.decode(errors='replace')}")


def _signet(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "origin", *arguments]


def _dirs(place: DemoPlace) -> list[str]:
    return ["--templates", str(place.templates), "--data-dir", str(place.service_data)]


@asynccontextmanager
async def _origin(place: DemoPlace, port: int, public_url: str) -> AsyncIterator[None]:
    log_path = place.data / "origin.log"
    place.settings_file.write_text(f"drafts = true\nmetrics_port = {free_port(9109)}\n")
    with log_path.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *_signet("serve", "--port", str(port), "--public-url", public_url, *_dirs(place)),
            *("--keys-file", str(place.keys_file), "--config", str(place.settings_file)),
            stdout=log,
            stderr=log,
        )
    try:
        await _until_ready(process, port, log_path)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _until_ready(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline and process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    words = await asyncio.to_thread(log.read_text, errors="replace")
    last = "\n".join(words.strip().splitlines()[-5:])
    raise DemoFailed(f"the origin did not come up:\n{last}")


@asynccontextmanager
async def _nginx(
    binary: Path, place: DemoPlace, port: int, origin_port: int
) -> AsyncIterator[None]:
    config = render_config(
        CONFIG_FILE.read_text(),
        listen=f"127.0.0.1:{port}",
        origin=f"127.0.0.1:{origin_port}",
        hop=f"127.0.0.1:{free_port(0)}",
    )
    try:
        nginx = await Nginx.start(binary, place.service_data, config)
    except (NginxError, TimeoutError) as error:
        raise DemoFailed(f"nginx did not come up: {error}") from error
    try:
        yield
    finally:
        await nginx.stop()


async def _serve_gallery(stack: AsyncExitStack, gallery: Gallery) -> str:
    runner = web.AppRunner(gallery.app(), access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    port = free_port(8088)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return f"http://127.0.0.1:{port}/"


async def _show(
    place: DemoPlace,
    catalog: Catalog,
    ring: KeyRing,
    front: str,
    session: aiohttp.ClientSession,
    console: Console,
    *,
    keep: bool,
) -> bool:
    """Fetch every example twice and print what came; True when all is as it should be."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("example", "first fetch", "second fetch", "size", "picture"):
        table.add_column(heading, justify="left" if heading == "example" else "right")
    urls: list[tuple[str, str]] = []
    faults: list[str] = []
    for name in catalog.names():
        edition = await asyncio.to_thread(catalog.at, name, "latest")
        variables = examples_of(edition)
        url = front + sign(link_to(edition, variables, version=edition.version or "latest"), ring)
        first = await fetch_picture(session, url)
        second = await fetch_picture(session, url)
        faults += [f"{name}: {fault}" for fault in _shortfalls(edition, first, second)]
        table.add_row(
            name,
            *(f"{one.cache} {one.ms:6.1f} ms" for one in (first, second)),
            f"{len(first.body) / 1000:.1f} kB",
            f"{edition.template.canvas.width} x {edition.template.canvas.height}",
        )
        urls.append((name, url))
        if keep:
            place.output.mkdir(parents=True, exist_ok=True)
            suffix = url.rpartition(".")[2]
            (place.output / f"{name}.{suffix}").write_bytes(first.body)
    console.print(table)
    for name, url in urls:
        console.print(f"\n{name}\n{url}", soft_wrap=True)
    for fault in faults:
        console.print(f"[bold red]short of the mark:[/bold red] {fault}", soft_wrap=True)
    if keep:
        console.print(f"\nPictures are in {place.output}", soft_wrap=True)
    return not faults


def _shortfalls(edition: Edition, first: Fetch, second: Fetch) -> list[str]:
    """List what a person would complain about in two fetches of one picture."""
    template = edition.template
    expected = MEDIA_TYPES[template.output.format]
    faults = []
    for nth, one, cache in (("first", first, "MISS"), ("second", second, "HIT")):
        if one.status != 200 or one.media_type != expected:
            faults.append(f"the {nth} fetch answered {one.status} {one.media_type}")
        if one.degraded:
            faults.append(f"the {nth} fetch was degraded: {one.degraded}")
        if one.cache != cache:
            faults.append(f"the {nth} fetch was a {one.cache}, not a {cache}")
    if first.body != second.body:
        faults.append("the two fetches differ")
    elif not faults:
        size = Image.open(io.BytesIO(first.body)).size
        if size != (template.canvas.width, template.canvas.height):
            faults.append(f"the picture is {size[0]} x {size[1]}")
    return faults
