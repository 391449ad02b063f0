from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.urls.link import Note
from origin.urls.slots import read_slots, read_value
from tests.urls.vectors import SLOTS, named


def twice(text: str) -> str:
    """Encode as two hops that do not know of each other."""
    return quote(quote(text, safe=""), safe="")


ENCODERS = [
    pytest.param(lambda text: quote(text, safe=""), id="percent"),
    pytest.param(quote_plus, id="form"),
    pytest.param(twice, id="twice"),
]


@pytest.mark.parametrize("vector", named(SLOTS["cases"]))
def test_vectors_fill_their_slots(vector: dict[str, Any]) -> None:
    """Each query of the vectors gives exactly its values and its notes."""
    if "query" in vector:
        query = vector["query"].encode()
    else:
        query = vector["query_latin1"].encode("latin-1")
    slots, notes = read_slots(query, vector["open"])
    assert slots == vector["slots"]
    assert [[note.slot, note.note.value] for note in notes] == vector["notes"]


@pytest.mark.parametrize("encode", ENCODERS)
@pytest.mark.parametrize("value", SLOTS["survive"])
def test_real_values_survive(value: str, encode: Callable[[str], str]) -> None:
    """What people, places and offers are really called is never taken for nothing."""
    slots, _ = read_slots(f"slot={encode(value)}".encode(), ["slot"])
    assert slots == {"slot": unicodedata.normalize("NFC", value)}


@pytest.mark.parametrize("encode", [*ENCODERS, pytest.param(str, id="raw")])
@pytest.mark.parametrize("tag", SLOTS["merge_tags"])
def test_unresolved_merge_tags_are_missing(tag: str, encode: Callable[[str], str]) -> None:
    """A tag that no mailer has filled is missing, however it was encoded, and counted."""
    value, notes = read_value(encode(tag))
    assert value is None
    assert notes[-1] is Note.MERGE_TAG


@pytest.mark.parametrize("encode", [*ENCODERS, pytest.param(str, id="raw")])
@pytest.mark.parametrize("word", SLOTS["placeholders"])
def test_words_for_nothing_are_missing(word: str, encode: Callable[[str], str]) -> None:
    """What programs print for no value is missing, and counted apart from tags."""
    value, notes = read_value(encode(word))
    assert value is None
    assert notes[-1] is Note.PLACEHOLDER


@given(st.binary(max_size=200), st.lists(st.sampled_from(["a", "b", "name"]), unique=True))
def test_any_query_fills_every_slot(query: bytes, names: list[str]) -> None:
    """Whatever the bytes, each open slot and no other is there, with clean text or None."""
    slots, notes = read_slots(query, names)
    assert list(slots) == names
    assert len(set(notes)) == len(notes)
    for text in slots.values():
        assert text is None or (text and text == unicodedata.normalize("NFC", text).strip())
        assert text is None or not any(unicodedata.category(mark) == "Cc" for mark in text)


@given(
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Co", "Cn")),
        min_size=1,
    ).filter(lambda text: not set(text) & set("%&;*{}<$#@[~"))
)
def test_plain_text_comes_through(text: str) -> None:
    """Text without signs of tags or escapes reads as it was written, in both encodings."""
    expected = unicodedata.normalize("NFC", text)
    if read_value(quote(text))[1] != [Note.PLACEHOLDER]:
        assert read_value(quote(text, safe=""))[0] == expected
        assert read_value(quote_plus(text))[0] == expected


def test_notes_never_hold_a_value() -> None:
    """What is counted names slots of the link and fixed words, nothing from the query."""
    _, notes = read_slots(b"name=canary%00&canary=canary&name=canary", ["name"])
    assert {note.slot for note in notes} == {"", "name"}
    assert "canary" not in repr(notes)
