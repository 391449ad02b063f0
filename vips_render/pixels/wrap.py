"""Break text into lines: where it may break, and where it does for a width.

Pure: widths come in as a claim. An opportunity is an index where UAX #14 allows a break, by ICU's
rules, which have dictionaries for Thai and its neighbours, who write no spaces. Spaces at the end
of a line hang and take no width.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from icu4py.breakers import LineBreaker

from vips_render.expr.graphemes import ROOT_LOCALE, grapheme_ends, segment_ends


@dataclass(frozen=True, slots=True)
class Ruler:
    """Measures pieces of a text.

    Attributes:
        marks: where each character begins, and the last one ends, if all stood on one line.
        ends: where a line would end before it: without the space after its last letter.
        most: what a line may measure, from mark to mark.
    """

    marks: Sequence[float]
    ends: Sequence[float]
    most: float

    def fits(self, start: int, end: int) -> bool:
        """Tell whether the text from one index to another fits on a line."""
        return self.ends[end] - self.marks[start] <= self.most

    def count(self, start: int, ends: Sequence[int], first: int = 0) -> int:
        """Return how many of the ascending `ends` from `first` on a line from `start` reaches."""
        reach = self.most + self.marks[start]
        return bisect_right(ends, reach, first, key=self.ends.__getitem__) - first


@dataclass(frozen=True, slots=True)
class Span:
    """A line: start and end indexes into its paragraph, hanging spaces left out."""

    start: int
    end: int


class Breaks(NamedTuple):
    """Where the lines of a text may end.

    Attributes:
        places: indexes where the next line would begin; the last one is the text's end.
        ends: indexes where such a line ends itself: spaces hang.
    """

    places: list[int]
    ends: list[int]


def opportunities(text: str) -> Breaks:
    """Return where lines may end, the end of the text included."""
    places = segment_ends(LineBreaker(text, ROOT_LOCALE).segments(), text) or [len(text)]
    return Breaks(places, [trimmed_end(text, 0, place) for place in places])


def trimmed_end(text: str, start: int, end: int) -> int:
    """Return the end of a line without the spaces that hang there."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def broken(text: str, breaks: Breaks, ruler: Ruler, *, anywhere: bool) -> list[Span] | None:
    """Break a paragraph greedily: as many words as fit on each line.

    Args:
        anywhere: a word that fits on no line is cut between graphemes; else it makes the
            whole paragraph not fit.

    Returns:
        The lines, at least one; None when a word does not fit and may not be cut.
    """
    lines: list[Span] = []
    places, ends = breaks
    start = place = 0
    while place < len(places):
        count = ruler.count(start, ends, place)
        if count == 0:
            if not anywhere:
                return None
            pieces = cut(text, start, max(start, ends[place]), ruler)
            if len(pieces) > 1:
                lines += pieces[:-1]
                start = pieces[-1].start
                continue
            count = 1
        place += count
        lines.append(Span(start, max(start, ends[place - 1])))
        start = places[place - 1]
    return lines


def cut(text: str, start: int, end: int, ruler: Ruler) -> list[Span]:
    """Cut one overlong word between graphemes; each piece has at least one."""
    stops = [start + index for index in grapheme_ends(text[start:end])]
    pieces: list[Span] = []
    done = 0
    while done < len(stops):
        done += max(1, ruler.count(start, stops, done))
        pieces.append(Span(start, stops[done - 1]))
        start = stops[done - 1]
    return pieces or [Span(start, end)]


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
