"""Keep entries in this process, bounded by bytes, the least recently used leaving first."""

from __future__ import annotations

from cachetools import LRUCache

from cache.entry import Entry
from cache.keys import Key
from cache.tier import BreakerState, Counters, Reach


class MemoryTier:
    """The fastest tier; an entry larger than all of it is not taken."""

    name = "memory"
    reach = Reach.PROCESS
    state: BreakerState = "closed"

    def __init__(self, max_bytes: int) -> None:
        self.counters = Counters()
        self._held = _Evicting(max_bytes, self.counters)

    async def get(self, key: Key) -> Entry | None:
        """Find the entry, which makes it the most recently used."""
        entry: Entry | None = self._held.get(key)
        if entry is None:
            self.counters.misses += 1
        else:
            self.counters.hits += 1
        return entry

    async def put(self, key: Key, entry: Entry) -> None:
        """Keep the entry, evicting others for its bytes."""
        if entry.size_bytes > self._held.maxsize:
            self.counters.refusals += 1
            # What is there is older than what was refused.
            self._held.pop(key, None)
        else:
            self._held[key] = entry
            self.counters.puts += 1
            self.counters.written_bytes += entry.size_bytes
        self._weigh()

    async def drop(self, key: Key) -> None:
        """Forget the entry."""
        self._held.pop(key, None)
        self._weigh()

    async def drop_tag(self, tag: str) -> int:
        """Forget all entries of the tag; looks at every entry."""
        keys = [key for key, entry in list(self._held.items()) if entry.tag == tag]
        for key in keys:
            self._held.pop(key, None)
        self._weigh()
        return len(keys)

    async def close(self) -> None:
        """Forget everything."""
        self._held = _Evicting(self._held.maxsize, self.counters)
        self._weigh()

    def _weigh(self) -> None:
        self.counters.held_bytes = int(self._held.currsize)


class _Evicting(LRUCache[Key, Entry]):
    """The library's cache, telling the counters whom it evicts."""

    def __init__(self, max_bytes: float, counters: Counters) -> None:
        super().__init__(max_bytes, getsizeof=lambda entry: entry.size_bytes)
        self._counters = counters

    def popitem(self) -> tuple[Key, Entry]:
        self._counters.evictions += 1
        return super().popitem()
