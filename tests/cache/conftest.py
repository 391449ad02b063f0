from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from tests.cache.worlds import Clock, full_folder, read_only_folder
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
