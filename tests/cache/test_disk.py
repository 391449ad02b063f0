from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cache import Budget, DiskTier, content_key
from cache.files import clear, walk
from tests.cache.contract import TierContract
from tests.cache.worlds import Clock, entry_of, state_of

KEY = content_key("a")
OPEN = Budget(min_free_bytes=0)


@pytest.fixture
async def tier(tmp_path: Path, clock: Clock) -> AsyncIterator[DiskTier]:
    tier = DiskTier(tmp_path / "cache", OPEN, now=clock, clock=clock)
    yield tier
    await tier.close()


class TestDisk(TierContract):
    @pytest.fixture
    def tier(self, tier: DiskTier) -> DiskTier:
        """Run the contract on a real folder."""
        return tier


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


async def listed(folder: Path) -> list[str]:
    return await asyncio.to_thread(lambda: [file.path for file in walk(folder)])


@pytest.mark.parametrize(
    "spoil", [flip, lambda data: data[:-1], lambda data: b""], ids=["flipped", "torn", "empty"]
)
async def test_a_damaged_file_is_a_miss_and_gone(
    tier: DiskTier, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    """A file that fails its checksum is deleted, and the next put heals it."""
    await tier.put(KEY, entry_of())
    path = tmp_path / "cache" / KEY.path
    path.write_bytes(spoil(path.read_bytes()))
    assert await tier.get(KEY) is None
    assert not path.exists()
    assert (tier.counters.corrupt, tier.counters.errors, state_of(tier)) == (1, 0, "closed")
    await tier.put(KEY, entry_of())
    assert await tier.get(KEY) == entry_of()


async def test_a_file_under_another_name_is_not_served(tier: DiskTier, tmp_path: Path) -> None:
    """A sound file moved to another key's place is a miss."""
    await tier.put(KEY, entry_of())
    other = tmp_path / "cache" / content_key("b").path
    other.parent.mkdir(parents=True)
    (tmp_path / "cache" / KEY.path).rename(other)
    assert await tier.get(content_key("b")) is None


async def test_entries_outlive_the_process(tier: DiskTier, tmp_path: Path) -> None:
    """A new tier on the same folder finds what the old one put, without having looked before."""
    await tier.put(KEY, entry_of())
    again = DiskTier(tmp_path / "cache", OPEN)
    assert await again.get(KEY) == entry_of()
    await again.close()


async def test_a_start_walks_no_tree(tmp_path: Path) -> None:
    """Making a tier reads nothing: a folder that cannot even be listed makes no difference."""
    await DiskTier(tmp_path / "no" / "such" / "folder", OPEN).close()
    assert not (tmp_path / "no").exists()


async def test_a_write_leaves_one_whole_file_and_nothing_else(
    tier: DiskTier, tmp_path: Path
) -> None:
    """No unfinished file stays behind, and only its owner may read the picture."""
    for _ in range(3):
        await tier.put(KEY, entry_of())
    path = tmp_path / "cache" / KEY.path
    assert await listed(tmp_path / "cache") == [str(path)]
    assert path.stat().st_mode & 0o077 == 0


async def test_a_hit_touches_the_file_at_most_once_an_hour(
    tier: DiskTier, tmp_path: Path, clock: Clock
) -> None:
    """Hits within the hour change nothing on disk; a later one moves only the time of use."""
    await tier.put(KEY, entry_of())
    path = tmp_path / "cache" / KEY.path
    os.utime(path, (clock(), clock()))
    put_at, inode = path.stat().st_mtime, path.stat().st_ino
    clock.pass_s(3000)
    await tier.get(KEY)
    assert path.stat().st_mtime == put_at
    clock.pass_s(3000)
    await tier.get(KEY)
    assert path.stat().st_mtime == clock()
    assert path.stat().st_ino == inode


async def test_a_full_disk_switches_the_tier_off_for_a_while(full: Path, clock: Clock) -> None:
    """A failed write raises nothing, leaves nothing, and is tried again only after the pause."""
    tier = DiskTier(full, OPEN, off_s=30, now=clock, clock=clock)
    await tier.put(KEY, entry_of(bytes(100_000)))
    assert (tier.counters.errors, state_of(tier)) == (1, "open")
    await tier.put(KEY, entry_of(bytes(100_000)))
    assert await tier.get(KEY) is None
    assert tier.counters.errors == 1
    clock.pass_s(31)
    await tier.put(KEY, entry_of(bytes(100_000)))
    assert (tier.counters.errors, state_of(tier)) == (2, "open")
    assert await listed(full) == []
    clock.pass_s(31)
    assert await tier.get(KEY) is None
    assert state_of(tier) == "closed"
    await tier.close()


async def test_a_read_only_disk_switches_the_tier_off_for_a_while(
    read_only: Path, clock: Clock
) -> None:
    """A write to a disk that cannot be written raises nothing and opens the breaker."""
    tier = DiskTier(read_only, OPEN, now=clock, clock=clock)
    await tier.put(KEY, entry_of())
    assert (tier.counters.errors, state_of(tier)) == (1, "open")
    assert await tier.get(KEY) is None
    await tier.drop(KEY)
    await tier.close()


async def test_a_healed_disk_is_used_again(tmp_path: Path, clock: Clock) -> None:
    """After the pause the first call is the probe; its success brings the tier back."""
    folder = tmp_path / "cache"
    folder.write_bytes(b"a file where the folder should be")
    tier = DiskTier(folder, OPEN, off_s=30, now=clock, clock=clock)
    await tier.put(KEY, entry_of())
    assert state_of(tier) == "open"
    folder.unlink()
    await tier.put(KEY, entry_of())
    assert await tier.get(KEY) is None
    clock.pass_s(31)
    await tier.put(KEY, entry_of())
    assert state_of(tier) == "closed"
    assert await tier.get(KEY) == entry_of()
    await tier.close()


async def test_too_little_free_space_refuses_the_write(tmp_path: Path) -> None:
    """The last bytes of the disk are left to others; that is no failure."""
    tmp_path.joinpath("cache").mkdir()
    tier = DiskTier(tmp_path / "cache", Budget(min_free_bytes=2**62))
    await tier.put(KEY, entry_of())
    assert (tier.counters.refusals, tier.counters.errors, state_of(tier)) == (1, 0, "closed")
    assert await tier.get(KEY) is None
    await tier.close()


async def test_clear_takes_entries_and_leaves_the_rest(tier: DiskTier, tmp_path: Path) -> None:
    """Only what lies in an entry's place is deleted."""
    for name in "abc":
        await tier.put(content_key(name), entry_of())
    mine = tmp_path / "cache" / "notes" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("keep")
    assert await asyncio.to_thread(clear, tmp_path / "cache") == 3
    assert await tier.get(KEY) is None
    assert mine.read_text() == "keep"
