from __future__ import annotations

from pathlib import Path

import pytest

from cache import (
    Cache,
    Leases,
    MemoryTier,
    content_key,
)
from cache.behind import Renewals
from tests.cache.worlds import Clock, Open, Painter, Pauses, settle

KEY = content_key("a")


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


async def test_a_renewal_leaves_a_busy_lease_to_its_holder(
    painter: Painter, clock: Clock, pauses: Pauses, tmp_path: Path
) -> None:
    """What another process makes anew is not made twice: this one looks again after a pause."""
    leases, renewals = Leases(tmp_path / "locks", wait_s=0.05), Renewals(sleep=pauses)
    cache = Cache(MemoryTier(1_000_000), leases=leases, renewals=renewals, now=clock, clock=clock)
    painter.fresh_s = 60
    await cache.get_or_make(KEY, painter)
    clock.pass_s(61)
    others = Leases(tmp_path / "locks", wait_s=20.0)
    held = await others.take(KEY)
    assert held.is_held
    assert (await cache.get_or_make(KEY, painter)).stale
    await settle(lambda: pauses.asked_s == [1.0])
    assert painter.calls == 1
    held.release()
    for one in (cache, others):
        await one.close()


async def test_a_full_picture_of_another_worker_replaces_a_transient_one(
    cache: Cache, opened: Open, painter: Painter, pauses: Pauses
) -> None:
    """The renewal finds what the other worker stored, and the transient one is forgotten."""
    painter.store, painter.keep_s = False, 2.0
    await cache.get_or_make(KEY, painter)
    await settle(lambda: pauses.asked_s == [2.0])
    painter.store, other = True, opened()
    await other.get_or_make(KEY, painter)
    await settle(lambda: other.tiers["disk"].counters.puts == 1)
    pauses.end()
    await settle(lambda: cache.renewals.renewed == 1)
    outcome = await cache.get_or_make(KEY, painter)
    assert (outcome.entry.body, outcome.transient, painter.calls) == (b"picture 2", False, 2)
