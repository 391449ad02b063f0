from __future__ import annotations

import pytest

from cache import MemoryTier, content_key
from tests.cache.contract import TierContract
from tests.cache.worlds import entry_of

COST = entry_of(bytes(10_000)).size_bytes


class TestMemory(TierContract):
    @pytest.fixture
    def tier(self) -> MemoryTier:
        """Run the contract on memory."""
        return MemoryTier(10_000_000)


async def test_memory_never_holds_more_than_its_bytes() -> None:
    """Whatever is put, the sum of held entries stays within the bound, and is counted."""
    tier = MemoryTier(5 * COST)
    for number in range(50):
        await tier.put(content_key(str(number)), entry_of(bytes(number * 200)))
        assert tier.counters.held_bytes <= 5 * COST
    assert tier.counters.evictions > 0


async def test_the_least_recently_used_leaves_first() -> None:
    """A hit keeps an entry in."""
    tier = MemoryTier(3 * COST)
    for name in "abc":
        await tier.put(content_key(name), entry_of(bytes(10_000)))
    await tier.get(content_key("a"))
    await tier.put(content_key("d"), entry_of(bytes(10_000)))
    kept = [name for name in "abcd" if await tier.get(content_key(name)) is not None]
    assert kept == ["a", "c", "d"]
    assert tier.counters.evictions == 1


async def test_an_entry_larger_than_all_memory_evicts_nobody() -> None:
    """It is refused, and what was under its key is forgotten since it is older."""
    tier = MemoryTier(2 * COST)
    await tier.put(content_key("a"), entry_of())
    await tier.put(content_key("b"), entry_of())
    await tier.put(content_key("b"), entry_of(bytes(3 * COST)))
    assert await tier.get(content_key("a")) == entry_of()
    assert await tier.get(content_key("b")) is None
    assert tier.counters.refusals == 1
