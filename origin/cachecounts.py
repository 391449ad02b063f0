"""Bring what the cache has counted into the metrics, which it knows nothing of."""

from __future__ import annotations

from cache import Cache
from origin.metrics import Metrics


class CacheCounts:
    """What was counted since the last look: the cache counts from its start, metrics go on."""

    def __init__(self, cache: Cache, metrics: Metrics) -> None:
        self._cache = cache
        self._metrics = metrics
        self._seen: dict[tuple[str, str], int] = {}

    def look(self) -> None:
        """Count what came since; costs microseconds, so every second is not too often."""
        for name, tier in self._cache.tiers.items():
            counted = tier.counters
            for result, total in (("hit", counted.hits), ("miss", counted.misses)):
                self._metrics.cache_request(name, result, self._since(name, result, total))
            for event, total in (
                ("put", counted.puts),
                ("corrupt", counted.corrupt),
                ("error", counted.errors),
                ("refusal", counted.refusals),
                ("eviction", counted.evictions),
            ):
                self._metrics.cache_event(name, event, self._since(name, event, total))
            self._metrics.cache_bytes(
                name,
                held=counted.held_bytes if name == "memory" else None,
                written=self._since(name, "written", counted.written_bytes),
            )
        tally, renewals = self._cache.tally, self._cache.renewals
        for result, total in (
            ("kept", tally.made - tally.transient),
            ("transient", tally.transient),
            ("failed", tally.failed),
        ):
            self._metrics.made(result, self._since("made", result, total))
        for result, total in (("renewed", renewals.renewed), ("failed", renewals.failures)):
            self._metrics.renewal(result, self._since("renewals", result, total))

    def _since(self, what: str, which: str, total: int) -> int:
        before = self._seen.get((what, which), 0)
        self._seen[what, which] = total
        return total - before
