from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pixels.easel import BLACK, RED, Pixels, drawn, ink_box, text
from vips_render.pixels.cleaning import paragraphs
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.layout import Layout, lay_out
from vips_render.pixels.shaping import Typesetter
from vips_render.pixels.text import TextReport
from vips_render.scene.model import Box, TextLayer

WIDE = (400, 80)
NAMES = st.text(st.characters(exclude_categories=()), max_size=60)


def pixels_of(fonts: FontLibrary, layer: TextLayer, size: tuple[int, int] = WIDE) -> Pixels:
    return drawn(fonts, layer, size=size).pixels


def report_of(fonts: FontLibrary, layer: TextLayer) -> TextReport:
    return drawn(fonts, layer, size=WIDE).reports[0]


def layout_of(fonts: FontLibrary, layer: TextLayer) -> Layout:
    spacing = layer.letter_spacing
    return lay_out(layer, Typesetter(fonts, layer.font, lang=layer.lang, spacing=spacing))


def test_the_first_baseline_is_where_css_puts_it(wheels: FontLibrary) -> None:
    """Half of the leading goes above: Source Sans 40 at 1.5 has its baseline at 44."""
    box = ink_box(pixels_of(wheels, text("H", Box(0, 0, 100, 80), 40, line_height=1.5)))
    ascent, descent = 0.984 * 40, 0.273 * 40
    baseline = round((60 - ascent - descent) / 2 + ascent)
    assert box.top + box.height == baseline == 44


def test_lines_stand_a_whole_pitch_apart(wheels: FontLibrary) -> None:
    """Every further line is the same picture, one rounded pitch lower."""
    layer = text("Hx\nHx\nHx", Box(0, 0, 100, 80), 19, line_height=1.3)
    pixels = pixels_of(wheels, layer)
    pitch = round(19 * 1.3)
    assert (pixels[:pitch] == pixels[pitch : 2 * pitch]).all()
    assert (pixels[:pitch] == pixels[2 * pitch : 3 * pitch]).all()


def test_moving_a_box_moves_its_text(wheels: FontLibrary) -> None:
    """Text is the same pixels wherever its box stands: patches can be kept."""
    layer = text("Wave to Åsa", Box(3, 5, 200, 40), 17, align="center")
    pixels = pixels_of(wheels, layer)
    moved = pixels_of(wheels, replace(layer, box=Box(24, 16, 200, 40)))
    assert (pixels[5:45, 3:203] == moved[16:56, 24:224]).all()


def test_centred_text_has_equal_room_on_both_sides(wheels: FontLibrary) -> None:
    """The middle of the advance is the middle of the box."""
    box = ink_box(pixels_of(wheels, text("HOH", Box(0, 0, 400, 40), 24, align="center")))
    assert abs(box.left - (400 - box.left - box.width)) <= 1


@pytest.mark.parametrize(("where", "share"), [("top", 0), ("middle", 0.5), ("bottom", 1)])
def test_vertical_alignment_moves_the_block(wheels: FontLibrary, where: str, share: float) -> None:
    """The block of lines is moved within the box's spare height."""
    box = Box(0, 0, 400, 80)
    top = ink_box(pixels_of(wheels, text("H", box, 20)))
    placed = ink_box(pixels_of(wheels, text("H", box, 20, vertical_align=where)))
    assert placed.top == top.top + round((80 - 24) * share)


def test_letter_spacing_stands_between_letters_only(wheels: FontLibrary) -> None:
    """n letters have n - 1 gaps, so both edges stay where they were."""
    box = Box(0, 0, 400, 40)
    plain = ink_box(pixels_of(wheels, text("HHHH", box, 24)))
    spaced = ink_box(pixels_of(wheels, text("HHHH", box, 24, letter_spacing=7)))
    assert (spaced.left, spaced.width) == (plain.left, plain.width + 3 * 7)
    right = ink_box(pixels_of(wheels, text("HHHH", box, 24, letter_spacing=7, align="right")))
    plain_right = ink_box(pixels_of(wheels, text("HHHH", box, 24, align="right")))
    assert right.left + right.width == plain_right.left + plain_right.width


@pytest.mark.parametrize("words", ["", "  ", "\n\n", "\t", "\u200b", "\x00\x07"])
def test_blank_text_paints_nothing(wheels: FontLibrary, words: str) -> None:
    """Nothing visible leaves the paper as it was, and no dirty box."""
    painted = drawn(wheels, text(words, Box(0, 0, 100, 40), 24))
    assert painted.pixels.min() == 255
    assert painted.boxes == ()


@pytest.mark.parametrize("box", [Box(5, 5, 0, 40), Box(5, 5, 40, 0), Box(500, 500, 40, 40)])
def test_text_that_nobody_sees_paints_nothing(wheels: FontLibrary, box: Box) -> None:
    """Empty boxes and boxes beyond the canvas are no faults."""
    painted = drawn(wheels, text("Hello", box, 24))
    assert painted.pixels.min() == 255
    assert painted.boxes == ()


