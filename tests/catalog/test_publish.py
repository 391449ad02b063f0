from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.catalog.errors import TamperedVersion, UnknownTemplate, UnknownVersion
from origin.catalog.publish import publish
from tests.catalog.documents import (
    document,
    draw,
    fonts_in,
    image,
    pictures,
    published,
    text,
    write,
)
from vips_render.errors import TemplateError
from vips_render.limits import Limits


def test_a_version_holds_all_it_needs(catalog: Catalog, root: Path) -> None:
    """Document, pictures, fonts and default pictures lie in the version, by digest."""
    edition = published(catalog).edition
    directory = root / "versions" / "card" / "1"
    assert edition.version == 1
    assert edition.root == directory
    assert (directory / "template.json").read_bytes() == (root / "card.json").read_bytes()
    assert edition.assets == {
        "assets/hero.jpg": directory / "assets" / f"{hashlib.sha256(b'hero').hexdigest()}.jpg"
    }
    (font,) = edition.fonts
    assert (font.family, font.path.read_bytes()) == ("Inter", b"brand")
    assert font.path.is_relative_to(directory)
    assert sorted(edition.pictures) == ["avif", "jpg", "png", "webp"]


def test_a_version_outlives_what_it_was_made_of(catalog: Catalog, root: Path) -> None:
    """Changing or losing drafts, pictures and fonts changes no published picture."""
    digest = published(catalog).edition.digest
    (root / "assets" / "hero.jpg").write_bytes(b"changed")
    (root / "assets" / "brand.ttf").unlink()
    (root / "card.json").unlink()
    edition = Catalog(root, Limits()).at("card", 1)
    assert edition.digest == digest
    assert edition.asset("assets/hero.jpg") == b"hero"


def test_the_same_again_makes_no_version(catalog: Catalog, root: Path) -> None:
    """Publishing twice is publishing once; going back to older content is a step of its own."""
    first, again = published(catalog), published(catalog)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.edition == first.edition
    write(root, document(description="second"))
    assert published(catalog).edition.version == 2
    write(root, document())
    assert published(catalog).edition.version == 3
    assert catalog.at("card", 3).digest == first.edition.digest


@pytest.mark.parametrize("file", ["hero.jpg", "brand.ttf"])
def test_a_changed_file_makes_a_version(catalog: Catalog, root: Path, file: str) -> None:
    """A version is its document and every file that it draws with."""
    published(catalog)
    (root / "assets" / file).write_bytes(b"changed")
    assert published(catalog).edition.version == 2


def test_names_with_holes_bring_every_file_that_fits(catalog: Catalog, root: Path) -> None:
    """A picture that a variable chooses at open time is there at open time."""
    written = document(layers=[image("flag", "assets/flags/{{ country }}.png")])
    write(root, written)
    assert sorted(published(catalog).edition.assets) == [
        "assets/flags/de.png",
        "assets/flags/fr.png",
    ]


def test_everything_that_does_not_resolve_refuses_the_publish(catalog: Catalog, root: Path) -> None:
    """Files and families that are not there are named together, in the order of the document."""
    layers = [
        image("a", "assets/none.jpg"),
        image("b", "hero.jpg"),
        text("c", "{{ nobody }}", ["Intar", "Nobody Sans"]),
        image("d", "assets/flags/{{ country }}.webp"),
    ]
    fonts = [
        {"family": "A", "file": "assets/brend.ttf"},
        {"family": "B", "file": "assets/hero.jpg"},
    ]
    write(root, document(layers=layers) | {"fonts": fonts})
    with pytest.raises(TemplateError) as caught:
        published(catalog)
    expected = {
        "/layers/0/source": "no file 'assets/none.jpg' in the templates directory; "
        "did you mean 'assets/hero.jpg'?",
        "/layers/1/source": "no file 'hero.jpg' in the templates directory; "
        "did you mean 'assets/hero.jpg'?",
        "/layers/2/text": "the variable 'nobody' is not declared; known are country, first_name",
        "/layers/2/font/family/0": "no font provides 'Intar'; did you mean 'Inter'?",
        "/layers/2/font/family/1": "no font provides 'Nobody Sans'; see: signet templates fonts",
        "/layers/3/source": "no file 'assets/flags/{{ country }}.webp' in the templates directory",
        "/fonts/0/file": "no file 'assets/brend.ttf' in the templates directory; "
        "did you mean 'assets/brand.ttf'?",
        "/fonts/1/file": "is no font; bring a TTF, OTF, WOFF or WOFF2 file",
    }
    assert [(fault.pointer, fault.message) for fault in caught.value.faults] == [*expected.items()]
    assert catalog.versions("card") == ()


def test_what_is_no_name_of_a_file_is_one_fault(catalog: Catalog, root: Path) -> None:
    """It is not missing on top of that."""
    fonts = [{"family": "Own", "file": "/etc/passwd"}]
    write(root, document(layers=[image("a", "../a.png")], fonts=fonts))
    with pytest.raises(TemplateError) as caught:
        published(catalog)
    assert sorted(fault.pointer for fault in caught.value.faults) == [
        "/fonts/0/file",
        "/layers/0/source",
    ]


