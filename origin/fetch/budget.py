"""Bound the bytes that are in flight, whatever arrives at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from origin.fetch.reasons import OVERLOAD, FetchFailed


class ByteBudget:
    """So many bytes for all downloads together, from their arrival until they are decoded."""

    def __init__(self, total_bytes: int) -> None:
        self.free_bytes = total_bytes

    @contextmanager
    def reserve(self) -> Iterator[Callable[[int], None]]:
        """Give a function that takes bytes; what it took is free again at the end.

        The function raises FetchFailed with `asset-overload` when none are left.
        """
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if size > self.free_bytes:
                raise FetchFailed(OVERLOAD)
            self.free_bytes -= size
            taken += size

        try:
            yield take
        finally:
            self.free_bytes += taken
