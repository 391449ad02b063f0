"""Give the chores of the machine to exactly one of its web workers.

The metrics page and the sweeping of the disk need one process. The process manager's own would
seem the place, but it forks workers at any moment, and forking a process whose threads hold
locks (of logging, of the metrics library) can leave the child waiting for ever. A process of its
own would need somebody to restart it. So whichever worker holds a lock file does the chores:
when it stops or dies the kernel frees the lock, and another worker has it within a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from origin.metrics import CONTENT_TYPE, Metrics

LOOK_EVERY_S = 0.5
"""How often the others try the lock: a system call each, and the page is away for no longer."""

AGAIN_AFTER_S = 5.0
"""How long a chore that failed (its port taken, its disk gone) rests before it is tried again."""

Chore = Callable[[], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


def add_housekeeper(app: web.Application, lock: Path, chores: Sequence[Chore]) -> None:
    """Let `app` do `chores` while it holds `lock`; it gives both back before it drains."""
    running: list[asyncio.Task[None]] = []

    async def start(_: web.Application) -> None:
        running.append(asyncio.create_task(keep_house(lock, chores)))

    async def stop(_: web.Application) -> None:
        while running:
            task = running.pop()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # Before all else: a first round has the time in which the painter starts.
    app.on_startup.insert(0, start)
    app.on_shutdown.append(stop)


async def keep_house(lock: Path, chores: Sequence[Chore]) -> None:
    """Wait until `lock` is ours, then do all chores side by side until cancelled."""
    async with _holding(lock), asyncio.TaskGroup() as group:
        for chore in chores:
            group.create_task(_persist(chore))


def metrics_page(metrics: Metrics, host: str, port: int) -> Chore:
    """Return the chore that serves `/metrics` on a port of its own."""

    async def page(_: web.Request) -> web.Response:
        # Adding up reads the files of every worker.
        body = await asyncio.to_thread(metrics.page)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def chore() -> None:
        app = web.Application()
        app.router.add_get("/metrics", page)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    return chore


def repeat(work: Callable[[], Awaitable[object]], every_s: float, *, first_s: float = 0.0) -> Chore:
    """Return the chore that does `work` now and then; `work` must not block the loop.

    Args:
        first_s: what the first round waits, for work that can give way to a start.
    """

    async def chore() -> None:
        await asyncio.sleep(first_s)
        while True:
            await work()
            await asyncio.sleep(every_s)

    return chore


async def _persist(chore: Chore) -> None:
    while True:
        try:
            await chore()
        except Exception:
            log.warning("a chore failed, trying again in %d s", AGAIN_AFTER_S, exc_info=True)
        await asyncio.sleep(AGAIN_AFTER_S)


@asynccontextmanager
async def _holding(lock: Path) -> AsyncIterator[None]:
    descriptor = None
    while descriptor is None:
        descriptor = _take(lock)
        if descriptor is None:
            await asyncio.sleep(LOOK_EVERY_S)
    try:
        yield
    finally:
        os.close(descriptor)


def _take(lock: Path) -> int | None:
    """Return the descriptor that holds `lock`, or None while another process has it."""
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError:
        # A data directory that went away takes the chores with it, not the service.
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
