from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from origin.metrics import Metrics
from origin.web import housekeeper
from origin.web.housekeeper import keep_house, metrics_page, repeat
from tests.processes import free_port


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_keeper_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two keepers share a lock: one works, and when it stops the other goes on."""
    monkeypatch.setattr(housekeeper, "LOOK_EVERY_S", 0.01)
    done: list[str] = []
    turned = asyncio.Event()

    def chore(name: str) -> housekeeper.Chore:
        async def work() -> None:
            done.append(name)
            if name == "second":
                turned.set()

        return repeat(work, 0.01)

    lock = tmp_path / "lock"
    first = asyncio.create_task(keep_house(lock, [chore("first")]))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(keep_house(lock, [chore("second")]))
    await asyncio.sleep(0.1)
    assert set(done) == {"first"}
    await _cancel(first)
    await asyncio.wait_for(turned.wait(), 5)
    await _cancel(second)


async def test_failing_chore_is_tried_again_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chore that fails rests and returns; its neighbour does not notice."""
    monkeypatch.setattr(housekeeper, "AGAIN_AFTER_S", 0.01)
    tries: list[int] = []
    swept = asyncio.Event()
    recovered = asyncio.Event()

    async def fragile() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(28, "No space left on device")
        recovered.set()

    async def sweep() -> None:
        swept.set()

    task = asyncio.create_task(keep_house(tmp_path / "lock", [fragile, repeat(sweep, 60)]))
    await asyncio.wait_for(recovered.wait(), 5)
    assert swept.is_set()
    await _cancel(task)


async def test_metrics_page_has_a_port_of_its_own_and_gives_it_back() -> None:
    """The page is served while the chore runs, and its port is free right after."""
    metrics = Metrics()
    metrics.coalesced()
    port = free_port()
    for _ in range(2):
        task = asyncio.create_task(metrics_page(metrics, "127.0.0.1", port)())
        async with aiohttp.ClientSession() as session:
            for _ in range(200):
                await asyncio.sleep(0.01)
                try:
                    async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                        assert "signet_coalesced_total 1.0" in await answer.text()
                        assert answer.content_type == "text/plain"
                        break
                except aiohttp.ClientConnectorError:
                    continue
            else:
                pytest.fail("no page")
        await _cancel(task)


async def test_lost_lock_directory_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its directory the keeper waits; once it is back, so are the chores."""
    monkeypatch.setattr(housekeeper, "LOOK_EVERY_S", 0.01)
    worked = asyncio.Event()

    async def work() -> None:
        worked.set()

    lock = tmp_path / "gone" / "lock"
    task = asyncio.create_task(keep_house(lock, [repeat(work, 60)]))
    await asyncio.sleep(0.05)
    assert not task.done()
    assert not worked.is_set()
    lock.parent.mkdir()
    await asyncio.wait_for(worked.wait(), 5)
    await _cancel(task)
