"""Leave a host alone for a while after it failed again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

FAILURES = 5
OPEN_S = 10.0
HOSTS = 1_000


@dataclass(slots=True)
class _Record:
    failures: int = 0
    closed_until: float = 0.0


class Breaker:
    """Count failures in a row by host, for the last `HOSTS` hosts that failed.

    Args:
        clock: seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._records: LRUCache[str, _Record] = LRUCache(HOSTS)

    def admits(self, host: str) -> bool:
        """Say whether `host` may be asked; after a pause one caller may try, and only one."""
        record = self._records.get(host)
        if record is None or record.failures < FAILURES:
            return True
        if self._clock() < record.closed_until:
            return False
        record.closed_until = self._clock() + OPEN_S
        return True

    def note(self, host: str, *, failed: bool) -> None:
        """Remember how a request to `host` went."""
        if not failed:
            self._records.pop(host, None)
            return
        record = self._records.setdefault(host, _Record())
        record.failures += 1
        record.closed_until = self._clock() + OPEN_S
