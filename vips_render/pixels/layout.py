"""Decide size and lines of a text, once, for every scale.

Pure arithmetic: a paragraph is shaped once, in em, and since advances grow in proportion to the
size, every candidate size is judged by the same running sums. Sizes are whole pixels of scale 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import sub

from vips_render.expr.graphemes import grapheme_ends
from vips_render.pixels.bidi import first_direction
from vips_render.pixels.cleaning import ELLIPSIS, SOFT_HYPHEN, paragraphs
from vips_render.pixels.reading import Reading
from vips_render.pixels.shaping import Typesetter
from vips_render.pixels.wrap import Breaks, Ruler, Span, broken, largest, opportunities, trimmed_end
from vips_render.scene.geometry import to_pixel
from vips_render.scene.model import TextLayer

_MOST_PX = 4_000
"""No text is larger: one letter would fill half of the largest canvas."""

_HYPHEN = "-"
_BEFORE_HYPHENATED = re.compile(f"{SOFT_HYPHEN}(?=.)")

_TOLERANCE_PX = 0.01
"""Sums of fractions may miss a width that they meet on paper."""

_LEFT_BEFORE_ELLIPSIS = f" \t\u00a0,;:.\u2013\u2014-{SOFT_HYPHEN}"


@dataclass(frozen=True, slots=True)
class LaidLine:
    """A line: what it was cut from, and its indexes there."""

    reading: Reading
    start: int
    end: int

    @property
    def text(self) -> str:
        """What stands on the line."""
        return self.reading.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the lines of a text are broken, at which size.

    Attributes:
        pitch: distance of baselines in pixels at scale 1.
        ellipsised: text was left out.
        fits: no line is wider and the block is not higher than the box.
    """

    size: int
    pitch: int
    lines: tuple[LaidLine, ...]
    ellipsised: bool = False
    fits: bool = True


@dataclass(frozen=True)  # no slots: what is asked for late is kept in the instance
class Paragraph:
    """One paragraph, shaped.

    Attributes:
        hyphens: how long they are, in em, by the indexes of lines' ends that show one.
    """

    reading: Reading
    hyphens: Mapping[int, float]

    @cached_property
    def breaks(self) -> Breaks:
        """Where a line may end."""
        return opportunities(self.reading.text)

    def ruler(self, layer: TextLayer, size: int, narrower: int = 0) -> Ruler:
        """Return what measures its lines; the space after the last letter does not count.

        Args:
            narrower: pixels of the box that they are to leave free.
        """
        advances, gaps = self.reading.advances, self.reading.gaps
        most = layer.box.width - narrower + _TOLERANCE_PX
        if not gaps:
            return Ruler(advances, self._ends(advances, advances, 1), most / size)
        marks = [advance * size + gap for advance, gap in zip(advances, gaps, strict=True)]
        ends = [*map(sub, marks, self.reading.hanging)]
        return Ruler(marks, self._ends(marks, ends, size), most)

    def _ends(self, marks: list[float], ends: list[float], size: int) -> list[float]:
        if not self.hyphens:
            return ends
        return [
            marks[index] + self.hyphens[index] * size if index in self.hyphens else end
            for index, end in enumerate(ends)
        ]

    def broken(self, layer: TextLayer, size: int, *, anywhere: bool) -> list[Span] | None:
        """Break into lines; see `wrap.broken`."""
        text, ruler = self.reading.text, self.ruler(layer, size)
        end = trimmed_end(text, 0, len(text))
        if ruler.fits(0, end):
            return [Span(0, end)]
        return broken(text, self.breaks, ruler, anywhere=anywhere)

    def balanced(self, layer: TextLayer, size: int, spans: list[Span]) -> list[Span]:
        """Break as narrowly as gives no line more, so that the last one is no widow."""
        if len(spans) < 2:
            return spans
        found = spans

        def holds(narrower: int) -> bool:
            nonlocal found
            ruler = self.ruler(layer, size, narrower)
            tried = broken(self.reading.text, self.breaks, ruler, anywhere=False)
            if tried is None or len(tried) > len(spans):
                return False
            found = tried
            return True

        largest(layer.box.width, holds)
        return found

    def laid(self, span: Span, setter: Typesetter) -> LaidLine:
        """Return a piece as a line."""
        start, end, reading = span.start, span.end, self.reading
        if end not in self.hyphens:
            return LaidLine(reading, start, end)
        levels, voices = reading.levels[start:end], reading.voices[start:end]
        words = f"{reading.text[start : end - 1]}{_HYPHEN}"
        line = setter.read(words, rtl=reading.rtl, levels=levels, voices=voices)
        return LaidLine(line, 0, len(words))


