"""Keep finished bytes under keys: tiers, single flight, leases.

Knows no pictures and no HTTP. `cache.redis_tier` is imported by name, where Redis is wanted.
"""

from __future__ import annotations

from cache.budget import Budget, Swept, sweep
from cache.cache import Cache, Made, Make, Outcome
from cache.disk import DiskTier
from cache.entry import Entry, etag_of
from cache.errors import CacheClosedError, CacheError, CorruptEntryError
from cache.keys import Key, content_key
from cache.lease import Leases
from cache.memory import MemoryTier
from cache.tier import BreakerState, Counters, Reach, Tier
from cache.tiered import Found

__all__ = [
    "BreakerState",
    "Budget",
    "Cache",
    "CacheClosedError",
    "CacheError",
    "CorruptEntryError",
    "Counters",
    "DiskTier",
    "Entry",
    "Found",
    "Key",
    "Leases",
    "Made",
    "Make",
    "MemoryTier",
    "Outcome",
    "Reach",
    "Swept",
    "Tier",
    "content_key",
    "etag_of",
    "sweep",
]
