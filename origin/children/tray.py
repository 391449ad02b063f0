"""Memory that a parent and its child share, so that large blobs need not go through the pipe.

A picture of a megabyte in a pipe is copied six times, in a dozen pieces that each wake the parent;
in a tray it is copied twice. One side speaks at a time, so one tray serves both directions.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from itertools import accumulate, pairwise

TRAY_BYTES = 8 * 1024 * 1024
"""A photograph over a whole phone at scale 2 is a PNG of 6 MB; only what was used takes memory."""


class Tray:
    """One piece of shared memory.

    Args:
        descriptor: of a file in memory; it may be closed afterwards.
    """

    def __init__(self, descriptor: int) -> None:
        self.size_bytes = os.fstat(descriptor).st_size
        self._memory = mmap.mmap(descriptor, self.size_bytes)

    def lay(self, blobs: Sequence[bytes]) -> bool:
        """Put blobs in, instead of those that lay there; False when they are too large."""
        ends = [*accumulate(map(len, blobs), initial=0)]
        if ends[-1] > self.size_bytes:
            return False
        for blob, (start, end) in zip(blobs, pairwise(ends), strict=True):
            self._memory[start:end] = blob
        return True

    def take(self, sizes: Sequence[int]) -> list[bytes]:
        """Copy out blobs of these sizes, which together fit in.

        Whoever is at the other end may write at any time: only the copies stay as they are.
        """
        return [self._memory[start:end] for start, end in pairwise(accumulate(sizes, initial=0))]


def memory_file(size_bytes: int) -> int | None:
    """Return the descriptor of a new file in memory; None on systems that have none (macOS).

    Its size is sealed: a child that cut it short would kill the parent at its next look.
    """
    if not hasattr(os, "memfd_create"):
        return None
    import fcntl  # not everywhere, and where memfd_create is

    descriptor = os.memfd_create("tray", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, size_bytes)
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
