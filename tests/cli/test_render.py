from __future__ import annotations

import json
import re
import shutil
import struct
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.catalog.documents import text, write
from tests.cli.conftest import POSTER, Signet


def size_of(png: Path) -> tuple[int, int]:
    """Read width and height from a PNG's header."""
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height


def test_a_picture_is_drawn_without_server_and_keys(studio: Path, signet: Signet) -> None:
    """The draft as it is now, at the scale and in the format that the file's name asks for."""
    (studio / "signet-keys.json").unlink()
    said = signet(
        "render", "poster", "--draft", "--var", "first_name=Ada", "--scale", "2", "-o", "ada.png"
    )
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("ada.png  ")
    assert " kB  " in said.out
    assert size_of(studio / "ada.png") == (480, 240)
    other = signet("render", "poster", "--draft", "-o", "other.webp")
    assert other.status == 0
    assert (studio / "other.webp").read_bytes()[8:12] == b"WEBP"


def test_what_falls_short_is_said(studio: Path, signet: Signet) -> None:
    """Glyphs that no font has, and pictures that cannot be had, are named by layer."""
    said = signet(
        *("render", "poster", "--draft", "-o", "odd.png", "--var", "first_name=A\u0378"),
        *("--var", "avatar=https://127.0.0.1:1/none.png"),
    )
    assert said.status == 0
    assert "hello: no font has" in said.out
    assert "avatar: fallback (" in said.out


def test_a_text_that_was_cut_says_how_small_it_was(studio: Path, signet: Signet) -> None:
    """Shrunk to its floor and still too long; and a family that nobody has is named."""
    document = json.loads((studio / "templates" / "poster.json").read_text())
    document["layers"][1]["font"]["family"] = ["{{ first_name }}", "Source Sans Pro"]
    (studio / "templates" / "poster.json").write_text(json.dumps(document))
    said = signet(
        "render", "poster", "--draft", "-o", "x.png", "--var", f"first_name={'Wide ' * 30}"
    )
    assert "hello: shrunk to 10 px, its floor, and cut short" in said.out
    assert "hello: no font provides 'Wide Wide" in said.out


def test_each_text_is_told_when_asked(studio: Path, signet: Signet) -> None:
    """Size, lines and what fell short, in paint order; also where all came out as meant."""
    plain = signet("render", "poster", "--draft", "--texts", "-o", "a.png", "--var", "first_name=A")
    first, *lines = plain.out.splitlines()
    assert first.startswith("a.png  ")
    assert lines == ["  hello: 20 px, 1 line"]
    long = f"first_name=\u0378{'Wide ' * 30}"
    said = signet("render", "poster", "--draft", "--texts", "-o", "a.png", "--var", long)
    (line,) = said.out.splitlines()[1:]
    shortfalls = r"no font has '\\u0378'; shrunk to 10 px, its floor, and cut short"
    assert re.fullmatch(rf"  hello: 10 px, \d lines?; {shortfalls}", line)
    (studio / "rows.csv").write_text("first_name\nA\nB\n")
    rows = signet("render", "poster", "--draft", "--texts", "--data", "rows.csv", "-o", "out")
    assert rows.out.splitlines()[1::2] == ["  hello: 20 px, 1 line"] * 2


def test_weight_and_slant_of_own_fonts_are_as_the_document_says(
    studio: Path, signet: Signet
) -> None:
    """What the document declares wins over what the file says, which counts where it is silent."""
    spec = find_spec("font_hanken_grotesk")
    assert spec is not None
    assert spec.origin is not None
    files = Path(spec.origin).parent / "files"
    for style in ("Light", "Bold"):
        file = f"HankenGrotesk-{style}.otf"
        shutil.copy(files / file, studio / "templates" / "assets" / file)
    layer = text("a", "Hi", "Mine") | {"font": {"family": "Mine", "size": 40, "weight": 700}}

    def drawn(**weights: int | None) -> bytes:
        fonts = [
            {"family": "Mine", "file": f"assets/HankenGrotesk-{style}.otf"}
            | ({} if weight is None else {"weight": weight})
            for style, weight in weights.items()
        ]
        write(studio / "templates", POSTER | {"fonts": fonts, "layers": [layer]})
        assert signet("render", "poster", "--draft", "-o", "x.png").status == 0
        return (studio / "x.png").read_bytes()

    bold, light = drawn(Bold=None), drawn(Light=None)
    assert bold != light
    assert drawn(Light=None, Bold=None) == bold
    assert drawn(Light=700, Bold=400) == light


