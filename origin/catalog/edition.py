"""Name what the catalog hands out: one template, ready to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vips_render.template.model import Template


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font file that an edition brings along, and what it answers to.

    `weight` is 1-1000 as in CSS; a variable font answers to every weight it holds. Weight and
    slant are as the file says when they are None.
    """

    family: str
    path: Path
    weight: int | None = None
    italic: bool | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of a template: a published version, or the draft.

    Attributes:
        version: the published number; None for the draft.
        digest: changes whenever the document, an asset or a font of it changes.
        document: the JSON as it was written.
        assets: local name in the document (`assets/hero.jpg`) to the file that holds it.
        pictures: extension (`png jpg webp avif`) to the default picture; empty for a draft.
        root: the directory that holds the files.
    """

    name: str
    version: int | None
    digest: str
    template: Template
    document: bytes
    assets: Mapping[str, Path]
    fonts: tuple[FontFile, ...]
    root: Path
    pictures: Mapping[str, Path] = field(default_factory=dict)

    def asset(self, name: str) -> bytes | None:
        """Read a local asset by its name in the document; None when the edition has no such."""
        path = self.assets.get(name)
        if path is None:
            return None
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
