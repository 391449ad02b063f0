"""Lay entries out as files: `ab/abcd…` under one folder.

Plain functions on paths, for threads and for other processes; whoever calls deals with `OSError`.
A file is complete from the moment it has its name. Nothing is flushed to the platter: after a
power cut a torn file fails its checksum and is made again.
"""

from __future__ import annotations

import contextlib
import os
import random
import string
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cache.entry import TAG_PREFIX_BYTES, Entry, head_of, is_tagged, unpack
from cache.errors import CorruptEntryError
from cache.keys import Key

# A hit touches its file once in this time and no more, which is exact enough to evict by.
_TOUCH_EVERY_S = 3600.0

# Files on their way carry it in front, which no key does.
UNFINISHED = "."


def read(folder: Path, key: Key, now: float) -> Entry | None:
    """Read the entry, and remember in the file's modification time that it is used.

    Raises:
        CorruptEntryError: its checksum failed; the file is already gone.
    """
    path = _path(folder, key)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        modified_at = os.fstat(descriptor).st_mtime
        data = file.read()
    try:
        entry = unpack(key, data or b"")
    except CorruptEntryError:
        drop(folder, key)
        raise
    if now - modified_at > _TOUCH_EVERY_S:
        # A read-only or foreign file is still a hit.
        with contextlib.suppress(OSError):
            os.utime(path, (now, now))
    return entry


def write(folder: Path, key: Key, entry: Entry) -> int:
    """Store the entry in one step, and tell its bytes on disk."""
    path = _path(folder, key)
    # Two pieces: a body is large, and putting its head before it would copy it.
    pieces = (head_of(key, entry), entry.body)
    try:
        _place(path, pieces)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _place(path, pieces)
    return sum(map(len, pieces))


def drop(folder: Path, key: Key) -> None:
    """Delete the entry's file, if there is one."""
    (folder / key.path).unlink(missing_ok=True)


def drop_tag(folder: Path, tag: str) -> int:
    """Delete all entries of `tag` and tell how many; reads the head of every file."""
    return _drop_where(folder, lambda path: _is_of(path, tag))


def clear(folder: Path) -> int:
    """Delete all entries and tell how many; leaves whatever else lies in the folder."""
    return _drop_where(folder, lambda path: True)


def has_room(folder: Path, min_free_bytes: int) -> bool:
    """Claim that the file system has bytes and inodes to spare."""
    try:
        room = os.statvfs(folder)
    except FileNotFoundError:
        return True
    # Some file systems know no number of inodes and say 0 of 0.
    has_inodes = room.f_files == 0 or room.f_favail > 0
    return has_inodes and room.f_bavail * room.f_frsize >= min_free_bytes


def walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Go over all files in the entries' places, unfinished ones included, in no order."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as items:
        for item in items:
            if _is_place(item):
                with contextlib.suppress(FileNotFoundError), os.scandir(item.path) as files:
                    yield from (file for file in files if file.is_file(follow_symlinks=False))


def _is_place(item: os.DirEntry[str]) -> bool:
    is_named = len(item.name) == 2 and set(item.name) <= set(string.hexdigits)
    return is_named and item.is_dir(follow_symlinks=False)


def _path(folder: Path, key: Key) -> str:
    # Text: the class takes longer to make a path than the system to open the file.
    return f"{folder}/{key.path}"


def _place(path: str, pieces: Sequence[bytes]) -> None:
    # A name, not a secret; the generator seeds itself anew in each forked worker.
    name = f"{UNFINISHED}{random.getrandbits(64):016x}"
    temporary = f"{path[: path.rindex('/')]}/{name}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        try:
            _write(descriptor, pieces)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)  # noqa: PTH104 - the class takes longer than the system
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _write(descriptor: int, pieces: Sequence[bytes]) -> None:
    rest = [memoryview(piece) for piece in pieces]
    while rest:
        written = os.writev(descriptor, rest)
        while rest and written >= len(rest[0]):
            written -= len(rest.pop(0))
        if rest:
            rest[0] = rest[0][written:]


def _drop_where(folder: Path, claim: Callable[[str], bool]) -> int:
    dropped = 0
    for file in walk(folder):
        if claim(file.path):
            with contextlib.suppress(FileNotFoundError):
                Path(file.path).unlink()
                dropped += 1
    return dropped


def _is_of(path: str, tag: str) -> bool:
    try:
        with Path(path).open("rb", buffering=0) as file:
            return is_tagged(file.read(TAG_PREFIX_BYTES), tag)
    except FileNotFoundError:
        return False
