from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cache import (
    Budget,
    Cache,
    CacheClosedError,
    DiskTier,
    Entry,
    Key,
    Leases,
    MemoryTier,
    Outcome,
    Reach,
    content_key,
)
from cache.redis_tier import RedisTier
from tests.cache.worlds import Open, Painter, settle
from tests.redis_server import RedisServer, free_port

KEY = content_key("a")


async def test_a_picture_is_made_once_and_then_found(
    cache: Cache, opened: Open, painter: Painter
) -> None:
    """First made, then from memory, then, in another worker, from disk."""
    first = await cache.get_or_make(KEY, painter)
    assert (first.source, first.stale, first.transient) == ("made", False, False)
    second = await cache.get_or_make(KEY, painter)
    assert (second.source, second.entry) == ("memory", first.entry)
    await settle(lambda: cache.tiers["disk"].counters.puts == 1)
    third = await opened().get_or_make(KEY, painter)
    assert (third.source, third.entry, painter.calls) == ("disk", first.entry, 1)


async def test_get_makes_nothing(cache: Cache, painter: Painter) -> None:
    """A lookup tells what is there and leaves it at that."""
    assert await cache.get(KEY) is None
    await cache.get_or_make(KEY, painter)
    found = await cache.get(KEY)
    assert found is not None
    assert (found.tier, found.stale, found.entry.body) == ("memory", False, b"picture 1")


async def test_a_burst_on_a_cold_key_makes_once(cache: Cache, painter: Painter) -> None:
    """Of a hundred callers one makes, and the rest are told that they waited."""
    painter.gate.clear()
    callers = [asyncio.ensure_future(cache.get_or_make(KEY, painter)) for _ in range(100)]
    await settle(lambda: painter.calls == 1)
    painter.gate.set()
    sources = [outcome.source for outcome in await asyncio.gather(*callers)]
    assert (sources.count("made"), sources.count("collapsed"), painter.calls) == (1, 99, 1)
    assert cache.tally.collapsed == 99


async def test_a_hang_up_loses_no_picture(cache: Cache, painter: Painter) -> None:
    """The only caller leaves; the picture is finished and kept all the same."""
    painter.gate.clear()
    caller = asyncio.ensure_future(cache.get_or_make(KEY, painter))
    await settle(lambda: painter.calls == 1)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    painter.gate.set()
    await settle(lambda: cache.tally.made == 1)
    assert (await cache.get_or_make(KEY, painter)).source in {"memory", "collapsed"}
    assert painter.calls == 1


async def test_an_error_reaches_all_and_is_not_kept(cache: Cache, painter: Painter) -> None:
    """Everybody who waited sees it, and the next caller makes the picture."""
    painter.error = ValueError("no picture")
    painter.gate.clear()
    callers = [asyncio.ensure_future(cache.get_or_make(KEY, painter)) for _ in range(5)]
    await settle(lambda: painter.calls == 1)
    painter.gate.set()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert all(isinstance(answer, ValueError) for answer in answers)
    painter.error = None
    assert (await cache.get_or_make(KEY, painter)).source == "made"
    assert (cache.tally.failed, cache.tally.made) == (1, 1)


async def test_a_dropped_picture_is_made_again(cache: Cache, painter: Painter) -> None:
    """Drop removes it from memory and disk; so does a drop of its tag."""
    await cache.get_or_make(KEY, painter)
    await settle(lambda: cache.tiers["disk"].counters.puts == 1)
    await cache.drop(KEY)
    assert await cache.get(KEY) is None
    assert (await cache.get_or_make(KEY, painter)).source == "made"
    await settle(lambda: cache.tiers["disk"].counters.puts == 2)
    assert await cache.drop_tag("card") == 2
    assert (await cache.get_or_make(KEY, painter)).source == "made"


@pytest.mark.parametrize("by_tag", [False, True], ids=["by key", "by tag"])
async def test_a_dropped_transient_picture_is_made_again(
    cache: Cache, painter: Painter, by_tag: bool
) -> None:
    """What is kept for a moment can be dropped like the rest."""
    painter.store, painter.keep_s = False, 2.0
    await cache.get_or_make(KEY, painter)
    await (cache.drop_tag("card") if by_tag else cache.drop(KEY))
    assert await cache.get(KEY) is None


