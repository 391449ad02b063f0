from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pixels.easel import BLUE, RED, Pixels, drawn, ink_box, text
from tests.pixels.test_text import NAMES
from vips_render.pixels.cleaning import paragraphs
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.layout import lay_out
from vips_render.pixels.shaping import Typesetter
from vips_render.scene.model import (
    Box,
    Effects,
    Highlight,
    LinearGradient,
    Shadow,
    Span,
    Stop,
    Stroke,
    TextFit,
    TextLayer,
)

WIDE = (400, 80)


def pixels_of(fonts: FontLibrary, layer: TextLayer) -> Pixels:
    return drawn(fonts, layer, size=WIDE).pixels


def word(words: str, *spans: Span, **options: object) -> TextLayer:
    return replace(text(words, Box(10, 0, 380, 80), 36, "Manrope", **options), spans=spans)


def lines_of(fonts: FontLibrary, layer: TextLayer) -> list[str]:
    setter = Typesetter(fonts, layer.font, lang="", spans=layer.spans)
    return [line.text for line in lay_out(layer, setter).lines]


def test_a_span_that_changes_nothing_is_not_seen(wheels: FontLibrary) -> None:
    """But for the kerning at its ends, which is that of two runs."""
    plain = pixels_of(wheels, word("Hi there")).astype(int)
    spanned = pixels_of(wheels, word("Hi there", Span(3, 8, None, 400, False))).astype(int)
    assert np.abs(plain - spanned).max() <= 1


def test_a_span_has_its_colour_weight_and_size_on_the_same_baseline(wheels: FontLibrary) -> None:
    """What stands before it stays, what is larger grows upwards."""
    low = Box(10, 20, 380, 80)
    plain = ink_box(pixels_of(wheels, replace(word("HH"), box=low)))
    large = replace(word("HH", Span(1, 2, RED, 800, False, 1.5)), box=low)
    found = pixels_of(wheels, large)
    red = (found[..., 0] == 255) & (found[..., 1] == 0)
    rows = np.flatnonzero(red.any(axis=1))
    assert rows[-1] + 1 == plain.top + plain.height
    assert abs(len(rows) - plain.height * 1.5) <= 2
    first = found.copy()
    first[red] = 255
    columns = np.flatnonzero((first[..., :3].max(axis=2) < 40).any(axis=0))
    assert columns[0] in (plain.left, plain.left + 1)


def test_sizes_of_spans_count_for_breaking_and_fitting(wheels: FontLibrary) -> None:
    """A line is as long as it is drawn."""
    words = "Hello there Ada"
    large = Span(6, 15, None, 400, False, 2.0)
    assert lines_of(wheels, word(words)) == [words]
    high = replace(word(words, large), box=Box(10, 0, 380, 100))
    assert lines_of(wheels, high) == ["Hello there", "Ada"]
    fitted = drawn(wheels, word(words, large, fit="shrink", max_lines=1), size=WIDE).reports[0]
    assert fitted.shrunk
    assert not fitted.clipped


@pytest.mark.parametrize(
    "words", ["Hello wonderful world of letters", "שלום wonderful עולם 日本語"]
)
def test_what_is_cut_short_keeps_its_spans(fonts: FontLibrary, words: str) -> None:
    """Lines and the ellipsis are cut from the voices too."""
    layer = word(words, Span(3, 20, BLUE, 700, False, 1.2), max_lines=1)
    (line,) = lines_of(fonts, replace(layer, box=Box(0, 0, 200, 80)))
    assert line.endswith("…")
    found = pixels_of(fonts, replace(layer, box=Box(0, 0, 200, 80)))
    blue = (found[..., 2] > 200) & (found[..., 0] < 60)
    assert blue.any()
    assert ink_box(found).left + ink_box(found).width <= 202


def test_spans_survive_what_is_dropped() -> None:
    """Line ends and control characters take no voice along."""
    words, voices = "a\u202eb\r\nc\td\n", list(range(8))
    lines = paragraphs(words, voices)
    assert [line for line, _ in lines] == ["ab", "c d", ""]
    assert [[*spoken] for _, spoken in lines] == [[0, 2], [5, 6, 7], []]
    assert paragraphs(words) == [(line, ()) for line, _ in lines]


