from __future__ import annotations

from dataclasses import replace

import pytest

from tests.pixels.easel import drawn, text
from tests.pixels.test_text import layout_of
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.text import TextReport
from vips_render.scene.model import Box, TextLayer, Wrap

PROSE = "Your plan renews on the twelfth of December and keeps every picture"
WRAPS: tuple[Wrap, Wrap] = ("normal", "balance")


def report_of(fonts: FontLibrary, layer: TextLayer) -> TextReport:
    return drawn(fonts, layer, size=(600, 200)).reports[0]


def lines_of(fonts: FontLibrary, layer: TextLayer) -> list[str]:
    return [line.text for line in layout_of(fonts, layer).lines]


@pytest.mark.parametrize("fit", ["grow", "width"])
@pytest.mark.parametrize("words", ["Ada", "Ada Lovelace", "Wolfeschlegelsteinhausen", "Ö", "日本"])
def test_a_text_grows_until_one_pixel_more_would_not_fit(
    fonts: FontLibrary, words: str, fit: str
) -> None:
    """The box alone decides where there is no ceiling; the size that is found is the largest."""
    layer = text(words, Box(0, 0, 300, 90), 20, "Manrope", fit=fit, min_size=8)
    found = layout_of(fonts, layer)
    assert found.fits
    assert not found.ellipsised
    larger = replace(layer, size=found.size + 1, fit="shrink", max_lines=fit == "width")
    assert layout_of(fonts, larger).size <= found.size


def test_growing_stops_at_the_ceiling_and_shrinks_to_the_floor(wheels: FontLibrary) -> None:
    """The report tells which of them it was."""
    short = text("Ada", Box(0, 0, 300, 90), 20, "Manrope", fit="grow", min_size=12, max_size=40)
    assert report_of(wheels, short) == TextReport("text", 40, 1, grown=True)
    long = report_of(wheels, replace(short, text=PROSE, box=Box(0, 0, 120, 30)))
    assert (long.size, long.grown, long.shrunk, long.ellipsised) == (12, False, True, True)
    asked = replace(short, size=40)
    assert report_of(wheels, asked) == TextReport("text", 40, 1)


def test_fit_to_the_width_never_breaks_a_line(wheels: FontLibrary) -> None:
    """Each paragraph is one line; at the floor it is cut short, each for itself."""
    layer = text("Ada and Bo", Box(0, 0, 400, 90), 20, "Manrope", fit="width", min_size=8)
    assert lines_of(wheels, layer) == ["Ada and Bo"]
    assert lines_of(wheels, replace(layer, text="Ada\nand Bo")) == ["Ada", "and Bo"]
    cut = lines_of(wheels, replace(layer, text=f"{PROSE}\n{PROSE}\nBo", min_size=20))
    assert [line[-1] for line in cut] == ["…", "…", "o"]
    assert len(lines_of(wheels, replace(layer, text=PROSE, min_size=20))) == 1


def test_width_fills_the_width(wheels: FontLibrary) -> None:
    """A line comes within a letter's growth of the edge."""
    layer = text("Ada Lovelace", Box(0, 0, 400, 200), 20, "Manrope", fit="width")
    (line,) = layout_of(wheels, layer).lines
    size = layout_of(wheels, layer).size
    wide = line.reading.advances[-1]
    assert 400 - wide < size * wide <= 400.1


@pytest.mark.parametrize("width", [150, 190, 240, 333])
def test_balanced_lines_are_as_many_and_about_as_long(wheels: FontLibrary, width: int) -> None:
    """No line more than greedily, none longer, and they differ by no more than they did."""
    layer = text(PROSE, Box(0, 0, width, 200), 18, "Manrope")
    plain, even = lines_of(wheels, layer), lines_of(wheels, replace(layer, wrap="balance"))
    assert len(plain) == len(even) > 1
    assert " ".join(even) == PROSE
    lengths = [
        [line.reading.advances[line.end] - line.reading.advances[line.start] for line in some]
        for some in (layout_of(wheels, replace(layer, wrap=wrap)).lines for wrap in WRAPS)
    ]
    assert max(lengths[1]) <= max(lengths[0])
    assert max(lengths[1]) - min(lengths[1]) <= max(lengths[0]) - min(lengths[0])


def test_single_lines_and_spaced_ones_are_balanced_alike(wheels: FontLibrary) -> None:
    """One line stays; with letter spacing the same rule holds; paragraphs stay apart."""
    layer = text("Ada", Box(0, 0, 300, 200), 18, "Manrope", wrap="balance")
    assert lines_of(wheels, layer) == ["Ada"]
    spaced = replace(layer, text=PROSE, letter_spacing=2.0)
    plain = lines_of(wheels, replace(spaced, wrap="normal"))
    assert len(lines_of(wheels, spaced)) == len(plain)
    assert lines_of(wheels, spaced) != plain
    both = lines_of(wheels, replace(layer, text=f"Ada\n{PROSE}"))
    assert both == ["Ada", *lines_of(wheels, replace(layer, text=PROSE))]
