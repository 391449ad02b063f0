"""Ask something that may hang or fail, and leave it alone for a while when it does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cache.tier import BreakerState, Counters

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Guard:
    """Bound every call in time, and break the circuit after some failures in a row.

    While the circuit is open no call is made. After `open_s` one call goes through as a probe:
    its success closes the circuit, its failure opens it again for as long.

    Args:
        wait_s: the longest that one call is waited for.
        failures: failures in a row that open the circuit.
        errors: exceptions that mean failure; others pass through.
        clock: seconds of any origin that never jump back.
    """

    def __init__(
        self,
        name: str,
        counters: Counters,
        *,
        wait_s: float,
        failures: int,
        open_s: float,
        errors: tuple[type[Exception], ...],
        clock: Callable[[], float],
    ) -> None:
        self._name = name
        self._counters = counters
        self._wait_s = wait_s
        self._limit = failures
        self._open_s = open_s
        self._errors: tuple[type[Exception], ...] = (*errors, TimeoutError)
        self._clock = clock
        self._failures = 0
        self._probe_at = 0.0
        self._is_probing = False

    @property
    def state(self) -> BreakerState:
        """Tell the circuit's state; it stays `open` until somebody asks again."""
        if self._failures < self._limit:
            return "closed"
        return "half-open" if self._is_probing else "open"

    async def ask(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """Await `work()`, or give None when it fails, takes too long or may not be tried."""
        is_probe = self._failures >= self._limit
        if is_probe:
            if self._is_probing or self._clock() < self._probe_at:
                return None
            self._is_probing = True
        try:
            async with asyncio.timeout(self._wait_s):
                answer = await work()
        except self._errors as error:
            self._count_failure(error)
            return None
        finally:
            if is_probe:
                # Whatever ended it, a hang-up too: the next call may be the probe.
                self._is_probing = False
        self._failures = 0
        return answer

    def _count_failure(self, error: Exception) -> None:
        self._counters.errors += 1
        self._failures += 1
        if self._failures >= self._limit:
            self._probe_at = self._clock() + self._open_s
        if self._failures == self._limit:
            _log.warning(
                "cache tier %s is left alone for %g s: %s",
                self._name,
                self._open_s,
                type(error).__name__,
            )