def test_what_only_a_layout_shows_comes_along(catalog: Catalog, root: Path) -> None:
    """A layout's pictures, and its own weight of a font, are in the version too."""
    fonts = fonts_in(root)
    changed = {
        "hero": {"source": "assets/flags/de.png"},
        "hello": {"font.weight": 800},
    }
    write(root, document(layouts={"story": {"width": 50, "layers": changed}}))
    edition = publish(catalog, "card", fonts=fonts, pictures=pictures, draw=draw).edition
    assert sorted(edition.assets) == ["assets/flags/de.png", "assets/hero.jpg"]
    assert ("Inter", 400) in fonts.asked
    assert ("Inter", 800) in fonts.asked
    assert sorted(font.weight or 0 for font in edition.fonts) == [400, 800]


def test_a_layout_that_does_not_resolve_is_named(catalog: Catalog, root: Path) -> None:
    """The fault points into the layout, not at the layer that it changes."""
    changed = {"hero": {"source": "assets/none.png"}, "hello": {"font.family": "Nobody Sans"}}
    write(root, document(layouts={"story": {"layers": changed}}))
    with pytest.raises(TemplateError) as caught:
        published(catalog)
    assert [fault.pointer for fault in caught.value.faults] == [
        "/layouts/story/layers/hero/source",
        "/layouts/story/layers/hello/font.family",
    ]


def test_a_family_of_the_document_is_not_borrowed(catalog: Catalog, root: Path) -> None:
    """A document's own font answers to its family, with weight and slant where it names them."""
    fonts = [
        {"family": "Nobody Sans", "file": "assets/brand.ttf", "weight": 700, "italic": False},
        {"family": "Nobody Sans", "file": "assets/brand.ttf"},
    ]
    write(root, document(layers=[text("a", "x", "nobody sans")], fonts=fonts))
    edition = published(catalog).edition
    assert [(font.family, font.weight, font.italic) for font in edition.fonts] == [
        ("Nobody Sans", 700, False),
        ("Nobody Sans", None, None),
    ]


def test_assets_outside_the_directory_do_not_resolve(catalog: Catalog, root: Path) -> None:
    """Neither `..` nor a symbolic link takes a file of the machine into a version."""
    (root.parent / "secret.png").write_bytes(b"secret")
    (root / "assets" / "link.png").symlink_to(root.parent / "secret.png")
    layers = [image("a", "assets/../../secret.png"), image("b", "assets/link.png")]
    write(root, document(layers=layers))
    with pytest.raises(TemplateError) as caught:
        published(catalog)
    assert {"/layers/0/source", "/layers/1/source"} <= {
        fault.pointer for fault in caught.value.faults
    }


def test_two_publishers_at_once_get_two_numbers(catalog: Catalog, root: Path) -> None:
    """Whoever renames first has the number, and nobody overwrites anybody."""
    meeting = threading.Barrier(4)

    def drawn(edition: Edition) -> dict[str, bytes]:
        meeting.wait(timeout=30)
        return draw(edition)

    def publish_one(number: int) -> int | None:
        own = root.parent / f"root-{number}"
        (own / "assets").mkdir(parents=True)
        for name in ("hero.jpg", "brand.ttf"):
            (own / "assets" / name).write_bytes((root / "assets" / name).read_bytes())
        (own / "versions").symlink_to(root / "versions")
        write(own, document(description=f"of {number}"))
        catalog = Catalog(own, Limits())
        return publish(
            catalog, "card", fonts=fonts_in(own), pictures=pictures, draw=drawn
        ).edition.version

    (root / "versions").mkdir()
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(publish_one, range(4)))
    assert sorted(number or 0 for number in numbers) == [1, 2, 3, 4]
    described = {catalog.at("card", n).template.description for n in (1, 2, 3, 4)}
    assert described == {f"of {n}" for n in range(4)}
    assert not list((root / "versions").rglob(".*"))


def test_a_failed_drawing_publishes_nothing(catalog: Catalog, root: Path) -> None:
    """A version without its default pictures never exists, not even for a moment."""

    def fails(_: Edition) -> dict[str, bytes]:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        publish(catalog, "card", fonts=fonts_in(root), pictures=pictures, draw=fails)
    assert catalog.versions("card") == ()


def test_what_cannot_be_published_says_why(catalog: Catalog, root: Path) -> None:
    """No such template, no draft, and a tampered predecessor are three different things."""
    with pytest.raises(UnknownTemplate):
        published(catalog, "none")
    published(catalog)
    write(root, document(description="second"))
    manifest = root / "versions" / "card" / "1" / "edition.json"
    manifest.write_text("{}")
    with pytest.raises(TamperedVersion):
        published(Catalog(root, Limits()))
    (root / "card.json").unlink()
    with pytest.raises(UnknownVersion):
        published(catalog)
