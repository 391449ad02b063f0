"""Let in only the work that can still finish in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

FIRST_GUESS_S = 0.05
"""What a picture costs before one was timed; low, so that a cold start sheds nothing."""

SMOOTHING = 0.2
"""Weight of the newest picture in the running mean: about the last ten pictures count."""


class Overloaded(Exception):  # noqa: N818 - reads as a claim where it is raised
    """No painter can draw this in time; `reason` is `queue`, `deadline` or `background`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Admission:
    """Bound the queue in front of the painters by time, not by length.

    A request is refused at the door when the pictures before it, at their mean cost, would eat
    its deadline: an answer that comes too late is worth less than a fallback that comes now.
    A free painter refuses nobody, or slow pictures would shut the door for good: with nothing
    drawn their mean could never fall. Background work (the redrawing of a stale picture) enters
    only while nobody waits, so it is shed long before a person is.
    """

    def __init__(self, painters: int, observe_wait: Callable[[float], None] | None = None) -> None:
        self._painters = painters
        self._free = asyncio.Semaphore(painters)
        self._inside = 0
        self._mean_s = FIRST_GUESS_S
        self._observe_wait = observe_wait

    @property
    def expected_wait_s(self) -> float:
        """Seconds until a newcomer's turn, judged by the mean cost of recent pictures."""
        ahead = max(0, self._inside - self._painters + 1)
        return ahead * self._mean_s / self._painters

    @asynccontextmanager
    async def turn(self, *, until: float, background: bool = False) -> AsyncIterator[None]:
        """Wait for a painter, and hold it inside the block.

        Args:
            until: the latest useful start plus one mean cost, in the running loop's time.
            background: nobody waits for the result.

        Raises:
            Overloaded: there is no point in waiting, or waiting took until the deadline.
        """
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        if self._inside >= self._painters:
            if background and self._inside > self._painters:
                raise Overloaded("background")
            if arrived + self.expected_wait_s + self._mean_s > until:
                raise Overloaded("queue")
        self._inside += 1
        try:
            try:
                async with asyncio.timeout_at(until):
                    await self._free.acquire()
            except TimeoutError:
                raise Overloaded("deadline") from None
            started = loop.time()
            if self._observe_wait is not None:
                self._observe_wait(started - arrived)
            try:
                yield
            finally:
                self._free.release()
                self._mean_s += SMOOTHING * (loop.time() - started - self._mean_s)
        finally:
            self._inside -= 1
