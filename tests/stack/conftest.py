from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fetch.strangers import Stranger, stranger
from tests.processes import free_port
from tests.stack.documents import EVERYTHING, write
from tests.stack.stack import Stack, running, signet

DEAD_PORT = free_port()
"""Allowed to be asked, and nobody is there."""

FRIENDS = "127.0.1.0/24"
"""Hosts of pictures that may be asked; 127.0.0.1 is the private address that may not."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def there() -> AsyncIterator[Stranger]:
    """The world's hosts of pictures: one server at every address of loopback."""
    async with stranger("0.0.0.0") as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of templates, each published once by the real command."""
    directory = tmp_path_factory.mktemp("catalog")
    write(directory / "templates", *EVERYTHING)
    env = {
        "SIGNET_TEMPLATES": str(directory / "templates"),
        "SIGNET_DATA_DIR": str(directory / "data"),
    }
    await signet(env, "templates", "publish")
    return directory / "templates"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(
    tmp_path_factory: pytest.TempPathFactory, templates: Path, there: Stranger
) -> AsyncIterator[Stack]:
    """The service that most tests share: one worker, nginx, and hosts that it may ask."""
    async with running(
        tmp_path_factory.mktemp("stack"),
        templates,
        nginx=True,
        assets_allow=FRIENDS,
        assets_ports=f"80,{there.port},{DEAD_PORT}",
        assets_deadline_s=0.8,
    ) as up:
        yield up
