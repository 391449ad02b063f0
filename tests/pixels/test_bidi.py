from __future__ import annotations

import pytest

from vips_render.pixels.bidi import first_direction, levels_of, visual_order


@pytest.mark.parametrize(
    ("text", "rtl", "levels"),
    [
        pytest.param("abc 123", False, "0000000", id="plain"),
        pytest.param("abc אבג", False, "0000111", id="hebrew-inside"),
        pytest.param("אבג abc", True, "1111222", id="latin-inside"),
        pytest.param("אב 12", True, "11122", id="number-in-hebrew"),
        pytest.param("עב 12%", True, "111222", id="W5-percent-joins-number"),
        pytest.param("ب 12", True, "1122", id="W2-arabic-number"),
        pytest.param("ab 12 אב", False, "00000011", id="W7-number-after-latin"),
        pytest.param("12:30 א", True, "2222211", id="W4-colon-in-number"),
        pytest.param("א-ב", False, "111", id="N1-between-equals"),
        pytest.param("א-a", False, "100", id="N2-between-unlike"),
        pytest.param("א (a) ב", True, "1112111", id="N0-bracket-takes-paragraph"),
        pytest.param("a (א) b", False, "0001000", id="N0-bracket-in-latin"),
        pytest.param("אבג[gt]", True, "1111221", id="N0-bracket-after-hebrew"),
        pytest.param("é\u0301א\u05b7", False, "0011", id="W1-mark-follows-base"),
        pytest.param("", True, "", id="empty"),
    ],
)
def test_levels_follow_the_standard(text: str, rtl: bool, levels: str) -> None:
    """Each rule of UAX #9 that we apply, by the levels it gives."""
    assert "".join(map(str, levels_of(text, rtl=rtl))) == levels


@pytest.mark.parametrize(
    ("levels", "order"),
    [("000", [0, 1, 2]), ("111", [2, 1, 0]), ("0110", [0, 2, 1, 3]), ("1221", [3, 1, 2, 0])],
)
def test_runs_are_reversed_from_the_highest_level(levels: str, order: list[int]) -> None:
    """Rule L2: every stretch at or above a level is reversed, the highest level first."""
    assert visual_order([int(level) for level in levels]) == order


def test_direction_is_that_of_the_first_strong_character() -> None:
    """Numbers and signs decide nothing; a text without letters has no direction."""
    assert first_direction("12 - אב ab") == "rtl"
    assert first_direction("(a) אב") == "ltr"
    assert first_direction("12 %") is None
