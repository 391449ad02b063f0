from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.documents import CARD
from vips_render.errors import TemplateError
from vips_render.scene import model as scene
from vips_render.scene.assets import asset_needs
from vips_render.scene.resolve import resolve
from vips_render.template.edit import edit
from vips_render.template.parse import parse_template
from vips_render.template.sources import url_host
from vips_render.template.variables import fill

TEMPLATE = parse_template(CARD)


def layer_of(layout: str, changes: dict[str, Any], wanted: str) -> Any:
    edited = edit(TEMPLATE, layout=layout, modifications=changes)
    layers = resolve(edited, {"avatar": "a.png", "score": 9, "name": "Ada"}).scene.layers
    return next(layer for layer in layers if layer.name == wanted)


def faults_of(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(TemplateError) as caught:
        parse_template(document)
    return {fault.pointer: fault.message for fault in caught.value.faults}


def test_without_changes_a_template_stays_itself() -> None:
    """No layout and no modification cost nothing."""
    assert edit(TEMPLATE) is TEMPLATE
    assert edit(TEMPLATE, modifications={}) is TEMPLATE


def test_a_layout_changes_the_canvas_and_the_layers_it_names() -> None:
    """What a layout does not name stays as drawn."""
    square = edit(TEMPLATE, layout="square")
    assert (square.canvas.width, square.canvas.height) == (300, 300)
    title = layer_of("square", {}, "title")
    assert (title.size, title.font.weight, title.text) == (20, 700, "Hi Ada")
    assert square.digest != TEMPLATE.digest


def test_modifications_come_after_the_layout_and_reach_nested_layers() -> None:
    """A link's modification wins over the layout, wherever the layer stands."""
    title = layer_of("square", {"title": {"font.size": 33, "text": "Hello"}}, "title")
    assert (title.size, title.text) == (33, "Hello")
    badge = layer_of("", {"dot": {"fill": "blue", "box": {"x": 1}}}, "badge")
    dot = badge.layers[-1]
    assert dot.fill == scene.Solid((0, 0, 255, 255))
    assert dot.box == scene.Box(1, 100, 5, 5)
    portrait = layer_of("", {"initials": {"color": "red"}}, "portrait")
    assert portrait.fallback.color == (255, 0, 0, 255)


def test_a_path_reaches_into_lists_and_makes_what_is_not_there() -> None:
    """`fill.linear.stops.1.color` and `border.color` are places of a layer."""
    changes = {"backdrop": {"fill.linear.stops.1.color": "lime", "border.color": "red"}}
    backdrop = layer_of("", changes, "backdrop")
    assert backdrop.fill.stops[1].color == (0, 255, 0, 255)
    assert backdrop.border == scene.Border(1.0, (255, 0, 0, 255))


def test_a_fill_is_replaced_whole() -> None:
    """One kind of fill never mixes with another."""
    stops = [{"offset": 0, "color": "red"}, {"offset": 1, "color": "blue"}]
    backdrop = layer_of("", {"backdrop": {"fill": {"radial": {"stops": stops}}}}, "backdrop")
    assert isinstance(backdrop.fill, scene.RadialGradient)


@pytest.mark.parametrize("text", ["{{ score }}", "{{", "}} {{ 'x' }}", "{{{{ name", "a {{ b }} c"])
def test_text_of_a_modification_means_itself(text: str) -> None:
    """Whatever a recipient's data holds is drawn, never run."""
    assert layer_of("", {"title": {"text": text}}, "title").text == text


@pytest.mark.parametrize(
    ("changes", "pointer", "says"),
    [
        ({"titel": {"text": "x"}}, "/m/titel", "did you mean 'title'?"),
        ({"title": {"txt": "x"}}, "/m/title/txt", "did you mean 'text'?"),
        ({"title": {"font.sise": 3}}, "/m/title/font.sise", "did you mean 'size'?"),
        ({"title": {"opacity": 3}}, "/m/title/opacity", "must be from 0 to 1"),
        ({"title": {"font": {"size": "x"}}}, "/m/title/font/size", "number"),
        ({"title": {"kind": "shape"}}, "/m/title/kind", "keeps its kind"),
        ({"title": {"name": "x"}}, "/m/title/name", "keeps its name"),
        ({"badge": {"layers": []}}, "/m/badge/layers", "inner layers"),
        ({"initials": {"box": {"x": 1}}}, "/m/initials/box", "takes the box"),
        ({"portrait": {"source": "../x"}}, "/m/portrait/source", "asset"),
        ({"backdrop": {"fill.linear.stops.7.color": "red"}}, None, "2 items"),
        ({"backdrop": {"fill": {"linear": {}}}}, "/m/backdrop/fill/linear/stops", "missing"),
        ({"title": 3}, "/m/title", "object"),
    ],
)
def test_a_modification_that_cannot_be_made_points_at_itself(
    changes: dict[str, Any], pointer: str | None, says: str
) -> None:
    """Faults of modifications lie below `/m`, as the sender wrote them."""
    with pytest.raises(TemplateError) as caught:
        edit(TEMPLATE, modifications=changes)
    (fault,) = caught.value.faults
    assert says in fault.message
    assert fault.pointer == (pointer or "/m/backdrop/fill.linear.stops.7.color")


def test_an_unknown_layout_is_named() -> None:
    """A layout that the document lacks is refused with a suggestion."""
    with pytest.raises(TemplateError, match="did you mean 'square'"):
        edit(TEMPLATE, layout="squar")


@pytest.mark.parametrize(
    ("layout", "pointer", "says"),
    [
        ({"layers": {"titel": {}}}, "/layers/titel", "did you mean 'title'?"),
        ({"layers": {"title": {"font.size": 0}}}, "/layers/title/font.size", "at least 1"),
        ({"layers": {"title": {"text": "{{ nme }}"}}}, "/layers/title/text", "'name'"),
        ({"width": 9000}, "/width", "at most 8000"),
        ({"width": 8000, "height": 8000}, "", "area"),
        ({"background": "redd"}, "/background", "colour"),
        ({"colour": 1}, "/colour", "unknown property"),
        ({"layers": {"title": {"kind": "text"}}}, "/layers/title/kind", "keeps its kind"),
    ],
)
def test_faults_of_a_layout_are_found_with_the_document(
    layout: dict[str, Any], pointer: str, says: str
) -> None:
    """A layout is checked when its document is, at the layout's own place."""
    found = faults_of({**CARD, "layouts": {"square": layout}})
    assert says in found["/layouts/square" + pointer]
    assert len(found) == 1


def test_a_fault_of_the_document_is_not_repeated_for_its_layouts() -> None:
    """A wrong property beside one that a layout sets is one fault."""
    document = copy.deepcopy(CARD)
    document["layers"][1]["font"]["weight"] = 5000
    assert list(faults_of(document)) == ["/layers/1/font/weight"]


@pytest.mark.parametrize(
    "source",
    ["{{ name }}", "https://{{ name }}/a.png", "{{ avatar }}{{ name }}", "https://a.b{{ name }}"],
)
def test_an_open_variable_never_chooses_the_host_of_a_picture(source: str) -> None:
    """Only an image variable alone, or a host that is written out, may be left to a mailer."""
    document = copy.deepcopy(CARD)
    document["layers"][2]["source"] = source
    assert "hosts" in faults_of(document)["/layers/2/source"]
    document["layers"][2]["source"] = "https://cdn.example.com/{{ name }}.png"
    parse_template(document)
    document["variables"]["name"]["open"] = False
    document["layers"][2]["source"] = "{{ name }}"
    parse_template(document)


@given(value=st.text(max_size=30) | st.sampled_from(["../x", "//evil.example/", "a/../../b", "se"]))
def test_behind_assets_no_value_names_a_host(value: str) -> None:
    """An open variable may choose among the assets; what is no name of one draws the fallback."""
    document = copy.deepcopy(CARD)
    document["layers"][2]["source"] = "assets/flags/{{ name }}.png"
    values = fill(parse_template(document), {}, {"name": value}).values
    for need in asset_needs(resolve(parse_template(document), values).scene):
        assert url_host(need.source) is None
        assert need.source.startswith("assets/")
        assert ".." not in need.source.split("/")
