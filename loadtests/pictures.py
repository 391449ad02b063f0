"""Tell a picture from a broken one by its bytes, without decoding it."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import pairwise

TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}


def fault_of(
    status: int, headers: Mapping[str, str], body: bytes, extension: str, size: tuple[int, int]
) -> str:
    """Say what a reader would see wrong with an answer; empty when it is the right picture.

    Args:
        headers: names in lower case.
        size: width and height that the template has.
    """
    if status != 200:
        return f"status {status}"
    if headers.get("content-type") != TYPES[extension]:
        return f"media type {headers.get('content-type')}"
    if "x-signet-degraded" in headers:
        return f"degraded: {headers['x-signet-degraded']}"
    if headers.get("content-length") != str(len(body)):
        return f"{len(body)} bytes of {headers.get('content-length')}"
    try:
        found = _READERS[extension](body)
    except (struct.error, IndexError):
        found = None
    if found is None:
        return f"not a complete {extension}"
    return "" if found == size else f"size {found}"


def _png(body: bytes) -> tuple[int, int] | None:
    if not body.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") or body[-8:-4] != b"IEND":
        return None
    width, height = struct.unpack_from(">II", body, 16)
    return width, height


def _jpeg(body: bytes) -> tuple[int, int] | None:
    if not body.startswith(b"\xff\xd8") or not body.endswith(b"\xff\xd9"):
        return None
    at = 2
    while body[at] == 0xFF:
        marker, length = body[at + 1], int.from_bytes(body[at + 2 : at + 4])
        # Frame headers are C0 to CF but for the tables C4 and CC, and the extension C8.
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack_from(">HH", body, at + 5)
            return width, height
        at += 2 + length
    return None


def _webp(body: bytes) -> tuple[int, int] | None:
    form, length = body[8:12], int.from_bytes(body[4:8], "little")
    if not body.startswith(b"RIFF") or form != b"WEBP" or length + 8 != len(body):
        return None
    if body[12:16] == b"VP8 " and body[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 26)
        return width & 0x3FFF, height & 0x3FFF
    if body[12:16] == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if body[12:16] == b"VP8X":
        width, height = (
            int.from_bytes(body[start : start + 3], "little") + 1 for start in (24, 27)
        )
        return width, height
    return None


def _avif(body: bytes) -> tuple[int, int] | None:
    if body[4:12] != b"ftypavif":
        return None
    last, end, size = b"", 0, body.find(b"ispe")
    while end < len(body) and (length := int.from_bytes(body[end : end + 4])) >= 8:
        last, end = body[end + 4 : end + 8], end + length
    if last != b"mdat" or end != len(body) or size < 0:
        return None
    width, height = struct.unpack_from(">II", body, size + 8)
    return width, height


_READERS = {"png": _png, "jpg": _jpeg, "webp": _webp, "avif": _avif}


def is_hit(cache_status: str) -> bool:
    """Claim that nginx had the picture, whatever caches behind it say of themselves."""
    return any(member.strip().startswith("nginx; hit") for member in cache_status.split(","))


def percentile(values: list[float], percent: float) -> float:
    """Return the value that `percent` of `values` do not exceed; between two, the nearer part."""
    ordered = sorted(values)
    if len(ordered) < 2:
        return ordered[0] if ordered else 0.0
    at = (len(ordered) - 1) * percent / 100
    lower, upper = list(pairwise(ordered))[min(int(at), len(ordered) - 2)]
    return lower + (upper - lower) * (at - min(int(at), len(ordered) - 2))
