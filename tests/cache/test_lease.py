from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from cache import Budget, DiskTier, Key, Leases, content_key
from tests.cache.worlds import entry_of, state_of

KEY = content_key("a")

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
async def leases(tmp_path: Path) -> AsyncIterator[Leases]:
    leases = Leases(tmp_path / "locks", wait_s=0.3)
    yield leases
    await leases.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(job: str, argument: str = "-") -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.cache.worker_process", job, str(tmp_path), argument]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


async def test_one_holder_at_a_time(leases: Leases, tmp_path: Path) -> None:
    """While one holds the lease another waits for its wait and is told that it is busy."""
    first, others = await leases.take(KEY), Leases(tmp_path / "locks", wait_s=0.05)
    assert first.is_held
    second = await others.take(KEY)
    assert (second.is_held, second.is_busy) == (False, True)
    assert (await others.take(content_key("b"))).is_held
    first.release()
    await others.close()


async def test_a_waiter_gets_the_lease_when_it_is_released(tmp_path: Path) -> None:
    """The release passes it on, and each of many waiters has it alone."""
    leases = [Leases(tmp_path / "locks", wait_s=20.0) for _ in range(8)]
    holding = most = 0

    async def work(of: Leases) -> None:
        nonlocal holding, most
        lease = await of.take(KEY)
        assert lease.is_held
        holding += 1
        most = max(most, holding)
        await asyncio.sleep(0.005)
        holding -= 1
        lease.release()

    await asyncio.gather(*(work(one) for one in leases))
    assert most == 1
    for one in leases:
        await one.close()


async def test_a_lease_makes_no_file(leases: Leases, tmp_path: Path) -> None:
    """One file serves all keys and stays empty, and a second release does nothing."""
    for number in range(20):
        lease = await leases.take(content_key(str(number)))
        assert lease.is_held
        lease.release()
        lease.release()
        assert not lease.is_held
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [0]


async def test_whoever_opens_the_file_and_closes_it_takes_no_lease_away(
    leases: Leases, tmp_path: Path
) -> None:
    """A backup that reads the data directory, or another part of this process."""
    lease, others = await leases.take(KEY), Leases(tmp_path / "locks", wait_s=0.0)
    await asyncio.to_thread((tmp_path / "locks").read_bytes)
    assert (await others.take(KEY)).is_busy
    lease.release()
    await others.close()


async def test_a_lease_passed_on_is_released_by_its_new_owner(leases: Leases) -> None:
    """The old one has nothing left to release."""
    old = await leases.take(KEY)
    new = old.passed_on()
    old.release()
    assert (await leases.take(KEY)).is_busy
    new.release()
    leases_again = await taken(leases, KEY)
    assert leases_again


async def taken(leases: Leases, key: Key) -> bool:
    """The release runs in a thread: ask until it has."""
    for _ in range(50):
        if (await leases.take(key)).is_held:
            return True
    return False


async def test_a_folder_that_cannot_be_used_stops_nobody(read_only: Path) -> None:
    """Without a place for locks everybody goes on at once, and is not told to wait."""
    leases = Leases(read_only / "locks", wait_s=60.0)
    async with asyncio.timeout(5):
        lease = await leases.take(KEY)
    assert (lease.is_held, lease.is_busy) == (False, False)
    lease.release()
    await leases.close()


async def test_a_waiter_who_is_cancelled_leaves_the_lease_to_others(
    leases: Leases, tmp_path: Path
) -> None:
    """Whenever a waiter is cancelled, the lease is free afterwards."""
    patient = Leases(tmp_path / "locks", wait_s=60.0)
    for turn in range(30):
        waiting = asyncio.ensure_future(patient.take(KEY))
        for _ in range(turn % 6):
            await asyncio.sleep(0)
        waiting.cancel()
        answer = (await asyncio.gather(waiting, return_exceptions=True))[0]
        if not isinstance(answer, BaseException):
            answer.release()
    assert await taken(leases, KEY)
    await patient.close()


