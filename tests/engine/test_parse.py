from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.engine.documents import CARD
from vips_render.errors import Fault, TemplateError
from vips_render.limits import Limits
from vips_render.template.parse import parse_template


def faults_of(document: Any, **options: Any) -> dict[str, Fault]:
    with pytest.raises(TemplateError) as caught:
        parse_template(document, **options)
    pointers = [fault.pointer for fault in caught.value.faults]
    assert len(set(pointers)) == len(pointers), "one fault per place"
    return {fault.pointer: fault for fault in caught.value.faults}


def edited(**changes: Any) -> dict[str, Any]:
    """Return the card with places, written `layers/0/text`, set to other values."""
    document = copy.deepcopy(CARD)
    for place, value in changes.items():
        *way, last = place.split("/")
        here: Any = document
        for key in way:
            here = here[int(key)] if isinstance(here, list) else here[key]
        here[int(last) if isinstance(here, list) else last] = value
    return document


def test_a_sound_document_parses_from_bytes_text_and_data() -> None:
    """The same document gives equal templates, however it is handed in."""
    text = json.dumps(CARD)
    assert parse_template(text) == parse_template(text.encode()) == parse_template(CARD)


def test_a_byte_order_mark_is_no_fault() -> None:
    """Some editors write one, and nobody sees it."""
    text = "\ufeff" + json.dumps(CARD)
    assert parse_template(text) == parse_template(text.encode()) == parse_template(CARD)


def test_dumped_data_parses_to_an_equal_template() -> None:
    """Loading what a template dumps gives it back."""
    template = parse_template(CARD)
    again = parse_template(template.data)
    assert again == template
    assert again.data == template.data


def test_order_of_keys_does_not_change_the_digest() -> None:
    """Two spellings of one document are one template."""
    backwards = dict(reversed(list(CARD.items())))
    assert parse_template(backwards).digest == parse_template(CARD).digest


def test_reads_tell_variables_per_layer() -> None:
    """A layer's reads hold its own, its fallback's and its nested layers' variables."""
    template = parse_template(CARD)
    assert template.reads["backdrop"] == frozenset()
    assert template.reads["title"] == {"name"}
    assert template.reads["portrait"] == {"avatar", "name"}
    assert template.personal == {"title", "portrait", "initials", "badge", "points"}


