"""Lay each template's default pictures where nginx finds them when the origin is gone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.catalog.errors import CatalogError
from vips_render.errors import RenderError

Stamp = tuple[int, int, int]
"""Inode, moment of change and size: another when a file is another."""

Laid = dict[Path, tuple[Stamp | None, Stamp | None]]
"""The stamps of the picture and of its copy, by the copy's path, when they were last the same."""

_ALSO = {"jpg": ("jpg", "jpeg")}
"""A link may end in either spelling, and nginx looks for its own."""


def write_fallback(edition: Edition, directory: Path, laid: Laid | None = None) -> None:
    """Copy the default pictures of a published edition to `directory/NAME.EXT`.

    Args:
        laid: kept from round to round by who calls often; then no file is read that is as it was.
    """
    directory.mkdir(parents=True, exist_ok=True)
    laid = {} if laid is None else laid
    for extension, picture in edition.pictures.items():
        for spelling in _ALSO.get(extension, (extension,)):
            copy = directory / f"{edition.name}.{spelling}"
            if laid.get(copy) != (_stamp(picture), _stamp(copy)):
                # Before it is read: what changes meanwhile is read again in the next round.
                stamp = _stamp(picture)
                lay(copy, picture.read_bytes())
                laid[copy] = (stamp, _stamp(copy))


def write_fallbacks(catalog: Catalog, directory: Path, laid: Laid | None = None) -> tuple[str, ...]:
    """Do so for the newest version of every template; the directory may have been lost.

    Returns:
        The templates whose newest version cannot be read; their pictures stay as they are.
    """
    failed = []
    for name in catalog.names():
        try:
            if catalog.versions(name):
                write_fallback(catalog.at(name, "latest"), directory, laid)
        except (CatalogError, RenderError, OSError):
            failed.append(name)
    return tuple(failed)


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def lay(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole or not at all; costs no write when it is there already."""
    if path.is_file() and path.read_bytes() == data:
        return
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        # mkstemp keeps its files private, and nginx runs as another user.
        fresh.chmod(0o644)
        fresh.replace(path)
    except BaseException:
        # On a full disk every round would leave another piece behind.
        fresh.unlink(missing_ok=True)
        raise
