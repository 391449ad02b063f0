"""Let one process of a machine make an entry while the others wait for it.

A lease is a lock on one byte of a file that all processes share, at an offset that is taken from
the key. Nothing is made or deleted for it: a file system that has just deleted many files makes
new ones slowly (ext4 passes over every number freed in the last seconds). The kernel frees the
lock when its process dies, however it dies. Whoever cannot take it goes on without: at worst a
picture is made twice.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from cache.keys import Key

_POLL_S = 0.01

# An answer has 2.5 s in all; what is left after this wait is enough to draw.
_WAIT_S = 0.5

# Of the offset of a lock: 60 bits, so that no two keys of a day share a byte.
_OFFSET_DIGITS = 15

# `struct flock` of Linux. Its locks belong to the open file, not to the process as those of POSIX
# do, which are lost when anybody in the process closes the same file.
_FLOCK = struct.Struct("@hhqqi")


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
    """Give out leases on keys, by locks in the file `path`, which all processes must share.

    Where the system has no locks of open files (macOS has them by another name), nobody waits.

    Args:
        wait_s: the longest that a lease is waited for.
    """

    def __init__(self, path: Path, *, wait_s: float = _WAIT_S) -> None:
        self._wait_s = wait_s
        self._locks = _Locks(path)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="cache-lease")

    async def take(self, key: Key) -> Lease:
        """Wait for the lease of `key`.

        Returns:
            A lease that is held; or after the wait one that is not and `is_busy`; or at once one
            that is neither, when the file cannot be used.
        """
        deadline = time.monotonic() + self._wait_s
        is_busy = False
        try:
            while not is_busy or time.monotonic() + _POLL_S < deadline:
                lock = await self._try(key, deadline)
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
            lock = self._lock(key)
        except OSError:
            return Lease()
        return Lease(lock, is_busy=lock is None)

    async def close(self) -> None:
        """End the threads; a lease still held goes with the process."""
        self._threads.shutdown(wait=False)

    def _lock(self, key: Key) -> Lock | None:
        offset = int(key.hex[:_OFFSET_DIGITS], 16)
        return Lock(self._locks, offset, self._threads) if self._locks.take(offset) else None

    async def _try(self, key: Key, deadline: float) -> Lock | None:
        attempt = self._threads.submit(self._lock, key)
        try:
            async with asyncio.timeout(max(_POLL_S, deadline - time.monotonic())):
                return await asyncio.wrap_future(attempt)
        except (TimeoutError, asyncio.CancelledError):
            # A hanging disk may still give the lock to somebody who has left.
            attempt.add_done_callback(_free_unwanted)
            raise


class Lock:
    """One byte of the shared file that is locked."""

    def __init__(self, locks: _Locks, offset: int, threads: ThreadPoolExecutor) -> None:
        self._locks = locks
        self._offset = offset
        self._threads = threads

    def free(self) -> None:
        """Let go of it in a thread."""
        try:
            self._threads.submit(self.free_here)
        except RuntimeError:
            # The threads have ended with the cache; a system call at the very end may block.
            self.free_here()

    def free_here(self) -> None:
        """Let go of it in this thread."""
        self._locks.give(self._offset)


class _Locks:
    """The open file, and what this process has locked in it.

    The kernel keeps processes apart, the set the threads of this one: to the kernel they are one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._mine: set[int] = set()
        self._mutex = threading.Lock()

    def __del__(self) -> None:
        """Close the file, which frees what is still locked."""
        if self._descriptor is not None:
            os.close(self._descriptor)

    def take(self, offset: int) -> bool:
        """Lock a byte unless somebody has it; raises `OSError` when nothing can be locked."""
        with self._mutex:
            if offset in self._mine:
                return False
            try:
                _set(self._opened(), fcntl.F_WRLCK, offset)
            except BlockingIOError:
                return False
            self._mine.add(offset)
            return True

    def give(self, offset: int) -> None:
        """Unlock a byte."""
        with self._mutex:
            try:
                _set(self._opened(), fcntl.F_UNLCK, offset)
            finally:
                self._mine.discard(offset)

    def _opened(self) -> int:
        if self._descriptor is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            try:
                self._descriptor = os.open(self._path, flags, 0o600)
            except FileNotFoundError:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._descriptor = os.open(self._path, flags, 0o600)
        return self._descriptor


def _set(descriptor: int, kind: int, offset: int) -> None:
    command = getattr(fcntl, "F_OFD_SETLK", None)
    if command is None:
        raise OSError("no locks of open files")
    fcntl.fcntl(descriptor, command, _FLOCK.pack(kind, os.SEEK_SET, offset, 1, 0))


def _free_unwanted(attempt: Future[Lock | None]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        lock = attempt.result()
        if lock is not None:
            lock.free()
