"""Write bytes as base64url without padding, and accept exactly one spelling back.

A base64 text whose length is no multiple of four characters has spare bits at its end, and
Python's decoder ignores them together with every character outside the alphabet. Here both are
faults, so that bytes and text are one to one.
"""

from __future__ import annotations

import base64
import binascii


def to_base64url(raw: bytes) -> str:
    """Write `raw` in the URL-safe alphabet without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Read the one spelling that `to_base64url` writes.

    Raises:
        ValueError: padding, a foreign character, an impossible length or spare bits that are set.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as fault:
        raise ValueError("not base64url") from fault
    if to_base64url(raw) != text:
        raise ValueError("not the canonical base64url spelling")
    return raw
