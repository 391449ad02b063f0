"""Clocks, entries and broken disks for the cache's tests."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from cache import BreakerState, Cache, Entry, Made, etag_of


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.seconds

    def pass_s(self, seconds: float) -> None:
        """Let time go by."""
        self.seconds += seconds


class HasState(Protocol):
    """Anything with a breaker in it."""

    @property
    def state(self) -> BreakerState:
        """Tell the breaker's state."""


def state_of(breaker: HasState) -> str:
    """Read the state anew: a type checker believes that a property never changes."""
    return breaker.state


def entry_of(
    body: bytes = b"picture", *, fresh_until: float | None = None, tag: str = "card"
) -> Entry:
    """Make an entry with this body."""
    return Entry(body, "image/png", etag_of(body), 1_800_000_000.0, fresh_until, tag, ("empty",))


class Painter:
    """Makes entries numbered by call, of the kind it is set to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls = 0
        self.error: Exception | None = None
        self.fresh_s: float | None = None
        self.keep_s: float | None = None
        self.store = True
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> Made:
        """Make the next entry, when the gate is open."""
        self.calls += 1
        body = f"picture {self.calls}".encode()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        fresh_until = None if self.fresh_s is None else self.clock() + self.fresh_s
        return Made(entry_of(body, fresh_until=fresh_until), self.store, self.keep_s)


class Pauses:
    """A `sleep` that ends when told."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []
        self._turn = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        """Wait for `end`."""
        self.asked_s.append(seconds)
        await self._turn.wait()

    def end(self) -> None:
        """Let everybody who pauses go on."""
        self._turn.set()
        self._turn = asyncio.Event()


Open = Callable[[], Cache]
"""Opens one more worker's cache."""


async def settle(claim: Callable[[], bool]) -> None:
    """Let the loop turn until the claim holds."""
    async with asyncio.timeout(10):
        # A claim about somebody else's counters has no event to wait for.
        while not claim():
            await asyncio.sleep(0.001)


@contextmanager
def full_folder(tmp_path: Path) -> Iterator[Path]:
    """Give a folder where no file can grow.

    A full tmpfs says ENOSPC. Where mounting is not allowed a limit on file sizes says EFBIG,
    which is the same to a cache.
    """
    folder = tmp_path / "full"
    folder.mkdir()
    if _mounts(folder, "size=64k"):
        with (folder / "ballast").open("wb", buffering=0) as ballast:
            try:
                while ballast.write(bytes(4096)):
                    pass
            except OSError:
                pass
        try:
            yield folder
        finally:
            _unmount(folder)
        return
    old_limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, old_limits[1]))
    try:
        yield folder
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old_limits)
        signal.signal(signal.SIGXFSZ, old_handler)


@contextmanager
def read_only_folder(tmp_path: Path, rooms: Sequence[str] = ()) -> Iterator[Path]:
    """Give a folder with `rooms` in it where nothing can be made.

    A read-only tmpfs says EROFS, a folder without permission EACCES to all but root, a file in
    the folder's place ENOTDIR to everybody, and the kernel's own folders are nobody's to write.
    """
    folder = tmp_path / "read-only"
    folder.mkdir()
    if _mounts(folder, "rw"):
        _make(folder, rooms)
        try:
            assert _mounts(folder, "remount,ro")
            yield folder
        finally:
            _unmount(folder)
    elif os.geteuid() != 0:
        for path in (*_make(folder, rooms), folder):
            path.chmod(0o555)
        yield folder
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)
    elif rooms:
        for room in rooms:
            (folder / room).symlink_to("/proc/self/ns")
        yield folder
    else:
        folder.rmdir()
        folder.write_bytes(b"")
        yield folder


def _make(folder: Path, rooms: Sequence[str]) -> list[Path]:
    made = [folder / room for room in rooms]
    for path in made:
        path.mkdir()
    return made


def _mounts(folder: Path, options: str) -> bool:
    program = shutil.which("mount")
    if os.geteuid() != 0 or program is None:
        return False
    command = [program, "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unmount(folder: Path) -> None:
    subprocess.run([shutil.which("umount") or "umount", str(folder)], check=True)
