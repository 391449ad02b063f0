from __future__ import annotations

from pathlib import Path

import pytest

from origin.catalog import fallbacks
from origin.catalog.catalog import Catalog
from origin.catalog.fallbacks import Laid, write_fallback, write_fallbacks
from tests.catalog.documents import document, published, write
from vips_render.limits import Limits


def test_the_newest_version_lies_under_every_ending_of_a_link(
    catalog: Catalog, root: Path, tmp_path: Path
) -> None:
    """nginx finds NAME.EXT for each extension that a link may have, readable for its user."""
    published(catalog)
    write(root, document(description="second"))
    edition = published(catalog).edition
    directory = tmp_path / "data" / "fallback"
    write_fallback(edition, directory)
    assert sorted(path.name for path in directory.iterdir()) == [
        "card.avif",
        "card.jpeg",
        "card.jpg",
        "card.png",
        "card.webp",
    ]
    assert (directory / "card.jpeg").read_bytes() == edition.pictures["jpg"].read_bytes()
    assert (directory / "card.png").stat().st_mode & 0o777 == 0o644


def test_lost_pictures_come_back_and_a_bad_template_stops_none(
    catalog: Catalog, root: Path, tmp_path: Path
) -> None:
    """The data directory may be lost: at start every readable template's picture is laid again."""
    write(root, document("other"))
    write(root, document("unpublished"))
    published(catalog)
    published(catalog, "other")
    (root / "versions" / "card" / "1" / "template.json").write_text("{}")
    failed = write_fallbacks(Catalog(root, Limits()), tmp_path / "fallback")
    assert failed == ("card",)
    assert (tmp_path / "fallback" / "other.png").is_file()
    assert not (tmp_path / "fallback" / "card.png").exists()


def test_a_round_reads_no_picture_that_is_as_it_was(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies there is left alone; what was lost or overwritten is laid again."""
    edition, directory, laid = published(catalog).edition, tmp_path / "fallback", Laid()
    written: list[str] = []
    lay = fallbacks.lay

    def note(path: Path, data: bytes) -> None:
        written.append(path.name)
        lay(path, data)

    monkeypatch.setattr(fallbacks, "lay", note)
    write_fallback(edition, directory, laid)
    assert len(written) == 5
    written.clear()
    write_fallback(edition, directory, laid)
    assert written == []
    (directory / "card.png").unlink()
    (directory / "card.jpg").write_bytes(b"other")
    write_fallback(edition, directory, laid)
    assert sorted(written) == ["card.jpg", "card.png"]
    assert (directory / "card.jpg").read_bytes() == edition.pictures["jpg"].read_bytes()
