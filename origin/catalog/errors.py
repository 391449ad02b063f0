"""Say what the catalog does not have, and why it refuses what it has.

OriginError
└── CatalogError
    ├── UnknownTemplate   no document and no published version of that name
    ├── UnknownVersion    the template has no such version
    └── TamperedVersion   a published version is not what was published
"""

from __future__ import annotations

from pathlib import Path

from origin.errors import OriginError


class CatalogError(OriginError):
    """Anything that the catalog cannot hand out."""


class UnknownTemplate(CatalogError):  # noqa: N818 - reads as a claim where it is raised
    """No template of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no template {name!r}")
        self.name = name


class UnknownVersion(CatalogError):  # noqa: N818 - reads as a claim where it is raised
    """The template exists, that version of it does not; `version` is as it was asked for."""

    def __init__(self, name: str, version: int | str) -> None:
        what = f"version {version}" if isinstance(version, int) else f"{version} version"
        super().__init__(f"template {name!r} has no {what}")
        self.name = name
        self.version = version


class TamperedVersion(CatalogError):  # noqa: N818 - reads as a claim where it is raised
    """A file of a published version is missing or changed; versions are never edited."""

    def __init__(self, directory: Path, file: str) -> None:
        super().__init__(
            f"version {directory.name} of template {directory.parent.name!r} was changed after "
            f"it was published: {file}; restore the file or publish a new version"
        )
        self.directory = directory
        self.file = file
