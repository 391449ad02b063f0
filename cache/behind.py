"""Do work that nobody waits for: writes after the answer, and pictures made anew.

Both own their tasks, are bounded in number and in what they hold, and end with the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from cache.keys import Key

_log = logging.getLogger(__name__)

# Long enough for the slowest put that its tier allows.
_GRACE_S = 2.0

# Work that takes longer has lost whoever should have bounded it.
_LONGEST_S = 60.0


class Chores:
    """Own short tasks.

    Args:
        limit: so many at a time.
        limit_bytes: what all of them hold together; one alone may hold more.
    """

    def __init__(self, limit: int = 256, limit_bytes: int = 32 * 1024 * 1024) -> None:
        self._limit = limit
        self._free_bytes = limit_bytes
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], holds_bytes: int) -> bool:
        """Begin `work`, which holds so many bytes, or refuse it when too much is under way."""
        is_too_much = bool(self._running) and holds_bytes > self._free_bytes
        if is_too_much or len(self._running) >= self._limit:
            work.close()
            return False
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        self._free_bytes -= holds_bytes
        task.add_done_callback(partial(self._forget, holds_bytes))
        return True

    async def close(self) -> None:
        """Wait a little for what is under way, then cancel the rest."""
        if self._running:
            await asyncio.wait(self._running, timeout=_GRACE_S)
        await _end(self._running)

    def _forget(self, held_bytes: int, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free_bytes += held_bytes
        if not task.cancelled() and task.exception() is not None:
            _log.warning("cache chore failed: %s", type(task.exception()).__name__)


class Renewals:
    """Make entries anew behind their readers, one at a time per key, with back-off.

    Args:
        limit: keys under way or waiting for their next try; more are refused until asked again.
        at_once: how many are being made at a moment.
        tries: after so many failures the key is left until somebody asks again.
        first_s: the pause after the first failure; it doubles up to `longest_s`.
        sleep: what pauses.
    """

    def __init__(
        self,
        *,
        limit: int = 256,
        at_once: int = 2,
        tries: int = 6,
        first_s: float = 1.0,
        longest_s: float = 60.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.failures = 0
        self.renewed = 0
        self._limit = limit
        self._slots = asyncio.Semaphore(at_once)
        self._tries = tries
        self._first_s = first_s
        self._longest_s = longest_s
        self._sleep = sleep
        self._running: dict[Key, asyncio.Task[None]] = {}

    def ask(self, key: Key, renew: Callable[[], Awaitable[bool]], *, after_s: float = 0.0) -> bool:
        """Begin to renew `key` unless that is under way; tell whether this call began it.

        Args:
            renew: makes and stores the entry; False and exceptions alike mean "not this time".
            after_s: the pause before the first try.
        """
        if key in self._running or len(self._running) >= self._limit:
            return False
        task = asyncio.get_running_loop().create_task(self._try(renew, after_s))
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))
        return True

    async def close(self) -> None:
        """Cancel what is under way."""
        await _end(self._running.values())

    async def _try(self, renew: Callable[[], Awaitable[bool]], pause_s: float) -> None:
        for attempt in range(self._tries):
            if pause_s > 0:
                await self._sleep(pause_s)
            async with self._slots:
                if await _succeeds(renew):
                    self.renewed += 1
                    return
            self.failures += 1
            pause_s = min(self._first_s * 2**attempt, self._longest_s)
        # The last pause holds back those who ask again.
        await self._sleep(pause_s)


async def _succeeds(renew: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(_LONGEST_S):
            return await renew()
    except Exception as error:
        # Whatever it was: the entry stays as it is, and is tried again.
        _log.warning("renewal failed: %s", type(error).__name__)
        return False


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
