"""Let one task make what many ask for at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from cache.errors import CacheClosedError
from cache.keys import Key

T = TypeVar("T")


class Flights(Generic[T]):
    """One flight per key: its task belongs to this object, so that no caller can cancel it.

    Args:
        longest_s: a flight that takes longer fails with `TimeoutError`, or a key whose maker
            hangs would be lost until the process restarts.
    """

    def __init__(self, longest_s: float = 60.0) -> None:
        self._longest_s = longest_s
        self._flying: dict[Key, asyncio.Task[T]] = {}

    async def join(self, key: Key, make: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """Wait for the flight of `key`, and tell whether this call began it.

        An error of `make` reaches everybody who waits, and is forgotten with the flight.

        Raises:
            CacheClosedError: the flight was cancelled by `close`.
        """
        task = self._flying.get(key)
        is_first = task is None
        if task is None:
            task = asyncio.get_running_loop().create_task(self._fly(make))
            self._flying[key] = task
            task.add_done_callback(lambda done: self._land(key, done))
        try:
            return await asyncio.shield(task), is_first
        except asyncio.CancelledError:
            if task.cancelled():
                raise CacheClosedError("the process is stopping") from None
            raise

    async def close(self) -> None:
        """Cancel all flights."""
        flying = list(self._flying.values())
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)

    async def _fly(self, make: Callable[[], Awaitable[T]]) -> T:
        async with asyncio.timeout(self._longest_s):
            return await make()

    def _land(self, key: Key, task: asyncio.Task[T]) -> None:
        del self._flying[key]
        if not task.cancelled():
            # Looked at, or the loop complains of an error that no caller stayed for.
            task.exception()
