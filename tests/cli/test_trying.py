from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from origin.cli.easel import Drawn, Easel
from origin.cli.trials import LONG_NAME, NAMES, TOGETHER, trials_of
from origin.pipeline.order import Order
from tests.catalog.documents import image, text, write
from tests.cli.conftest import POSTER, Signet
from vips_render.errors import PaintError
from vips_render.template.parse import parse_template
from vips_render.template.variables import strict_fill

SANS = "Source Sans Pro"
BOX = {"x": 0, "y": 0, "width": 200, "height": 30}
VARIABLES = {
    "name": {"type": "text", "max_length": 12, "default": "Ada", "example": "Bo"},
    "code": {"type": "text", "pattern": "[A-Z]{2}-[0-9]", "default": "AB-1"},
    "digits": {"type": "text", "pattern": "[0-9]{2,5}", "required": True},
    "plan": {"type": "text", "choices": ["Free", "Enterprise"], "default": "Free"},
    "points": {"type": "number", "min": 1, "max": 50, "default": 7},
    "stars": {"type": "number", "choices": [1, 5]},
    "balance": {"type": "number"},
    "cart": {"type": "list", "default": [{"title": "Tea", "tags": ["a"]}]},
    "address": {"type": "object", "default": {"city": "Oslo", "lines": ["x", 1]}},
    "avatar": {"type": "image"},
    "ends": {"type": "date"},
    "member": {"type": "boolean"},
    "accent": {"type": "color", "default": "teal"},
}
FALLBACK = text("letters", "{{ name }}", SANS)
del FALLBACK["box"]
TEMPLATE = parse_template(
    POSTER
    | {
        "variables": VARIABLES,
        "layers": [image("face", "{{ avatar }}") | {"fallback": FALLBACK}],
    }
)


def test_every_trial_is_one_that_a_link_could_have() -> None:
    """No value is refused or cut, so what goes wrong is the design's affair; always the same."""
    trials = list(trials_of(TEMPLATE))
    assert trials == list(trials_of(TEMPLATE))
    for trial in trials:
        strict_fill(TEMPLATE, trial.values, slots={"digits"})
    assert len({str(trial) for trial in trials}) == len(trials)


def test_each_variable_has_its_limits_tried() -> None:
    """Text at its longest in each shape, bounds of numbers, lists empty and full, no picture."""
    tried = {str(trial): trial.values.get(trial.variable) for trial in trials_of(TEMPLATE)}
    assert tried["name: 12 W in one word"] == "W" * 12
    assert tried["name: 12 letters in words"] == "Wwwwwww Wwww"
    assert tried["name: a long name"] == LONG_NAME[:12]
    assert tried["name: Han"] == NAMES["Han"]
    assert (tried["name: empty"], tried["name: missing"]) == ("", None)
    assert tried["digits: 5 8 in one word"] == "88888"
    assert "digits: missing" not in tried
    assert "code: 4 W in one word" not in tried
    assert {"plan: Enterprise", "plan: Free", "stars: 5", "stars: 1"} <= tried.keys()
    numbers = [number for trial, number in tried.items() if trial.startswith("points: ")]
    assert numbers == [50, 1, None]
    assert {"balance: 999999999999999", "balance: -999999999999999"} <= tried.keys()
    cart = tried["cart: 249 items"]
    assert isinstance(cart, list)
    assert cart == [{"title": "Tea", "tags": ["a"]}] * 249
    assert tried["cart: long names"] == [{"title": LONG_NAME, "tags": [LONG_NAME]}]
    assert tried["address: long names"] == {"city": LONG_NAME, "lines": [LONG_NAME, 1]}
    assert {"cart: empty", "address: empty", "ends: 9999-12-31", "member: true"} <= tried.keys()
    assert "accent: empty" not in tried


def test_what_only_a_fallback_shows_is_tried_without_pictures() -> None:
    """Else a name that no portrait lets through would never be drawn at its longest."""
    values = {str(trial): trial.values for trial in trials_of(TEMPLATE)}
    nowhere = values["avatar: not to be had"]["avatar"]
    assert values["name: Thai"]["avatar"] == nowhere
    assert values[TOGETHER]["avatar"] == nowhere
    assert "avatar" not in values["points: 50"]


@pytest.fixture
def narrow(studio: Path) -> Path:
    """The template `narrow`, whose texts fall short in many ways, and whose name is its layer's."""
    cards = [
        text("hello", "Hi {{ first_name }}", SANS) | {"box": BOX, "max_lines": 1},
        text("rune", "{{ code }}\u0378", SANS) | {"box": BOX},
        text("sized", "x", SANS) | {"box": BOX, "font": {"family": SANS, "size": "{{ points }}"}},
        text("fine", "Fine", SANS) | {"box": BOX},
    ]
    cards[0]["font"]["min_size"] = 14
    write(
        studio / "templates",
        POSTER
        | {
            "name": "narrow",
            "variables": {
                "first_name": {"type": "text", "max_length": 40, "default": "there"},
                "points": {"type": "number", "min": 0, "max": 100, "default": 20},
                "code": {"type": "text", "choices": ["A"], "default": "A", "example": "B"},
            },
            "layers": cards,
            "layouts": {"tiny": {"layers": {"hello": {"box": {"width": 110}}}}},
        },
    )
    return studio


