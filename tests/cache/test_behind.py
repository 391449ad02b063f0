from __future__ import annotations

import asyncio

from cache import content_key
from cache.behind import Chores, Renewals
from tests.cache.worlds import settle

KEY = content_key("a")


class Pauses:
    """A `sleep` that takes no time and remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Pass at once."""
        self.asked_s.append(seconds)
        await asyncio.sleep(0)


class Work:
    """Renews from the n-th call on, and knows how many ran at a time."""

    def __init__(self, succeeds_at: int = 1) -> None:
        self.succeeds_at = succeeds_at
        self.calls = self.running = self.most = 0

    async def __call__(self) -> bool:
        """Take a moment, then succeed or not."""
        self.calls += 1
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.001)
        self.running -= 1
        return self.calls >= self.succeeds_at


async def test_one_renewal_per_key_is_under_way() -> None:
    """Asking again while it runs begins nothing."""
    renewals, work = Renewals(), Work()
    assert [renewals.ask(KEY, work) for _ in range(5)] == [True] + [False] * 4
    await settle(lambda: renewals.renewed == 1)
    assert work.calls == 1
    await renewals.close()


async def test_failures_are_tried_again_after_doubling_pauses() -> None:
    """The pauses double up to the longest, after the one that was asked for."""
    pauses = Pauses()
    renewals, work = Renewals(sleep=pauses, first_s=1, longest_s=5), Work(succeeds_at=5)
    renewals.ask(KEY, work, after_s=2.0)
    await settle(lambda: renewals.renewed == 1)
    assert pauses.asked_s == [2.0, 1, 2, 4, 5]
    assert renewals.failures == 4
    await renewals.close()


async def test_a_key_that_always_fails_is_left_until_asked_again() -> None:
    """The tries are bounded, and the last pause holds back those who ask."""
    pauses = Pauses()
    renewals, work = Renewals(sleep=pauses, tries=3), Work(succeeds_at=99)
    renewals.ask(KEY, work)
    await settle(lambda: len(pauses.asked_s) == 3)
    await settle(lambda: renewals.ask(KEY, work))
    assert work.calls == 3
    await renewals.close()


async def test_an_exception_is_a_failure_like_any_other() -> None:
    """Whatever a renewal raises is counted and tried again."""
    calls = 0

    async def work() -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("no picture")
        return True

    renewals = Renewals(sleep=Pauses())
    renewals.ask(KEY, work)
    await settle(lambda: renewals.renewed == 1)
    assert renewals.failures == 1
    await renewals.close()


async def test_renewals_are_bounded_in_number_and_at_a_moment() -> None:
    """Beyond the limit keys are refused; of those taken, only some are made at a time."""
    renewals, work = Renewals(limit=10, at_once=2), Work()
    taken = [renewals.ask(content_key(str(number)), work) for number in range(15)]
    assert taken == [True] * 10 + [False] * 5
    await settle(lambda: work.calls == 10)
    assert work.most == 2
    await renewals.close()


async def test_closing_ends_renewals() -> None:
    """Nothing is renewed after the close, however long its pause was."""
    renewals, work = Renewals(), Work()
    renewals.ask(KEY, work, after_s=3600)
    async with asyncio.timeout(5):
        await renewals.close()
    assert work.calls == 0


async def test_chores_are_bounded_and_finished_before_the_close() -> None:
    """More than the limit is refused; what was taken is done when `close` returns."""
    done: list[int] = []

    async def chore(number: int) -> None:
        await asyncio.sleep(0.01)
        done.append(number)

    chores = Chores(limit=3)
    assert [chores.start(chore(number), 0) for number in range(5)] == [True] * 3 + [False] * 2
    await chores.close()
    assert done == [0, 1, 2]


async def test_what_chores_hold_is_bounded() -> None:
    """Large entries on a slow disk do not pile up; one that is larger than all goes alone."""
    gate = asyncio.Event()

    async def chore() -> None:
        await gate.wait()

    chores = Chores(limit_bytes=100)
    sizes = (60, 60, 40, 1)
    assert [chores.start(chore(), size) for size in sizes] == [True, False, True, False]
    gate.set()
    await chores.close()
    assert [chores.start(chore(), size) for size in (101, 1)] == [True, False]
    await chores.close()
    assert chores.start(chore(), 100)
    await chores.close()


async def test_a_failed_chore_is_nobodys_error() -> None:
    """An exception in a chore ends that chore and nothing else."""

    async def fail() -> None:
        raise ValueError("lost")

    chores = Chores()
    assert chores.start(fail(), 0)
    await chores.close()
