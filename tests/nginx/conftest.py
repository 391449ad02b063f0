from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.nginx.site import Site, start_site, write_fallbacks
from tests.nginx.stub import Reply, Stub


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    """An origin that answers everything with one picture that may be kept."""
    origin = Stub(answer=lambda _: pytest.fail("no answer was chosen"))
    origin.always(Reply())
    await origin.start()
    yield origin
    await origin.stop()


@pytest.fixture
async def site(stub: Stub, tmp_path: Path) -> AsyncIterator[Site]:
    """The shipped configuration in front of the stub, with fallback pictures on disk."""
    write_fallbacks(tmp_path / "fallback")
    running = await start_site(stub, tmp_path)
    yield running
    await running.nginx.stop()
