from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vips_render.expr.prose import clean_text

ANY_TEXT = st.text(st.characters(codec=None), max_size=80)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Ada", "Ada"),
        ("a\tb", "a b"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\x00\x1b[31mb\x7f", "a[31mb"),
        ("\ufeffa\ud800b\uffff", "ab"),
        ("e\x00\u0301", "é"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("\u202eabc", "\u202eabc"),
    ],
)
def test_text_is_cleaned_of_what_cannot_be_drawn(text: str, clean: str) -> None:
    """Controls go, line breaks become one kind, letters are composed, joiners stay."""
    assert clean_text(text, 100) == clean


@given(ANY_TEXT, st.integers(1, 40))
def test_clean_text_is_short_composed_and_stays_as_it_is(text: str, most: int) -> None:
    """Any text becomes drawable text within its bound; cleaning it again changes nothing."""
    clean = clean_text(text, most)
    assert len(clean) <= most
    assert unicodedata.is_normalized("NFC", clean)
    assert clean.encode().decode() == clean
    assert not any(unicodedata.category(letter) == "Cc" for letter in clean.replace("\n", ""))
    assert clean_text(clean, most) == clean


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("a👩\u200d👩\u200d👧b", 5, "a"),
        ("a👩\u200d👩\u200d👧b", 6, "a👩\u200d👩\u200d👧"),
        ("😀" * 90 + "🇩🇪🇩🇪", 93, "😀" * 90 + "🇩🇪"),
        ("क्षि" * 2, 5, "क्षि"),
        ("a" + "\u0316" * 90, 80, "a" + "\u0316" * 79),
        ("👩\u200d🚀", 1, "👩"),
    ],
)
def test_text_is_cut_between_letters(text: str, most: int, cut: str) -> None:
    """Emoji of several, flags and syllables stay whole; only what is one endless letter is cut."""
    assert clean_text(text, most) == cut
