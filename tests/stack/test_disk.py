from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.stack.documents import CARD_PX
from tests.stack.stack import Stack, full, running, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

DISK = "24m"
"""Room for the counters, the neutral pictures and some entries."""


def _mount(*arguments: str) -> bool:
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    return done.returncode == 0


@contextmanager
def small_disk(directory: Path) -> Iterator[bool]:
    """Put a small file system of its own at `directory`; False where that is not allowed."""
    directory.mkdir()
    is_mounted = _mount("-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(directory))
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def small(
    tmp_path_factory: pytest.TempPathFactory, templates: Path
) -> AsyncIterator[tuple[Stack, bool]]:
    """A service with its data on a small disk, where one can be had, and nginx on it too."""
    directory = tmp_path_factory.mktemp("small")
    with small_disk(directory / "data") as is_own:
        async with running(directory, templates, nginx=True, disk_min_free_bytes=0) as up:
            yield up, is_own


@contextmanager
def full_disk(stack: Stack, is_own: bool) -> Iterator[None]:
    """Leave not a byte on the disk; of one that others use, forbid the part that is ours."""
    if not is_own:
        with replaced_by_a_file(stack, is_own):
            yield
        return
    filler = stack.service.data_dir / "filler"
    with filler.open("wb") as file:
        try:
            while file.write(bytes(65536)):
                file.flush()
        except OSError as error:
            assert error.errno == 28
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only_disk(stack: Stack, is_own: bool) -> Iterator[None]:
    """Let nobody write, not even root."""
    data = str(stack.service.data_dir)
    if not is_own:
        with replaced_by_a_file(stack, is_own):
            yield
        return
    # Files that are open for writing forbid it, so the counters are on another mount.
    assert _mount("--bind", data, data)
    try:
        assert _mount("-o", "remount,ro,bind", data)
        yield
    finally:
        subprocess.run(["umount", "--lazy", data], check=True)


@contextmanager
def replaced_by_a_file(stack: Stack, is_own: bool) -> Iterator[None]:
    """Have a file where the directory of pictures was."""
    del is_own
    cache = stack.service.data_dir / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    cache.write_text("not a directory")
    try:
        yield
    finally:
        cache.unlink()


@contextmanager
def gone(stack: Stack, is_own: bool) -> Iterator[None]:
    """Have no directory of pictures, nor of locks, at all."""
    del is_own
    shutil.rmtree(stack.service.data_dir / "cache", ignore_errors=True)
    shutil.rmtree(stack.service.data_dir / "locks", ignore_errors=True)
    yield


@contextmanager
def all_gone(stack: Stack, is_own: bool) -> Iterator[None]:
    """Have nothing left of all data."""
    del is_own
    for entry in stack.service.data_dir.iterdir():
        # What nginx holds open is nginx's own matter.
        if entry.is_dir() and entry.name not in ("nginx", "fallback"):
            shutil.rmtree(entry)
    yield


Trouble = Callable[[Stack, bool], AbstractContextManager[None]]


@pytest.mark.parametrize("trouble", [full_disk, read_only_disk, replaced_by_a_file, gone])
async def test_disk_in_trouble_costs_no_picture(
    small: tuple[Stack, bool], trouble: Trouble
) -> None:
    """Full, read-only or gone: pictures are drawn and kept in memory, and no error is kept."""
    stack, is_own = small
    before = stack.path("card", first_name="Before", note=trouble.__name__)
    first = await stack.get(before)
    full(first, CARD_PX)
    paths = [stack.path("card", first_name=f"d{n}", note=trouble.__name__) for n in range(8)]
    with trouble(stack, is_own):
        assert (await stack.get(before)).body == first.body
        drawn = [await stack.get(path) for path in paths]
        for answer in drawn:
            full(answer, CARD_PX)
        for path, answer in zip(paths, drawn, strict=True):
            again = await stack.ask(path)
            assert again.body == answer.body
            assert again.header("cache-status") == "Signet; hit; detail=memory"
        assert await stack.ready()
    for path, answer in zip(paths, drawn, strict=True):
        assert (await stack.get(path)).body == answer.body
    later = stack.path("card", first_name="After", note=trouble.__name__)
    full(await stack.get(later), CARD_PX)


@pytest.mark.parametrize("trouble", [full_disk, read_only_disk, all_gone])
async def test_disk_in_trouble_stops_no_worker_from_starting(
    small: tuple[Stack, bool], trouble: Trouble
) -> None:
    """A worker that dies while the disk is full, read-only or empty has an heir that draws."""
    stack, is_own = small
    with trouble(stack, is_own):
        (victim,) = stack.service.pids()
        os.kill(victim, signal.SIGKILL)

        async def has_heir() -> bool:
            return victim not in stack.service.pids() and await stack.ready()

        await until(has_heir, 30)
        path = stack.path("card", first_name="Heir", note=trouble.__name__)
        full(await stack.ask(path), CARD_PX)
        full(await stack.get(path), CARD_PX)
    await until(stack.ready)
