from __future__ import annotations

import asyncio

import pytest

from cache.guard import Guard
from cache.tier import Counters
from tests.cache.worlds import Clock, state_of


class Resource:
    """Something that fails when told, hangs when told, and counts who asks."""

    def __init__(self) -> None:
        self.is_broken = True
        self.gate: asyncio.Event | None = None
        self.asked = 0

    async def __call__(self) -> str:
        """Answer, fail or hang."""
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.is_broken:
            raise OSError("broken")
        return "answer"


@pytest.fixture
def resource() -> Resource:
    return Resource()


@pytest.fixture
def guard(clock: Clock) -> Guard:
    return Guard(
        "test", Counters(), wait_s=0.05, failures=5, open_s=1.0, errors=(OSError,), clock=clock
    )


async def fail(guard: Guard, resource: Resource, times: int) -> None:
    for _ in range(times):
        assert await guard.ask(resource) is None


async def test_five_failures_in_a_row_open_the_circuit(guard: Guard, resource: Resource) -> None:
    """The fifth failure opens it, and then nobody asks."""
    await fail(guard, resource, 4)
    assert state_of(guard) == "closed"
    await fail(guard, resource, 1)
    assert state_of(guard) == "open"
    await fail(guard, resource, 20)
    assert resource.asked == 5


async def test_a_success_forgives_earlier_failures(guard: Guard, resource: Resource) -> None:
    """Only failures in a row count."""
    await fail(guard, resource, 4)
    resource.is_broken = False
    assert await guard.ask(resource) == "answer"
    resource.is_broken = True
    await fail(guard, resource, 4)
    assert state_of(guard) == "closed"


async def test_one_probe_goes_through_after_the_pause(
    guard: Guard, resource: Resource, clock: Clock
) -> None:
    """While the probe is under way, all others are turned away; its success closes the circuit."""
    await fail(guard, resource, 5)
    clock.pass_s(0.9)
    await fail(guard, resource, 1)
    clock.pass_s(0.2)
    resource.gate, resource.is_broken = asyncio.Event(), False
    probe = asyncio.ensure_future(guard.ask(resource))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert state_of(guard) == "half-open"
    await fail(guard, resource, 10)
    assert resource.asked == 6
    resource.gate.set()
    assert await probe == "answer"
    assert state_of(guard) == "closed"


async def test_a_failed_probe_opens_the_circuit_for_another_pause(
    guard: Guard, resource: Resource, clock: Clock
) -> None:
    """One failure suffices after the pause."""
    await fail(guard, resource, 5)
    clock.pass_s(1.1)
    await fail(guard, resource, 10)
    assert (resource.asked, state_of(guard)) == (6, "open")


async def test_a_probe_that_is_cancelled_makes_way_for_the_next(
    guard: Guard, resource: Resource, clock: Clock
) -> None:
    """A caller who hangs up during the probe does not leave the circuit stuck."""
    await fail(guard, resource, 5)
    clock.pass_s(1.1)
    resource.gate = asyncio.Event()
    probe = asyncio.ensure_future(guard.ask(resource))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    resource.gate, resource.is_broken = None, False
    assert await guard.ask(resource) == "answer"


async def test_what_hangs_is_given_up_after_the_wait(guard: Guard, resource: Resource) -> None:
    """No answer within the wait is a failure like any other."""
    resource.gate = asyncio.Event()
    async with asyncio.timeout(1.0):
        await fail(guard, resource, 1)


async def test_an_error_of_another_kind_passes_through(guard: Guard) -> None:
    """What is not the resource's failure is the caller's to see."""

    async def mistake() -> str:
        raise KeyError("mistake")

    with pytest.raises(KeyError):
        await guard.ask(mistake)
    assert state_of(guard) == "closed"
