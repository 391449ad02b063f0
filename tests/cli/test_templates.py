from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import pytest
from PIL import Image

from tests.catalog.documents import image, text, write
from tests.cli.conftest import CARD, POSTER, Signet


def test_check_says_all_faults_of_all_documents(studio: Path, signet: Signet) -> None:
    """Pointer, column and sentence for each fault, files and families included; status 1."""
    layers = [
        text("a", "{{ nobody }}"),
        text("b", "x", "Nobody Sans"),
        image("c", "assets/none.png"),
        {"name": "d", "kind": "blob"},
    ]
    write(studio / "templates", POSTER | {"name": "bad", "layers": layers})
    (studio / "templates" / "worse.json").write_text('{"name": "worse",\n "canvas" 1}')
    said = signet("templates", "check", "poster", "bad", "worse")
    assert said.status == 1
    assert "poster: good" in said.out
    assert "  /layers/0/text column 4: " in said.out
    assert "  /layers/1/font/family: no font provides 'Nobody Sans'" in said.out
    assert "  /layers/2/source: no file 'assets/none.png'" in said.out
    assert "  /layers/3/kind: " in said.out
    assert "line 2 column" in said.out
    assert "2 documents with faults" in said.err


def test_a_picture_that_is_none_is_a_fault(studio: Path, signet: Signet) -> None:
    """Cut short, another format, too many pixels, too long and thin; all at once, where named."""
    assets = studio / "templates" / "assets"
    (assets / "flags").mkdir()
    noise = Image.effect_noise((64, 64), 90)
    noise.save(assets / "cut.jpg")
    (assets / "cut.jpg").write_bytes((assets / "cut.jpg").read_bytes()[:-500])
    (assets / "words.png").write_text("no picture")
    Image.new("1", (10_000, 5_001)).save(assets / "big.png")
    Image.new("1", (1, 4_000_001)).save(assets / "thin.png")
    for name in ("de", "fr"):
        (assets / "flags" / f"{name}.png").write_text("")
    (assets / "flags" / "README.md").write_text("from where they are")
    noise.save(assets / "flags" / "no.png")
    layers = [
        image("a", "assets/cut.jpg"),
        image("b", "assets/dot.png"),
        image("c", "assets/flags/{{ first_name }}"),
        image("d", "{{ first_name == 'x' ? 'assets/words.png' : 'assets/big.png' }}"),
        text("e", "{{ nobody }}"),
        image("f", "assets/cut.jpg"),
    ]
    layouts = {"story": {"layers": {"b": {"source": "assets/thin.png"}}}}
    bad = POSTER | {"name": "bad", "layers": layers, "layouts": layouts}
    write(studio / "templates", bad)
    said = signet("templates", "check", "bad")
    no_format = "cannot be drawn: not a PNG, JPEG, WebP or GIF file"
    faults = [
        "/layers/0/source: 'assets/cut.jpg' cannot be drawn: the picture is damaged or cut short",
        f"/layers/2/source: 'assets/flags/de.png' {no_format}",
        f"/layers/2/source: 'assets/flags/fr.png' {no_format}",
        f"/layers/3/source: 'assets/words.png' {no_format}",
        "/layers/3/source: 'assets/big.png' cannot be drawn: "
        "50010000 pixels are more than 50000000",
        "/layers/4/text column 4: the variable 'nobody' is not declared; "
        "known are avatar, first_name, id",
        "/layouts/story/layers/b/source: 'assets/thin.png' cannot be drawn: "
        "the picture's shape is too far from its box's",
    ]
    assert (said.status, said.out.splitlines()) == (
        1,
        ["bad: 7 faults", *(f"  {fault}" for fault in faults)],
    )
    published = signet("templates", "publish", "bad")
    assert published.out.splitlines() == [
        "bad: 7 faults, not published",
        *said.out.splitlines()[1:],
    ]
    drawn = signet("render", "bad", "--draft", "-o", "x.png")
    assert (drawn.status, drawn.err.splitlines()[1:]) == (1, said.out.splitlines()[1:])


def test_render_of_a_faulty_draft_says_what_check_says(studio: Path, signet: Signet) -> None:
    """The same faults in the same order, counted in words."""
    layers = [text("a", "x", "Sorce Sans Pro"), text("b", "{{ nobody }}", "Source Sans Pro")]
    write(studio / "templates", POSTER | {"name": "bad", "layers": layers})
    checked = signet("templates", "check", "bad").out.splitlines()
    said = signet("render", "bad", "--draft", "-o", "x.png")
    assert said.status == 1
    assert said.err.splitlines() == ["error: the document has 2 faults", *checked[1:]]
    assert "no font provides 'Sorce Sans Pro'; did you mean 'Source Sans Pro'?" in checked[1]


def test_files_that_no_template_may_be_called_are_named(studio: Path, signet: Signet) -> None:
    """Nothing that looks like a document is passed over silently; editors may keep their files."""
    for name in (
        "My Card.json",
        "Été.JSON",
        "-.json",
        ".card.json",
        "template.schema.json",
        "a.md",
    ):
        (studio / "templates" / name).write_text("{}")
    (studio / "templates" / "elsewhere.json").symlink_to("/etc/passwd")
    for command, status in (("check", 1), ("list", 0), ("publish", 1)):
        said = signet("templates", command)
        assert said.status == status
        assert "My Card.json: no template has such a name: a-z, 0-9 and hyphens" in said.err
        assert "such as my-card.json" in said.err
        assert "such as ete.json" in said.err
        assert "-.json: " in said.err
        assert "elsewhere.json: no file that lies in " in said.err
        for hidden in (".card.json", "schema", "a.md"):
            assert hidden not in said.err + said.out
    assert "4 documents with faults" in signet("templates", "check").err


