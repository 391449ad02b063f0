"""Lay each template's default pictures where nginx finds them when the origin is gone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.catalog.errors import CatalogError
from vips_render.errors import RenderError

_ALSO = {"jpg": ("jpg", "jpeg")}
"""A link may end in either spelling, and nginx looks for its own."""


def write_fallback(edition: Edition, directory: Path) -> None:
    """Copy the default pictures of a published edition to `directory/NAME.EXT`."""
    directory.mkdir(parents=True, exist_ok=True)
    for extension, picture in edition.pictures.items():
        for spelling in _ALSO.get(extension, (extension,)):
            lay(directory / f"{edition.name}.{spelling}", picture.read_bytes())


def write_fallbacks(catalog: Catalog, directory: Path) -> tuple[str, ...]:
    """Do so for the newest version of every template; the directory may have been lost.

    Returns:
        The templates whose newest version cannot be read; their pictures stay as they are.
    """
    failed = []
    for name in catalog.names():
        try:
            if catalog.versions(name):
                write_fallback(catalog.at(name, "latest"), directory)
        except (CatalogError, RenderError, OSError):
            failed.append(name)
    return tuple(failed)


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
