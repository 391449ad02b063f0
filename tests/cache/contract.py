"""The laws that every tier keeps, whatever it is made of."""

from __future__ import annotations

import asyncio

from cache import Tier, content_key
from tests.cache.worlds import entry_of


class TierContract:
    """Inherit, and give a fixture `tier`: an empty one that takes entries of at least 100 kB."""

    async def test_an_entry_comes_back_as_it_was_put(self, tier: Tier) -> None:
        """All fields survive, and the body byte for byte."""
        key, entry = content_key("a"), entry_of(bytes(range(256)) * 200, fresh_until=7.25)
        await tier.put(key, entry)
        assert await tier.get(key) == entry

    async def test_an_unknown_key_is_a_miss(self, tier: Tier) -> None:
        """A key that was never put has no entry, even beside others."""
        await tier.put(content_key("a"), entry_of())
        assert await tier.get(content_key("b")) is None

    async def test_the_later_put_wins(self, tier: Tier) -> None:
        """A second put under the same key replaces the first."""
        key = content_key("a")
        await tier.put(key, entry_of(b"old"))
        await tier.put(key, entry_of(b"new"))
        assert await tier.get(key) == entry_of(b"new")

    async def test_a_stale_entry_is_still_found(self, tier: Tier) -> None:
        """Staleness is for the reader to judge; the tier forgets nothing for it."""
        key, entry = content_key("a"), entry_of(fresh_until=1.0)
        await tier.put(key, entry)
        assert await tier.get(key) == entry

    async def test_a_dropped_entry_is_gone(self, tier: Tier) -> None:
        """Drop removes one entry, and does not mind when there is none."""
        await tier.put(content_key("a"), entry_of())
        await tier.put(content_key("b"), entry_of())
        await tier.drop(content_key("a"))
        await tier.drop(content_key("a"))
        assert await tier.get(content_key("a")) is None
        assert await tier.get(content_key("b")) is not None

    async def test_a_dropped_tag_takes_its_entries_and_no_other(self, tier: Tier) -> None:
        """Drop_tag removes all entries of one tag and counts them."""
        for number in range(6):
            await tier.put(content_key(str(number)), entry_of(tag="odd" if number % 2 else "even"))
        assert await tier.drop_tag("odd") == 3
        assert await tier.drop_tag("odd") == 0
        kept = [await tier.get(content_key(str(number))) is not None for number in range(6)]
        assert kept == [True, False] * 3

    async def test_many_at_once_each_get_their_own(self, tier: Tier) -> None:
        """Concurrent puts and gets never mix bodies up."""
        bodies = {content_key(str(n)): str(n).encode() * 1000 for n in range(40)}
        await asyncio.gather(*(tier.put(key, entry_of(body)) for key, body in bodies.items()))
        found = await asyncio.gather(*(tier.get(key) for key in bodies))
        assert [entry and entry.body for entry in found] == list(bodies.values())

    async def test_a_hang_up_leaves_the_tier_whole(self, tier: Tier) -> None:
        """Cancelled calls leave no part of an entry, and the next caller gets an answer."""
        bodies = {content_key(str(n)): str(n).encode() * 9000 for n in range(20)}
        calls = [asyncio.ensure_future(tier.put(k, entry_of(b))) for k, b in bodies.items()]
        await asyncio.sleep(0.001)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        for key, body in bodies.items():
            entry = await tier.get(key)
            assert entry is None or entry.body == body
        await tier.put(content_key("after"), entry_of())
        assert await tier.get(content_key("after")) == entry_of()
        assert tier.counters.corrupt == 0

    async def test_hits_and_misses_are_counted(self, tier: Tier) -> None:
        """Every lookup counts once, every put with its bytes."""
        key = content_key("a")
        await tier.get(key)
        await tier.put(key, entry_of(bytes(1000)))
        await tier.get(key)
        await tier.get(key)
        counters = tier.counters
        assert (counters.hits, counters.misses, counters.puts) == (2, 1, 1)
        assert counters.errors == counters.corrupt == counters.refusals == 0
        assert counters.written_bytes >= 1000
        assert tier.state == "closed"
