from __future__ import annotations

import pytest

from tests.pixels.easel import ink_box, text
from tests.pixels.test_text import layout_of, pixels_of
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.shaping import Typesetter
from vips_render.scene.model import Box, Font


@pytest.mark.parametrize(
    "words", ["Hxg", "漢字", "漢H", "عربي", "हिन्दी", "ไทย", "한글", "H😀", "Á̂̃H", "עH"]
)
@pytest.mark.parametrize("family", ["Source Sans Pro", "Hanken Grotesk"])
def test_the_primary_face_alone_places_the_line(
    fonts: FontLibrary, family: str, words: str
) -> None:
    """An H stands on the same baseline whatever scripts are beside it."""
    box = Box(0, 0, 400, 80)
    alone = ink_box(pixels_of(fonts, text("H", box, 40, family)))
    before = pixels_of(fonts, text(f"H {words}", box, 40, family))
    first = ink_box(before[:, : alone.left + alone.width + 1])
    assert first == alone


@pytest.mark.parametrize(
    ("words", "align", "side"),
    [
        ("abc", "left", "left"), ("abc", "start", "left"), ("abc", "end", "right"),
        ("abc", "right", "right"), ("אבג", "start", "right"), ("אבג", "end", "left"),
        ("אבג", "left", "left"), ("1. אבג", "start", "right"), ("123", "start", "left"),
    ],
)  # fmt: skip
def test_start_and_end_follow_the_content(
    fonts: FontLibrary, words: str, align: str, side: str
) -> None:
    """Left and right are physical; start is where the text's own direction begins."""
    box = ink_box(pixels_of(fonts, text(words, Box(0, 0, 400, 40), 24, align=align)))
    assert ("left" if box.left < 10 else "right") == side
    assert min(box.left, 400 - box.left - box.width) < 6


@pytest.mark.parametrize("spacing", [-3, 6])
def test_letters_that_are_one_stroke_are_not_spaced(fonts: FontLibrary, spacing: int) -> None:
    """Arabic stays joined, also beside letters that are spaced."""
    box = Box(0, 0, 400, 40)
    plain = pixels_of(fonts, text("مرحبا", box, 24))
    assert (pixels_of(fonts, text("مرحبا", box, 24, letter_spacing=spacing)) == plain).all()
    both = ink_box(pixels_of(fonts, text("HHH مرحبا", box, 24)))
    spaced = ink_box(pixels_of(fonts, text("HHH مرحبا", box, 24, letter_spacing=spacing)))
    assert abs(spaced.width - both.width - 4 * spacing) <= 1


def test_an_ellipsis_never_tears_a_grapheme(fonts: FontLibrary) -> None:
    """A family of emoji is shown whole or not at all."""
    family = "👩\u200d👩\u200d👧"
    for width in range(20, 160, 10):
        layer = text(family * 4, Box(0, 0, width, 30), 24, max_lines=1)
        line = layout_of(fonts, layer).lines[0].text
        assert line.replace(family, "") in ("", "…")


def test_emoji_bring_their_own_colours(fonts: FontLibrary) -> None:
    """Black text beside a red heart: the heart is red, at the text's size, on its baseline."""
    pixels = pixels_of(fonts, text("❤️", Box(0, 0, 100, 60), 40))
    box = ink_box(pixels)
    assert 35 <= box.width <= 60
    middle = pixels[box.top + box.height // 2, box.left + box.width // 2]
    assert middle[0] > 180
    assert middle[1] < 90


@pytest.mark.parametrize(
    "sequence",
    [
        "\U0001f1e9\U0001f1ea",  # a flag of two letters
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
        "\U0001f3f3\ufe0f\u200d\U0001f308",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",  # a family
        "\U0001f44d\U0001f3fd",  # a skin tone
        "\U0001f469\U0001f3fd\u200d\U0001f4bb",
        "1\ufe0f\u20e3", "#\ufe0f\u20e3", "*\u20e3",  # keycaps
        "\u2764\ufe0f", "\u2764\ufe0f\u200d\U0001f525", "\u263a\ufe0f", "\u26bd",
    ],
)  # fmt: skip
def test_a_sequence_of_emoji_is_one_picture_between_letters(
    fonts: FontLibrary, sequence: str
) -> None:
    """The letters before and after it stay letters."""
    setter = Typesetter(fonts, Font(("Manrope",)), lang="")
    reading = setter.read(f"A{sequence}1", rtl=False)
    line = setter.line(reading, 0, len(reading.text))
    (emoji,) = line.emoji
    assert len([number for number in emoji[1].numbers if number]) == 1
    assert sum(len(outline.numbers) for _, outline, *_ in line.letters) == 2
    assert setter.missing == ""


@pytest.mark.parametrize("words", ["\u2764\ufe0e", "\u00a9", "1 # *", "\u2122", "\u2660\ufe0e"])
def test_signs_that_are_text_stay_text(fonts: FontLibrary, words: str) -> None:
    """A digit is no keycap, and what asks for the look of text has it."""
    setter = Typesetter(fonts, Font(("Manrope",)), lang="")
    reading = setter.read(words, rtl=False)
    assert not setter.line(reading, 0, len(words)).emoji


def test_han_characters_look_as_the_language_writes_them(fonts: FontLibrary) -> None:
    """Four languages, four shapes of one character; a tag may have more parts."""

    def shape(lang: str) -> bytes:
        return pixels_of(fonts, text("骨直", Box(0, 0, 200, 60), 40, lang=lang)).tobytes()

    shapes = {lang: shape(lang) for lang in ("zh-Hans", "zh-Hant", "ja")}
    assert len(set(shapes.values())) == 3
    assert shape("zh-CN") == shapes["zh-Hans"]
    assert shape("zh_TW") == shapes["zh-Hant"]
    assert shape("") == shape("ja-JP") == shapes["ja"]


def test_right_to_left_and_numbers_stand_in_order(fonts: FontLibrary) -> None:
    """In a Hebrew line the Latin word stands left of what was written before it."""
    box = Box(0, 0, 400, 40)
    whole = pixels_of(fonts, text("אבג HHH", box, 24))
    ink = ink_box(whole)
    latin = ink_box(pixels_of(fonts, text("HHH", box, 24, align="left")))
    left_part = whole[:, ink.left : ink.left + latin.width]
    alone = pixels_of(fonts, text("HHH", box, 24, align="left"))
    assert (left_part == alone[:, latin.left : latin.left + latin.width]).mean() > 0.98