def lay_out(layer: TextLayer, setter: Typesetter) -> Layout:
    """Find the largest allowed size at which a text fits its box, and its lines there.

    Words are not cut to fit. Where even the floor (or the fixed size) is too large, words are cut
    and what does not fit gives way to an ellipsis.
    """
    read = tuple(_read(layer.text, setter))
    floor, size = _range(layer)
    whole = _whole(layer, read, size)
    if whole is None and floor < size:
        steps = largest(
            size - floor, lambda step: _whole(layer, read, floor - 1 + step) is not None
        )
        size = floor - 1 + max(1, steps)
        whole = _whole(layer, read, size)
    if whole is None:
        return _clamped(layer, setter, read, size)
    lines: list[LaidLine] = []
    for paragraph, spans in zip(read, whole, strict=True):
        if layer.wrap == "balance":
            spans = paragraph.balanced(layer, size, spans)
        lines += [paragraph.laid(span, setter) for span in spans]
    return Layout(size, _pitch(layer, size), tuple(lines))


def _range(layer: TextLayer) -> tuple[int, int]:
    """Return the smallest and the largest size that a text may have."""
    size = min(max(1, layer.size), _MOST_PX)
    if layer.fit == "fixed":
        return size, size
    floor = min(max(1, layer.min_size), size)
    if layer.fit == "shrink":
        return floor, size
    # A line that is higher than the box never fits.
    highest = max(floor, math.ceil((layer.box.height + 0.5) / layer.line_height))
    return floor, min(layer.max_size or _MOST_PX, highest)


def _read(text: str, setter: Typesetter) -> Iterator[Paragraph]:
    """Read paragraphs; one without a strong character goes the way of the one before it."""
    lines = paragraphs(text, setter.voices_of(text))
    directions = [first_direction(line) for line, _ in lines]
    direction = next(filter(None, directions), "ltr")
    for (line, spoken), own in zip(lines, directions, strict=True):
        direction = own or direction
        rtl = direction == "rtl"
        hyphens = {
            found.end(): setter.read(_HYPHEN, rtl=rtl, voices=spoken[slice(*found.span())])
            for found in _BEFORE_HYPHENATED.finditer(line)
        }
        lengths = {index: hyphen.advances[-1] for index, hyphen in hyphens.items()}
        yield Paragraph(setter.read(line, rtl=rtl, voices=spoken), lengths)


def _pitch(layer: TextLayer, size: int) -> int:
    return max(1, to_pixel(layer.line_height * size))


def _room(layer: TextLayer, size: int) -> int:
    """Return how many lines may be drawn: one at least."""
    room = max(1, layer.box.height // _pitch(layer, size))
    return min(room, layer.max_lines) if layer.max_lines > 0 else room


def _whole(layer: TextLayer, read: tuple[Paragraph, ...], size: int) -> list[list[Span]] | None:
    """Break all paragraphs without cutting a word; None when they do not fit."""
    if _pitch(layer, size) > layer.box.height:
        return None
    room = _room(layer, size)
    lines: list[list[Span]] = []
    for paragraph in read:
        spans = paragraph.broken(layer, size, anywhere=False)
        if spans is None or len(spans) > room or (len(spans) > 1 and layer.fit == "width"):
            return None
        room -= len(spans)
        lines.append(spans)
    return lines


def _clamped(
    layer: TextLayer, setter: Typesetter, read: tuple[Paragraph, ...], size: int
) -> Layout:
    """Draw at exactly this size what there is room for, and an ellipsis for the rest."""
    room = _room(layer, size)
    lines: list[LaidLine] = []
    is_narrow, ellipsised = True, False
    for number, paragraph in enumerate(read):
        left = room - len(lines)
        most = 1 if layer.fit == "width" else left
        spans = paragraph.broken(layer, size, anywhere=True) or []
        is_cut = len(spans) > most or (len(spans) == left and number + 1 < len(read))
        kept = spans[: most - 1] if is_cut else spans
        lines += [paragraph.laid(span, setter) for span in kept]
        ruler = paragraph.ruler(layer, size)
        is_narrow = is_narrow and all(ruler.fits(span.start, span.end) for span in kept)
        if is_cut:
            lines.append(_ellipsised(layer, setter, paragraph, spans[most - 1].start, size))
            ellipsised = True
        if len(lines) >= room:
            break
    pitch = _pitch(layer, size)
    fits = is_narrow and len(lines) * pitch <= layer.box.height
    return Layout(size, pitch, tuple(lines), ellipsised, fits)


def _ellipsised(
    layer: TextLayer, setter: Typesetter, paragraph: Paragraph, start: int, size: int
) -> LaidLine:
    """Take as many graphemes as fit before an ellipsis."""
    reading = paragraph.reading
    rest = reading.text[start:]
    # The dots look like the first letter of the line, whatever is cut.
    spoken = reading.voices[start : start + 1]
    dots = setter.read(ELLIPSIS, rtl=reading.rtl, voices=spoken).advances[-1]
    ruler = paragraph.ruler(layer, size)
    # Now the last letter has its space, which the dots stand behind.
    shorter = Ruler(ruler.marks, ruler.marks, ruler.most - (dots * size if reading.gaps else dots))
    ends = grapheme_ends(rest)
    count = shorter.count(start, [start + end for end in ends])
    kept = rest[: ends[count - 1]] if count else ""
    kept = kept.rstrip(_LEFT_BEFORE_ELLIPSIS)
    voices = [*reading.voices[start : start + len(kept)], *spoken]
    line = setter.read(kept + ELLIPSIS, rtl=reading.rtl, voices=voices)
    return LaidLine(line, 0, len(line.text))