@pytest.mark.parametrize(
    ("place", "value", "pointer", "says"),
    [
        ("name", "Hello World", "/name", "a-z"),
        ("colour", 1, "/colour", "unknown property"),
        ("canvas/width", 0, "/canvas/width", "at least 1"),
        ("canvas/width", 9000, "/canvas/width", "at most 8000"),
        ("canvas/width", 600.5, "/canvas/width", "whole number"),
        ("canvas/background", "redd", "/canvas/background", "#rrggbb"),
        ("layers/0/fil", "red", "/layers/0/fil", "did you mean 'fill'?"),
        ("layers/0/fill", 3, "/layers/0/fill", "linear"),
        ("layers/0/fill", {"linear": {}}, "/layers/0/fill/linear/stops", "missing"),
        ("layers/0/radius", [1, 2], "/layers/0/radius/2", "missing"),
        ("layers/0/kind", "blob", "/layers/0/kind", "text, shape, image or group"),
        ("layers/0", 7, "/layers/0", "object"),
        ("layers/0/opacity", "0.5", "/layers/0/opacity", "number"),
        ("layers/0/opacity", 1.5, "/layers/0/opacity", "must be from 0 to 1"),
        ("layers/0/opacity", 40, "/layers/0/opacity", "from 0 to 1, so 0.4 for 40 %"),
        ("layers/0/opacity", -1, "/layers/0/opacity", "at least 0"),
        ("layers/0/visible", "yes", "/layers/0/visible", "true or false"),
        ("layers/1/align", "middle", "/layers/1/align", "'center'"),
        ("layers/1/font", "Inter", "/layers/1/font", "object"),
        ("layers/1/font/family", 4, "/layers/1/font/family", "text"),
        ("layers/1/font/family", [], "/layers/1/font/family", "at least 1"),
        ("layers/1/text", None, "/layers/1/text", "text"),
        ("layers/1/name", "backdrop", "/layers/1/name", "/layers/0"),
        ("layers/2/fallback/box", {}, "/layers/2/fallback/box", "fallback"),
        ("layers/2/fallback/kind", "txt", "/layers/2/fallback/kind", "text, shape"),
        ("layers/2/fallback/name", "title", "/layers/2/fallback/name", "/layers/1"),
        ("layers/3/layers/0/name", "title", "/layers/3/layers/0/name", "/layers/1"),
        ("variables/for", {"type": "text"}, "/variables/for", "word of the language"),
        ("variables/a-b", {"type": "text"}, "/variables/a-b", "underscores"),
        ("variables/x", {"type": "zip"}, "/variables/x/type", "text, number"),
        ("variables/x", {"type": "number", "default": "1"}, "/variables/x/default", "number"),
        ("variables/x", {"type": "number", "min": 3, "default": 1}, "/variables/x/default", "3"),
        ("variables/x", {"type": "date", "default": "soon"}, "/variables/x/default", "2026-03-01"),
        ("variables/x", {"type": "number", "max_length": 3}, "/variables/x/max_length", "unknown"),
        ("variables/x", {"type": "image", "open": True}, "/variables/x/hosts", "hosts"),
        ("variables/x", {"type": "text", "pattern": "(?=a)"}, "/variables/x/pattern", "look"),
        ("variables/x", {"type": "text", "pattern": "a)|(b"}, "/variables/x/pattern", "pattern"),
        ("fonts/0/file", "../etc/passwd", "/fonts/0/file", "asset"),
        ("expired", "sqare", "/expired", "did you mean 'square'?"),
        ("output", {"format": "gif"}, "/output/format", "'png'"),
        ("locale", "english!", "/locale", "pt-BR"),
        ("alt", 5, "/alt", "text"),
    ],
)
def test_a_fault_points_at_its_place_and_says_what_to_do(
    place: str, value: Any, pointer: str, says: str
) -> None:
    """Each wrong value gives a fault at its own pointer, in words that help."""
    assert says in faults_of(edited(**{place: value}))[pointer].message


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("Hi {{ nmae }}", 7, "did you mean 'name'?"),
        ("Hi {{ now | date }}", 7, "'now' in quotes is the clock"),
        ("Hi {{ name | uper }}", 14, "no function 'uper'; did you mean 'upper'?"),
        ("Hi {{ name", 4, "never closed"),
        ("Hi {{ name name }}", 12, "expected"),
        ("Hi {{ 'name }}", 7, "string is never closed"),
        ("Hi {{ # }}", 7, "no meaning"),
        ("Hi {{ name | default }}", 14, "2 arguments"),
        ("Hi {{ if }}{{ endif }}", 10, "missing before '}}'"),
        ("Hi {{ in }}", 7, "cannot stand here"),
        ("Hi {{ if name }}!", 7, "'if' is never closed"),
        ("Hi {{ endif }}", 7, "no block"),
        ("{{ for x in name }}{{ if x }}{{ endfor }}", 33, "cannot close the 'if' of column 23"),
        ("{{ if name }}{{ else }}{{ elif name }}{{ endif }}", 27, "cannot follow"),
        ("{{ for name }}{{ endfor }}", 13, "expected 'in'"),
        ("{{ for if in name }}{{ endfor }}", 8, "a loop names"),
        ("{{ for x in name }}{{ endfor }}{{ x }}", 35, "'x' is not declared"),
        ("{{ 1 < name < 3 }}", 13, "a < b and b < c"),
        ("{{ name = 'Ada' }}", 9, "=="),
        ("{{ name ? name | trim : 'x' }}", 16, "parentheses"),
        ("{{ 1 + not name }}", 8, "parentheses"),
        ("{{ 5 | currency: 'EURO' }}", 18, "three letters"),
        ("{{ lighten('blu', 0.1) }}", 12, "'blu' is no colour"),
        ("{{ '1.3.2026' | date }}", 4, "is no date"),
        ("{{ countdown('soon').days }}", 14, "is no date"),
        ("{{ name | trim ?? 'x' }}", 16, "to go on with '??'"),
    ],
)
def test_a_fault_in_an_expression_has_its_column(text: str, column: int, says: str) -> None:
    """What is wrong inside braces is placed by column, counted from 1."""
    fault = faults_of(edited(**{"layers/1/text": text}))["/layers/1/text"]
    assert (fault.column, says in fault.message) == (column, True), fault


