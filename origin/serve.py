"""Run the service: gunicorn keeps web workers alive, and replaces them before they grow old.

The master owns the listening socket and does nothing else, so that connections wait in its
backlog, never refused, while workers come and go. Signals to the master: TERM finishes what is
in flight and stops, INT stops at once, HUP reads the settings again and replaces the workers.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from aiohttp import web
from aiohttp.worker import GunicornUVLoopWebWorker
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from origin.config import Settings, count_in, make_data_dir
from origin.countfiles import forget_dead
from origin.errors import SettingsRefused
from origin.logs import start_logging

GRACE_S = 20
"""How long a stop waits for requests in flight: several deadlines."""

KEEPALIVE_S = 75
"""More than nginx's 30 s for idle upstream connections: the side that reuses them closes first."""

BACKLOG = 4096
"""Connections that may wait for a worker; what Linux allows by default (net.core.somaxconn)."""

STUCK_AFTER_S = 30
"""A worker whose loop stood still so long is replaced; more than GRACE_S, as drainers beat not."""

LINGER_S = 0.2
"""How long a stopping worker still reads requests: far above the time between two packets."""

BOOT_WITHIN_S = 10.0
"""How long an old worker is kept for a new one that does not come up."""

JITTER = 0.25
"""Workers end their life up to this part later than max_requests, so that they do not queue."""

# A worker tells the master by the size of the file that it already shares with it as heartbeat.
BOOTING, SERVING, OLD = 0, 1, 2

log = logging.getLogger(__name__)

STOPS = {signal.SIGTERM, signal.SIGQUIT, signal.SIGINT}


def serve(load: Callable[[], Settings], build: Callable[[Settings], web.Application]) -> None:
    """Serve until told to stop; does not return.

    Args:
        load: reads the settings; called again on HUP.
        build: makes the application, in each worker.

    Raises:
        SettingsRefused: before anything is started.
    """
    settings = load()
    start_logging(settings.log_level)
    make_data_dir(settings)
    lock = claim(settings.locks_dir / "serve.lock")
    count_anew(settings.metrics_dir)
    _Service(settings, load, build, lock).run()


def claim(path: Path) -> int | None:
    """Lock `path` for the life of this process; None where nothing can be locked.

    Two services would wipe each other's counters, sweep one cache twice and share one page.

    Raises:
        SettingsRefused: another service has it.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        log.warning("nothing keeps a second service out of this data_dir: %s", error.strerror)
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise SettingsRefused(
            (f"data_dir: another service holds {path}; stop it, or give this one its own data_dir",)
        ) from None
    except OSError as error:
        log.warning("nothing keeps a second service out of this data_dir: %s", error.strerror)
    return descriptor


def count_anew(directory: Path) -> None:
    """Let the workers count together in `directory`, from nothing.

    What was counted before belongs to workers that are gone. Where it cannot be wiped each worker
    counts alone: counters are all that is lost.
    """
    try:
        for path in directory.iterdir():
            path.unlink()
    except OSError as error:
        log.warning("workers count alone: %s", error.strerror)
        count_in(None)
    else:
        count_in(directory)


class _Service(BaseApplication):  # type: ignore[misc] # gunicorn is untyped
    """What gunicorn is told, from our settings alone: none of its files, flags or variables."""

    def __init__(
        self,
        settings: Settings,
        load: Callable[[], Settings],
        build: Callable[[Settings], web.Application],
        lock: int | None,
    ) -> None:
        self.settings = settings
        self.build = build
        self._load = load
        self._lock = lock
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its settings."""
        host, port = self.settings.host, self.settings.port
        metrics_dir = self.settings.metrics_dir
        given: dict[str, Any] = {
            "bind": [f"[{host}]:{port}" if ":" in host else f"{host}:{port}"],
            "workers": self.settings.workers,
            "worker_class": Worker,
            "backlog": BACKLOG,
            "keepalive": KEEPALIVE_S,
            "graceful_timeout": GRACE_S,
            "timeout": STUCK_AFTER_S,
            "proc_name": "signet",
            "loglevel": self.settings.log_level,
            "errorlog": None,
            # Heartbeats are written every second; a slow disk must not look like a dead worker.
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 - gunicorn makes a file of its own in it
            "control_socket_disable": True,
            "post_fork": lambda arbiter, worker: self._leave_the_lock(),
            "child_exit": lambda arbiter, worker: forget_dead(metrics_dir),
        }
        for name, value in given.items():
            self.cfg.set(name, value)

    def _leave_the_lock(self) -> None:
        """Keep it in the master alone: its successor need not wait for workers that drain."""
        if self._lock is not None:
            os.close(self._lock)

    def reload(self) -> None:
        """Read the settings again; faulty ones change nothing."""
        try:
            settings = self._load()
        except SettingsRefused as refused:
            self.logger.error("settings refused, keeping the old ones: %s", refused)
            return
        # Counting goes on in the files of this start, and the address of data is for a life.
        self.settings = settings.model_copy(update={"data_dir": self.settings.data_dir})
        start_logging(settings.log_level)
        super().reload()

    def run(self) -> None:
        """Become the master."""
        master = _Master(self)
        self.logger = master.log
        master.run()


