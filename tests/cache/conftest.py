from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from cache import Budget, Cache, DiskTier, Leases, MemoryTier
from cache.behind import Renewals
from tests.cache.worlds import Clock, Open, Painter, Pauses, full_folder, read_only_folder
from tests.redis_server import RedisServer, running_redis


@pytest.fixture(autouse=True)
def nothing_in_the_cache_blocks_the_loop() -> Iterator[None]:
    with blockbuster_ctx(scanned_modules=["cache"]):
        yield


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def prefix() -> str:
    return f"test:{uuid.uuid4().hex}:"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    with full_folder(tmp_path) as folder:
        yield folder


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    with read_only_folder(tmp_path) as folder:
        yield folder


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
