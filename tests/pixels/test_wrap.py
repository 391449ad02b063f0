from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vips_render.expr.graphemes import grapheme_ends
from vips_render.pixels.wrap import Ruler, broken, largest, opportunities

WORDS = st.text("abc d-é漢字ไท👩\u200d🇩🇪\u0301", max_size=40)


def unit_ruler(text: str, width: int) -> Ruler:
    """Return a ruler for which every character is one wide."""
    marks = range(len(text) + 1)
    return Ruler(marks, marks, width)


def lines_of(text: str, width: int, *, anywhere: bool = True) -> list[str] | None:
    """Break where every character is one wide."""
    spans = broken(text, opportunities(text), unit_ruler(text, width), anywhere=anywhere)
    return None if spans is None else [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("the quick brown fox", 9, ["the quick", "brown fox"]),
        ("the quick brown fox", 19, ["the quick brown fox"]),
        ("ends with spaces   ", 9, ["ends with", "spaces"]),
        ("two  spaces", 6, ["two", "spaces"]),
        ("one-way", 4, ["one-", "way"]),
        ("漢字の例です。はい", 4, ["漢字の例", "です。は", "い"]),
        ("です。", 2, ["で", "す。"]),
        ("overlongword and", 5, ["overl", "ongwo", "rd", "and"]),
        ("a overlong", 4, ["a", "over", "long"]),
        ("", 5, [""]),
        ("ภาษาไทยสวย", 7, ["ภาษาไทย", "สวย"]),
    ],
)
def test_lines_break_where_a_reader_expects(text: str, width: int, lines: list[str]) -> None:
    """After spaces and hyphens, between ideographs, at Thai words; inside a word only at last."""
    assert lines_of(text, width) == lines


def test_a_word_is_not_cut_unless_it_must_be() -> None:
    """A text that is to shrink rather says that it does not fit."""
    assert lines_of("an overlongword", 5, anywhere=False) is None
    assert lines_of("an overlongword", 12, anywhere=False) == ["an", "overlongword"]


@given(text=WORDS, width=st.integers(1, 12))
def test_no_character_is_lost_and_none_is_torn(text: str, width: int) -> None:
    """Lines hold all of the text but hanging spaces, and end between graphemes."""
    spans = broken(text, opportunities(text), unit_ruler(text, width), anywhere=True)
    assert spans is not None
    ends = {0, *grapheme_ends(text)}
    position = 0
    for span in spans:
        assert text[position : span.start].strip() == ""
        assert span.start in ends or text[span.start - 1].isspace()
        position = span.end
    assert text[position:].strip() == ""


@given(text=WORDS, width=st.integers(1, 12))
def test_a_line_is_too_long_only_by_one_grapheme(text: str, width: int) -> None:
    """A line is wider than allowed only when a single grapheme is."""
    for line in lines_of(text, width) or ():
        assert len(line) <= width or len(grapheme_ends(line)) == 1


@given(most=st.integers(0, 50), limit=st.integers(-1, 60))
def test_largest_finds_the_last_that_holds(most: int, limit: int) -> None:
    """Bisection agrees with trying them all."""
    expected = max((n for n in range(1, most + 1) if n <= limit), default=0)
    assert largest(most, lambda n: n <= limit) == expected


def test_graphemes_are_counted_as_python_counts() -> None:
    """Characters beyond U+FFFF do not shift what follows."""
    assert grapheme_ends("a👩\u200d👩\u200d👧b\u0301c") == [1, 6, 8, 9]
    assert opportunities("👩 漢字") == ([2, 3, 4], [1, 3, 4])
