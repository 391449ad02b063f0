from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from origin.children.child import Child
from origin.children.errors import ChildCrashed, ChildTimeout
from origin.children.frames import Frame

PARROT = str(Path(__file__).with_name("parrot.py"))
ELSEWHERE = """
import ctypes, pathlib
def refuse(*_):
    raise PermissionError(13, "Permission denied")
ctypes.CDLL = lambda _: object()
pathlib.Path.write_text = refuse
from tests.children.parrot import main
main()
"""
"""A system without Linux's calls, in a container that may not say who goes first."""

LONG_S = 60.0
"""Longer than any test: what waits for this waits for ever."""


@pytest.fixture
async def child() -> AsyncIterator[Child]:
    parrot = Child([sys.executable, PARROT], env={"GIVEN": "1"}, name="parrot")
    yield parrot
    await parrot.close()


async def _until(claim: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not claim():
            await asyncio.sleep(0.01)


def _is_gone(process_id: int) -> bool:
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


async def test_child_starts_on_first_use_and_stays(child: Child) -> None:
    """One process answers one call after the other, and nobody starts it before the first."""
    assert child.process_id is None
    answers = [await child.call({"op": "repeat", "say": i}, timeout_s=20) for i in range(3)]
    assert [answer.header["said"] for answer in answers] == [0, 1, 2]
    assert child.starts == 1
    assert child.hello["pid"] == child.process_id


async def test_child_starts_on_a_system_that_has_less() -> None:
    """Dying with the parent and going first are wishes: where they cannot be had, it works."""
    parrot = Child([sys.executable, "-c", ELSEWHERE], env={}, name="parrot")
    try:
        answer = await parrot.call({"op": "repeat", "say": 1}, timeout_s=20)
    finally:
        await parrot.close()
    assert answer.header["said"] == 1


async def test_prints_do_not_reach_the_pipe(child: Child) -> None:
    """What a library prints on standard output, even a well-formed frame, corrupts no answer."""
    answer = await child.call({"op": "repeat", "say": "ä"}, [b"x", b""], timeout_s=20)
    assert answer == Frame({"said": "ä"}, [b"x", b""])


async def test_large_blobs_pass_both_ways(child: Child) -> None:
    """Blobs far larger than a pipe's buffer arrive whole."""
    blob = os.urandom(1_000_003) * 20
    answer = await child.call({"op": "repeat"}, [blob, b"end"], timeout_s=60)
    assert answer.blobs == [blob, b"end"]


async def test_environment_is_what_was_passed(child: Child) -> None:
    """A child inherits no variable of its parent, and leaves no core file."""
    answer = await child.call({"op": "environment"}, timeout_s=20)
    # LC_CTYPE is Python's own coercion of an empty locale.
    assert set(answer.header["names"]) - {"LC_CTYPE"} == {"GIVEN"}
    assert answer.header["core"] == 0


async def test_calls_wait_their_turn(child: Child) -> None:
    """Concurrent calls are answered each with its own answer."""
    calls = [child.call({"op": "repeat", "say": i}, timeout_s=30) for i in range(20)]
    assert [answer.header["said"] for answer in await asyncio.gather(*calls)] == list(range(20))
    assert child.waiting == 0


async def test_late_child_is_killed_and_replaced(child: Child) -> None:
    """A child past its deadline dies, its caller is told, and the next call works."""
    await child.warm()
    first = child.process_id
    assert first is not None
    with pytest.raises(ChildTimeout):
        await child.call({"op": "sleep", "s": LONG_S}, timeout_s=0.2)
    await _until(lambda: _is_gone(first))
    answer = await child.call({"op": "repeat", "say": "again"}, timeout_s=20)
    assert answer.header["said"] == "again"
    assert child.process_id != first


async def test_caller_whose_time_runs_out_in_the_queue_kills_nobody(child: Child) -> None:
    """A call that never began costs the child and the call at work nothing."""
    await child.warm()
    first = child.process_id
    slow = asyncio.create_task(child.call({"op": "sleep", "s": 1.0}, timeout_s=20))
    await asyncio.sleep(0)
    with pytest.raises(ChildTimeout):
        await child.call({"op": "repeat"}, timeout_s=0.05)
    assert (await slow).header == {"slept": True}
    assert child.process_id == first


async def test_caller_who_hangs_up_cancels_nobody(child: Child) -> None:
    """A cancelled call leaves the pipe between two frames; the next answer is the next caller's."""
    await child.warm()
    first = child.process_id
    leaving = asyncio.create_task(child.call({"op": "sleep", "s": 1.0}, timeout_s=20))
    await asyncio.sleep(0.05)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    answer = await child.call({"op": "repeat", "say": "mine"}, timeout_s=20)
    assert answer.header == {"said": "mine"}
    assert child.process_id == first


@pytest.mark.parametrize("by", ["SIGKILL", "SIGSEGV", "SIGABRT"])
async def test_crash_is_told_and_healed(
    child: Child, by: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A child that dies at work raises with its signal, logs its last words, and is replaced."""
    with caplog.at_level(logging.ERROR), pytest.raises(ChildCrashed) as crash:
        await child.call({"op": "die", "by": by, "name": "Anna Canary"}, timeout_s=20)
    assert crash.value.exit_status == -getattr(signal, by)
    assert "my last words" in caplog.text
    assert "Canary" not in caplog.text
    assert (await child.call({"op": "repeat", "say": 1}, timeout_s=20)).header["said"] == 1


async def test_replacement_starts_before_it_is_asked(child: Child) -> None:
    """After a crash a new process comes up by itself, so that the next caller need not wait."""
    with pytest.raises(ChildCrashed):
        await child.call({"op": "exit", "status": 9}, timeout_s=20)
    await _until(lambda: child.process_id is not None and child.starts == 2)


async def test_child_killed_while_idle_is_replaced(child: Child) -> None:
    """A death between two calls costs no call."""
    await child.warm()
    first = child.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await _until(lambda: child.process_id is None)
    assert (await child.call({"op": "repeat", "say": 1}, timeout_s=20)).header["said"] == 1


async def test_nonsense_ends_the_child(child: Child) -> None:
    """A child that writes no frame is as good as dead."""
    with pytest.raises(ChildCrashed):
        await child.call({"op": "nonsense"}, timeout_s=20)
    assert (await child.call({"op": "repeat", "say": 1}, timeout_s=20)).header["said"] == 1


async def test_child_may_ask_before_it_answers(child: Child) -> None:
    """A question in the middle of a call is answered by the caller, in the same turn."""
    questions = []

    def reply(frame: Frame) -> tuple[dict[str, object], list[bytes]] | None:
        questions.append(frame.header)
        return ({"keys": frame.header["need"]}, [b"A", b"B"]) if "need" in frame.header else None

    answer = await child.call({"op": "ask"}, timeout_s=20, reply=reply)
    assert answer == Frame({"got": ["a", "b"]}, [b"A", b"B"])
    assert questions == [{"need": ["a", "b"]}, {"got": ["a", "b"]}]


async def test_reply_that_fails_leaves_no_half_talk(child: Child) -> None:
    """When the caller cannot answer the child, the next call still gets its own answer."""

    def reply(frame: Frame) -> None:
        raise KeyError(frame.header["need"][0])

    with pytest.raises(KeyError):
        await child.call({"op": "ask"}, timeout_s=20, reply=reply)
    assert (await child.call({"op": "repeat", "say": 1}, timeout_s=20)).header == {"said": 1}


async def test_engine_errors_are_answers(child: Child) -> None:
    """A layer that cannot be drawn is told by name, and the process lives."""
    paint = await child.call({"op": "paint"}, timeout_s=20)
    limit = await child.call({"op": "limit"}, timeout_s=20)
    assert paint.header == {"error": "paint", "layer": "headline", "message": "no such font"}
    assert limit.header == {"error": "limit", "message": "too many pixels"}
    assert child.starts == 1


async def test_own_faults_are_answers_without_their_text(
    child: Child, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug in one picture costs only that; its message, which may quote a value, stays inside."""
    answer = await child.call({"op": "stumble", "over": "Anna Canary"}, timeout_s=20)
    assert answer.header == {"error": "internal", "message": "ValueError"}
    with pytest.raises(ChildCrashed):
        await child.call({"op": "exit", "status": 1}, timeout_s=20)
    assert "parrot.py" in caplog.text
    assert "Canary" not in caplog.text


async def test_memory_is_bounded() -> None:
    """A child that would eat more than its address space ends, and the next one works."""
    small = Child([sys.executable, PARROT, str(512 * 1024**2)], env={}, name="small parrot")
    try:
        with pytest.raises(ChildCrashed):
            await small.call({"op": "eat", "bytes": 1024**3}, timeout_s=20)
        assert (await small.call({"op": "eat", "bytes": 1024}, timeout_s=20)).header["ate"] == 1024
    finally:
        await small.close()


async def test_child_that_cannot_start_is_told_and_not_hammered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A start that fails says why in the log; while it backs off, nothing is started at all."""
    stillborn = Child([sys.executable, PARROT, "0", "stillborn"], env={}, name="stillborn")
    try:
        with pytest.raises(ChildCrashed) as crash:
            await stillborn.call({"op": "repeat"}, timeout_s=20)
        assert crash.value.exit_status == 3
        assert "cannot find my fonts" in caplog.text
        for _ in range(5):
            with pytest.raises(ChildCrashed):
                await stillborn.call({"op": "repeat"}, timeout_s=20)
        assert stillborn.starts <= 3
    finally:
        await stillborn.close()


async def test_missing_program_is_a_crash() -> None:
    """A command that does not exist is an error of ours, not the system's."""
    nobody = Child(["/nonexistent/python"], env={}, name="nobody")
    with pytest.raises(ChildCrashed):
        await nobody.call({"op": "repeat"}, timeout_s=20)
    await nobody.close()


async def test_close_lets_the_work_finish(child: Child) -> None:
    """Closing waits for the call at work, then the process is gone and refuses further calls."""
    await child.warm()
    process_id = child.process_id
    assert process_id is not None
    work = asyncio.create_task(child.call({"op": "sleep", "s": 0.3}, timeout_s=20))
    await asyncio.sleep(0.05)
    await child.close(grace_s=20)
    assert (await work).header == {"slept": True}
    await _until(lambda: _is_gone(process_id))
    with pytest.raises(ChildCrashed):
        await child.call({"op": "repeat"}, timeout_s=1)


async def test_close_kills_what_does_not_finish(child: Child) -> None:
    """After the grace the process is killed, and the caller at work is told."""
    await child.warm()
    process_id = child.process_id
    assert process_id is not None
    work = asyncio.create_task(child.call({"op": "sleep", "s": LONG_S}, timeout_s=LONG_S))
    await asyncio.sleep(0.05)
    await child.close(grace_s=0.1)
    await _until(lambda: _is_gone(process_id))
    with pytest.raises((ChildCrashed, asyncio.CancelledError)):
        await work


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "at-work"])
def test_child_dies_with_its_parent(busy: bool, tmp_path: Path) -> None:
    """Whether it waits or works, a child whose parent is killed does not stay behind."""
    told = tmp_path / "child-pid"
    program = (
        "import asyncio, pathlib, sys\n"
        "from origin.children.child import Child\n"
        "async def main():\n"
        f"    child = Child([sys.executable, {PARROT!r}], env={{}}, name='orphan')\n"
        "    await child.warm()\n"
        f"    work = child.call({{'op': 'sleep', 's': {LONG_S}}}, timeout_s=60)\n"
        f"    task = asyncio.create_task(work) if {busy} else None\n"
        "    await asyncio.sleep(0.3)\n"
        f"    pathlib.Path({str(told)!r}).write_text(str(child.process_id))\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    try:
        give_up = time.monotonic() + 20
        while not (told.exists() and told.read_text()):
            assert time.monotonic() < give_up
            time.sleep(0.02)
    finally:
        parent.kill()
        parent.wait()
    process_id = int(told.read_text())
    while not _is_gone(process_id):
        assert time.monotonic() < give_up
        time.sleep(0.02)