class _Master(Arbiter):  # type: ignore[misc] # gunicorn is untyped
    """Gunicorn's master, which stops a worker only while as many others serve as should.

    Gunicorn itself starts the successor of a worker after it is gone, and on HUP stops all old
    workers before the new ones are up; in both cases nobody may be serving for a while.
    """

    def spawn_worker(self) -> Any:
        """Fork a worker that cannot miss a stop: until its loop turns, stops wait in the kernel."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def manage_workers(self) -> None:
        """Keep the number of workers, one of them replaced at a time; called every second."""
        states = self._states()
        if len(states) == self.num_workers and OLD in states:
            self.spawn_worker()
        if len(self.WORKERS) > self.num_workers:
            self._wait_for_the_young()
        elif states and BOOTING not in states:
            # A worker that cannot start stops the service, but only before it ever served.
            self.WORKER_BOOT_ERROR = self.APP_LOAD_ERROR = -1
        # Of too many, the oldest is told to finish.
        super().manage_workers()

    def _wait_for_the_young(self) -> None:
        until = time.monotonic() + BOOT_WITHIN_S
        while BOOTING in self._states() and time.monotonic() < until:
            time.sleep(0.05)
            self.reap_workers()

    def _states(self) -> list[int]:
        return [_state(worker) for worker in self.WORKERS.values()]


def _state(worker: Any) -> int:
    try:
        return os.fstat(worker.tmp.fileno()).st_size
    except (OSError, ValueError):
        return BOOTING


class _Runner(web.AppRunner):
    """aiohttp's runner, which reads what is already on its way before it hangs up.

    aiohttp itself closes each connection whose request has not been read yet, and who sent one
    in that moment gets a reset.
    """

    async def cleanup(self) -> None:
        """Accept no more, serve what comes over open connections for a moment, then close."""
        for site in list(self.sites):
            await site.stop()
        await asyncio.sleep(LINGER_S)
        await super().cleanup()


class Worker(GunicornUVLoopWebWorker):
    """A web worker of aiohttp that says when it serves, and when it has served enough."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        limit = self.app.settings.max_requests
        # Spread by process, not secret.
        self._enough = limit + int(limit * JITTER * random.random())  # noqa: S311 - see above
        self._runner: web.AppRunner | None = None

    def load_wsgi(self) -> None:
        """Hand aiohttp's worker our runner instead of an application."""
        self.wsgi = self._start

    async def _start(self) -> web.AppRunner:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        app = self.app.build(self.app.settings)
        app.on_response_prepare.append(self._part)
        self._runner = _Runner(
            app,
            access_log=None,
            keepalive_timeout=KEEPALIVE_S,
            # Less than the master waits before it kills, so that children can be stopped too.
            shutdown_timeout=GRACE_S * 0.9,
        )
        return self._runner

    async def _part(self, _: web.Request, response: web.StreamResponse) -> None:
        """Tell who holds a connection to a worker that leaves not to use it again."""
        if not self.alive:
            response.headers["Connection"] = "close"
            response.force_close()

    def notify(self) -> None:
        """Beat; the first beat comes once the worker serves."""
        super().notify()
        served = self._runner.server.requests_count if self._runner and self._runner.server else 0
        is_old = self.app.settings.max_requests > 0 and served > self._enough
        with contextlib.suppress(OSError):
            os.ftruncate(self.tmp.fileno(), OLD if is_old else SERVING)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at once instead of at the next beat."""
        super().handle_exit(sig, frame)
        self._notify_waiter_done()
