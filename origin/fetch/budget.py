"""Bound the bytes that pictures take while they come in and while they wait to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from origin.fetch.reasons import OVERLOAD, TOO_LARGE, FetchFailed
from vips_render.bitmap import Bitmap


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


class PixelBudget:
    """So many bytes for the pixels of all who wait for a painter, from decoding until they drew.

    The same pixels in several hands count once.
    """

    def __init__(self, total_bytes: int) -> None:
        self.free_bytes = total_bytes
        self._total_bytes = total_bytes
        self._hands: dict[int, int] = {}

    @contextmanager
    def hold(self) -> Iterator[Callable[[Bitmap], None]]:
        """Give a function that takes pixels; what it took is free again at the end.

        The function raises FetchFailed with `asset-overload` when too few bytes are left, with
        `asset-too-large` when there are not as many at all.
        """
        held: dict[int, Bitmap] = {}

        def take(bitmap: Bitmap) -> None:
            if id(bitmap) in held:
                return
            if id(bitmap) not in self._hands:
                size = len(bitmap.pixels)
                if size > self.free_bytes:
                    raise FetchFailed(OVERLOAD if size <= self._total_bytes else TOO_LARGE)
                self.free_bytes -= size
            self._hands[id(bitmap)] = self._hands.get(id(bitmap), 0) + 1
            # Held here too, so that nothing else gets its identity.
            held[id(bitmap)] = bitmap

        try:
            yield take
        finally:
            for identity, bitmap in held.items():
                self._hands[identity] -= 1
                if not self._hands[identity]:
                    del self._hands[identity]
                    self.free_bytes += len(bitmap.pixels)
