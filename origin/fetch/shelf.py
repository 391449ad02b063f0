"""Keep normalised pictures, and the lack of some, in a bounded piece of memory."""

from __future__ import annotations

import hashlib

from cachetools import LRUCache

from origin.fetch.assets import Asset, Want

Key = tuple[bytes, int, int, str]
"""Digest of scope and source, width, height, fit: as small for a long URL as for a short one."""

_OVERHEAD_BYTES = 1_000
"""A picture beside its pixels, key included; `tracemalloc` says 650."""

_LACKS = 20_000
"""Lacks that are remembered, keys included 400 bytes each: 8 MB."""


def key_of(scope: str, want: Want) -> Key:
    """Name what is wanted; `scope` is empty for URLs."""
    spelled = f"{len(scope)} {scope}{want.source}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(spelled, digest_size=16).digest()
    return digest, want.width, want.height, want.fit


class Shelf:
    """The last good picture of each key until it is pushed out, and the reason of each lack.

    A picture past its freshness stays, to stand in for one that cannot be had.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._good: LRUCache[Key, Asset] = LRUCache(limit_bytes, getsizeof=_weigh)
        self._lacks: LRUCache[Key, Asset] = LRUCache(_LACKS)

    def put(self, key: Key, asset: Asset) -> None:
        """Keep a picture or a lack; a lack that is permanent drops the picture that was."""
        if asset.bitmap is None:
            self._lacks[key] = asset
            if asset.permanent:
                self._good.pop(key, None)
            return
        self._lacks.pop(key, None)
        if _weigh(asset) <= self._good.maxsize:
            self._good[key] = asset

    def good(self, key: Key) -> Asset | None:
        """Return the last good picture, fresh or not."""
        return self._good.get(key)

    def lack(self, key: Key, now: float) -> Asset | None:
        """Return why there is no picture, while nobody asks again."""
        lack = self._lacks.get(key)
        return lack if lack is not None and lack.is_fresh(now) else None

    @property
    def used_bytes(self) -> int:
        """What the pictures weigh."""
        return int(self._good.currsize)


def _weigh(asset: Asset) -> int:
    return _OVERHEAD_BYTES + (len(asset.bitmap.pixels) if asset.bitmap else 0)
