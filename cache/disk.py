"""Keep entries as files that all processes of a machine share.

Every call runs in one of a few threads of its own, so that neither the loop nor anybody else's
threads wait for a disk. A disk that is full, read-only, broken or hanging switches the tier off
for a while. Nothing is read at the start: whatever lies in the folder is found when asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from cache import files
from cache.budget import Budget
from cache.entry import Entry
from cache.errors import CorruptEntryError
from cache.guard import Guard
from cache.keys import Key
from cache.lease import Lease, Leases, Lock
from cache.tier import BreakerState, Counters, Reach

T = TypeVar("T")

# Enough to overlap a few reads; a hanging disk blocks these and nothing else.
_THREADS = 4

# Local disks answer in a millisecond; a busy machine of two cores has taken 100.
_WAIT_S = 1.0


class Looked(NamedTuple):
    """What a look at the disk gave: an entry, or the outcome of one try for the lease of its key.

    `is_spoiled` says that a file lay there and was no good.
    """

    entry: Entry | None
    lease: Lease
    is_spoiled: bool


class DiskTier:
    """Store, find and drop entries under `folder`, which is made when first needed.

    Args:
        budget: held by `cache.budget.sweep` in one process of the machine; here only
            `min_free_bytes` counts, and a write that would go below is refused.
        off_s: how long the tier is left alone after a failure.
        now: seconds since the epoch, to tell how long an entry was not read.
        clock: seconds that never jump back, for `off_s`.
    """

    name = "disk"
    reach = Reach.MACHINE

    def __init__(
        self,
        folder: Path,
        budget: Budget,
        *,
        off_s: float = 30.0,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counters = Counters()
        self._folder = folder
        self._min_free_bytes = budget.min_free_bytes
        self._now = now
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="cache-disk")
        # Any `OSError` but a missing file, which `files` understands: the list of what a dying
        # disk may say is open, and none of it is an error for whoever wants a picture.
        self._guard = Guard(
            self.name,
            self.counters,
            wait_s=_WAIT_S,
            failures=1,
            open_s=off_s,
            errors=(OSError,),
            clock=clock,
        )

    @property
    def state(self) -> BreakerState:
        """Tell whether the disk is in use."""
        return self._guard.state

    async def get(self, key: Key) -> Entry | None:
        """Read and check the entry's file."""
        try:
            entry = await self._ask(files.read, self._folder, key, self._now())
        except CorruptEntryError:
            self.counters.corrupt += 1
            entry = None
        if entry is None:
            self.counters.misses += 1
        else:
            self.counters.hits += 1
        return entry

    async def put(self, key: Key, entry: Entry) -> None:
        """Write the entry's file in one step, if the disk has room."""
        await self._ask(self._write, key, entry)

    async def get_or_lease(self, key: Key, leases: Leases) -> tuple[Entry | None, Lease | None]:
        """Read the entry, and where there is none try for its lease: one way to a thread for both.

        Returns:
            The entry, or the lease as `Leases.grab` gives it; neither when the disk is not in use.
        """
        looked = await self._guard.ask(partial(self._look_aside, key, leases))
        if looked is None:
            self.counters.misses += 1
            return None, None
        self.counters.corrupt += looked.is_spoiled
        if looked.entry is None:
            self.counters.misses += 1
        else:
            self.counters.hits += 1
        return looked.entry, looked.lease

    async def put_and_release(self, key: Key, entry: Entry, lease: Lease) -> None:
        """Write the entry as `put` does, then let its lease go, on one way to a thread."""

        def submit() -> Awaitable[None]:
            lock = lease.detached()
            try:
                job = self._threads.submit(self._write_and_free, key, entry, lock)
            except RuntimeError:
                _free(lock)
                raise
            # Cancelled before it began: nothing in the thread frees the lock.
            job.add_done_callback(lambda done: _free(lock) if done.cancelled() else None)
            return asyncio.wrap_future(job)

        try:
            await self._guard.ask(submit)
        finally:
            # Held still when the guard let nothing through.
            lease.release()

    async def drop(self, key: Key) -> None:
        """Delete the entry's file."""
        await self._ask(files.drop, self._folder, key)

    async def drop_tag(self, tag: str) -> int:
        """Delete all entries of the tag; takes as long as reading every file's head."""
        work = partial(files.drop_tag, self._folder, tag)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except OSError:
            self.counters.errors += 1
            return 0

    async def close(self) -> None:
        """End the threads; a write on its way is finished, unless the disk hangs."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look_aside(self, key: Key, leases: Leases) -> Looked:
        looking = self._threads.submit(self._look, key, leases)
        try:
            return await asyncio.wrap_future(looking)
        except asyncio.CancelledError:
            # A hanging disk may still give the lease to somebody who has left.
            looking.add_done_callback(_release_unwanted)
            raise

    def _look(self, key: Key, leases: Leases) -> Looked:
        # The lease first: who had it before may have written the entry, and one look will do.
        lease = leases.grab(key)
        try:
            entry, is_spoiled = self._read(key)
        except BaseException:
            lease.release()
            raise
        if entry is not None:
            _free_here(lease.detached())
        return Looked(entry, lease, is_spoiled)

    def _read(self, key: Key) -> tuple[Entry | None, bool]:
        try:
            return files.read(self._folder, key, self._now()), False
        except CorruptEntryError:
            return None, True

    def _write(self, key: Key, entry: Entry) -> None:
        if not files.has_room(self._folder, self._min_free_bytes):
            self.counters.refusals += 1
            return
        self.counters.written_bytes += files.write(self._folder, key, entry)
        self.counters.puts += 1

    def _write_and_free(self, key: Key, entry: Entry, lock: Lock | None) -> None:
        try:
            self._write(key, entry)
        finally:
            _free_here(lock)

    async def _ask(self, work: Callable[..., T], *arguments: object) -> T | None:
        def submit() -> Awaitable[T]:
            return asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

        return await self._guard.ask(submit)


def _release_unwanted(looking: Future[Looked]) -> None:
    if not looking.cancelled() and looking.exception() is None:
        looking.result().lease.release()


def _free(lock: Lock | None) -> None:
    if lock is not None:
        lock.free()


def _free_here(lock: Lock | None) -> None:
    if lock is not None:
        lock.free_here()
