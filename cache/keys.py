"""Name content by what it is made of.

Pure: the same parts give the same key in every process and on every machine.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

# Part of every key, so that a change of the key's or the entry's format is a cold cache.
_VERSION = b"key 2"

# 160 bits: nobody finds two sets of open slots that share a picture.
_DIGEST_BYTES = 20


@dataclass(frozen=True, slots=True)
class Key:
    """The name of one entry: 40 lower-case hexadecimal digits."""

    hex: str

    @property
    def path(self) -> str:
        """Spread keys over 256 folders: some thousand files each, and soon none has to be made."""
        return f"{self.hex[:2]}/{self.hex}"


def content_key(*parts: bytes | str) -> Key:
    """Digest `parts` into a key.

    Each part goes in with its length, so that moving a byte from one part to its neighbour
    gives another key. Text counts as its UTF-8.
    """
    digest = hashlib.blake2b(_VERSION, digest_size=_DIGEST_BYTES)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return Key(digest.hexdigest())
