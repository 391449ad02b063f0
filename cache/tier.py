"""Say what every tier does, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, Protocol

from cache.entry import Entry
from cache.keys import Key

BreakerState = Literal["closed", "half-open", "open"]


class Reach(IntEnum):
    """Who shares a tier; a wider reach is slower and is asked later."""

    PROCESS = 0
    MACHINE = 1
    FLEET = 2


@dataclass(slots=True)
class Counters:
    """What a tier has done since it was made.

    Attributes:
        misses: lookups without an answer, a switched-off tier included. A cold picture asks a
            shared tier once more when it had to wait for its lease.
        corrupt: entries whose checksum failed; each is a miss too, and gone.
        errors: calls that failed or took too long.
        refusals: entries not taken, for their size or for want of free space.
        evictions: entries dropped for a budget by this process.
        held_bytes: kept now, known only to the memory tier.
        written_bytes: stored since the start.
    """

    hits: int = 0
    misses: int = 0
    puts: int = 0
    corrupt: int = 0
    errors: int = 0
    refusals: int = 0
    evictions: int = 0
    held_bytes: int = 0
    written_bytes: int = 0


class Tier(Protocol):
    """One place that keeps entries by key.

    A tier may forget at any moment. It never returns an entry whose checksum fails: that is a
    miss, and the entry is deleted. It never raises for its own failure: that is a miss, counted.
    All methods may be called concurrently; a cancelled `put` leaves the old entry, the new one or
    none, never a part.
    """

    @property
    def name(self) -> str:
        """Name the tier in metrics and headers."""

    @property
    def reach(self) -> Reach:
        """Say who shares it."""

    @property
    def counters(self) -> Counters:
        """Give the tier's own counters, live."""

    @property
    def state(self) -> BreakerState:
        """Tell whether the tier is in use (closed), left alone (open) or being tried again."""

    async def get(self, key: Key) -> Entry | None:
        """Find the entry under `key`, stale or not."""

    async def put(self, key: Key, entry: Entry) -> None:
        """Keep `entry` under `key` in place of what was there."""

    async def drop(self, key: Key) -> None:
        """Forget what is under `key`."""

    async def drop_tag(self, tag: str) -> int:
        """Forget all entries of `tag`, and tell how many there were."""

    async def close(self) -> None:
        """Free threads and connections; the tier is not used afterwards."""
