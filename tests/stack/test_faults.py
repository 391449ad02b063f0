from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.fetch.pictures import picture as drawn
from tests.fetch.strangers import Stranger, response
from tests.nginx.wire import Answer
from tests.stack.documents import CARD_PX, FACE_PX
from tests.stack.stack import Stack, full, lesser, picture, running, stopped, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEADLINE_S = 2.5
SLACK_S = 1.0
"""What a busy machine may add on its way to the test: it is the hang that must not be."""

Ask = Callable[[str], Awaitable[Answer]]

IN_TURN = "render_queue_wait_seconds_count"


async def is_full(ask: Ask, path: str, size: tuple[int, int]) -> bool:
    answer = await ask(path)
    picture(answer, size)
    return answer.header("x-signet-degraded") is None


async def asked_while_held(stack: Stack, path: str) -> tuple[asyncio.Task[Answer], int]:
    """Ask for a picture whose painter stands still, and return once the painter has it."""
    (painter,) = stack.children("painter")
    turns = await stack.count(IN_TURN)
    os.kill(painter, signal.SIGSTOP)
    asking = asyncio.create_task(stack.get(path))

    async def is_in_turn() -> bool:
        return await stack.count(IN_TURN) > turns

    await until(is_in_turn)
    return asking, painter


async def test_killed_painter_costs_no_picture(stack: Stack) -> None:
    """A painter killed at work is replaced, and the new one draws what the old one had begun.

    Only where the new one takes longer than the deadline the default is shown, and not kept.
    """
    path = stack.path("card", first_name="Killed")
    asking, painter = await asked_while_held(stack, path)
    os.kill(painter, signal.SIGKILL)
    answer = await asking
    picture(answer, CARD_PX)
    is_kept = answer.header("cache-control") != "no-store"
    assert is_kept == (answer.header("x-signet-degraded") is None)
    await until(lambda: is_full(stack.get, path, CARD_PX))
    assert stack.children("painter") not in ([], [painter])
    full(await stack.get(stack.path("card", first_name="Next")), CARD_PX)

    async def is_counted() -> bool:
        return await stack.count('child_restarts_total{kind="painter"}') > 0

    await until(is_counted)


async def test_hanging_painter_is_replaced_within_the_deadline(stack: Stack) -> None:
    """A painter that stands still costs its own picture only, and only until the deadline."""
    path = stack.path("card", first_name="Hangs")
    started = time.monotonic()
    asking, painter = await asked_while_held(stack, path)
    lesser(await asking, "deadline", CARD_PX)
    assert time.monotonic() - started < DEADLINE_S + SLACK_S
    await until(lambda: is_full(stack.get, path, CARD_PX))
    assert stack.children("painter") not in ([], [painter])


async def test_default_stands_in_for_the_picture(stack: Stack) -> None:
    """What is shown in place of a picture is its template with the defaults, where that is kept."""
    defaults = await stack.ask(stack.path("card"))
    path = stack.path("card", first_name="Stand-in")
    asking, _ = await asked_while_held(stack, path)
    assert (await asking).body == defaults.body
    await until(lambda: is_full(stack.get, path, CARD_PX))


async def test_killed_decoder_costs_one_layer(stack: Stack, there: Stranger) -> None:
    """A picture under which the decoder dies is drawn by its fallback; others go on."""
    there.at("/crash", response(drawn()))
    there.at("/no-crash", response(drawn(color=(0, 255, 0))))
    full(
        await stack.ask(stack.path("face", avatar=there.url("/no-crash", host="127.0.1.2"))),
        FACE_PX,
    )
    (decoder,) = stack.children("decoder")
    with stopped(decoder, signal.SIGCONT, signal.SIGSTOP):
        url = there.url("/crash", host="127.0.1.3")
        asking = asyncio.create_task(stack.get(stack.path("face", avatar=url)))

        async def is_asked() -> bool:
            return there.asked["/crash"] == 1

        await until(is_asked)
        await asyncio.sleep(0.1)
        os.kill(decoder, signal.SIGKILL)
        lesser(await asking, "asset-broken:avatar", FACE_PX)
    there.at("/again", response(drawn(color=(0, 255, 0))))
    path = stack.path("face", avatar=there.url("/again", host="127.0.1.2"))
    await until(lambda: is_full(stack.ask, path, FACE_PX))


async def test_overload_sheds_and_keeps_nothing_of_it(tmp_path: Path, templates: Path) -> None:
    """Opens that no painter can serve in time are refused at its door, at once and for now only."""
    short: dict[str, object] = {"deadline_s": 0.6, "assets_deadline_s": 0.3, "workers": 1}
    async with running(tmp_path, templates, nginx=True, **short) as up:
        (painter,) = up.children("painter")
        paths = [up.path("card", first_name=f"p{number}") for number in range(120)]
        with stopped(painter, signal.SIGCONT, signal.SIGSTOP):
            answers = await asyncio.gather(*map(up.get, paths))
        for answer in answers:
            lesser(answer, (answer.header("x-signet-degraded") or ""), CARD_PX)
        told = {answer.header("x-signet-degraded") for answer in answers}
        assert "overload" in told
        assert await up.count('shed_total{reason="queue"}') > 0
        for path in (paths[0], paths[-1]):
            await until(partial(is_full, up.get, path, CARD_PX))
