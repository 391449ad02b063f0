from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vips_render.errors import ValueRefused
from vips_render.template.model import Template
from vips_render.template.parse import parse_template
from vips_render.template.variables import fill, strict_fill


def template_with(**variables: Any) -> Template:
    return parse_template(
        {
            "name": "v",
            "canvas": {"width": 1, "height": 1},
            "variables": variables,
            "layers": [],
        }
    )


ONE_OF_EACH = template_with(
    text={"type": "text", "default": "pal", "max_length": 5, "open": True},
    code={"type": "text", "pattern": "[A-Z]{2}[0-9]+", "open": True},
    pick={"type": "text", "choices": ["a", "b"], "default": "a"},
    number={"type": "number", "min": 0, "max": 10, "default": 3, "open": True},
    boolean={"type": "boolean"},
    color={"type": "color", "default": "teal"},
    image={"type": "image", "hosts": ["cdn.example.com", "*.img.org"], "open": True},
    date={"type": "date"},
    list={"type": "list"},
    object={"type": "object"},
)


@pytest.mark.parametrize(
    ("name", "given_value", "value"),
    [
        ("text", "Ada", "Ada"),
        ("text", 42, "42"),
        ("text", 2.0, "2"),
        ("text", "", ""),
        ("text", "e\u0301\x00\r\n\u2028", "é\n\n"),
        ("code", "NO47", "NO47"),
        ("number", "4.50", 4.5),
        ("number", " 7 ", 7),
        ("boolean", "Yes", True),
        ("boolean", 0, False),
        ("color", " #ABC ", "#abc"),
        ("image", "https://anywhere.net/a.png?x=1", "https://anywhere.net/a.png?x=1"),
        ("image", "pics/a.png", "pics/a.png"),
        ("date", "2026-03-01", "2026-03-01"),
        ("date", "2026-03-01T18:00:00Z", "2026-03-01T18:00:00+00:00"),
        ("list", '["a", {"b": [1, null]}]', ["a", {"b": [1, None]}]),
        ("object", {"a": "x\x00"}, {"a": "x"}),
    ],
)
def test_a_sealed_value_is_read_as_its_type(name: str, given_value: object, value: object) -> None:
    """Values that spell what the type wants are taken, clean and without complaint."""
    filled = fill(ONE_OF_EACH, {name: given_value}, {})
    assert (filled.values[name], filled.problems) == (value, ())
    assert strict_fill(ONE_OF_EACH, {name: given_value}).values == filled.values


@pytest.mark.parametrize(
    ("name", "given_value", "says"),
    [
        ("text", ["a"], "text"),
        ("text", 10**400, "text"),
        ("code", "47", "[A-Z]{2}[0-9]+"),
        ("code", "NO47 ", "[A-Z]{2}[0-9]+"),
        ("pick", "c", "'a', 'b'"),
        ("number", "many", "at least 0, at most 10"),
        ("number", True, "number"),
        ("number", float("nan"), "number"),
        ("number", "1,000", "number"),
        ("boolean", "maybe", "true or false"),
        ("color", "redd", "#1d4ed8"),
        ("image", "../a.png", "https"),
        ("image", "javascript:alert(1)", "https"),
        ("date", "01.03.2026", "2026-03-01"),
        ("list", "a, b", "list"),
        ("list", [["a"] * 2000], "1000 values"),
        ("object", {"a": object()}, "text, numbers"),
        ("object", {1: "a"}, "text, numbers"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_is_allowed(
    name: str, given_value: object, says: str
) -> None:
    """Opened pictures draw the default; whoever signs is told the variable and what it takes."""
    filled = fill(ONE_OF_EACH, {name: given_value}, {})
    default = ONE_OF_EACH.variables[name].default
    assert filled.values.get(name) == default
    (problem,) = filled.problems
    assert (problem.variable, problem.reason) == (name, "value-refused")
    with pytest.raises(ValueRefused, match=name) as refused:
        strict_fill(ONE_OF_EACH, {name: given_value})
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("name", "given_value", "value"),
    [("text", "Alexandra", "Alexa"), ("number", 11, 10), ("number", "-3", 0)],
)
def test_too_much_of_a_good_value_is_trimmed(name: str, given_value: Any, value: object) -> None:
    """Long text is cut and a large number bounded, each counted; signing refuses them."""
    sealed = fill(ONE_OF_EACH, {name: given_value}, {})
    slot = fill(ONE_OF_EACH, {}, {name: str(given_value)})
    assert sealed.values[name] == slot.values[name] == value
    assert [problem.reason for problem in sealed.problems] == ["value-trimmed"]
    assert [problem.reason for problem in slot.problems] == ["slot-trimmed"]
    with pytest.raises(ValueRefused):
        strict_fill(ONE_OF_EACH, {name: given_value})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ada👩🏽‍🚀🙂", "Ada"),
        ("ab🇳🇴🇸🇪", "ab🇳🇴"),
        ("abcde\u0323\u0307", "abcd"),
        ("👍🏽👍🏽👍🏽", "👍🏽👍🏽"),
    ],
)
def test_text_is_never_cut_inside_a_letter(text: str, kept: str) -> None:
    """A cut falls between what a reader calls letters."""
    assert fill(ONE_OF_EACH, {}, {"text": text}).values["text"] == kept


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.com/a.png",
        "http://CDN.example.com",
        "https://a.img.org/é?x=y&z#f",
        "https://a.b.img.org/",
    ],
)
def test_a_slot_may_name_a_picture_of_the_hosts(url: str) -> None:
    """URLs of the declared hosts are taken from an open slot."""
    assert fill(ONE_OF_EACH, {}, {"image": url}).values["image"] == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.net/a.png",
        "https://img.org/a.png",
        "https://notimg.org/a.png",
        "https://cdn.example.com.evil.net/a.png",
        "https://cdn.example.com@evil.net/a.png",
        "https://evil.net\\@cdn.example.com/a.png",
        "https://cdn.example.com\\@evil.net/",
        "https://cdn.example.com:444/a.png",
        "https://cdn.example.com evil.net/",
        "https://cdn.example.com\n.evil.net/",
        "//cdn.example.com/a.png",
        "ftp://cdn.example.com/a.png",
        "pics/a.png",
        "https://cdn。example.com/",
        "https:/cdn.example.com/",
        "https://cdn.example.com/" + "a" * 3000,
    ],
)
def test_a_slot_may_name_no_other_picture(url: str) -> None:
    """Neither other hosts, nor what parsers read differently, nor the template's own assets."""
    filled = fill(ONE_OF_EACH, {}, {"image": url})
    assert "image" not in filled.values
    assert [problem.reason for problem in filled.problems] == ["slot-refused"]