def test_shrinking_finds_the_largest_size_that_fits(wheels: FontLibrary) -> None:
    """One pixel more would be too much, and the floor is kept."""
    layer = text("Welcome back, Anna", Box(0, 0, 200, 60), 48, fit="shrink", max_lines=1)
    layout = layout_of(wheels, layer)
    assert 12 < layout.size < 48
    assert len(layout.lines) == 1
    wider = replace(layer, size=layout.size + 1, fit="fixed")
    assert layout_of(wheels, wider).ellipsised
    floor = layout_of(wheels, replace(layer, min_size=40))
    assert (floor.size, floor.ellipsised) == (40, True)


@settings(deadline=None, max_examples=60)
@given(
    words=NAMES,
    width=st.integers(1, 300),
    height=st.integers(1, 120),
    size=st.integers(1, 60),
    max_lines=st.integers(0, 3),
    spacing=st.sampled_from([0.0, 2.5]),
    shrink=st.booleans(),
)
def test_any_text_is_laid_into_its_box(
    fonts: FontLibrary,
    words: str,
    width: int,
    height: int,
    size: int,
    max_lines: int,
    spacing: float,
    shrink: bool,
) -> None:
    """Whatever is written: within the allowed lines, whole unless an ellipsis says otherwise."""
    layer = text(
        words,
        Box(0, 0, width, height),
        size,
        fit="shrink" if shrink else "fixed",
        max_lines=max_lines,
        letter_spacing=spacing,
    )
    layout = layout_of(fonts, layer)
    room = max(1, height // layout.pitch)
    assert 1 <= len(layout.lines) <= (min(room, max_lines) if max_lines else room)
    assert 1 <= layout.size <= size
    if not layout.ellipsised:
        kept = "".join(line.text for line in layout.lines).replace("-", "")
        written = "".join(line for line, _ in paragraphs(words)).replace("-", "")
        # A line may show a soft hyphen as one.
        kept, written = kept.replace("\u00ad", ""), written.replace("\u00ad", "")
        assert "".join(kept.split()) == "".join(written.split())
    drawn(fonts, layer, size=(60, 30))


@settings(deadline=None, max_examples=40)
@given(
    words=st.text("abcdefg hij klm-ÄÖ漢字 אבג", min_size=1, max_size=60),
    width=st.integers(20, 200),
    size=st.integers(8, 40),
)
def test_every_scale_draws_the_same_lines(
    fonts: FontLibrary, words: str, width: int, size: int
) -> None:
    """Size and breaks are decided once; two and three times the pixels show the same picture."""
    layer = text(words, Box(0, 0, width, 90), size, fit="shrink", min_size=8)
    one, *others = (drawn(fonts, layer, size=(200, 90), scale=scale) for scale in (1, 2, 3, 4))
    for scale, other in zip((2, 3, 4), others, strict=True):
        assert other.reports == one.reports
        grey = other.pixels[..., 0].astype(float)
        small = grey.reshape(90, scale, 200, scale).mean(axis=(1, 3))
        # The pen's start is rounded to a whole pixel of each scale.
        assert np.abs(small.mean(axis=1) - one.pixels[..., 0].mean(axis=1)).max() < 6


def test_clamped_text_ends_in_an_ellipsis(wheels: FontLibrary) -> None:
    """What does not fit is left out between graphemes, without a space before the dots."""
    layer = text("The quick brown fox jumps over the lazy dog", Box(0, 0, 120, 50), 20)
    layout = layout_of(wheels, layer)
    assert [line.text for line in layout.lines] == ["The quick", "brown fox j…"]
    assert layout.ellipsised
    assert layout.fits


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (90, ["Donau-", "dampf-", "schiff-", "fahrt"]),
        (120, ["Donau-", "dampf-", "schifffahrt"]),
        (200, ["Donaudampfschiff-", "fahrt"]),
        (300, ["Donaudampfschifffahrt"]),
    ],
)
def test_a_soft_hyphen_is_seen_where_a_line_ends(
    wheels: FontLibrary, width: int, lines: list[str]
) -> None:
    """And nowhere else; a line whose hyphen would not fit is broken sooner."""
    word = "Donau\u00addampf\u00adschiff\u00adfahrt"
    layer = text(word, Box(0, 0, width, 200), 24)
    layout = layout_of(wheels, layer)
    assert [line.text.replace("\u00ad", "") for line in layout.lines] == lines
    assert not layout.ellipsised
    if width == 90:
        spelt = replace(layer, text="\n".join(lines))
        size = (100, 200)
        assert (pixels_of(wheels, layer, size) == pixels_of(wheels, spelt, size)).all()


@pytest.mark.parametrize("unseen", ["\u00ad", "\u200b", "\u2060", "\ufeff"])
def test_what_draws_nothing_takes_no_letter_spacing(wheels: FontLibrary, unseen: str) -> None:
    """Marks of where a line may break are no letters."""
    box = Box(0, 0, 400, 40)
    plain = pixels_of(wheels, text("HHHH", box, 24, letter_spacing=7))
    marked = text(f"HH{unseen}HH", box, 24, letter_spacing=7)
    assert (pixels_of(wheels, marked) == plain).all()