async def test_a_broken_disk_and_a_dead_redis_only_cost_pictures(
    painter: Painter, read_only: Path
) -> None:
    """With every shared tier and the leases broken, pictures are made and kept in memory."""
    redis = RedisTier(f"redis://127.0.0.1:{free_port()}/0")
    disk = DiskTier(read_only / "cache", Budget(min_free_bytes=0))
    cache = Cache(MemoryTier(1_000_000), [disk, redis], leases=Leases(read_only / "locks"))
    assert (await cache.get_or_make(KEY, painter)).source == "made"
    assert (await cache.get_or_make(KEY, painter)).source == "memory"
    await cache.close()
    assert disk.counters.errors >= 1
    assert redis.counters.errors >= 1


async def test_a_picture_of_another_machine_is_found_in_redis(
    opened: Open, painter: Painter, redis_server: RedisServer, prefix: str, tmp_path: Path
) -> None:
    """Two machines with disks of their own share what Redis has."""
    sources = []
    for machine in ("one", "two"):
        redis = RedisTier(redis_server.tcp_url, prefix=prefix, wait_s=5.0)
        disk = DiskTier(tmp_path / machine, Budget(min_free_bytes=0))
        cache = Cache(MemoryTier(1_000_000), [redis, disk])
        sources.append((await cache.get_or_make(KEY, painter)).source)
        await cache.close()
        assert disk.counters.puts == 1
    assert (sources, painter.calls) == (["made", "redis"], 1)


class HangingFleet(MemoryTier):
    """A shared tier whose writes never end."""

    name = "fleet"
    reach = Reach.FLEET

    async def put(self, key: Key, entry: Entry) -> None:
        """Hang."""
        await asyncio.sleep(3600)


async def test_nobody_waits_for_a_write(painter: Painter) -> None:
    """The answer does not wait for shared tiers, and closing does not wait for ever."""
    cache = Cache(MemoryTier(1_000_000), [HangingFleet(1)])
    async with asyncio.timeout(10):
        outcomes: list[Outcome] = [await cache.get_or_make(KEY, painter) for _ in range(2)]
        await cache.close()
    assert [outcome.source for outcome in outcomes] == ["made", "memory"]


class GatedDisk(MemoryTier):
    """A tier of the machine that writes when its gate is open."""

    name = "disk"
    reach = Reach.MACHINE

    def __init__(self) -> None:
        super().__init__(1_000_000)
        self.gate = asyncio.Event()

    async def put(self, key: Key, entry: Entry) -> None:
        """Wait for the gate."""
        await self.gate.wait()
        await super().put(key, entry)


async def test_the_lease_is_over_when_the_machine_has_the_picture(
    painter: Painter, tmp_path: Path
) -> None:
    """Until the disk has it, other processes would find nothing: they wait on."""
    disk, others = GatedDisk(), Leases(tmp_path / "locks", wait_s=0.05)
    cache = Cache(MemoryTier(1_000_000), [disk], leases=Leases(tmp_path / "locks"))
    await cache.get_or_make(KEY, painter)
    assert (await others.take(KEY)).is_busy
    disk.gate.set()
    await settle(lambda: disk.counters.puts == 1)
    patient = Leases(tmp_path / "locks", wait_s=20.0)
    assert (await patient.take(KEY)).is_held
    for one in (cache, others, patient):
        await one.close()


async def test_closing_finishes_writes_and_ends_flights(
    opened: Open, painter: Painter, tmp_path: Path
) -> None:
    """What was made is on disk afterwards; who still waits is told; no task is left."""
    cache = opened()
    await cache.get_or_make(KEY, painter)
    painter.gate.clear()
    waiter = asyncio.ensure_future(cache.get_or_make(content_key("b"), painter))
    await settle(lambda: painter.calls == 2)
    await cache.close()
    assert isinstance((await asyncio.gather(waiter, return_exceptions=True))[0], CacheClosedError)
    assert (tmp_path / "cache" / KEY.path).exists()
    assert asyncio.all_tasks() == {asyncio.current_task()}
