"""Pictures, whole and hostile, made without any file."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def picture(
    width: int = 40,
    height: int = 30,
    color: tuple[int, int, int] = (200, 30, 60),
    kind: str = "PNG",
) -> bytes:
    """Draw a picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(file, kind)
    return file.getvalue()


def png_that_declares(width: int, height: int) -> bytes:
    """Write a PNG of a few bytes whose header promises many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b""))


def png_of_zeros(width: int, height: int) -> bytes:
    """Write a valid PNG of 8 bytes a pixel (16 bits, alpha) that compresses to next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    squeeze = zlib.compressobj(1)
    row = bytes(1 + 8 * width)
    body = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", body)
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


TRUNCATED_JPEG = picture(400, 300, kind="JPEG")[:700]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
HTML = b"<!doctype html><title>Sign in to the hotel's network</title>"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
MATLAB = b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(512, b"\x00")