def test_a_hyphen_counts_for_the_length_of_its_line(wheels: FontLibrary) -> None:
    """One pixel less than both need, and the line ends before."""
    for spacing in (0.0, 2.5):
        layer = text("illi\u00adill\u00adHHH", Box(0, 0, 999, 90), 24, letter_spacing=spacing)
        alone = layout_of(wheels, replace(layer, text="illiill-")).lines[0].reading
        gaps = alone.gaps[-1] - alone.hanging[-1] if spacing else 0.0
        most = math.ceil(alone.advances[-1] * 24 + gaps)
        for less, first in ((0, "illi\u00adill-"), (1, "illi-")):
            narrow = replace(layer, box=Box(0, 0, most - less, 90))
            assert layout_of(wheels, narrow).lines[0].text == first


def test_text_left_out_after_a_line_end_is_shown_by_an_ellipsis(wheels: FontLibrary) -> None:
    """The last line that is drawn says that more was written below it."""
    layout = layout_of(wheels, text("one\ntwo\nthree", Box(0, 0, 300, 50), 20))
    assert [line.text for line in layout.lines] == ["one", "two…"]


def test_reports_say_what_happened(wheels: FontLibrary) -> None:
    """Shrunk, ellipsised, clipped and plain texts are told apart."""
    plain = report_of(wheels, text("Hi", Box(0, 0, 100, 40), 20))
    assert plain == TextReport("text", 20, 1)
    shrunk = report_of(wheels, text("Hello there", Box(0, 0, 60, 20), 40, fit="shrink"))
    assert shrunk.shrunk
    assert not shrunk.clipped
    clipped = report_of(wheels, text("Hi", Box(0, 0, 100, 10), 40))
    assert clipped.clipped


def test_missing_glyphs_are_reported_by_character(wheels: FontLibrary) -> None:
    """Each character that no registered font has, once, in order."""
    report = report_of(wheels, text("ab漢c字漢", Box(0, 0, 300, 40), 20))
    assert report.missing == "漢字"


def test_text_takes_its_colour_and_transparency(wheels: FontLibrary) -> None:
    """Full coverage is exactly the colour; half-transparent text lets half of the paper through."""
    box = Box(0, 0, 100, 100)
    pixels = pixels_of(wheels, text("█▌|H", box, 80, weight=900, color=RED), (100, 100))
    assert (pixels == np.array(RED, dtype=np.uint8)).all(axis=2).any()
    faint = pixels_of(wheels, text("H", box, 80, weight=900, color=(0, 0, 0, 128)), (100, 100))
    assert faint[..., 0].min() == 127
    assert pixels_of(wheels, text("H", box, 80, color=BLACK), (100, 100))[..., 0].min() == 0


def test_fractions_of_a_pixel_are_kept_between_letters(wheels: FontLibrary) -> None:
    """Advances are not rounded: a line of 12 px is a quarter as wide as the same of 48 px."""
    small = ink_box(pixels_of(wheels, text("l" * 40, Box(0, 0, 400, 80), 12)))
    large = ink_box(pixels_of(wheels, text("l" * 40, Box(0, 0, 1600, 80), 48), (1600, 80)))
    assert abs(small.width - large.width / 4) <= 1


@pytest.mark.parametrize(
    "words", ["<b>x</b>", "&amp;", "a<b", "</span>", "%s{}", "'\"", "a\x00b\u202ec\ud800d"]
)
def test_markup_and_control_characters_are_only_text(wheels: FontLibrary, words: str) -> None:
    """Nothing in a name is a command."""
    report = report_of(wheels, text(words, Box(0, 0, 300, 40), 20))
    assert report.lines == 1
    assert report.missing == ""


def test_a_huge_text_costs_no_more_than_the_canvas(wheels: FontLibrary) -> None:
    """Size and box may come from a recipient's number; only what is seen is drawn."""
    layer = text("W" * 200, Box(-50_000, -5_000, 10_000_000, 10_000), 4_000)
    assert drawn(wheels, layer, size=(40, 40)).pixels.shape == (40, 40, 4)


def test_tabular_figures_have_one_width(wheels: FontLibrary) -> None:
    """In Manrope a 1 is narrow until the layer asks otherwise; a feature may be turned off."""
    box = Box(0, 0, 400, 80)
    narrow, wide = text("1111", box, 40, "Manrope"), text("0000", box, 40, "Manrope")

    def width(layer: TextLayer, *features: str) -> int:
        asked = replace(layer, font=replace(layer.font, features=features))
        return ink_box(pixels_of(wheels, asked)).width

    assert width(wide) - width(narrow) > 30
    assert abs(width(wide, "tnum") - width(narrow, "tnum")) < 20
    assert width(replace(wide, text="AVAVAV"), "-kern") > width(replace(wide, text="AVAVAV"))
