from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.engine.documents import CARD
from tests.engine.scenes import every_layer
from vips_render.output import Output
from vips_render.scene import model as scene
from vips_render.scene.assets import AssetNeed, asset_needs
from vips_render.scene.plan import plan_of
from vips_render.scene.resolve import Resolved, alt_text, resolve
from vips_render.template.parse import parse_template

VALUES = {"name": "Ada", "score": 70, "avatar": "https://cdn.example.com/ada.png"}

TEXT = {
    "name": "t",
    "kind": "text",
    "text": "x",
    "font": {"family": "Inter", "size": 20},
    "box": {"width": 100, "height": 50},
}
SHAPE = {
    "name": "s",
    "kind": "shape",
    "fill": "red",
    "border": {"width": 2, "color": "blue"},
    "box": {"width": 100, "height": 50},
}
STOPS = [{"offset": 0, "color": "red"}, {"offset": 1, "color": "blue"}]
LINEAR = SHAPE | {"fill": {"linear": {"stops": STOPS}}}
RADIAL = SHAPE | {"fill": {"radial": {"stops": STOPS}}}
IMAGE = {"name": "i", "kind": "image", "source": "a.png", "box": {"width": 100, "height": 50}}


def one(layer: dict[str, Any], values: dict[str, object] | None = None, **options: Any) -> Resolved:
    """Resolve a document of one layer that may read the variable `v`."""
    document = {
        "name": "one",
        "canvas": {"width": 100, "height": 100},
        "variables": {"v": {"type": "text"}},
        "layers": [layer],
    }
    return resolve(parse_template(document), values or {}, **options)