async def test_the_kernel_frees_the_lease_of_a_killed_process(leases: Leases, start: Start) -> None:
    """A worker that dies by kill -9 while it holds the lease holds up nobody after it."""
    process = start("hold")
    assert heard(process) == "ready"
    go(process)
    assert heard(process) == "held True"
    assert (await leases.take(KEY)).is_busy
    process.kill()
    process.wait()
    lease = await leases.take(KEY)
    assert lease.is_held
    lease.release()


def test_workers_of_one_machine_make_an_entry_once(start: Start) -> None:
    """Of four processes that begin together, one draws and the others find it on disk."""
    processes = [start("make", "0.3") for _ in range(4)]
    assert [heard(process) for process in processes] == ["ready"] * 4
    for process in processes:
        go(process)
    answers = sorted(heard(process) for process in processes)
    assert answers == ["disk drawn"] * 3 + ["made drawn"]


async def test_a_worker_killed_while_it_draws_is_replaced_by_another(
    start: Start, leases: Leases
) -> None:
    """The next in line draws as soon as the first is dead, long before its own wait ends."""
    slow, quick = start("make", "3600"), start("make", "0")
    assert [heard(slow), heard(quick)] == ["ready"] * 2
    go(slow)
    while (lease := await leases.take(KEY)).is_held:
        lease.release()
        await asyncio.sleep(0.01)
    go(quick)
    slow.kill()
    assert heard(quick) == "made drawn"


async def test_one_look_finds_the_entry_or_takes_its_lease(leases: Leases, tmp_path: Path) -> None:
    """A claim is one way to a thread; the write that ends it lets the next one have the lease."""
    disk = DiskTier(tmp_path / "cache", Budget(min_free_bytes=0))
    entry, lease = await disk.get_or_lease(KEY, leases)
    assert entry is None
    assert lease is not None and lease.is_held
    entry, busy = await disk.get_or_lease(KEY, leases)
    assert entry is None
    assert busy is not None and (busy.is_held, busy.is_busy) == (False, True)
    await disk.put_and_release(KEY, entry_of(), lease)
    assert not lease.is_held
    entry, nothing = await disk.get_or_lease(KEY, leases)
    assert entry == entry_of()
    assert nothing is not None and not nothing.is_held
    assert (disk.counters.hits, disk.counters.misses, disk.counters.puts) == (1, 2, 1)
    await disk.close()


async def test_a_disk_that_cannot_write_keeps_no_lease(leases: Leases, read_only: Path) -> None:
    """A write that fails, and one that is not tried any more, let the lease go."""
    disk = DiskTier(read_only / "cache", Budget(min_free_bytes=0))
    for _ in range(2):
        lease = await leases.take(KEY)
        assert lease.is_held
        await disk.put_and_release(KEY, entry_of(), lease)
        assert state_of(disk) == "open"
        assert await taken_and_given(leases, KEY)
    assert await disk.get_or_lease(KEY, leases) == (None, None)
    await disk.close()


async def taken_and_given(leases: Leases, key: Key) -> bool:
    """Tell whether the lease could be had."""
    for _ in range(50):
        lease = await leases.take(key)
        lease.release()
        if lease.is_busy:
            continue
        await asyncio.sleep(0.01)
        return True
    return False


async def test_who_leaves_while_looking_leaves_the_lease_to_others(
    leases: Leases, tmp_path: Path
) -> None:
    """Whenever a look is cancelled, the lease is free afterwards."""
    disk = DiskTier(tmp_path / "cache", Budget(min_free_bytes=0))
    for turn in range(30):
        looking = asyncio.ensure_future(disk.get_or_lease(KEY, leases))
        for _ in range(turn % 6):
            await asyncio.sleep(0)
        looking.cancel()
        answer = (await asyncio.gather(looking, return_exceptions=True))[0]
        if not isinstance(answer, BaseException) and answer[1] is not None:
            answer[1].release()
    assert await taken(leases, KEY)
    await disk.close()


async def test_a_closed_disk_frees_the_lease_of_a_late_write(
    leases: Leases, tmp_path: Path
) -> None:
    """At the very end the entry may be lost, but not the lease."""
    disk, lease = DiskTier(tmp_path / "cache", Budget(min_free_bytes=0)), await leases.take(KEY)
    await disk.close()
    with pytest.raises(RuntimeError):
        await disk.put_and_release(KEY, entry_of(), lease)
    assert await taken(leases, KEY)
