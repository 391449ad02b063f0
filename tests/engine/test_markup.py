from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.test_casing import layer_of
from vips_render.errors import TemplateError
from vips_render.scene.model import Font, Span, TextLayer
from vips_render.scene.resolve import resolve
from vips_render.template.markup import BOLD, ITALIC, OPEN, looks_in, marked_source
from vips_render.template.parse import parse_template

RED = (255, 0, 0, 255)
STYLES = {"price": {"color": "red", "weight": 800, "size": 1.5}, "soft": {"italic": True}}


def marked(text: str, **properties: Any) -> TextLayer:
    """Resolve a text with markup."""
    return layer_of(text=text, markup=True, styles=STYLES, **properties)


def looks(layer: TextLayer) -> list[tuple[str, str]]:
    """Return the words of each span, and in letters what is special about them."""
    return [
        (
            layer.text[span.start : span.end],
            ("b" if span.weight == 700 else "p" if span.weight == 800 else "")
            + ("i" if span.italic else ""),
        )
        for span in layer.spans
    ]


def test_markup_makes_spans() -> None:
    """Bold, italic, both, styles by name, and one inside the other."""
    found = marked("**Hi** *you* ***two*** [9 *EUR*]{price} [so]{soft} end")
    assert found.text == "Hi you two 9 EUR so end"
    assert looks(found) == [
        ("Hi", "b"), ("you", "i"), ("two", "bi"), ("9 ", "p"), ("EUR", "pi"), ("so", "i"),
    ]  # fmt: skip
    assert found.spans[3] == Span(11, 13, RED, 800, False, 1.5)


def test_a_value_stands_in_markup_and_never_is_any() -> None:
    """The words of the document decide, also where a value begins or ends with signs."""
    font = Font(("Manrope",), 400)
    for name in ("**x", "]{price}", "x**", "[a]{price}", "*", "\\", "**x** *y*", f"{BOLD}x{OPEN}"):
        values = {"a": name, "b": name}
        document = {
            "name": "d", "canvas": {"width": 90, "height": 30},
            "variables": {"a": {"type": "text", "default": "x"}, "b": {"type": "text"}},
            "layers": [{
                "name": "t", "kind": "text", "text": "**{{ a }}** for [{{ b | trim }}]{price}",
                "font": {"family": "Manrope", "size": 20}, "markup": True, "styles": STYLES,
                "box": {"width": 90, "height": 30},
            }],
        }  # fmt: skip
        (found,) = resolve(parse_template(document), values).scene.layers
        assert isinstance(found, TextLayer)
        clean = name.replace(BOLD, "").replace(OPEN, "")
        assert found.text == f"{clean} for {clean}"
        assert looks(found) == [(clean, "b"), (clean, "p")]
        assert found.font == font


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from(f"*[]{{}}\\p a{BOLD}{ITALIC}{OPEN}\ufdd3"), max_size=12))
def test_no_value_changes_what_stands_around_it(value: str) -> None:
    """Whatever a name holds, the words before and after it look as they do with any other."""
    document = {
        "name": "d", "canvas": {"width": 90, "height": 30},
        "variables": {"a": {"type": "list", "default": ["x"]}},
        "layers": [{
            "name": "t", "kind": "text",
            "text": "**A** {{ for x in a }}{{ x }}{{ endfor }}{{ a }}{{ a[0] }} [Z]{price}",
            "font": {"family": "Manrope", "size": 20}, "markup": True, "styles": STYLES,
            "box": {"width": 90, "height": 30},
        }],
    }  # fmt: skip
    (found,) = resolve(parse_template(document), {"a": [value]}).scene.layers
    assert isinstance(found, TextLayer)
    assert looks(found) == [("A", "b"), ("Z", "p")]


def test_without_markup_signs_are_letters() -> None:
    """It is off unless the layer says otherwise."""
    assert layer_of(text="**Hi** [x]{price}").text == "**Hi** [x]{price}"
    assert layer_of(text="**Hi**").spans == ()


def test_a_backslash_makes_a_sign_plain() -> None:
    """And a bracket without a style is a bracket."""
    assert marked(r"2 \* 3 \[x\] \\ [y] a]b").text == r"2 * 3 [x] \ [y] a]b"
    assert marked(r"2 \* 3 [y]").spans == ()


def test_branches_and_strings_of_expressions() -> None:
    """Prose inside blocks is the document's; strings inside expressions are values."""
    found = marked("{{ if a }}**yes**{{ else }}no{{ endif }} {{ '**s**' }}")
    assert (found.text, looks(found)) == ("yes **s**", [("yes", "b")])
    loose = marked("{{ if a }}**{{ endif }}x{{ if b }}**{{ endif }} y")
    assert looks(loose) == [("x y", "b")]


def test_bold_is_bolder_than_bold_text_and_case_knows_marks() -> None:
    """A headline of weight 800 has something left; capitals start words inside of markup."""
    assert marked("a **b**", font={"weight": 800}).spans[0].weight == 900
    assert marked("*ada* **love**lace", case="title").text == "Ada Lovelace"


def test_faults_name_text_and_column() -> None:
    """Each with what to write instead."""
    for text, column, words in (
        ("Hi **you", 4, "never closed"),
        ("a ]{price}", 3, "closes nothing"),
        ("[a]{prize}", 3, "did you mean 'price'?"),
        ("{{ a }} *b", 9, "never closed"),
    ):
        with pytest.raises(TemplateError) as raised:
            marked(text)
        (fault,) = raised.value.faults
        assert (fault.pointer, fault.column) == ("/layers/0/text", column)
        assert words in fault.message
    with pytest.raises(TemplateError) as raised:
        layer_of(markup=True, styles={"Big One": {}, "x": {"size": 9}})
    assert {fault.pointer for fault in raised.value.faults} == {
        "/layers/0/styles/Big One",
        "/layers/0/styles/x/size",
    }


def test_styles_read_variables() -> None:
    """A layer whose style alone is personal is personal."""
    found = layer_of(
        text="[x]{s}", markup=True, styles={"s": {"color": "{{ a == 'izmir' ? 'red' : 'blue' }}"}}
    )
    assert found.personal
    assert found.spans[0].color == RED


def test_styles_space_letters() -> None:
    """The inner style wins; one that does not say leaves the spacing as it is around it."""
    styles = {
        "wide": {"letter_spacing": 4},
        "tight": {"letter_spacing": -1},
        "red": {"color": "red"},
    }
    found = layer_of(
        text="[a[b]{tight}[c]{red}]{wide}[d]{red}", markup=True, styles=styles, letter_spacing=2
    )
    assert [span.letter_spacing for span in found.spans] == [4, -1, 4, None]


def test_marks_are_as_told() -> None:
    """The mark of a style is the one after those before it."""
    assert marked_source("[a]{y}", ["x", "y"]) == f"{OPEN}a\ufdd4"
    assert looks_in(f"{OPEN}a{OPEN}b\ufdd4c\ufdd3") == (
        "abc",
        [
            (0, 1, (False, False, (0,))),
            (1, 2, (False, False, (0, 1))),
            (2, 3, (False, False, (0,))),
        ],
    )
    assert looks_in("\ufdd3a")[0] == "a"