def test_effects_hold_for_all_spans(wheels: FontLibrary) -> None:
    """A stroke is around every letter; a gradient fills those without a colour of their own."""
    fill = LinearGradient(90, (Stop(0, BLUE), Stop(1, BLUE)))
    layer = word("HH", Span(1, 2, RED, 800, False), weight=800)
    found = pixels_of(wheels, replace(layer, effects=Effects(fill, Stroke(4, (0, 0, 0, 255)))))
    for color in (RED, BLUE, (0, 0, 0, 255)):
        assert (found == color).all(axis=2).sum() > 100


@pytest.mark.parametrize("own", [0.0, 5.0])
def test_spans_have_a_letter_spacing_of_their_own(wheels: FontLibrary, own: float) -> None:
    """It stands after each of their letters, and the layer's own after all others."""
    plain = ink_box(pixels_of(wheels, word("HHHHH")))
    spaced = word("HHHHH", Span(1, 3, None, 400, False, 1.0, 12.0), letter_spacing=own)
    found = ink_box(pixels_of(wheels, spaced))
    assert (found.left, found.width) == (plain.left, plain.width + 2 * 12 + 2 * own)
    last = replace(spaced, spans=(Span(3, 5, None, 400, False, 1.0, 12.0),))
    assert ink_box(pixels_of(wheels, last)).width == plain.width + 12 + 3 * own
    none = word("HHHHH", Span(0, 5, None, 400, False, 1.0, 0.0), letter_spacing=9.0)
    assert ink_box(pixels_of(wheels, none)) == plain


def test_a_line_may_end_without_the_space_of_its_last_letter(wheels: FontLibrary) -> None:
    """Whatever spacing that one has; one pixel less, and the line is broken."""
    spans = (Span(3, 6, None, 400, False, 1.0, 30.0),)
    layer = replace(word("HHHHHH HH", *spans), box=Box(10, 0, 380, 200))
    alone = replace(layer, text="HHHHHH", box=Box(10, 0, 1000, 200))
    reading = lay_out(alone, Typesetter(wheels, layer.font, lang="", spans=spans)).lines[0].reading
    assert (reading.gaps[-1], reading.hanging[-1]) == (90.0, 30.0)
    width = math.ceil(reading.advances[-1] * 36 + 60)
    for less, lines in ((0, ["HHHHHH", "HH"]), (1, ["HHHHH", "H HH"])):
        narrow = replace(layer, box=Box(10, 0, width - less, 200))
        assert lines_of(wheels, narrow) == lines


def test_an_accent_looks_as_its_letter(wheels: FontLibrary) -> None:
    """A span that would begin in the middle of a grapheme begins after it."""
    words = "e\u0301x"
    spans = (Span(1, 3, RED, 400, False),)
    setter = Typesetter(wheels, word(words).font, lang="", spans=spans)
    assert setter.voices_of(words) == [0, 0, 1]


@settings(max_examples=60, deadline=None)
@given(
    NAMES,
    st.integers(0, 60),
    st.integers(0, 60),
    st.floats(0.1, 5),
    st.sampled_from(["fixed", "shrink", "grow", "width"]),
)
def test_whatever_is_marked_is_drawn(
    fonts: FontLibrary, words: str, start: int, length: int, factor: float, fit: TextFit
) -> None:
    """Any text with any span and all effects gives a picture within its box of changes."""
    span = Span(min(start, len(words)), min(start + length, len(words)), RED, 700, True, factor)
    effects = Effects(None, Stroke(2, BLUE), Shadow(2, 2, 3, BLUE), Highlight(RED, 2, 2))
    layer = replace(word(words, span, fit=fit, wrap="balance", max_lines=2), effects=effects)
    painted = drawn(fonts, replace(layer, box=Box(20, 20, 120, 50)), size=(200, 100))
    found = ink_box(painted.pixels)
    for _, box in painted.boxes:
        assert box.left <= found.left
        assert box.top <= found.top
        assert found.left + found.width <= box.left + box.width
        assert found.top + found.height <= box.top + box.height
    assert painted.boxes or found.width == 0
