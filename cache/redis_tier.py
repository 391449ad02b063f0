"""Keep entries in a Redis that several machines share.

Never required and never waited for longer than 50 ms: the library's own defaults cost 3.5 s on a
refused port and a minute on a hanging server, measured with redis-py 8.1. Its eviction policy is
the operator's (`allkeys-lru`); entries carry a time to live besides.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from cache.entry import TAG_PREFIX_BYTES, Entry, is_tagged, pack, unpack
from cache.errors import CorruptEntryError
from cache.guard import Guard
from cache.keys import Key
from cache.tier import BreakerState, Counters, Reach

T = TypeVar("T")

_WAIT_S = 0.05
_FAILURES = 5
_OPEN_S = 1.0
_CONNECTIONS = 16
# Keys looked at in one step of `drop_tag`: a step answers well within the wait.
_SCAN_COUNT = 100

# A larger body would not cross a busy network within the wait, and count as Redis's failure.
_LARGEST_BYTES = 2 * 1024 * 1024


class RedisTier:
    """The same contract over a network.

    Args:
        url: `redis://host:port/db`, `rediss://…` or `unix:///path`.
        prefix: put before every key, so that others may live in the same database.
        keep_s: time to live of an entry from its last write.
        wait_s: the longest that one call is waited for.
        clock: seconds that never jump back, for the breaker.
    """

    name = "redis"
    reach = Reach.FLEET

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "entry:",
        keep_s: int = 30 * 86_400,
        wait_s: float = _WAIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counters = Counters()
        self._prefix = prefix
        self._keep_s = keep_s
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=wait_s,
            socket_timeout=wait_s,
            socket_connect_timeout=wait_s,
            retry=Retry(NoBackoff(), 0),
            # A new connection asks for nothing but itself: naming the library reads its version
            # from files on the loop, and maintenance notices may lengthen the time-outs.
            driver_info=None,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        self._redis = Redis.from_pool(pool)
        self._guard = Guard(
            self.name,
            self.counters,
            wait_s=wait_s,
            failures=_FAILURES,
            open_s=_OPEN_S,
            errors=(RedisError, OSError),
            clock=clock,
        )

    @property
    def state(self) -> BreakerState:
        """Tell whether Redis is in use."""
        return self._guard.state

    async def get(self, key: Key) -> Entry | None:
        """Find the entry, or give None when it is not there within the wait."""
        name = self._name(key)
        data = await self._ask(lambda: self._redis.get(name))
        entry = None
        if data is not None:
            try:
                entry = unpack(key, cast("bytes", data))
            except CorruptEntryError:
                self.counters.corrupt += 1
                await self._ask(lambda: self._redis.unlink(name))
        if entry is None:
            self.counters.misses += 1
        else:
            self.counters.hits += 1
        return entry

    async def put(self, key: Key, entry: Entry) -> None:
        """Keep the entry, unless it is too large to cross the network within the wait."""
        if len(entry.body) > _LARGEST_BYTES:
            self.counters.refusals += 1
            return
        name, data = self._name(key), pack(key, entry)
        if await self._ask(lambda: self._redis.set(name, data, ex=self._keep_s)):
            self.counters.puts += 1
            self.counters.written_bytes += len(data)

    async def drop(self, key: Key) -> None:
        """Forget the entry."""
        name = self._name(key)
        await self._ask(lambda: self._redis.unlink(name))

    async def drop_tag(self, tag: str) -> int:
        """Forget all entries of the tag; goes over all keys in steps, and ends when one fails."""
        dropped, cursor = 0, 0
        while True:
            step = await self._ask(partial(self._drop_step, tag, cursor))
            if step is None:
                return dropped
            cursor, count = step
            dropped += count
            if cursor == 0:
                return dropped

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose(close_connection_pool=True)

    async def _drop_step(self, tag: str, cursor: int) -> tuple[int, int]:
        cursor, names = await self._redis.scan(cursor, match=f"{self._prefix}*", count=_SCAN_COUNT)
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                # Queued, not awaited: the pipeline sends them together.
                pipe.getrange(name, 0, TAG_PREFIX_BYTES - 1)  # type: ignore[unused-awaitable]
            heads = await pipe.execute()
        doomed = [name for name, head in zip(names, heads, strict=True) if is_tagged(head, tag)]
        if doomed:
            await self._redis.unlink(*doomed)
        return cursor, len(doomed)

    def _name(self, key: Key) -> str:
        return self._prefix + key.hex

    async def _ask(self, work: Callable[[], Awaitable[T]]) -> T | None:
        return await self._guard.ask(work)
