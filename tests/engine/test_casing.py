from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from vips_render.errors import TemplateError
from vips_render.scene.casing import cased
from vips_render.scene.model import TextLayer
from vips_render.scene.resolve import resolve
from vips_render.scene.wire import dump_scene, load_scene
from vips_render.template.parse import parse_template

PAGE = Path(__file__).resolve().parents[2] / "docs" / "text.md"
TOLD = re.findall(
    r"^\| (\S+) \| `?(\w+)`? \| `(upper|lower|title)` \| (\S+) \|$", PAGE.read_text(), re.M
)


def layer_of(locale: str = "", /, **properties: Any) -> TextLayer:
    """Resolve a document of one text."""
    font = {"family": "Manrope", "size": 20, **properties.pop("font", {})}
    layer = {"name": "t", "kind": "text", "text": "{{ a }}", "box": {"width": 90, "height": 30}}
    document = {
        "name": "d",
        "canvas": {"width": 90, "height": 30},
        "variables": {"a": {"type": "text", "default": "izmir"}, "b": {"type": "text"}},
        "layers": [{**layer, "font": font, **properties}],
    }
    values = {"a": "izmir", "b": properties.get("b", "")}
    scene = resolve(parse_template(document), values, locale=locale).scene
    assert load_scene(dump_scene(scene)) == scene
    (found,) = scene.layers
    assert isinstance(found, TextLayer)
    return found


@pytest.mark.parametrize(("words", "lang", "case", "written"), TOLD)
def test_letter_case_is_as_the_page_says(words: str, lang: str, case: Any, written: str) -> None:
    """Every row of the table, and there are rows."""
    assert cased(words, case, "" if lang == "any" else lang) == written


def test_title_case_starts_each_word_of_each_line() -> None:
    """Lines and several spaces stay."""
    assert len(TOLD) == 6
    assert cased("your  YEAR\nin review", "title", "en") == "Your  Year\nIn Review"


def test_the_language_is_that_of_the_layer_then_of_the_link() -> None:
    """A Turkish link writes a dotted capital, unless the layer says otherwise."""
    assert layer_of(case="upper").text == "IZMIR"
    assert layer_of("tr", case="upper").text == "İZMİR"
    assert layer_of("tr", case="upper", lang="en").text == "IZMIR"
    assert layer_of(case="{{ 'upper' }}").text == "IZMIR"
    assert layer_of("tr").text == "izmir"


def test_figures_and_features_reach_the_font() -> None:
    """Each once, those that an expression spoils left out."""
    font = {"figures": "{{ 'tabular' }}", "features": ["ss01", "-liga", "tnum", "{{ 'long one' }}"]}
    assert layer_of(font=font).font.features == ("tnum", "ss01", "-liga")
    assert layer_of().font.features == ()


def test_faults_name_the_place() -> None:
    """A wrong case and a wrong tag are told by their pointers."""
    with pytest.raises(TemplateError) as raised:
        layer_of(case="small", font={"features": ["ss01", "ligatures"]})
    told = {fault.pointer: fault.message for fault in raised.value.faults}
    assert set(told) == {"/layers/0/case", "/layers/0/font/features/1"}
    assert "four characters" in told["/layers/0/font/features/1"]
