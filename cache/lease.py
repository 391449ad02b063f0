"""Let one process of a machine make an entry while the others wait for it.

A lease is a `flock` on a file named by the key. The kernel frees it when its process dies, however
it dies. Whoever cannot take it goes on without: at worst a picture is made twice.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from cache.keys import Key

_POLL_S = 0.01

# An answer has 2.5 s in all; what is left after this wait is enough to draw.
_WAIT_S = 0.5


class Lease:
    """The right to make one entry, or the leave to make it without."""

    def __init__(self, held: Lock | None = None, *, is_busy: bool = False) -> None:
        self.is_busy = is_busy
        self._held = held

    @property
    def is_held(self) -> bool:
        """Claim that no other process makes this entry now."""
        return self._held is not None

    def passed_on(self) -> Lease:
        """Move what is held into a new lease, and leave this one with nothing to release."""
        return Lease(self.detached())

    def detached(self) -> Lock | None:
        """Give the lock away, to be freed by whoever takes it, and have nothing to release."""
        held, self._held = self._held, None
        return held

    def release(self) -> None:
        """Let the next process have it; the second time does nothing."""
        held = self.detached()
        if held is not None:
            held.free()


class Leases:
    """Give out leases on keys, by files in `folder`, which all processes must share.

    Args:
        wait_s: the longest that a lease is waited for.
    """

    def __init__(self, folder: Path, *, wait_s: float = _WAIT_S) -> None:
        self._folder = folder
        self._wait_s = wait_s
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="cache-lease")

    async def take(self, key: Key) -> Lease:
        """Wait for the lease of `key`.

        Returns:
            A lease that is held; or after the wait one that is not and `is_busy`; or at once one
            that is neither, when the folder cannot be used.
        """
        path = self._folder / key.hex
        deadline = time.monotonic() + self._wait_s
        is_busy = False
        try:
            while not is_busy or time.monotonic() + _POLL_S < deadline:
                lock = await self._try(path, deadline)
                if lock is not None:
                    return Lease(lock)
                is_busy = True
                await asyncio.sleep(_POLL_S)
        except OSError:
            # A time-out too: of a disk that hangs, or at the end of the wait.
            pass
        return Lease(is_busy=is_busy)

    def grab(self, key: Key) -> Lease:
        """Try once, in a thread of the caller's; the lease is as that of `take`."""
        try:
            lock = _lock(self._folder / key.hex, self._threads)
        except OSError:
            return Lease()
        return Lease(lock, is_busy=lock is None)

    async def close(self) -> None:
        """End the threads; a lease still held goes with the process."""
        self._threads.shutdown(wait=False)

    async def _try(self, path: Path, deadline: float) -> Lock | None:
        attempt = self._threads.submit(_lock, path, self._threads)
        try:
            async with asyncio.timeout(max(_POLL_S, deadline - time.monotonic())):
                return await asyncio.wrap_future(attempt)
        except (TimeoutError, asyncio.CancelledError):
            # A hanging disk may still give the lock to somebody who has left.
            attempt.add_done_callback(_free_unwanted)
            raise


class Lock:
    """An open file that is locked and still has its name."""

    def __init__(self, path: Path, descriptor: int, threads: ThreadPoolExecutor) -> None:
        self._path = path
        self._descriptor = descriptor
        self._threads = threads

    def free(self) -> None:
        """Let go of it in a thread."""
        try:
            self._threads.submit(self.free_here)
        except RuntimeError:
            # The threads have ended with the cache; two system calls at the very end may block.
            self.free_here()

    def free_here(self) -> None:
        """Let go of it in this thread."""
        # Unlinked while locked, so that whoever opened the old file sees that it has no name.
        try:
            self._path.unlink(missing_ok=True)
        finally:
            os.close(self._descriptor)


def _lock(path: Path, threads: ThreadPoolExecutor) -> Lock | None:
    try:
        descriptor = _open(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return Lock(path, descriptor, threads)
    except (BlockingIOError, FileNotFoundError):
        # Held by another, or released between our opening and locking it: try again.
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _free_unwanted(attempt: Future[Lock | None]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        lock = attempt.result()
        if lock is not None:
            lock.free()
