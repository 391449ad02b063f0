"""Break text into lines: where it may break, and where it does for a width.

Pure: widths come in as a claim. An opportunity is an index where UAX #14 allows a break, by ICU's
rules, which have dictionaries for Thai and its neighbours, who write no spaces. Spaces at the end
of a line hang and take no width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from icu4py.breakers import LineBreaker

from vips_render.expr.graphemes import ROOT_LOCALE, grapheme_ends, segment_ends

Fits = Callable[[int, int], bool]
"""Tells whether the text from one index to another fits on a line."""


@dataclass(frozen=True, slots=True)
class Span:
    """A line: start and end indexes into its paragraph, hanging spaces left out."""

    start: int
    end: int


def opportunities(text: str) -> list[int]:
    """Return the indexes where a line may end, the end of the text included."""
    return segment_ends(LineBreaker(text, ROOT_LOCALE).segments(), text) or [len(text)]


def trimmed_end(text: str, start: int, end: int) -> int:
    """Return the end of a line without the spaces that hang there."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def broken(text: str, breaks: Sequence[int], fits: Fits, *, anywhere: bool) -> list[Span] | None:
    """Break a paragraph greedily: as many words as fit on each line.

    Args:
        anywhere: a word that fits on no line is cut between graphemes; else it makes the
            whole paragraph not fit.

    Returns:
        The lines, at least one; None when a word does not fit and may not be cut.
    """
    lines: list[Span] = []
    start = place = 0
    while place < len(breaks):
        ends = partial(_end_after, text, start, breaks, place)
        count = largest(len(breaks) - place, partial(_fits_so_many, fits, start, ends))
        if count == 0:
            if not anywhere:
                return None
            pieces = cut(text, start, ends(1), fits)
            if len(pieces) > 1:
                lines += pieces[:-1]
                start = pieces[-1].start
                continue
            count = 1
        lines.append(Span(start, ends(count)))
        place += count
        start = breaks[place - 1]
    return lines


def cut(text: str, start: int, end: int, fits: Fits) -> list[Span]:
    """Cut one overlong word between graphemes; each piece has at least one."""
    stops = [start + index for index in grapheme_ends(text[start:end])]
    pieces: list[Span] = []
    while stops:
        ends = partial(_stop_after, stops)
        count = max(1, largest(len(stops), partial(_fits_so_many, fits, start, ends)))
        pieces.append(Span(start, stops[count - 1]))
        start = stops[count - 1]
        stops = stops[count:]
    return pieces or [Span(start, end)]


def _end_after(text: str, start: int, breaks: Sequence[int], place: int, many: int) -> int:
    return trimmed_end(text, start, breaks[place + many - 1])


def _stop_after(stops: list[int], many: int) -> int:
    return stops[many - 1]


def _fits_so_many(fits: Fits, start: int, ends: Callable[[int], int], many: int) -> bool:
    return fits(start, ends(many))


def largest(most: int, holds: Callable[[int], bool]) -> int:
    """Return the largest number of 1 to `most` for which a falling claim holds, else 0."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low