def test_what_is_not_published_may_be_drawn_as_a_draft(studio: Path, signet: Signet) -> None:
    """Whoever begins learns both ways on."""
    said = signet("render", "poster", "-o", "x.png")
    assert said.status == 1
    assert "signet templates publish poster" in said.err
    assert "signet render poster --draft" in said.err


def test_a_batch_draws_what_it_can_and_tells_the_rest(studio: Path, signet: Signet) -> None:
    """A file and a line per row; faults by line; the status says that some rows failed."""
    rows = [
        {"first_name": "Ada", "id": 7, "team": "x"},
        {"first_name": "Bo", "id": "many"},
        {"first_name": "Cy" * 60, "id": 7},
        {"first_name": "Di", "id": None},
    ]
    lines = [json.dumps(row) for row in rows]
    (studio / "rows.ndjson").write_text("\n".join([*lines[:2], "nonsense", *lines[2:]]))
    said = signet("render", "poster", "--draft", "--data", "rows.ndjson", "--name", "id", "-o", "p")
    assert said.status == 1
    assert sorted(path.name for path in (studio / "p").iterdir()) == [
        "0000005.png",
        "7-0000004.png",
        "7.png",
    ]
    assert len(said.out.splitlines()) == 3
    (cut,) = [line for line in said.out.splitlines() if "7-0000004" in line]
    assert "hello: shrunk to" in cut or "hello: cut short" in cut
    assert "line 2: id: must be a number" in said.err
    assert "line 3: not JSON" in said.err
    assert "line 1: not used: team" in said.err
    assert "2 rows without a picture, 3 pictures drawn" in said.err


def test_a_sheet_is_a_batch_too(studio: Path, signet: Signet) -> None:
    """Columns are variables by name; without a name the line names the file."""
    (studio / "rows.csv").write_text("first_name;id\nAda;1\nBo;2\n")
    said = signet("render", "poster", "--draft", "--data", "rows.csv", "-o", "p", "--format", "jpg")
    assert said.status == 0
    assert sorted(path.name for path in (studio / "p").iterdir()) == [
        "0000002.jpg",
        "0000003.jpg",
    ]
    assert "2 pictures drawn" in said.err


def test_no_name_of_a_row_leaves_the_folder(studio: Path, signet: Signet) -> None:
    """Whatever a column holds, its picture lies in the folder that was named."""
    names = ["../../evil", "/etc/passwd", "..", "a/b", "con\x00trol"]
    rows = "\n".join(json.dumps({"first_name": name}) for name in names)
    (studio / "rows.ndjson").write_text(rows)
    before = {path for path in studio.rglob("*.png") if "p" not in path.parts}
    said = signet(
        "render", "poster", "--draft", "--data", "rows.ndjson", "--name", "first_name", "-o", "p"
    )
    assert said.status == 0
    assert len(list((studio / "p").iterdir())) == len(names)
    assert {path for path in studio.rglob("*.png") if "p" not in path.parts} == before


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("-o", "x.gif", "--draft"), 2),
        (("-o", "x.png", "--draft", "--version", "1"), 2),
        (("-o", "x.png", "--name", "id"), 2),
        (("-o", "p", "--data", "none.csv", "--draft"), 2),
        (("-o", "x.png", "--var", "first_name"), 2),
        ((), 2),
        (("-o", "x.png", "--var", "id=many", "--draft"), 1),
        (("-o", "x.png", "--version", "9"), 1),
        (("-o", "no/such/place.png", "--draft"), 4),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_what_cannot_be_drawn_says_why(
    studio: Path, signet: Signet, arguments: tuple[str, ...], status: int
) -> None:
    """One sentence, the right status, and no file."""
    said = signet("render", "poster", *arguments)
    assert said.status == status
    assert "Traceback" not in said.err
    assert not list(studio.glob("x.*"))
