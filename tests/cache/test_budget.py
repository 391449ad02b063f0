from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache import Budget, content_key, sweep
from cache.files import read, walk, write
from tests.cache.worlds import entry_of, read_only_folder

NOW = 1_800_000_000.0
SIZE = 10_000


def fill(folder: Path, ages_s: list[int]) -> None:
    for number, age_s in enumerate(ages_s):
        key = content_key(str(number))
        write(folder, key, entry_of(bytes(SIZE)))
        os.utime(folder / key.path, (NOW - age_s, NOW - age_s))


def kept(folder: Path, count: int) -> list[int]:
    return [n for n in range(count) if read(folder, content_key(str(n)), NOW) is not None]


@pytest.mark.parametrize(
    "budget",
    [Budget(bytes=6 * SIZE, min_free_bytes=0), Budget(files=6, min_free_bytes=0)],
    ids=["bytes", "files"],
)
def test_a_sweep_deletes_the_oldest_until_the_budget_holds(tmp_path: Path, budget: Budget) -> None:
    """Both budgets keep the most recently used, with a tenth of room for what comes."""
    fill(tmp_path, [number * 120 for number in range(10)])
    swept = sweep(tmp_path, budget, NOW)
    assert kept(tmp_path, 10) == [0, 1, 2, 3, 4]
    assert (swept.files, swept.evicted_files, swept.failures) == (5, 5, 0)
    assert swept.bytes <= budget.bytes


def test_a_sweep_within_the_budget_touches_nothing(tmp_path: Path) -> None:
    """It tells what is there and deletes nothing."""
    fill(tmp_path, [0, 5000, 90_000])
    swept = sweep(tmp_path, Budget(min_free_bytes=0), NOW)
    assert (swept.files, swept.evicted_files) == (3, 0)
    assert kept(tmp_path, 3) == [0, 1, 2]


def test_a_hit_saves_an_old_entry_from_the_sweep(tmp_path: Path) -> None:
    """What was read lately stays, whenever it was written."""
    fill(tmp_path, [9000, 8000, 7000, 6000])
    assert read(tmp_path, content_key("0"), NOW) is not None
    sweep(tmp_path, Budget(files=2, min_free_bytes=0), NOW)
    assert kept(tmp_path, 4) == [0]


def test_entries_of_one_minute_are_not_all_lost(tmp_path: Path) -> None:
    """A burst that fills the budget at once loses what is over it, not everything."""
    fill(tmp_path, [0] * 20)
    swept = sweep(tmp_path, Budget(files=10, min_free_bytes=0), NOW)
    assert swept.files == 9


def test_a_sweep_makes_free_space(tmp_path: Path) -> None:
    """When others fill the disk, the cache gives its bytes back."""
    fill(tmp_path, [0, 60, 120])
    assert sweep(tmp_path, Budget(min_free_bytes=2**62), NOW).files == 0


def test_unfinished_files_are_cleared_when_their_writer_is_gone(tmp_path: Path) -> None:
    """An old unfinished file goes, a young one may still be written."""
    fill(tmp_path, [0])
    folder = (tmp_path / content_key("0").path).parent
    for name, age_s in ((".old", 3600), (".young", 1)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (NOW - age_s, NOW - age_s))
    assert sweep(tmp_path, Budget(min_free_bytes=0), NOW).files == 1
    assert sorted(file.name for file in walk(tmp_path)) == [".young", content_key("0").hex]


def test_a_sweep_of_nothing_or_of_a_broken_disk_raises_nothing(tmp_path: Path) -> None:
    """A missing folder, a file in its place and a read-only disk are all quiet."""
    assert sweep(tmp_path / "missing", Budget(), NOW).files == 0
    (tmp_path / "file").write_bytes(b"")
    assert sweep(tmp_path / "file", Budget(), NOW).files == 0
    with read_only_folder(tmp_path) as folder:
        assert sweep(folder, Budget(), NOW).files == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 500_000), max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_after_any_sweep_the_budget_holds_and_no_survivor_is_older(
    tmp_path_factory: pytest.TempPathFactory, ages_s: list[int], files: int, bodies: int
) -> None:
    """Whatever the ages, the budget holds, and no minute survives an evicted younger one."""
    folder = tmp_path_factory.mktemp("sweep")
    fill(folder, ages_s)
    budget = Budget(bytes=bodies * (SIZE + 200), files=files, min_free_bytes=0)
    swept = sweep(folder, budget, NOW)
    survivors = [file.stat() for file in walk(folder)]
    assert len(survivors) == swept.files <= files
    assert sum(facts.st_size for facts in survivors) == swept.bytes <= budget.bytes
    minutes = sorted(int((NOW - age_s) // 60) for age_s in ages_s)
    kept_minutes = sorted(int(facts.st_mtime // 60) for facts in survivors)
    assert kept_minutes == minutes[len(minutes) - len(kept_minutes) :]
