from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from cache import BreakerState, Counters, Entry, Key, MemoryTier, Reach, content_key
from cache.behind import Chores
from cache.tiered import Tiered
from tests.cache.worlds import Clock, entry_of

KEY = content_key("a")


class SharedMemory(MemoryTier):
    """A memory tier that stands for a shared one."""

    def __init__(self, name: str, reach: Reach) -> None:
        super().__init__(1_000_000)
        self.name = name
        self.reach = reach


class Broken:
    """A tier that breaks its contract: every call raises."""

    name = "broken"
    reach = Reach.MACHINE
    state: BreakerState = "closed"

    def __init__(self) -> None:
        self.counters = Counters()

    async def get(self, key: Key) -> Entry | None:
        """Raise."""
        raise RuntimeError("get")

    async def put(self, key: Key, entry: Entry) -> None:
        """Raise."""
        raise RuntimeError("put")

    async def drop(self, key: Key) -> None:
        """Raise."""
        raise RuntimeError("drop")

    async def drop_tag(self, tag: str) -> int:
        """Raise."""
        raise RuntimeError("drop_tag")

    async def close(self) -> None:
        """Raise."""
        raise RuntimeError("close")


class World:
    """Three tiers in the wrong order, and what joins them."""

    def __init__(self, clock: Clock) -> None:
        self.memory = MemoryTier(1_000_000)
        self.disk = SharedMemory("disk", Reach.MACHINE)
        self.redis = SharedMemory("redis", Reach.FLEET)
        self.chores = Chores()
        self.tiered = Tiered((self.redis, self.memory, self.disk), self.chores, now=clock)


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock)


async def test_the_nearest_tier_answers(world: World) -> None:
    """Tiers are asked from the process outwards, in whatever order they were given."""
    await world.disk.put(KEY, entry_of(b"disk"))
    await world.redis.put(KEY, entry_of(b"redis"))
    found = await world.tiered.get(KEY)
    assert found is not None
    assert (found.tier, found.entry.body, world.redis.counters.hits) == ("disk", b"disk", 0)


async def test_what_is_found_far_away_is_carried_to_the_nearer_tiers(world: World) -> None:
    """A hit fills the tiers above it: memory at once, shared ones behind the caller."""
    await world.redis.put(KEY, entry_of())
    assert await world.tiered.get(KEY) is not None
    assert await world.memory.get(KEY) == entry_of()
    await world.chores.close()
    assert await world.disk.get(KEY) == entry_of()


async def test_only_the_tiers_within_reach_are_asked(world: World) -> None:
    """A lookup between two reaches leaves the others alone."""
    await world.redis.put(KEY, entry_of())
    assert await world.tiered.get(KEY, last=Reach.MACHINE) is None
    assert world.redis.counters.hits == 0
    await world.tiered.put(content_key("b"), entry_of(), first=Reach.FLEET)
    assert (world.memory.counters.puts, world.disk.counters.puts) == (0, 0)


async def test_a_stale_entry_may_be_passed_over_for_a_fresh_one(world: World, clock: Clock) -> None:
    """Asked for fresh ones only, a nearer stale entry gives way, and is replaced."""
    await world.memory.put(KEY, entry_of(b"old", fresh_until=clock() - 1))
    await world.disk.put(KEY, entry_of(b"new", fresh_until=clock() + 1))
    stale = await world.tiered.get(KEY)
    assert stale is not None and stale.stale
    fresh = await world.tiered.get(KEY, only_fresh=True)
    assert fresh is not None and (fresh.entry.body, fresh.stale) == (b"new", False)
    assert await world.memory.get(KEY) == fresh.entry


async def test_a_drop_reaches_every_tier(world: World) -> None:
    """After a drop nobody has the entry, nor carries it back up."""
    await world.tiered.put(KEY, entry_of())
    await world.tiered.drop(KEY)
    assert [await tier.get(KEY) for tier in world.tiered.tiers] == [None] * 3
    await world.tiered.put(KEY, entry_of())
    assert await world.tiered.drop_tag("card") == 3
    assert await world.tiered.get(KEY) is None


@pytest.mark.parametrize(
    "call",
    [
        lambda tiered: tiered.get(KEY),
        lambda tiered: tiered.put(KEY, entry_of()),
        lambda tiered: tiered.drop(KEY),
        lambda tiered: tiered.drop_tag("card"),
        lambda tiered: tiered.close(),
    ],
    ids=["get", "put", "drop", "drop_tag", "close"],
)
async def test_a_tier_that_raises_is_passed_over(
    clock: Clock, call: Callable[[Tiered], Awaitable[object]]
) -> None:
    """Whatever a tier throws is counted with it and reaches nobody; the others do their part."""
    broken, redis = Broken(), SharedMemory("redis", Reach.FLEET)
    await redis.put(KEY, entry_of())
    chores = Chores()
    await call(Tiered((broken, redis), chores, now=clock))
    await chores.close()
    assert broken.counters.errors >= 1


async def test_a_broken_tier_hides_nothing_behind_it(clock: Clock) -> None:
    """The next tier still answers."""
    redis = SharedMemory("redis", Reach.FLEET)
    await redis.put(KEY, entry_of())
    chores = Chores()
    found = await Tiered((Broken(), redis), chores, now=clock).get(KEY)
    assert found is not None and found.tier == "redis"
    await chores.close()
