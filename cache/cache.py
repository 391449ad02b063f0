"""Find an entry or have it made, once, however many ask: the only door to this package.

    memory ─ hit ──────────────────────────────────────► answer
      └ miss ─ one flight per key and process
                 shared tiers ─ hit ───────────────────► answer
                   └ miss, one process per machine (see `cache.claim`)
                              make ────────────────────► answer; stored behind it

A stale entry is answered at once and made anew behind.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from cachetools import TLRUCache

from cache.behind import Chores, Renewals
from cache.claim import Claims
from cache.entry import Entry
from cache.flight import Flights
from cache.keys import Key
from cache.lease import Lease, Leases
from cache.memory import MemoryTier
from cache.tier import Reach, Tier
from cache.tiered import Found, Tiered


@dataclass(frozen=True, slots=True)
class Made:
    """What a maker gives.

    Attributes:
        store: False for a transient result: no tier keeps it.
        keep_s: how long a transient result is kept in this process, so that a burst makes it
            once; it is made anew behind after that. None: not kept, nor made anew.
    """

    entry: Entry
    store: bool = True
    keep_s: float | None = None


Make = Callable[[], Awaitable[Made]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An entry, and how it was come by.

    Attributes:
        source: a tier's name, `made`, or `collapsed` for those who waited for another's flight.
        stale: past its `fresh_until`; it is being made anew.
        transient: nobody further on may keep it.
    """

    entry: Entry
    source: str
    stale: bool = False
    transient: bool = False


@dataclass(slots=True)
class Tally:
    """What the cache as a whole has done; of what was `made`, `transient` was not to be kept."""

    made: int = 0
    failed: int = 0
    collapsed: int = 0
    stale: int = 0
    transient: int = 0


class Cache:
    """Tiers, flights, leases and renewals behind one call.

    Made in the process that uses it, never before a fork. Memory is bounded by the memory tier,
    by `transient_bytes`, and by what `Chores` lets be under way to shared tiers.

    Args:
        lower: the shared tiers, in any order.
        leases: None where one process works alone.
        now: seconds since the epoch, for staleness.
        clock: seconds that never jump back, for transient results.
    """

    def __init__(
        self,
        memory: MemoryTier,
        lower: Sequence[Tier] = (),
        *,
        leases: Leases | None = None,
        renewals: Renewals | None = None,
        transient_bytes: int = 8 * 1024 * 1024,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally()
        self.renewals = renewals or Renewals()
        self._chores = Chores()
        self._tiers = Tiered((memory, *lower), self._chores, now=now)
        self._claims = Claims(self._tiers, leases)
        self._flights: Flights[Outcome] = Flights()
        self._transient: TLRUCache[Key, Made] = TLRUCache(
            transient_bytes,
            ttu=lambda _, made, at: at + (made.keep_s or 0.0),
            timer=clock,
            getsizeof=lambda made: made.entry.size_bytes,
        )

    @property
    def tiers(self) -> Mapping[str, Tier]:
        """Give the tiers by name, for their counters and states."""
        return {tier.name: tier for tier in self._tiers.tiers}

    async def get(self, key: Key) -> Found | None:
        """Find the entry without making it."""
        return await self._at_hand(key) or await self._tiers.get(key, first=Reach.MACHINE)

    async def get_or_make(self, key: Key, make: Make, *, renew: Make | None = None) -> Outcome:
        """Find the entry, or make it, or wait for whoever makes it.

        Shared tiers are written after the answer. A caller who hangs up stops nothing.

        Args:
            make: makes the entry when nobody has it; its error reaches all who wait and is
                not kept.
            renew: makes it anew behind a stale or transient answer, `make` unless given.
        """
        renew = renew or make
        found = await self._at_hand(key)
        if found is not None:
            outcome = _outcome(found)
        else:
            outcome, is_first = await self._flights.join(key, partial(self._fly, key, make, renew))
            if not is_first:
                self.tally.collapsed += 1
                outcome = replace(outcome, source="collapsed")
        if outcome.stale:
            self.tally.stale += 1
            self.renewals.ask(key, partial(self._renew, key, renew))
        return outcome

    async def drop(self, key: Key) -> None:
        """Forget the entry in all tiers; other processes keep theirs in memory until it goes."""
        self._transient.pop(key, None)
        await self._tiers.drop(key)

    async def drop_tag(self, tag: str) -> int:
        """Forget all entries of the tag as `drop` does, and tell how many copies there were."""
        for key in list(self._transient):
            made = self._transient.get(key)
            if made is not None and made.entry.tag == tag:
                self._transient.pop(key, None)
        return await self._tiers.drop_tag(tag)

    async def close(self) -> None:
        """Stop making, finish writing, close the tiers."""
        await self.renewals.close()
        await self._flights.close()
        await self._chores.close()
        await self._claims.close()
        await self._tiers.close()

    async def _at_hand(self, key: Key) -> Found | None:
        transient = self._transient.get(key)
        if transient is not None:
            return Found(transient.entry, "memory", transient=True)
        return await self._tiers.get(key, last=Reach.PROCESS)

    async def _fly(self, key: Key, make: Make, renew: Make) -> Outcome:
        claimed = await self._claims.claim(key)
        if isinstance(claimed, Found):
            return _outcome(claimed)
        lease = claimed
        try:
            made = await self._make(make)
            await self._keep(key, made, lease)
        finally:
            lease.release()
        if not made.store and made.keep_s is not None:
            self.renewals.ask(key, partial(self._renew, key, renew), after_s=made.keep_s)
        return Outcome(made.entry, "made", transient=not made.store)

    async def _renew(self, key: Key, make: Make) -> bool:
        """Make a lasting entry anew; False when it is not lasting or another process is at it."""
        lease = await self._claims.lease(key)
        if lease.is_busy:
            return False
        try:
            if await self._tiers.get(key, only_fresh=True) is None:
                made = await self._make(make)
                if not made.store:
                    return False
                await self._keep(key, made, lease)
            self._transient.pop(key, None)
            return True
        finally:
            lease.release()

    async def _make(self, make: Make) -> Made:
        try:
            made = await make()
        except BaseException:
            self.tally.failed += 1
            raise
        self.tally.made += 1
        self.tally.transient += not made.store
        return made

    async def _keep(self, key: Key, made: Made, lease: Lease) -> None:
        if made.store:
            self._transient.pop(key, None)
            await self._tiers.put(key, made.entry, last=Reach.PROCESS)
            rest = lease.passed_on()
            if not self._chores.start(
                self._claims.settle(key, made.entry, rest), made.entry.size_bytes
            ):
                rest.release()
            return
        if made.keep_s is not None and made.entry.size_bytes <= self._transient.maxsize:
            self._transient[key] = made


def _outcome(found: Found) -> Outcome:
    return Outcome(found.entry, found.tier, found.stale, found.transient)
