"""Read tiers from the nearest to the widest, and carry what is found back up."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from cache.behind import Chores
from cache.entry import Entry
from cache.keys import Key
from cache.tier import Reach, Tier

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that is there, and the tier that had it.

    Attributes:
        stale: past its `fresh_until`.
        transient: kept for a moment by this process alone.
    """

    entry: Entry
    tier: str
    stale: bool = False
    transient: bool = False


class Tiered:
    """Many tiers that answer as one.

    A tier that raises, against its contract, counts an error and is passed over. What is found
    is put into the nearer tiers: into this process at once, into shared ones behind the caller.
    """

    def __init__(self, tiers: Sequence[Tier], chores: Chores, *, now: Callable[[], float]) -> None:
        self.tiers = tuple(sorted(tiers, key=lambda tier: tier.reach))
        self._chores = chores
        self._now = now

    async def get(
        self,
        key: Key,
        *,
        first: Reach = Reach.PROCESS,
        last: Reach = Reach.FLEET,
        only_fresh: bool = False,
    ) -> Found | None:
        """Find the entry in the nearest tier between `first` and `last` that has it."""
        for tier in self._between(first, last):
            entry = await guarded(tier, partial(tier.get, key))
            if entry is None:
                continue
            if only_fresh and entry.is_stale(self._now()):
                continue
            return await self.found(key, entry, tier)
        return None

    async def found(self, key: Key, entry: Entry, tier: Tier) -> Found:
        """Carry an entry that `tier` had up to the nearer ones."""
        await self._backfill(key, entry, tier.reach)
        return Found(entry, tier.name, entry.is_stale(self._now()))

    async def put(
        self, key: Key, entry: Entry, *, first: Reach = Reach.PROCESS, last: Reach = Reach.FLEET
    ) -> None:
        """Keep the entry in every tier between `first` and `last`, the nearest first."""
        for tier in self._between(first, last):
            await guarded(tier, partial(tier.put, key, entry))

    async def drop(self, key: Key) -> None:
        """Forget the entry everywhere."""
        # The widest first, or a read in between would carry it back up.
        for tier in reversed(self.tiers):
            await guarded(tier, partial(tier.drop, key))

    async def drop_tag(self, tag: str) -> int:
        """Forget all entries of the tag everywhere, and tell how many copies there were."""
        dropped = 0
        for tier in reversed(self.tiers):
            dropped += await guarded(tier, partial(tier.drop_tag, tag)) or 0
        return dropped

    async def close(self) -> None:
        """Close every tier."""
        for tier in self.tiers:
            await guarded(tier, tier.close)

    def _between(self, first: Reach, last: Reach) -> list[Tier]:
        return [tier for tier in self.tiers if first <= tier.reach <= last]

    async def _backfill(self, key: Key, entry: Entry, found_at: Reach) -> None:
        if found_at > Reach.PROCESS:
            await self.put(key, entry, last=Reach.PROCESS)
        if found_at > Reach.MACHINE:
            put = self.put(key, entry, first=Reach.MACHINE, last=Reach.MACHINE)
            self._chores.start(put, entry.size_bytes)


async def guarded(tier: Tier, work: Callable[[], Awaitable[T]]) -> T | None:
    """Ask a tier; None when it raises, against its contract."""
    try:
        return await work()
    except Exception as error:
        # Whatever it was: without this tier the cache is slower, and nothing more.
        tier.counters.errors += 1
        _log.warning("cache tier %s failed: %s", tier.name, type(error).__name__)
        return None
