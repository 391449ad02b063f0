from __future__ import annotations

from pathlib import Path

import pytest

from origin.catalog.catalog import Catalog
from tests.catalog.documents import document, write
from vips_render.limits import Limits


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A templates directory with one draft, a local picture and a font file."""
    directory = tmp_path / "templates"
    (directory / "assets" / "flags").mkdir(parents=True)
    (directory / "assets" / "hero.jpg").write_bytes(b"hero")
    (directory / "assets" / "flags" / "de.png").write_bytes(b"de")
    (directory / "assets" / "flags" / "fr.png").write_bytes(b"fr")
    (directory / "assets" / "brand.ttf").write_bytes(b"brand")
    return directory


@pytest.fixture
def catalog(root: Path) -> Catalog:
    """The catalog of `root`, with the draft `card`."""
    write(root, document())
    return Catalog(root, Limits())
