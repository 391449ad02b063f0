"""Take in fonts as they come: unpack them, and name a document's own so that none are confused."""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import uharfbuzz as hb
from fontTools.ttLib import TTFont

from vips_render.errors import AssetError

PACKED_SUFFIXES = frozenset({".woff", ".woff2"})
_PACKED_SIGNATURES = (b"wOFF", b"wOF2")


@dataclass(frozen=True, slots=True)
class OwnFont:
    """A font file of a document; weight and slant as the file says when they are None."""

    family: str
    path: Path
    weight: int | None = None
    italic: bool | None = None


def own_alias(family: str, contents: Iterable[bytes]) -> str:
    """Name a family by the files it is made of: two versions of one brand font never meet."""
    digest = hashlib.blake2b(digest_size=8)
    for content in contents:
        digest.update(hashlib.blake2b(content, digest_size=16).digest())
    return f"{family} {digest.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file's status says of its content: another stamp, another content."""

    inode: int
    changed_ns: int
    size_bytes: int


def stamp_of(font: OwnFont) -> Stamp:
    """Look at a font's file without reading it.

    Raises:
        AssetError: `missing`.
    """
    try:
        status = font.path.stat()
    except OSError as fault:
        raise AssetError("missing", f"font {font.family!r}: {fault}") from fault
    return Stamp(status.st_ino, status.st_mtime_ns, status.st_size)


def plain_font(data: bytes, name: str, home: Path) -> hb.Blob:
    """Return what HarfBuzz reads, of a font that may be WOFF or WOFF2.

    Unpacked once into `home` for all processes; in memory where `home` cannot be used: a disk in
    trouble costs time and memory, never the right face.

    Raises:
        AssetError: `not-a-font`.
    """
    if not data.startswith(_PACKED_SIGNATURES):
        if not _is_whole(data):
            raise AssetError("not-a-font", f"{name} is no font, or not all of one")
        return hb.Blob(data)
    plain = b""
    with suppress(OSError, hb.HarfBuzzError):
        target = _place_of(data, home)
        if not target.exists():
            plain = _unpack(data, name)
            write_whole(target, plain)
        return hb.Blob.from_file_path(str(target))
    return hb.Blob(plain or _unpack(data, name))


def _is_whole(data: bytes) -> bool:
    """Tell whether all tables that a font file lists are in it.

    HarfBuzz takes one that is cut off for empty, and letters without outlines for blanks.
    """
    starts: Sequence[int] = (0,)
    try:
        if data.startswith(b"ttcf"):
            starts = struct.unpack_from(f">{int.from_bytes(data[8:12])}I", data, 12)
        for start in starts:
            (tables,) = struct.unpack_from(">H", data, start + 4)
            for table in range(tables):
                offset, length = struct.unpack_from(">2I", data, start + 12 + 16 * table + 8)
                if offset + length > len(data):
                    return False
    except struct.error:
        return False
    return True


def write_whole(target: Path, content: bytes) -> None:
    """Write a file so that other processes see all of it or none; leave an equal one alone."""
    if target.exists() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _place_of(data: bytes, home: Path) -> Path:
    return home / f"{hashlib.blake2b(data, digest_size=16).hexdigest()}.font"


def _unpack(data: bytes, name: str) -> bytes:
    try:
        font = TTFont(BytesIO(data), recalcTimestamp=False)
        font.flavor = None
        plain = BytesIO()
        font.save(plain)
    # Broken files make the decompressors and every table's reader stumble, each in its own way.
    except Exception as fault:
        raise AssetError("not-a-font", f"{name} is no font that can be read") from fault
    return plain.getvalue()
