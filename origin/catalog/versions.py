"""Keep published versions: write one whole or not at all, read one only when it is untouched.

    versions/NAME/N/edition.json        what belongs to the version, by digest
                    template.json       the document, byte for byte as it was published
                    assets/DIGEST.EXT   local pictures
                    fonts/DIGEST.EXT    font files
                    default.png .jpg .webp .avif

A version is made in a hidden directory of `versions` and renamed into its place, so a reader sees
all of it or none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from origin.catalog.errors import TamperedVersion
from origin.catalog.names import version_number

MANIFEST = "edition.json"
DOCUMENT = "template.json"
PICTURE_EXTENSIONS = ("png", "jpg", "webp", "avif")


@dataclass(frozen=True, slots=True)
class ManifestFont:
    """A font of a version as `FontFile` has it; `file` is its path inside the version."""

    family: str
    weight: int | None
    italic: bool | None
    file: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What belongs to a version; every path carries the digest of the file it names.

    Attributes:
        document: SHA-256 of the document, hexadecimal.
        assets: local name in the document to path inside the version.
    """

    document: str
    assets: Mapping[str, str] = field(default_factory=dict)
    fonts: tuple[ManifestFont, ...] = ()

    @property
    def digest(self) -> str:
        """One digest over the document, its assets and its fonts."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode())


def sha256(data: bytes) -> str:
    """Digest bytes the way `sha256sum` prints them, so that a person can check a version."""
    return hashlib.sha256(data).hexdigest()


def stored_as(directory: str, suffix: str, data: bytes) -> str:
    """Name the path inside a version under which `data` is kept."""
    return f"{directory}/{sha256(data)}{suffix.lower()}"


def version_numbers(directory: Path) -> tuple[int, ...]:
    """List the published numbers in `versions/NAME`, ascending."""
    try:
        names = [entry.name for entry in os.scandir(directory) if entry.is_dir()]
    except OSError:
        return ()
    return tuple(sorted(number for name in names if (number := version_number(name))))


def read_manifest(directory: Path) -> Manifest:
    """Read what belongs to the version in `directory`.

    Raises:
        TamperedVersion: the manifest is missing, unreadable, or at odds with its own digest.
    """
    try:
        loaded: dict[str, Any] = json.loads((directory / MANIFEST).read_bytes())
        manifest = Manifest(
            loaded["document"],
            loaded["assets"],
            tuple(ManifestFont(**font) for font in loaded["fonts"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TamperedVersion(directory, MANIFEST) from error
    if manifest.digest != loaded.get("digest"):
        raise TamperedVersion(directory, MANIFEST)
    return manifest


def read_document(directory: Path, manifest: Manifest) -> bytes:
    """Read the document of a version and check all its files against their digests.

    Raises:
        TamperedVersion: a file is missing or is not the one that was published.
    """
    for file in {*manifest.assets.values(), *(font.file for font in manifest.fonts)}:
        if sha256(_content(directory, file)) != Path(file).stem:
            raise TamperedVersion(directory, file)
    document = _content(directory, DOCUMENT)
    if sha256(document) != manifest.document:
        raise TamperedVersion(directory, DOCUMENT)
    return document


def write_version(
    directory: Path, manifest: Manifest, files: Mapping[str, bytes]
) -> tuple[int, bool]:
    """Store a version under the next free number of `versions/NAME`.

    Returns:
        The number, and whether it is new: when the newest version has the same digest, that one
        is kept and nothing is written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".publishing-", dir=directory.parent))
    try:
        fresh.chmod(0o755)
        listed = {**asdict(manifest), "digest": manifest.digest}
        content = json.dumps(listed, indent=2, sort_keys=True).encode() + b"\n"
        for name, data in {**files, MANIFEST: content}.items():
            _write(fresh / name, data)
        return _settle(directory, manifest, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _settle(directory: Path, manifest: Manifest, fresh: Path) -> tuple[int, bool]:
    """Rename `fresh` into its number; whoever renames first has the number."""
    while True:
        newest = max(version_numbers(directory), default=0)
        if newest and read_manifest(directory / str(newest)).digest == manifest.digest:
            return newest, False
        try:
            fresh.rename(directory / str(newest + 1))
        except OSError:
            if not (directory / str(newest + 1)).exists():
                raise
        else:
            return newest + 1, True


def _content(directory: Path, file: str) -> bytes:
    path = (directory / file).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise TamperedVersion(directory, file)
    try:
        return path.read_bytes()
    except OSError as error:
        raise TamperedVersion(directory, file) from error


def _write(path: Path, data: bytes) -> None:
    """Write through to the disk: a version outlives a power cut or was never there."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
