from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor

from vips_render.expr.color import read_color


@pytest.mark.parametrize("name", sorted(ImageColor.colormap))
def test_every_css_name_is_the_colour_that_others_say(name: str) -> None:
    """An independent table agrees on each of CSS' names, in any case."""
    assert read_color(name.upper()) == (*ImageColor.getrgb(name), 255)


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#abc", (0xAA, 0xBB, 0xCC, 255)),
        ("#ABCD", (0xAA, 0xBB, 0xCC, 0xDD)),
        ("#123456", (0x12, 0x34, 0x56, 255)),
        ("#12345678", (0x12, 0x34, 0x56, 0x78)),
        (" transparent ", (0, 0, 0, 0)),
        ("rgb(1, 2, 3)", (1, 2, 3, 255)),
        ("rgba(1,2,3,.5)", (1, 2, 3, 128)),
        ("rgb(1 2 3 / 50%)", (1, 2, 3, 128)),
        ("rgb(100% 0% 50%)", (255, 0, 128, 255)),
        ("rgb(300, -5, 0)", (255, 0, 0, 255)),
        ("hsl(120, 100%, 50%)", (0, 255, 0, 255)),
        ("hsl(-240deg 100% 25%)", (0, 128, 0, 255)),
        ("hsla(0.5turn, 50%, 50%, 10%)", (64, 191, 191, 26)),
        ("hsl(200grad 50% 50%)", (64, 191, 191, 255)),
        ("hsl(3.14159rad 50% 50%)", (64, 191, 191, 255)),
        ("hsl(0 0 100)", (255, 255, 255, 255)),
    ],
)
def test_css_notations_give_their_channels(text: str, color: tuple[int, ...]) -> None:
    """Hex, rgb() and hsl() read as in CSS, old commas and new spaces alike."""
    assert read_color(text) == color


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "redd",
            "#12",
            "#12345",
            "#ggg",
            "rgb(1,2)",
            "rgb(1deg 2 3)",
            "rgb(1rad 2 3)",
            "rgb(1 2 3 / 4 5)",
        ),
        *("hsl(50% 1% 1%)", "rgb(1,2,3", "rgb(1e3,0,0)", "rgb((1),2,3)", "r" * 200),
    ],
)
def test_what_is_no_colour_is_none(text: str) -> None:
    """Text that names no colour never becomes one."""
    assert read_color(text) is None


@given(st.text(max_size=40) | st.text(alphabet="rgbahsl(),./%0123456789-deg turn#", max_size=40))
def test_any_text_is_a_colour_of_bytes_or_none(text: str) -> None:
    """Reading never raises, and every channel is a byte."""
    color = read_color(text)
    assert color is None or all(0 <= channel <= 255 for channel in color)
