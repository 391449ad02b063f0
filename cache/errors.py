"""Say what went wrong in the cache.

    CacheError
    ├── CorruptEntryError   stored bytes that are not what was put under this key
    └── CacheClosedError    work that ended because its process stops

Neither leaves the package in daily use: a corrupt entry is a miss, and a cache is closed after
its last caller.
"""

from __future__ import annotations


class CacheError(Exception):
    """Anything that the cache itself reports."""


class CorruptEntryError(CacheError):
    """Stored bytes whose length, checksum or shape is wrong."""


class CacheClosedError(CacheError):
    """A flight that was cancelled by `close`, told to those who waited for it."""