def with_property(layer: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    edited = copy.deepcopy(layer)
    *way, last = place.split(".")
    here = edited
    for key in way:
        here = here.setdefault(key, {})
    here[last] = value
    return edited


def without_property(layer: dict[str, Any], place: str) -> dict[str, Any]:
    edited = copy.deepcopy(layer)
    *way, last = place.split(".")
    here = edited
    for key in way:
        here = here.get(key, {})
    here.pop(last, None)
    return edited


def test_a_card_resolves_to_literals() -> None:
    """Every property of the scene is a literal in whole pixels and channels."""
    resolved = resolve(parse_template(CARD), VALUES)
    backdrop, title, portrait, badge = resolved.scene.layers
    assert resolved.problems == ()
    assert resolved.fresh_until is None
    assert resolved.scene.background == scene.Solid((255, 255, 255, 255))
    assert isinstance(backdrop, scene.ShapeLayer)
    assert backdrop.fill == scene.LinearGradient(
        90.0, (scene.Stop(0.0, (0, 0, 128, 255)), scene.Stop(1.0, (0, 170, 255, 255)))
    )
    assert backdrop.corners == scene.Corners(1, 2, 3, 4)
    assert isinstance(title, scene.TextLayer)
    assert (title.text, title.size, title.font) == (
        "Hi Ada",
        40,
        scene.Font(("Brand", "Inter"), 700, False),
    )
    assert title.box == scene.Box(11, 10, 300, 50)
    assert isinstance(portrait, scene.ImageLayer)
    assert portrait.ellipse
    assert portrait.source == "https://cdn.example.com/ada.png"
    assert portrait.fallback is not None
    assert portrait.fallback.box == portrait.box
    assert isinstance(badge, scene.GroupLayer)
    assert badge.box == scene.Box(0, 0, 600, 200)
    assert [layer.box.width for layer in badge.layers] == [70, 5]


def test_personal_marks_what_reads_a_variable_or_holds_it() -> None:
    """Layers are personal exactly when a variable reaches them."""
    card = resolve(parse_template(CARD), VALUES).scene
    assert [layer.name for layer in every_layer(card.layers) if layer.personal] == [
        "title",
        "portrait",
        "initials",
        "badge",
        "points",
    ]
    assert [layer.personal for layer in card.layers] == [False, True, True, True]


def test_a_modified_layer_and_its_holders_are_personal() -> None:
    """A layer that a link names counts as personal though it reads nothing."""
    named = frozenset({"backdrop", "dot"})
    card = resolve(parse_template(CARD), VALUES, personal_names=named).scene
    assert named < {layer.name for layer in every_layer(card.layers) if layer.personal}
    assert all(layer.personal for layer in card.layers)


def test_each_set_of_personal_names_counts_for_itself() -> None:
    """One template may be drawn with many; what was compiled for others changes nothing."""
    template = parse_template(CARD)
    for _ in range(3):
        for number in range(12):
            named = frozenset({"backdrop", f"nobody {number}"})
            card = resolve(template, VALUES, personal_names=named).scene
            assert card.layers[0].personal
        assert not resolve(template, VALUES).scene.layers[0].personal


def test_static_layers_know_nothing_of_the_caller() -> None:
    """Neither values nor the caller's locale change what recipients share."""
    group = {"name": "g", "kind": "group", "layers": [{**TEXT, "text": "漢字"}]}
    assert one(group, locale="ja").scene == one(group, {"v": "x"}, locale="zh-TW").scene


def test_personal_text_follows_the_callers_locale() -> None:
    """Han shapes of personal text follow the locale, unless the layer names a language."""
    personal = {**TEXT, "text": "{{ v }}"}
    cases = [(personal, "zh_TW", "zh-TW"), ({**personal, "lang": "ko"}, "ja", "ko")]
    cases.append((personal, "<b>", ""))
    for layer, locale, lang in cases:
        (text,) = one(layer, {"v": "漢"}, locale=locale).scene.layers
        assert isinstance(text, scene.TextLayer)
        assert text.lang == lang


@pytest.mark.parametrize(
    ("layer", "values"),
    [
        ({**SHAPE, "visible": False}, {}),
        ({**SHAPE, "visible": "{{ v }}"}, {"v": ""}),
        ({**SHAPE, "visible": "{{ v }}"}, {"v": "no"}),
        ({**SHAPE, "visible": "{{ v }}"}, {}),
        ({**SHAPE, "opacity": 0}, {}),
        ({**SHAPE, "box": {"width": 0.4, "height": 5}}, {}),
        ({**SHAPE, "border": None, "fill": "transparent"}, {}),
        ({**SHAPE, "shape": "line", "border": None}, {}),
        ({**TEXT, "text": " {{ v }}\n"}, {}),
        ({**IMAGE, "source": "{{ v }}"}, {}),
        ({"name": "g", "kind": "group", "layers": [{**TEXT, "visible": False}]}, {}),
    ],
)
def test_what_shows_nothing_is_dropped(layer: dict[str, Any], values: dict[str, object]) -> None:
    """A layer without a visible pixel is no part of the scene, and nothing to complain about."""
    resolved = one(layer, values)
    assert (resolved.scene.layers, resolved.problems) == ((), ())


def test_a_level_line_has_no_height_and_is_drawn() -> None:
    """A line may be flat: only a box without any extent hides it."""
    line = {**SHAPE, "shape": "line", "box": {"y": 10, "width": 80, "height": 0}}
    assert len(one(line).scene.layers) == 1


PROPERTIES = [
    *((TEXT, place) for place in ("color", "opacity", "rotation", "align", "vertical_align")),
    *((TEXT, place) for place in ("fit", "line_height", "letter_spacing", "max_lines", "lang")),
    *((TEXT, place) for place in ("font.weight", "font.min_size", "box.x", "box.y")),
    *((SHAPE, place) for place in ("shape", "fill", "radius", "border.width", "border.color")),
    (LINEAR, "fill.linear.angle"),
    *((RADIAL, f"fill.radial.{name}") for name in ("x", "y", "radius")),
    *((IMAGE, place) for place in ("fit", "focus.x", "focus.y", "mask", "radius")),
]


@pytest.mark.parametrize(("layer", "place"), PROPERTIES)
def test_a_value_that_a_property_cannot_use_gives_its_default(
    layer: dict[str, Any], place: str
) -> None:
    """The picture is that of the absent property, and one problem names layer and property."""
    broken = one(with_property(layer, place, "{{ v }}"), {"v": "??"})
    absent = one(without_property(layer, place), personal_names=frozenset({layer["name"]}))
    assert broken.scene == absent.scene
    (problem,) = broken.problems
    assert (problem.reason, problem.layer) == ("layer-property", layer["name"])
    assert place in problem.message
    assert "??" not in problem.message


@pytest.mark.parametrize(
    ("size", "floor"), [(64, 32), (33, 17), (20, 10), (15, 8), (10, 8), (8, 8), (7, 7), (1, 1)]
)
def test_text_stays_readable_unless_the_document_says_how_small(size: int, floor: int) -> None:
    """The floor is half of the size and at least 8 pixels, and what the document says wins."""
    for given, least in ((None, floor), (1, 1), (12, min(12, size))):
        font = {"family": "Inter", "size": "{{ v }}"} | ({"min_size": given} if given else {})
        (text,) = one({**TEXT, "font": font}, {"v": str(size)}).scene.layers
        assert isinstance(text, scene.TextLayer)
        assert text.min_size == least


@pytest.mark.parametrize(
    ("layer", "place", "text", "literal"),
    [
        (TEXT, "opacity", " 0.5 ", 0.5),
        (TEXT, "font.weight", "700", 700),
        (TEXT, "font.size", "31.5", 32),
        (TEXT, "font.italic", "yes", True),
        (TEXT, "color", "TEAL", "#008080"),
        (SHAPE, "box.width", "40", 40),
        (SHAPE, "fill", "rgb(1 2 3 / 50%)", "#01020380"),
        (IMAGE, "source", " https://x.org/a.png", "https://x.org/a.png"),
    ],
)
def test_text_is_read_as_what_the_property_wants(
    layer: dict[str, Any], place: str, text: str, literal: Any
) -> None:
    """Text from an expression counts as the number, boolean or colour that it spells."""
    computed = one(with_property(layer, place, "{{ v }}"), {"v": text})
    assert computed.problems == ()
    named = frozenset({layer["name"]})
    assert computed.scene == one(with_property(layer, place, literal), personal_names=named).scene


@pytest.mark.parametrize("source", ["../a.png", "/etc/passwd", "file:///a", "a b", "ftp://x/y"])
def test_a_source_that_is_neither_url_nor_asset_name_is_not_asked_for(source: str) -> None:
    """No value makes the scene ask for anything but URLs and names of assets."""
    resolved = one({**IMAGE, "source": "{{ v }}"}, {"v": source})
    assert asset_needs(resolved.scene) == ()
    assert [problem.reason for problem in resolved.problems] == ["layer-property"]


def test_long_text_is_cut_between_letters() -> None:
    """Resolved text is composed, without control characters, and bounded."""
    resolved = one({**TEXT, "text": "{{ v }}{{ v }}"}, {"v": "e\u0301\x00" * 900})
    (layer,) = resolved.scene.layers
    assert isinstance(layer, scene.TextLayer)
    assert layer.text == "é" * 1800


def test_a_layer_is_read_up_to_what_hides_it() -> None:
    """Problems stand in the order of the properties, and none behind the one that hides."""
    broken = ("visible", "opacity", "rotation", "color", "align", "max_lines")
    layer = TEXT | dict.fromkeys(broken, "{{ v }}")
    layer["box"] = {"x": "{{ v }}", "width": 100, "height": 50}
    noted = [problem.message.split()[0] for problem in one(layer, {"v": "??"}).problems]
    assert noted == ["opacity", "box.x", "rotation", "color", "align", "max_lines"]
    layer["text"] = " "
    noted = [problem.message.split()[0] for problem in one(layer, {"v": "??"}).problems]
    assert noted == ["opacity", "box.x", "rotation"]
    assert one(layer, {"v": "no"}).problems == ()


def test_a_fallback_follows_the_box_of_its_picture() -> None:
    """The box of a personal picture is that of what stands in for it."""
    text = {name: value for name, value in TEXT.items() if name != "box"}
    box = {"x": "{{ v }}", "width": 60, "height": 50}
    layer = {**IMAGE, "box": box, "radius": 90, "fallback": {**text, "name": "f"}}
    for left in (7, 30):
        (image,) = one(layer, {"v": str(left)}).scene.layers
        assert isinstance(image, scene.ImageLayer)
        assert image.fallback is not None
        assert image.fallback.box == image.box == scene.Box(left, 0, 60, 50)
        assert image.corners == scene.Corners(25, 25, 25, 25)
        assert not image.fallback.personal


def test_problems_of_what_is_shared_are_told_to_everybody() -> None:
    """A static layer that draws a default says so in each picture, in its place."""
    layers = [
        {**TEXT, "color": "{{ v }}"},
        {**SHAPE, "rotation": "{{ 'far' }}"},
        {**IMAGE, "rotation": "{{ v }}"},
    ]
    group = {"name": "g", "kind": "group", "layers": layers}
    for _ in range(2):
        told = [problem.layer for problem in one(group, {"v": "??"}).problems]
        assert told == ["t", "s", "i"]


def test_a_text_past_its_budget_is_a_problem_not_an_error() -> None:
    """An expression that runs out of budget costs its layer, never the picture."""
    resolved = one({**TEXT, "text": "{{ v }}" * 100}, {"v": "x" * 2000})
    assert resolved.scene.layers == ()
    assert [problem.reason for problem in resolved.problems] == ["layer-property"]


def test_the_clock_tells_until_when_a_scene_holds() -> None:
    """A layer that reads the clock is personal, and its scene holds until the clock's next tick."""
    now = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
    layer = {**TEXT, "text": "© {{ year() }}"}
    resolved = one(layer, now=now)
    (text,) = resolved.scene.layers
    assert isinstance(text, scene.TextLayer)
    assert (text.text, text.personal) == ("© 2026", True)
    assert resolved.fresh_until == datetime(2027, 1, 1, tzinfo=UTC).timestamp()
    east = one(layer, now=now, timezone="Asia/Tokyo").fresh_until
    assert east == resolved.fresh_until - 9 * 3600
    for timezone in ("Nowhere/Land", "../../etc/passwd", "\x00", "America"):
        assert one(layer, now=now, timezone=timezone).fresh_until == resolved.fresh_until


@pytest.mark.parametrize("now", [-1e30, 1e30, float("nan"), float("inf")])
def test_an_impossible_clock_draws_a_picture_all_the_same(now: float) -> None:
    """A clock that no calendar knows leaves the year out."""
    (text,) = one({**TEXT, "text": "© {{ year() }}"}, now=now).scene.layers
    assert isinstance(text, scene.TextLayer)
    assert text.text == "© "


def test_assets_are_listed_with_their_fallbacks() -> None:
    """Every picture is asked for at its box; a reserve is marked as one."""
    fallback = {"name": "f", "kind": "image", "source": "reserve.png", "fit": "contain"}
    group = {"name": "g", "kind": "group", "layers": [{**IMAGE, "fallback": fallback}]}
    assert asset_needs(one(group).scene) == (
        AssetNeed("i", "a.png", 100, 50, "cover"),
        AssetNeed("f", "reserve.png", 100, 50, "contain", fallback=True),
    )
    missing = {**IMAGE, "source": "{{ v }}", "fallback": fallback}
    assert asset_needs(one(missing).scene) == (AssetNeed("f", "reserve.png", 100, 50, "contain"),)


def test_a_plan_depends_on_the_template_and_not_on_values() -> None:
    """Hiding a personal layer for one recipient leaves the plan as it was."""
    template = parse_template(CARD)
    plan = plan_of(template, Output("png"))
    assert plan.personal == ("badge", "initials", "points", "portrait", "title")
    assert plan.digest == plan_of(parse_template(CARD), Output("png")).digest
    others = [
        plan_of(template, Output("jpeg")),
        plan_of(template, Output("png", scale=2)),
        plan_of(template, Output("png"), layout="square"),
        plan_of(template, Output("png"), modified=frozenset({"dot"})),
        plan_of(parse_template({**CARD, "description": "x"}), Output("png")),
    ]
    assert len({plan.digest, *(other.digest for other in others)}) == 6


def test_a_personal_background_makes_the_canvas_personal() -> None:
    """When the background reads a variable the plan says so by an empty name."""
    canvas = {**CARD["canvas"], "background": "{{ name }}"}
    assert "" in plan_of(parse_template({**CARD, "canvas": canvas}), Output("png")).personal


def test_alt_text_is_filled_in() -> None:
    """The alternative text reads the same variables."""
    assert alt_text(parse_template(CARD), VALUES) == "A card for Ada"


def test_equal_templates_share_no_parts() -> None:
    """Parsed again, resolved and dropped, a document gives the same scene each time."""
    first = parse_template(CARD)
    expected = resolve(first, VALUES)
    for _ in range(20):
        assert resolve(parse_template(CARD), VALUES) == expected


def test_families_that_follow_stand_behind_those_of_every_text() -> None:
    """In groups and fallbacks too; a text without a family of its own still is a problem."""
    nameless = TEXT | {"name": "v", "font": {"family": "{{ v }}", "size": 20}}
    initials = {key: value for key, value in TEXT.items() if key != "box"} | {"name": "initials"}
    own_too = TEXT | {"name": "own", "font": {"family": ["B", "Inter"], "size": 20}}
    group = {"name": "g", "kind": "group", "layers": [IMAGE | {"fallback": initials}, own_too]}
    document = {
        "name": "one",
        "canvas": {"width": 100, "height": 100},
        "variables": {"v": {"type": "text"}},
        "fallback_families": ["A", "B"],
        "layers": [nameless, group],
    }
    found = resolve(parse_template(document), {})
    assert [problem.layer for problem in found.problems] == ["v"]
    first, second = found.scene.layers
    assert isinstance(first, scene.TextLayer)
    assert first.font.families == ("A", "B")
    assert isinstance(second, scene.GroupLayer)
    picture, last = second.layers
    assert isinstance(picture, scene.ImageLayer)
    assert isinstance(picture.fallback, scene.TextLayer)
    assert isinstance(last, scene.TextLayer)
    assert picture.fallback.font.families == ("Inter", "A", "B")
    assert last.font.families == ("B", "Inter", "A")