def test_every_unknown_variable_of_one_text_is_named() -> None:
    """Two wrong names in one text are two faults."""
    with pytest.raises(TemplateError) as caught:
        parse_template(edited(**{"layers/1/text": "{{ one }} {{ two }}"}))
    assert [fault.column for fault in caught.value.faults] == [4, 14]


def test_all_faults_of_one_text_are_reported_at_once() -> None:
    """Reading goes on behind what is wrong, as long as it is clear where the next part begins."""
    text = (
        "{{ name + }} {{ nmae | upr }} {{ for x in cities }}{{ x | date: 'fancy' }}{{ if | }}"
        "{{ lighten('blu', zzz) }}{{ endif }}{{ default(x) }}{{ 'a"
    )
    with pytest.raises(TemplateError) as caught:
        parse_template(edited(**{"layers/1/text": text}))
    assert {fault.pointer for fault in caught.value.faults} == {"/layers/1/text"}
    assert [(fault.column, fault.message.split(";")[0]) for fault in caught.value.faults] == [
        (11, "something is missing before '}}'"),
        (17, "the variable 'nmae' is not declared"),
        (24, "there is no function 'upr'"),
        (43, "the variable 'cities' is not declared"),
        (65, "'f' stands for no part of a date"),
        (81, "'|' cannot stand here"),
        (96, "'blu' is no colour"),
        (103, "the variable 'zzz' is not declared"),
        (124, "'default' takes 2 arguments, not 1 (a pipe's left side counts as the first)"),
        (140, "the string is never closed: add '"),
    ]


def test_all_faults_are_reported_at_once_in_document_order() -> None:
    """A document that is wrong in four parts gives all of its faults in one go."""
    document = edited(
        **{
            "name": "X",
            "canvas/height": 0,
            "layers/0/fill": "redd",
            "layers/3/layers/0/text": "{{ zzz }}",
            "expired": "none",
        }
    )
    document["layers"].append({"kind": "text"})
    found = list(faults_of(document))
    assert found == [
        "/name",
        "/canvas/height",
        "/layers/0/fill",
        "/layers/3/layers/0/text",
        "/layers/4/name",
        "/layers/4/text",
        "/layers/4/font",
        "/layers/4/box",
        "/expired",
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a":\n 1,}', "line 2 column 3"),
        ("[]", "object"),
        ("\ud800", "JSON"),
        ({1: 2}, "JSON"),
        ({"a": {1, 2}}, "JSON"),
        (b"\xff\xfe", "JSON"),
    ],
)
def test_what_is_no_json_object_is_one_fault_at_the_root(data: Any, says: str) -> None:
    """Text that is no JSON object is refused with the place where reading stopped."""
    assert says in faults_of(data)[""].message


def test_nesting_and_number_of_layers_are_bounded() -> None:
    """A document past the limits is refused before anything else looks at it."""
    deep: dict[str, Any] = {"name": "leaf", "kind": "group", "layers": []}
    for level in range(20):
        deep = {"name": f"g{level}", "kind": "group", "layers": [deep]}
    (fault,) = faults_of(edited(**{"layers/0": deep})).values()
    assert "8 levels" in fault.message
    many = [{"name": str(n), "kind": "group", "layers": []} for n in range(11)]
    (fault,) = faults_of({**CARD, "layers": many}, limits=Limits(layers=10)).values()
    assert "10 layers" in fault.message