@pytest.mark.parametrize(
    ("given", "like"), [("My Card", "my-card"), ("templates/card.json", "card"), ("", "card")]
)
def test_a_name_that_none_may_have_is_answered_by_one(
    desk: Path, signet: Signet, given: str, like: str
) -> None:
    """Whoever gives a path, or a title, learns what a name is."""
    said = signet("templates", "check", given)
    assert said.status == 1
    assert said.err.endswith(f", such as {like}\n")


def test_fonts_lists_the_families_that_a_document_can_name(desk: Path, signet: Signet) -> None:
    """Each with its weights, a range where every weight between can be drawn, and its italic."""
    said = signet("templates", "fonts")
    rows = {
        line[: line.index("  ")]: line.split("  ", 1)[1].strip() for line in said.out.splitlines()
    }
    assert rows["Manrope"] == "200 to 800"
    assert re.fullmatch("200, 300, 400, 600, 700, 900 +yes", rows["Source Sans Pro"])


def test_check_of_good_documents_ends_well(studio: Path, signet: Signet) -> None:
    """Nothing to say is said, and the status is 0."""
    (studio / "templates" / "card.json").unlink()
    said = signet("templates", "check")
    assert (said.status, said.out, said.err) == (0, "poster: good\n", "")


def test_publish_makes_a_version_that_can_be_signed(studio: Path, signet: Signet) -> None:
    """Default pictures are drawn for real, laid out for nginx, and the link is pinned to it."""
    (studio / "templates" / "card.json").unlink()
    said = signet("templates", "publish")
    assert (said.status, said.out) == (0, "poster: version 1 published\n")
    directory = studio / "templates" / "versions" / "poster" / "1"
    png = (directory / "default.png").read_bytes()
    assert struct.unpack(">II", png[16:24]) == (240, 120)
    assert (directory / "default.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert (directory / "default.webp").read_bytes()[8:12] == b"WEBP"
    assert (directory / "default.avif").read_bytes()[4:12] == b"ftypavif"
    assert (studio / "data" / "fallback" / "poster.png").read_bytes() == png
    manifest = json.loads((directory / "edition.json").read_text())
    assert list(manifest["assets"]) == ["assets/dot.png"]
    assert [font["family"] for font in manifest["fonts"]] == ["Source Sans Pro"]
    assert "/i/poster/1/" in signet("sign", "poster").out
    again = signet("templates", "publish", "poster")
    assert again.out == "poster: version 1 unchanged since it was published\n"


def test_a_faulty_draft_is_not_published_and_stops_no_other(studio: Path, signet: Signet) -> None:
    """Whoever publishes all gets all that can be; the status tells that one could not."""
    write(studio / "templates", CARD | {"layers": [text("a", "{{ nobody }}", "Nobody Sans")]})
    said = signet("templates", "publish")
    assert said.status == 1
    assert "card: 2 faults, not published" in said.out
    assert "/layers/0/text column 4" in said.out
    assert "poster: version 1 published" in said.out


def test_list_shows_what_can_be_signed(studio: Path, signet: Signet) -> None:
    """Versions, state of the draft, size, variables and open slots, template by template."""
    write(studio / "templates", CARD | {"name": "broken", "layers": 1})
    out = signet("templates", "list").out
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert "published" in lines["card"]
    assert "200 x 100" in lines["card"]
    assert "first_name, points, code" in lines["card"]
    assert "not published" in lines["poster"]
    assert "faulty" in lines["broken"]


def test_a_damaged_version_hides_no_other_template(studio: Path, signet: Signet) -> None:
    """What is wrong with it is said, and the table is complete."""
    (studio / "templates" / "versions" / "card" / "1" / "edition.json").write_text("{}")
    said = signet("templates", "list")
    assert said.status == 0
    assert "version 1 of template 'card' was changed after it was published" in said.err
    lines = {line.split()[0]: line for line in said.out.splitlines()}
    assert "damaged" in lines["card"]
    assert "not published" in lines["poster"]


def test_the_schema_is_plain_json(signet: Signet) -> None:
    """Editors read standard output as it is."""
    said = signet("templates", "schema")
    assert json.loads(said.out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("command", ["check", "publish", "list"])
def test_a_missing_directory_is_named(desk: Path, signet: Signet, command: str) -> None:
    """Status 4, the path that was looked at, and how to name another."""
    said = signet("templates", command, "--templates", "elsewhere")
    assert said.status == 4
    assert "elsewhere" in said.err
    assert "SIGNET_TEMPLATES" in said.err


def test_an_unknown_template_is_named(desk: Path, signet: Signet) -> None:
    """A typo ends with status 1 and where to look."""
    said = signet("templates", "check", "crad")
    assert said.status == 1
    assert "signet templates list" in said.err
