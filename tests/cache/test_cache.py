from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cache import (
    Budget,
    Cache,
    CacheClosedError,
    DiskTier,
    Entry,
    Leases,
    Made,
    MemoryTier,
    Outcome,
    Reach,
    content_key,
)
from cache.behind import Renewals
from cache.redis_tier import RedisTier
from tests.cache.worlds import Clock, entry_of, settle
from tests.redis_server import RedisServer, free_port

KEY = content_key("a")


class Painter:
    """Makes entries numbered by call, of the kind it is set to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls = 0
        self.error: Exception | None = None
        self.fresh_s: float | None = None
        self.keep_s: float | None = None
        self.store = True
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> Made:
        """Make the next entry, when the gate is open."""
        self.calls += 1
        body = f"picture {self.calls}".encode()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        fresh_until = None if self.fresh_s is None else self.clock() + self.fresh_s
        return Made(entry_of(body, fresh_until=fresh_until), self.store, self.keep_s)


class Pauses:
    """A `sleep` that ends when told."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []
        self._turn = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        """Wait for `end`."""
        self.asked_s.append(seconds)
        await self._turn.wait()

    def end(self) -> None:
        """Let everybody who pauses go on."""
        self._turn.set()
        self._turn = asyncio.Event()


Open = Callable[[], Cache]


@pytest.fixture
def painter(clock: Clock) -> Painter:
    return Painter(clock)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def opened(tmp_path: Path, clock: Clock, pauses: Pauses) -> AsyncIterator[Open]:
    """Open caches of workers on one machine: memories of their own, one disk."""
    caches: list[Cache] = []

    def opened() -> Cache:
        disk = DiskTier(tmp_path / "cache", Budget(min_free_bytes=0), now=clock, clock=clock)
        cache = Cache(
            MemoryTier(1_000_000),
            [disk],
            leases=Leases(tmp_path / "locks", wait_s=5.0),
            renewals=Renewals(sleep=pauses),
            now=clock,
            clock=clock,
        )
        caches.append(cache)
        return cache

    yield opened
    for cache in caches:
        await cache.close()


@pytest.fixture
def cache(opened: Open) -> Cache:
    return opened()


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


async def test_a_stale_picture_is_served_at_once_and_made_anew_behind(
    cache: Cache, painter: Painter, clock: Clock
) -> None:
    """Nobody waits for the renewal; one runs, however many ask; then the new one is served."""
    painter.fresh_s = 60
    await cache.get_or_make(KEY, painter)
    clock.pass_s(60)
    painter.gate.clear()
    for _ in range(5):
        outcome = await cache.get_or_make(KEY, painter)
        assert (outcome.entry.body, outcome.source, outcome.stale) == (b"picture 1", "memory", True)
    await settle(lambda: painter.calls == 2)
    painter.gate.set()
    await settle(lambda: cache.renewals.renewed == 1)
    outcome = await cache.get_or_make(KEY, painter)
    assert (outcome.entry.body, outcome.stale, painter.calls) == (b"picture 2", False, 2)


@pytest.mark.parametrize("failure", ["error", "transient"])
async def test_a_failed_renewal_keeps_the_last_good_picture(
    cache: Cache, painter: Painter, clock: Clock, pauses: Pauses, failure: str
) -> None:
    """Neither an error nor a degraded picture replaces a good one; it is tried after a pause."""
    painter.fresh_s = 60
    await cache.get_or_make(KEY, painter)
    clock.pass_s(61)
    if failure == "error":
        painter.error = ValueError("no picture")
    else:
        painter.store, painter.keep_s = False, 2.0
    await cache.get_or_make(KEY, painter)
    await settle(lambda: cache.renewals.failures == 1)
    for _ in range(20):
        outcome = await cache.get_or_make(KEY, painter)
        assert (outcome.entry.body, outcome.stale) == (b"picture 1", True)
    assert (painter.calls, pauses.asked_s) == (2, [1.0])
    painter.error, painter.store, painter.keep_s = None, True, None
    pauses.end()
    await settle(lambda: cache.renewals.renewed == 1)
    assert (await cache.get_or_make(KEY, painter)).entry.body == b"picture 3"


