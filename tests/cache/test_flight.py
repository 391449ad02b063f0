from __future__ import annotations

import asyncio

import pytest

from cache import CacheClosedError, content_key
from cache.flight import Flights

KEY = content_key("a")


class Maker:
    """Makes a number when its gate opens, and counts how often it began."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.begun = 0

    async def __call__(self) -> int:
        """Wait for the gate."""
        self.begun += 1
        await self.gate.wait()
        return self.begun


async def joined(
    flights: Flights[int], make: Maker, callers: int
) -> list[asyncio.Task[tuple[int, bool]]]:
    tasks = [asyncio.ensure_future(flights.join(KEY, make)) for _ in range(callers)]
    await asyncio.sleep(0.01)
    return tasks


async def test_many_callers_share_one_flight() -> None:
    """One makes, all get it, and exactly one is told that it was the first."""
    flights, make = Flights[int](), Maker()
    tasks = await joined(flights, make, 100)
    make.gate.set()
    answers = await asyncio.gather(*tasks)
    assert [value for value, _ in answers] == [1] * 100
    assert sum(is_first for _, is_first in answers) == 1


async def test_other_keys_fly_alone() -> None:
    """A flight of one key does not stand for another's."""
    flights, make = Flights[int](), Maker()
    make.gate.set()
    await asyncio.gather(*(flights.join(content_key(name), make) for name in "abc"))
    assert make.begun == 3


@pytest.mark.parametrize("hang_ups", [[0], [0, 1, 2, 3], [4]], ids=["first", "most", "last"])
async def test_a_caller_who_hangs_up_cancels_nobody(hang_ups: list[int]) -> None:
    """The flight goes on without whoever left, the one who began it included."""
    flights, make = Flights[int](), Maker()
    tasks = await joined(flights, make, 5)
    for index in hang_ups:
        tasks[index].cancel()
    await asyncio.sleep(0.01)
    make.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    for index, answer in enumerate(answers):
        if index in hang_ups:
            assert isinstance(answer, asyncio.CancelledError)
        else:
            assert answer == (1, index == 0)


async def test_a_flight_that_all_have_left_lands_for_the_next() -> None:
    """When every caller has hung up the work still ends once, and who comes then joins it."""
    flights, make = Flights[int](), Maker()
    for task in await joined(flights, make, 3):
        task.cancel()
    await asyncio.sleep(0.01)
    late = await joined(flights, make, 1)
    make.gate.set()
    assert await late[0] == (1, False)


async def test_an_error_reaches_all_and_is_forgotten() -> None:
    """Everybody who waits sees the error; the next caller begins anew."""
    flights, make = Flights[int](), Maker()

    async def fail() -> int:
        await make.gate.wait()
        raise ValueError("no picture")

    tasks = [asyncio.ensure_future(flights.join(KEY, fail)) for _ in range(10)]
    await asyncio.sleep(0.01)
    make.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, ValueError) for answer in answers)
    assert await flights.join(KEY, make) == (1, True)


async def test_a_flight_that_hangs_ends_with_an_error() -> None:
    """A maker without an end does not occupy its key for ever."""
    flights, make = Flights[int](longest_s=0.05), Maker()
    with pytest.raises(TimeoutError):
        await flights.join(KEY, make)
    make.gate.set()
    assert await flights.join(KEY, make) == (2, True)


async def test_closing_tells_those_who_wait() -> None:
    """A cancelled flight is an error of its own to the callers, who were not cancelled."""
    flights, make = Flights[int](), Maker()
    tasks = await joined(flights, make, 3)
    await flights.close()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, CacheClosedError) for answer in answers)
