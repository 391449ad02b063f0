"""Keep the files that workers count into, in a directory that they share.

A worker takes the lowest free slot there and goes on with the slot's files, so that counters
never fall and the files stay as many as there were workers at once, however often workers are
replaced. The kernel frees the slot of a worker that dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import struct
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import mark_process_dead

RESERVED_BYTES = 1 << 20
"""Blocks of each file of a slot: some 7,000 series at 150 bytes."""


def forget_dead(directory: Path) -> None:
    """Drop the gauges of every slot whose worker is gone; its counters stay.

    Never raises: the process manager, which calls it, would end.
    """
    for lock in directory.glob("slot-*.lock"):
        with contextlib.suppress(OSError):
            _forget(directory, lock)


def _forget(directory: Path, lock: Path) -> None:
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        drop_gauges(directory, int(lock.stem.removeprefix("slot-")))
    finally:
        os.close(descriptor)


def take_slot(directory: Path) -> tuple[int, int]:
    """Lock the lowest free slot for the life of the process; return it and the descriptor."""
    slot = 0
    while True:
        descriptor = os.open(directory / f"slot-{slot}.lock", os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            slot += 1
            continue
        return slot, descriptor


def drop_gauges(directory: Path, slot: int) -> None:
    """Drop what a slot's worker said of its own state."""
    mark_process_dead(slot, str(directory))  # type: ignore[no-untyped-call] # the library is untyped here


def labels_in(directory: Path, slot: int, series: str, label: str) -> set[str]:
    """Return the values of `label` that the slot's file has: a worker goes on where one ended."""
    file = str(directory / f"counter_{slot}.db")
    # Missing, or torn when its worker was killed: then nothing of it is known.
    with contextlib.suppress(OSError, RuntimeError, ValueError, struct.error):
        rows = MmapedDict.read_all_values_from_file(file)  # type: ignore[no-untyped-call] # the library is untyped here
        keys = (json.loads(key) for key, *_ in rows)
        return {labels[label] for _, name, labels, *_ in keys if name == series}
    return set()


def reserve(directory: Path, slot: int) -> None:
    """Give the slot's files their blocks now.

    The library maps sparse files, and writing to a map on a full disk kills the process.
    """
    for kind in ("counter", "histogram", "gauge_livemax", "gauge_livesum"):
        with (directory / f"{kind}_{slot}.db").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVED_BYTES)