async def test_a_renewal_by_another_worker_is_taken_over(
    cache: Cache, opened: Open, painter: Painter, clock: Clock
) -> None:
    """A worker whose memory is stale finds the fresh one on disk and draws nothing."""
    painter.fresh_s = 60
    other = opened()
    await cache.get_or_make(KEY, painter)
    await settle(lambda: cache.tiers["disk"].counters.puts == 1)
    await other.get_or_make(KEY, painter)
    clock.pass_s(61)
    await cache.get_or_make(KEY, painter)
    await settle(lambda: cache.tiers["disk"].counters.puts == 2)
    assert (await other.get_or_make(KEY, painter)).stale
    await settle(lambda: other.renewals.renewed == 1)
    assert (await other.get_or_make(KEY, painter)).entry.body == b"picture 2"
    assert painter.calls == 2


async def test_a_stale_picture_on_disk_is_served_at_once_too(
    cache: Cache, opened: Open, painter: Painter, clock: Clock
) -> None:
    """A cold worker serves what the disk has, however stale, while another holds the lease."""
    painter.fresh_s = 60
    await cache.get_or_make(KEY, painter)
    await settle(lambda: cache.tiers["disk"].counters.puts == 1)
    clock.pass_s(61)
    painter.gate.clear()
    await cache.get_or_make(KEY, painter)
    await settle(lambda: painter.calls == 2)
    outcome = await opened().get_or_make(KEY, painter)
    assert (outcome.source, outcome.stale, outcome.entry.body) == ("disk", True, b"picture 1")
    painter.gate.set()


async def test_a_transient_picture_is_drawn_once_in_a_burst(
    cache: Cache, opened: Open, painter: Painter, clock: Clock
) -> None:
    """It is kept for its seconds in this process alone, marked, and then drawn again."""
    painter.store, painter.keep_s = False, 2.0
    outcomes = [await cache.get_or_make(KEY, painter) for _ in range(10)]
    assert all(outcome.transient for outcome in outcomes)
    assert [outcome.source for outcome in outcomes] == ["made"] + ["memory"] * 9
    assert painter.calls == 1
    assert await opened().get(KEY) is None
    clock.pass_s(2.1)
    assert await cache.get(KEY) is None
    assert (await cache.get_or_make(KEY, painter)).source == "made"
    assert cache.tally.transient == 2


async def test_a_transient_picture_is_drawn_anew_behind(
    cache: Cache, painter: Painter, pauses: Pauses
) -> None:
    """After its seconds the full picture is tried without anybody asking, and replaces it."""
    painter.store, painter.keep_s = False, 2.0
    await cache.get_or_make(KEY, painter)
    await settle(lambda: pauses.asked_s == [2.0])
    painter.store = True
    pauses.end()
    await settle(lambda: cache.renewals.renewed == 1)
    outcome = await cache.get_or_make(KEY, painter)
    assert (outcome.entry.body, outcome.transient) == (b"picture 2", False)


async def test_what_is_neither_stored_nor_kept_is_made_for_each(
    cache: Cache, painter: Painter, pauses: Pauses
) -> None:
    """Such a result leaves no trace, and nobody makes it anew behind."""
    painter.store = False
    for number in (1, 2, 3):
        outcome = await cache.get_or_make(KEY, painter)
        assert (outcome.source, outcome.transient) == ("made", True)
        assert painter.calls == number
    assert pauses.asked_s == []


async def test_renewals_have_a_maker_of_their_own(
    cache: Cache, painter: Painter, clock: Clock
) -> None:
    """What is made behind may be made with less right than what somebody waits for."""
    behind = Painter(clock)
    painter.fresh_s = 60
    await cache.get_or_make(KEY, painter, renew=behind)
    clock.pass_s(61)
    await cache.get_or_make(KEY, painter, renew=behind)
    await settle(lambda: cache.renewals.renewed == 1)
    assert (painter.calls, behind.calls) == (1, 1)


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

    async def put(self, key: object, entry: Entry) -> None:
        """Hang."""
        await asyncio.sleep(3600)


async def test_nobody_waits_for_a_write(painter: Painter) -> None:
    """The answer does not wait for shared tiers, and closing does not wait for ever."""
    cache = Cache(MemoryTier(1_000_000), [HangingFleet(1)])
    async with asyncio.timeout(10):
        outcomes: list[Outcome] = [await cache.get_or_make(KEY, painter) for _ in range(2)]
        await cache.close()
    assert [outcome.source for outcome in outcomes] == ["made", "memory"]


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
