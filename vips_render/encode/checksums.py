"""Join and cut checksums of pieces without reading the pieces again."""

from __future__ import annotations

_MODULUS = 65_521
"""The largest prime below 2**16, RFC 1950 section 8.2."""


def adler32_joined(first: int, second: int, second_bytes: int) -> int:
    """Return the Adler-32 of two pieces in a row, from those of each and the second's length.

    The low half is 1 plus the sum of the bytes. The high half sums the low half after every byte,
    so each byte of the second piece adds once more what the first piece left in the low half.
    """
    carried = (first & 0xFFFF) - 1
    low = (carried + (second & 0xFFFF)) % _MODULUS
    high = ((first >> 16) + (second >> 16) + carried * second_bytes) % _MODULUS
    return high << 16 | low


def adler32_cut(both: int, first: int, second_bytes: int) -> int:
    """Return the Adler-32 of the second of two pieces: `adler32_joined` backwards."""
    carried = (first & 0xFFFF) - 1
    low = ((both & 0xFFFF) - carried) % _MODULUS
    high = ((both >> 16) - (first >> 16) - carried * second_bytes) % _MODULUS
    return high << 16 | low