def test_a_slot_wins_over_sealed_and_sealed_over_the_default() -> None:
    """A missing or refused slot falls back to the sealed value, then to the default."""
    sealed = {"text": "Bo"}
    assert fill(ONE_OF_EACH, sealed, {"text": "Ada"}).values["text"] == "Ada"
    missing = fill(ONE_OF_EACH, sealed, {"text": None})
    assert missing.values["text"] == "Bo"
    assert [problem.reason for problem in missing.problems] == ["slot-missing"]
    assert fill(ONE_OF_EACH, {}, {"text": None}).values["text"] == "pal"
    assert fill(ONE_OF_EACH, {"number": 4}, {"number": "x"}).values["number"] == 4


def test_a_slot_that_the_document_keeps_closed_is_refused() -> None:
    """The envelope alone cannot open a variable."""
    filled = fill(ONE_OF_EACH, {}, {"pick": "b"})
    assert filled.values["pick"] == "a"
    assert [problem.reason for problem in filled.problems] == ["slot-refused"]


def test_unknown_names_are_ignored_and_named() -> None:
    """A name that the document does not declare changes nothing but is reported."""
    filled = fill(ONE_OF_EACH, {"txt": 1}, {"nope": "x"})
    assert filled.values == fill(ONE_OF_EACH, {}, {}).values
    assert [problem.variable for problem in filled.problems] == ["txt", "nope"]
    with pytest.raises(ValueRefused, match=r"did you mean 'text'\? The template has text, code"):
        strict_fill(ONE_OF_EACH, {"txt": 1})
    with pytest.raises(ValueRefused, match="; the template has text, code"):
        strict_fill(ONE_OF_EACH, {"qqq": 1})
    with pytest.raises(ValueRefused, match="; the template has none"):
        strict_fill(template_with(), {"qqq": 1})


def test_a_required_variable_without_a_value_stops_signing_only() -> None:
    """Whoever signs must give it; an opened picture is drawn with the default, or without."""
    template = template_with(
        a={"type": "text", "required": True},
        b={"type": "number", "required": True, "default": 5},
    )
    filled = fill(template, {"a": ""}, {})
    assert filled.values == {"b": 5}
    assert [problem.reason for problem in filled.problems] == ["value-missing", "value-missing"]
    for sealed in ({}, {"a": "x"}, {"a": "", "b": 1}):
        with pytest.raises(ValueRefused, match="required"):
            strict_fill(template, sealed)


def test_an_empty_cell_is_a_gap_where_no_text_is_wanted() -> None:
    """Empty text for a number, an image or a date counts as no value."""
    empty = dict.fromkeys(("number", "image", "date", "boolean"), "")
    assert strict_fill(ONE_OF_EACH, empty).values == strict_fill(ONE_OF_EACH, {}).values


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(sorted(ONE_OF_EACH.variables)) | st.text(max_size=4)
ANY_TEXT = st.text(st.characters(codec=None, categories=None, exclude_categories=()), max_size=60)


@given(
    sealed=st.dictionaries(NAMES, JSON | ANY_TEXT, max_size=6),
    slots=st.dictionaries(NAMES, st.none() | ANY_TEXT, max_size=6),
)
def test_filling_never_raises_and_filled_values_fill_to_themselves(
    sealed: dict[str, object], slots: dict[str, str | None]
) -> None:
    """Any data gives values that every variable accepts as they are."""
    filled = fill(ONE_OF_EACH, sealed, slots)
    again = fill(ONE_OF_EACH, filled.values, {})
    assert again.values == filled.values
    assert again.problems == ()
