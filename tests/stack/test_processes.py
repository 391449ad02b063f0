from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from tests.processes import Service
from tests.stack.documents import CARD_PX, PLAIN_PX
from tests.stack.stack import KINDS, SERVE, Stack, command_of, full, lesser, running, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

MADE = 'pictures_total{source="made",state="fresh"}'


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pair(tmp_path_factory: pytest.TempPathFactory, templates: Path) -> AsyncIterator[Stack]:
    """A service of two web workers."""
    directory = tmp_path_factory.mktemp("pair")
    async with running(directory, templates, nginx=True, workers=2) as up:
        await until(lambda: _workers_of(up, 2))
        yield up


async def _workers_of(stack: Stack, count: int) -> bool:
    return len(stack.children("painter")) == count


async def test_two_workers_draw_a_picture_once(pair: Stack) -> None:
    """Whichever worker a request meets, one of them draws and the other reads what it drew."""
    for number in range(5):
        path = pair.path("plain", first_name=f"Both{number}")
        made = await pair.count(MADE)
        answers = await asyncio.gather(*(pair.ask(path) for _ in range(30)))
        for answer in answers:
            full(answer, PLAIN_PX)
        assert len({answer.body for answer in answers}) == 1
        assert await pair.count(MADE) == made + 1
    from_disk = await pair.count('pictures_total{source="disk",state="fresh"}')
    assert from_disk > 0, "every request met the same worker"


class Crowd:
    """Open new pictures through nginx one after the other, and note each that is not full."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.failures: list[str] = []
        self.opened = 0
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            try:
                path = self.stack.path("plain", first_name=f"crowd{self.opened}")
                full(await self.stack.get(path), PLAIN_PX)
            except (AssertionError, OSError, IndexError) as error:
                self.failures.append(repr(error))
            self.opened += 1

    async def has_opened(self, count: int) -> bool:
        """Say whether so many were opened."""
        return self.opened >= count

    async def leave(self) -> None:
        """Open no more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def test_killed_worker_is_replaced_and_requests_go_on(pair: Stack) -> None:
    """`kill -9` of a web worker costs nobody a picture, and soon there are two again."""
    before = pair.service.pids()
    assert len(before) == 2
    crowd = Crowd(pair)
    await until(partial(crowd.has_opened, 5))
    os.kill(min(before), signal.SIGKILL)

    async def is_replaced() -> bool:
        now = pair.service.pids()
        return now != before and len(now) == 2 and await _workers_of(pair, 2)

    await until(is_replaced, 30)
    await until(partial(crowd.has_opened, crowd.opened + 60), 30)
    await crowd.leave()
    assert crowd.failures == []


async def test_reload_costs_no_picture(pair: Stack) -> None:
    """HUP replaces both workers with their painters, and nobody sees a lesser picture."""
    before = pair.service.pids()
    crowd = Crowd(pair)
    await until(partial(crowd.has_opened, 5))
    pair.service.master.send_signal(signal.SIGHUP)

    async def is_replaced() -> bool:
        now = pair.service.pids()
        return not now & before and len(now) == 2 and await _workers_of(pair, 2)

    await until(is_replaced, 60)
    await until(partial(crowd.has_opened, crowd.opened + 20), 30)
    await crowd.leave()
    assert crowd.failures == []


async def test_children_die_with_their_worker(pair: Stack) -> None:
    """A worker that is killed leaves no painter behind."""
    victim = max(pair.service.pids())
    (left,) = pair.children("painter", victim)
    os.kill(victim, signal.SIGKILL)

    async def is_dead() -> bool:
        return command_of(left) == b""

    await until(is_dead)
    await until(lambda: _workers_of(pair, 2), 30)


async def test_dead_origin_costs_no_picture(tmp_path: Path, templates: Path) -> None:
    """With the whole origin killed nginx shows what it has, and a default picture for the rest."""
    async with running(tmp_path, templates, nginx=True) as up:
        known = up.path("card", first_name="Known")
        first = await up.get(known)
        full(first, CARD_PX)
        defaults = {ext: await up.ask(up.path("card", more={"extension": ext})) for ext in KINDS}
        await until(lambda: _is_laid(up))
        victims = [up.service.master.pid, *up.service.pids()]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        up.service.master.wait()
        assert (await up.get(known)).body == first.body
        for extension in KINDS:
            path = up.path("card", first_name="Cold", more={"extension": extension})
            answer = await up.get(path)
            lesser(answer, "origin-down", CARD_PX, extension)
            assert answer.body == defaults[extension].body
        slots = await up.get(up.open_path(slots="first_name=Cold"))
        lesser(slots, "origin-down", CARD_PX)
        lesser(await up.get(up.path("gone")), "origin-down", (600, 200))
        await _revive(up, tmp_path)
        cold = up.path("card", first_name="Cold")
        full(await up.get(cold), CARD_PX)
        full(await up.get(up.open_path(slots="first_name=Cold")), CARD_PX)


async def _is_laid(stack: Stack) -> bool:
    return (stack.service.data_dir / "fallback" / "card.avif").exists()


async def _revive(stack: Stack, directory: Path) -> None:
    stack.service = Service(
        directory,
        SERVE,
        workers=1,
        templates=stack.templates,
        keys_file=stack.keys_file,
        port=stack.service.port,
    )
    await until(stack.ready, 60)
