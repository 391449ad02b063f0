from __future__ import annotations

import asyncio

import pytest

from origin.pipeline.admission import FIRST_GUESS_S, Admission, Overloaded


def _soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_one_painter_draws_one_picture_at_a_time() -> None:
    """No two holders of a turn overlap when there is one painter."""
    admission = Admission(1)
    inside = 0
    most = 0

    async def draw() -> None:
        nonlocal inside, most
        async with admission.turn(until=_soon(30)):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(draw() for _ in range(10)))
    assert most == 1


async def test_a_queue_that_eats_the_deadline_is_refused_at_the_door() -> None:
    """A newcomer whose turn would come too late is told at once, not after waiting."""
    admission = Admission(1)
    release = asyncio.Event()

    async def hold() -> None:
        async with admission.turn(until=_soon(30)):
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(20)]
    await asyncio.sleep(0)
    assert admission.expected_wait_s >= 19 * FIRST_GUESS_S
    with pytest.raises(Overloaded) as refused:
        async with admission.turn(until=_soon(10 * FIRST_GUESS_S)):
            pass
    assert refused.value.reason == "queue"
    release.set()
    await asyncio.gather(*holders)
    assert admission.expected_wait_s == 0


async def test_waiting_ends_with_the_deadline() -> None:
    """Who was let in but not served in time is refused when the time is over."""
    admission = Admission(1)
    async with admission.turn(until=_soon(30)):
        with pytest.raises(Overloaded) as refused:
            async with admission.turn(until=_soon(3 * FIRST_GUESS_S)):
                pass
    assert refused.value.reason == "deadline"
    async with admission.turn(until=_soon(30)):
        pass


async def test_background_work_enters_only_while_nobody_waits() -> None:
    """Redrawing behind gives way to whoever waits, not to what is being drawn."""
    admission = Admission(1)
    release = asyncio.Event()

    async def hold() -> None:
        async with admission.turn(until=_soon(30)):
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refused:
        async with admission.turn(until=_soon(30), background=True):
            pass
    assert refused.value.reason == "background"
    release.set()
    await holders[0]
    async with admission.turn(until=_soon(30), background=True):
        pass


async def test_a_failed_picture_gives_its_turn_back() -> None:
    """Whatever happens inside, the next one is served; waiting times are told."""
    waits: list[float] = []
    admission = Admission(1, waits.append)
    with pytest.raises(ZeroDivisionError):
        async with admission.turn(until=_soon(30)):
            raise ZeroDivisionError
    async with admission.turn(until=_soon(30)):
        pass
    assert len(waits) == 2


async def test_a_free_painter_refuses_nobody() -> None:
    """However long the last pictures took, the next one may show that they are quick again."""
    admission = Admission(1)
    for _ in range(3):
        async with admission.turn(until=_soon(30)):
            await asyncio.sleep(4 * FIRST_GUESS_S)
    async with admission.turn(until=_soon(FIRST_GUESS_S)):
        pass
