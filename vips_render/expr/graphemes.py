"""Find where letters end: extended grapheme clusters (UAX #29), by ICU's rules."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from icu4py.breakers import CharacterBreaker

ROOT_LOCALE = "en"
"""The root rules of ICU; where text breaks must not depend on the recipient's locale."""


def grapheme_ends(text: str) -> list[int]:
    """Return the index after each grapheme: where text may be cut without breaking a letter."""
    return segment_ends(CharacterBreaker(text, ROOT_LOCALE).segments(), text)


def segment_ends(segments: Iterable[tuple[int, int]], text: str) -> list[int]:
    """Return where segments end, as Python counts: ICU counts characters beyond U+FFFF twice."""
    ends = [end for _, end in segments]
    if not ends or ends[-1] == len(text):
        return ends
    units = accumulate((1 + (character > "\uffff") for character in text), initial=0)
    index_of = {unit: index for index, unit in enumerate(units)}
    return [index_of[end] for end in ends]
