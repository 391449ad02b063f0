from __future__ import annotations

from pathlib import Path

import pytest

from origin.catalog.catalog import Catalog
from origin.catalog.errors import TamperedVersion, UnknownTemplate, UnknownVersion
from tests.catalog.documents import document, image, published, write
from vips_render.errors import TemplateError
from vips_render.limits import Limits


def test_a_draft_is_compiled_with_what_it_names(catalog: Catalog, root: Path) -> None:
    """An edition carries template, document and the files behind its local names."""
    edition = catalog.at("card", "draft")
    assert edition.version is None
    assert edition.template.name == "card"
    assert edition.document == (root / "card.json").read_bytes()
    assert edition.asset("assets/hero.jpg") == b"hero"
    assert edition.asset("assets/brand.ttf") is None


def test_names_are_drafts_and_published(catalog: Catalog, root: Path) -> None:
    """A template exists while it has a draft or a version; other files are not templates."""
    published(catalog)
    write(root, document("other"))
    (root / "card.json").unlink()
    (root / "Not-A-Name.json").write_text("{}")
    (root / "notes.txt").write_text("")
    assert catalog.names() == ("card", "other")


def test_an_unchanged_draft_is_compiled_once(catalog: Catalog) -> None:
    """Serving a draft costs a look at its files, not a parse."""
    assert catalog.at("card", "draft") is catalog.at("card", "draft")


def test_a_changed_draft_is_read_again(catalog: Catalog, root: Path) -> None:
    """Saving the document, or a picture that it names, shows at once and changes the digest."""
    before = catalog.at("card", "draft")
    write(root, document(description="changed"))
    changed = catalog.at("card", "draft")
    assert changed.template.description == "changed"
    (root / "assets" / "hero.jpg").write_bytes(b"another hero")
    repainted = catalog.at("card", "draft")
    assert len({before.digest, changed.digest, repainted.digest}) == 3


def test_a_broken_draft_says_so_and_leaves_versions_alone(catalog: Catalog, root: Path) -> None:
    """Faults are reported as long as they last; what is published goes on."""
    number = published(catalog).edition.version
    (root / "card.json").write_text("{")
    for _ in range(2):
        with pytest.raises(TemplateError):
            catalog.at("card", "draft")
    assert catalog.at("card", "latest").version == number
    write(root, document(description="mended"))
    assert catalog.at("card", "draft").template.description == "mended"


def test_all_faults_of_a_draft_are_said_together(catalog: Catalog, root: Path) -> None:
    """What the engine refuses and what is not on the disk come in one go."""
    write(root, document(layers=[image("a", "assets/none.jpg"), {"name": "b", "kind": "blob"}]))
    with pytest.raises(TemplateError) as caught:
        catalog.at("card", "draft")
    pointers = [fault.pointer for fault in caught.value.faults]
    assert "/layers/0/source" in pointers
    assert any(pointer.startswith("/layers/1") for pointer in pointers)


def test_a_draft_is_called_as_its_file(catalog: Catalog, root: Path) -> None:
    """A copied file that kept its old name would shadow the original."""
    (root / "copy.json").write_bytes((root / "card.json").read_bytes())
    with pytest.raises(TemplateError, match="/name"):
        catalog.at("copy", "draft")


def test_latest_follows_new_versions(catalog: Catalog, root: Path) -> None:
    """The moving version is the newest number; the draft only where drafts are served."""
    published(catalog)
    assert catalog.at("card", "latest").version == 1
    write(root, document(description="second"))
    published(catalog)
    assert catalog.at("card", "latest").version == 2
    assert catalog.at("card", "latest", drafts=True).version is None
    (root / "card.json").unlink()
    assert catalog.at("card", "latest", drafts=True).version == 2


def test_a_new_version_of_another_process_is_seen(catalog: Catalog, root: Path) -> None:
    """A worker notices what the command line published."""
    published(catalog)
    assert catalog.at("card", "latest").version == 1
    write(root, document(description="second"))
    published(Catalog(root, Limits()))
    assert catalog.at("card", "latest").version == 2
    assert catalog.at("card", 2).template.description == "second"


@pytest.mark.parametrize("name", ["none", "", "..", "../card", "/etc/passwd", "card.json", "A"])
def test_an_unknown_name_is_no_template(catalog: Catalog, name: str) -> None:
    """Names that lead elsewhere are as unknown as names that lead nowhere."""
    for version in ("latest", "draft", 1):
        with pytest.raises(UnknownTemplate):
            catalog.at(name, version)


def test_an_unknown_version_is_told_from_an_unknown_template(catalog: Catalog) -> None:
    """A template without versions, or without this one, says so."""
    for version in ("latest", 1, 0, -1):
        with pytest.raises(UnknownVersion):
            catalog.at("card", version)
    assert catalog.versions("card") == ()


def test_a_draft_that_links_out_is_unknown(catalog: Catalog, root: Path) -> None:
    """A symbolic link in the directory does not open the disk to whoever edits templates."""
    outside = root.parent / "outside.json"
    outside.write_text("{}")
    (root / "link.json").symlink_to(outside)
    with pytest.raises(UnknownTemplate):
        catalog.at("link", "draft")


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("template.json", b"Hi ", b"Ho "),
        ("edition.json", b"null", b"true"),
        ("edition.json", b"assets/hero.jpg", b"assets/hers.jpg"),
        ("edition.json", b"{", b""),
        ("assets/*", b"hero", b"hers"),
        ("fonts/*", b"brand", b"bland"),
    ],
)
def test_a_tampered_version_is_refused(
    catalog: Catalog, root: Path, file: str, before: bytes, after: bytes
) -> None:
    """A version is what was published or it is nothing, whichever file was edited."""
    published(catalog)
    (path,) = (root / "versions" / "card" / "1").glob(file)
    changed = path.read_bytes().replace(before, after, 1)
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    with pytest.raises(TamperedVersion, match="was changed after"):
        Catalog(root, Limits()).at("card", 1)


def test_a_version_with_a_missing_file_is_refused(catalog: Catalog, root: Path) -> None:
    """A lost asset is a lost version, not a picture with a hole."""
    published(catalog)
    next((root / "versions" / "card" / "1" / "assets").iterdir()).unlink()
    with pytest.raises(TamperedVersion):
        Catalog(root, Limits()).at("card", 1)


def test_a_version_cannot_point_outside_itself(catalog: Catalog, root: Path) -> None:
    """A link in a checked-out version reaches no file of the machine."""
    published(catalog)
    asset = next((root / "versions" / "card" / "1" / "assets").iterdir())
    copy = root.parent / asset.name
    asset.rename(copy)
    asset.symlink_to(copy)
    with pytest.raises(TamperedVersion):
        Catalog(root, Limits()).at("card", 1)


def test_a_pinned_version_is_read_once(catalog: Catalog, root: Path) -> None:
    """After the first time a pinned version costs no file access."""
    published(catalog)
    edition = catalog.at("card", 1)
    (root / "versions").rename(root / "gone")
    assert catalog.at("card", 1) is edition


def test_editions_in_memory_are_bounded(root: Path) -> None:
    """However many templates are asked for, memory holds so many."""
    catalog = Catalog(root, Limits(), editions=2)
    for name in ("a", "b", "c"):
        write(root, document(name))
        published(catalog, name)
    first = catalog.at("a", 1)
    catalog.at("b", 1)
    catalog.at("c", 1)
    assert catalog.at("a", 1) is not first
    assert catalog.at("a", 1).digest == first.digest
