"""Hold the disk tier to its budget.

One process of a machine calls `sweep` from time to time; the tiers that write know nothing of the
whole. Two walks with a histogram between them, so that memory does not grow with the files.
"""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cache.files import UNFINISHED, walk

# The grain of "least recently used": a month of minutes is 43,000 buckets.
_BUCKET_S = 60.0

# An over-full folder is emptied below its budget, so that the next sweeps find nothing to do.
_KEPT_SHARE = 0.9

# A file still unfinished after this has lost its writer.
_UNFINISHED_S = 600.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What the disk tier may use.

    Attributes:
        bytes: sum of file lengths after a sweep; between sweeps more may lie there.
        files: number of files, likewise.
        min_free_bytes: left free on the file system; held by every write as well.
    """

    bytes: int = 4 * 1024**3
    files: int = 200_000
    min_free_bytes: int = 512 * 1024**2


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep left and took; `failures` are files that could not be deleted."""

    bytes: int = 0
    files: int = 0
    evicted_bytes: int = 0
    evicted_files: int = 0
    failures: int = 0


def sweep(folder: Path, budget: Budget, now: float) -> Swept:
    """Delete the least recently used entries until the budget holds.

    Exact to a minute: among the files of one minute, any may go first. Never raises `OSError`: a
    folder that cannot be read counts as empty, a file that cannot be deleted as a failure.
    """
    ages: defaultdict[int, _Sum] = defaultdict(_Sum)
    held = _Sum()
    for _, size_bytes, bucket in _entries(folder, now):
        ages[bucket].add(size_bytes)
        held.add(size_bytes)
    excess = _excess(folder, budget, held)
    if excess.is_nothing:
        return Swept(held.bytes, held.files)
    youngest, to_go = _cut(ages, excess)
    gone, failures = _Sum(), 0
    for path, size_bytes, bucket in _entries(folder, now):
        if bucket > youngest or (bucket == youngest and to_go.is_nothing):
            continue
        try:
            Path(path).unlink(missing_ok=True)
        except OSError:
            failures += 1
            continue
        gone.add(size_bytes)
        if bucket == youngest:
            to_go.take(_Sum(size_bytes, 1))
    return Swept(held.bytes - gone.bytes, held.files - gone.files, gone.bytes, gone.files, failures)


@dataclass(slots=True)
class _Sum:
    bytes: int = 0
    files: int = 0

    @property
    def is_nothing(self) -> bool:
        return self.bytes <= 0 and self.files <= 0

    def add(self, size_bytes: int) -> None:
        self.bytes += size_bytes
        self.files += 1

    def take(self, other: _Sum) -> None:
        self.bytes -= other.bytes
        self.files -= other.files


def _excess(folder: Path, budget: Budget, held: _Sum) -> _Sum:
    """Tell how much must go, never more than there is."""
    over = _Sum()
    if held.bytes > budget.bytes:
        over.bytes = held.bytes - int(budget.bytes * _KEPT_SHARE)
    if held.files > budget.files:
        over.files = held.files - int(budget.files * _KEPT_SHARE)
    with contextlib.suppress(OSError):
        room = os.statvfs(folder)
        missing_bytes = budget.min_free_bytes - room.f_bavail * room.f_frsize
        over.bytes = max(over.bytes, min(missing_bytes, held.bytes))
    return over


def _cut(ages: dict[int, _Sum], excess: _Sum) -> tuple[int, _Sum]:
    """Find the youngest bucket that must go, and how much of it; all older ones go whole."""
    rest, bucket = _Sum(excess.bytes, excess.files), 0
    for bucket in sorted(ages):
        if rest.bytes <= ages[bucket].bytes and rest.files <= ages[bucket].files:
            break
        rest.take(ages[bucket])
    return bucket, rest


def _entries(folder: Path, now: float) -> Iterator[tuple[str, int, int]]:
    """Give path, length and age bucket of every entry; clear away what writers left behind."""
    with contextlib.suppress(OSError):
        for file in walk(folder):
            with contextlib.suppress(OSError):
                facts = file.stat(follow_symlinks=False)
                if not file.name.startswith(UNFINISHED):
                    yield file.path, facts.st_size, int(facts.st_mtime // _BUCKET_S)
                elif now - facts.st_mtime > _UNFINISHED_S:
                    Path(file.path).unlink()