def test_what_went_wrong_is_told_by_layer_the_worst_first(narrow: Path, signet: Signet) -> None:
    """With the values that did it; what is fine is not mentioned, and nothing is a fault."""
    said = signet("templates", "try", "narrow")
    assert (said.status, said.err) == (0, "")
    first, heading, *rows = (line.rstrip() for line in said.out.splitlines())
    assert re.fullmatch(r"narrow: \d+ pictures, 3 layers fell short", first)
    assert re.fullmatch(r" +layer +what became of it +with", heading)
    cells = [tuple(re.split(r"  +", row.strip())) for row in rows]
    assert cells.pop(0) == ("code: must be one of 'A'", "the examples")
    assert cells[0] == (
        "sized",
        "font.size has no value that it can use; its default is drawn",
        "points: 0",
    )
    assert cells[1] == ("sized", "shrunk to 50 px, its floor, and does not fit", "points: 100")
    assert cells[2] == ("rune", r"no font has '\u0378'", "the defaults, the examples")
    assert cells[3][:2] == ("hello", "shrunk to 14 px, its floor, and cut short")
    assert cells[3][2].startswith("first_name: 40 W in one word, 40 letters in words, a long name")
    assert [(layer, what.split(" to ")[0]) for layer, what, _ in cells[4:]] == [("hello", "shrunk")]
    assert not list(narrow.glob("**/*W-in-one-word*"))
    again = signet("templates", "try", "narrow")
    assert again.out == said.out


def test_the_pictures_are_left_where_asked(narrow: Path, signet: Signet) -> None:
    """One for each that was drawn, called by what it shows; a layout has a folder of its own."""
    said = signet("templates", "try", "narrow", "-o", "tried")
    assert said.status == 0
    files = sorted((narrow / "tried").rglob("*.jpg"))
    assert said.out.startswith(f"narrow: {len(files)} pictures, ")
    names = {path.relative_to(narrow / "tried" / "narrow").as_posix() for path in files}
    assert {"the-defaults.jpg", "first_name.40-W-in-one-word.jpg"} <= names
    assert {"tiny/the-defaults.jpg", "tiny/first_name.Arabic.jpg"} <= names
    with Image.open(files[0]) as picture:
        assert picture.size == (240, 120)
    assert len({path.read_bytes() for path in files}) > len(files) / 2
    (narrow / "file").touch()
    refused = signet("templates", "try", "narrow", "-o", "file")
    assert (refused.status, refused.out) == (2, "")
    assert "file is a file" in refused.err


def test_a_faulty_document_stops_no_other(narrow: Path, signet: Signet) -> None:
    """Its faults are told as by check, and the status says so."""
    (narrow / "templates" / "card.json").unlink()
    write(narrow / "templates", POSTER | {"name": "bad", "layers": [text("a", "{{ b }}", SANS)]})
    said = signet("templates", "try")
    assert said.status == 1
    assert said.out.splitlines()[:2] == signet("templates", "check", "bad").out.splitlines()
    assert re.search(r"^poster: \d+ pictures, 1 layer fell short", said.out, re.MULTILINE)
    assert re.search(r"^narrow: \d+ pictures, 3 layers fell short", said.out, re.MULTILINE)
    assert "1 document with faults" in said.err


def test_a_picture_that_cannot_be_drawn_is_a_fault(
    narrow: Path, signet: Signet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told first, with its values, and the others are drawn all the same."""
    drawn = Easel.draw

    async def failing(easel: Easel, order: Order) -> Drawn:
        if "\u0e01" in order.wire.decode():
            raise PaintError("hello", "no ink")
        return await drawn(easel, order)

    monkeypatch.setattr(Easel, "draw", failing)
    said = signet("templates", "try", "narrow")
    assert said.status == 1
    assert re.match(r"narrow: \d+ pictures, 2 not drawn, 3 layers fell short", said.out)
    assert "cannot be drawn: layer 'hello': no ink" in said.out.splitlines()[2]
    assert "first_name: Thai" in said.out.splitlines()[2]
    assert "cut short" in said.out


def test_how_many_are_drawn_is_bounded(studio: Path, signet: Signet) -> None:
    """A large document is tried with what matters most, and what is left out is told."""
    variables = {f"v{number}": {"type": "text", "max_length": 9} for number in range(30)}
    words = " ".join("{{ " + name + " }}" for name in variables)
    small = {"width": 2000, "height": 2000}
    layers = [text("words", words, SANS) | {"box": BOX}]
    huge = {"name": "huge", "canvas": small, "variables": variables, "layers": layers}
    write(studio / "templates", POSTER | huge)
    said = signet("templates", "try", "huge", "-o", "tried")
    assert said.status == 0
    assert re.search(r"huge: \d+ trials left out", said.err)
    names = {path.stem for path in (studio / "tried" / "huge").iterdir()}
    assert len(names) == 100
    assert {f"{name}.9-W-in-one-word" for name in variables} <= names
