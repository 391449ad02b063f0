"""Take in the fonts that documents bring: unpack them, and name them so that none are confused."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

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


def unpacked(path: Path, home: Path) -> Path:
    """Return a plain font file for one that may be WOFF or WOFF2, unpacked once into `home`.

    Raises:
        AssetError: `not-a-font`.
        OSError: it cannot be read or written.
    """
    data = path.read_bytes()
    if not data.startswith(_PACKED_SIGNATURES):
        return path
    target = home / f"{hashlib.blake2b(data, digest_size=16).hexdigest()}.font"
    if target.exists():
        return target
    try:
        font = TTFont(BytesIO(data), recalcTimestamp=False)
        font.flavor = None
        plain = BytesIO()
        font.save(plain)
    # Broken files make the decompressors and every table's reader stumble, each in its own way.
    except Exception as fault:
        raise AssetError("not-a-font", f"{path.name} is no font that can be read") from fault
    write_whole(target, plain.getvalue())
    return target


def write_whole(target: Path, content: bytes) -> None:
    """Write a file so that other processes see all of it or none; leave an equal one alone."""
    if target.exists() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(target)
