from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pixels.easel import BLACK, BLUE, RED, WHITE, Pixels, drawn, ink_box, text
from vips_render.pixels.blur import blur_reach, blurred
from vips_render.pixels.compose import blend, clear_canvas
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.paint import Painter
from vips_render.pixels.shelf import PatchShelf
from vips_render.scene.model import (
    Box,
    Color,
    Effects,
    Highlight,
    LinearGradient,
    RadialGradient,
    Shadow,
    Stop,
    Stroke,
    TextLayer,
)

SIZE = (240, 100)
RAINBOW = (Stop(0, RED), Stop(1, BLUE))
EFFECTS = {
    "stroke": Effects(stroke=Stroke(3, RED)),
    "shadow": Effects(shadow=Shadow(3, -4, 9, BLUE)),
    "highlight": Effects(highlight=Highlight((255, 0, 0, 120), 5, 9)),
    "gradient": Effects(fill=LinearGradient(90, RAINBOW)),
    "all": Effects(
        RadialGradient(0.5, 0.5, 1, RAINBOW),
        Stroke(2.5, WHITE),
        Shadow(-20, 6, 12, BLACK),
        Highlight(BLUE, 3, 0),
    ),
}


def word(effects: Effects | None, size: int = 40, color: Color = BLACK) -> TextLayer:
    made = text(
        "Ag😀b", Box(30, 20, 5 * size, 60), size, "Manrope", color=color, line_height=40 / size
    )
    return replace(made, effects=effects)


def pixels_of(fonts: FontLibrary, layer: TextLayer, **options: int) -> Pixels:
    return drawn(fonts, layer, size=SIZE, **options).pixels  # type: ignore[arg-type] # scale alone


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("size", [40, 300])
@pytest.mark.parametrize("scale", [1, 2])
def test_every_changed_pixel_lies_in_the_box(
    fonts: FontLibrary, name: str, size: int, scale: int
) -> None:
    """What is cached around a layer may rely on its box."""
    painted = drawn(fonts, word(EFFECTS[name], size), size=SIZE, scale=scale)
    ((_, box),) = painted.boxes
    changed = ink_box(painted.pixels)
    assert changed.width > 0
    assert box.left <= changed.left
    assert box.top <= changed.top
    assert changed.left + changed.width <= box.left + box.width
    assert changed.top + changed.height <= box.top + box.height


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("size", [40, 300])
@pytest.mark.parametrize(
    "window", [Box(0, 0, 70, 100), Box(60, 30, 40, 30), Box(150, 0, 90, 50), Box(0, 70, 240, 30)]
)
def test_a_part_looks_as_in_the_whole(
    fonts: FontLibrary, name: str, size: int, window: Box
) -> None:
    """What stands outside a window throws its shadow into it."""
    layer = word(EFFECTS[name], size)
    found = []
    for seen in (Box(0, 0, *SIZE), window):
        canvas = clear_canvas(*SIZE)
        piece = Painter({}, fonts, 1).draw(layer, seen)
        if piece is not None:
            blend(canvas, piece)
        bottom, right = window.top + window.height, window.left + window.width
        found.append(canvas[window.top : bottom, window.left : right].astype(int))
    # librsvg counts coverage from the corner of what it draws: it may round a level otherwise.
    assert np.abs(found[0] - found[1]).max() <= (2 if size == 300 or name != "shadow" else 0)


@pytest.mark.parametrize("width", [2, 5, 12])
def test_a_stroke_reaches_outwards_by_its_width(wheels: FontLibrary, width: int) -> None:
    """On every side alike, and the letters stay as they are."""
    bar = text("l", Box(60, 20, 100, 60), 40, "Manrope")
    plain = ink_box(pixels_of(wheels, bar))
    red = pixels_of(wheels, replace(bar, effects=Effects(stroke=Stroke(width, RED))))
    grown = ink_box(red)
    assert abs(plain.left - grown.left - width) <= 1
    assert abs(plain.top - grown.top - width) <= 1
    assert abs(grown.width - plain.width - 2 * width) <= 1
    assert abs(grown.height - plain.height - 2 * width) <= 1
    inside = (slice(plain.top + 2, plain.top + plain.height - 2), plain.left + plain.width // 2)
    assert (red[inside][:, :3] == 0).all()


def test_hollow_letters_show_what_lies_below(wheels: FontLibrary) -> None:
    """A see-through text has its stroke around it, not under it."""
    bar = text("l", Box(60, 20, 100, 60), 40, "Manrope", weight=800, color=(0, 0, 0, 0))
    pixels = pixels_of(wheels, replace(bar, effects=Effects(stroke=Stroke(3, RED))))
    solid = ink_box(pixels_of(wheels, replace(bar, color=BLACK)))
    middle = pixels[solid.top + solid.height // 2]
    assert (middle[solid.left + solid.width // 2] == WHITE).all()
    assert tuple(middle[solid.left - 2]) == RED


def test_a_shadow_is_the_text_moved(wheels: FontLibrary) -> None:
    """Without blur it is exact, at every scale."""
    layer = text("Ag", Box(30, 20, 200, 60), 40, "Manrope", color=RED)
    for scale in (1, 2):
        both = pixels_of(
            wheels, replace(layer, effects=Effects(shadow=Shadow(60, 3, 0, BLACK))), scale=scale
        )
        alone = pixels_of(wheels, replace(layer, color=BLACK), scale=scale)
        shade = both[3 * scale :, 90 * scale : 130 * scale]
        assert (shade == alone[: -3 * scale, 30 * scale : 70 * scale]).all()


def test_a_gradient_runs_over_the_box(wheels: FontLibrary) -> None:
    """The same letter is redder on the left of the box, and bluer on its right."""
    left = text("HHHHHHHH", Box(10, 20, 220, 60), 40, "Manrope", weight=800)
    pixels = pixels_of(wheels, replace(left, effects=EFFECTS["gradient"]))
    rows, columns = (pixels[..., :3].astype(int).sum(axis=2) < 300).nonzero()
    first, last = columns.argmin(), columns.argmax()
    red, _, blue, _ = pixels[rows[first], columns[first]].astype(int)
    assert red > blue + 150
    red, _, blue, _ = pixels[rows[last], columns[last]].astype(int)
    assert blue > red + 100


def test_highlights_that_overlap_stay_even(wheels: FontLibrary) -> None:
    """See-through boxes of two lines are one colour all over."""
    layer = text("HH\nHH", Box(30, 10, 200, 90), 30, "Manrope", color=(0, 0, 0, 0))
    marked = replace(layer, effects=Effects(highlight=Highlight((255, 0, 0, 100), 6, 0)))
    pixels = pixels_of(wheels, marked)
    box = ink_box(pixels)
    inside = pixels[box.top + 1 : box.top + box.height - 1, box.left + 1 : box.left + 30]
    assert len(np.unique(inside.reshape(-1, 4), axis=0)) == 1


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 40), st.integers(0, 255))
def test_a_blur_loses_nothing_and_stays_in_its_reach(deviation: float, level: int) -> None:
    """The sum of a mask is that of its blur but for rounding; beyond the reach nothing changes."""
    reach = blur_reach(deviation)
    mask = np.zeros((2 * reach + 5, 2 * reach + 5), np.uint8)
    mask[reach : reach + 5, reach : reach + 5] = level
    after = blurred(mask, deviation)
    assert abs(int(after.sum()) - 25 * level) <= mask.size * 0.55
    assert np.array_equal(after, after[::-1])
    far = np.zeros((4 * reach + 9, 4 * reach + 9), np.uint8)
    far[2 * reach + 4, 2 * reach + 4] = 255
    spread = np.argwhere(blurred(far, deviation))
    assert spread.size == 0 or np.abs(spread - (2 * reach + 4)).max() <= reach


def test_a_blur_looks_like_a_gaussian() -> None:
    """Against the real one, at a deviation as a design would have it."""
    mask = np.zeros((121, 121), np.uint8)
    mask[50:71, 50:71] = 255
    steps = np.arange(121) - 60
    kernel = np.exp(-(steps**2) / (2 * 6.0**2))
    kernel /= kernel.sum()
    true = np.apply_along_axis(np.convolve, 0, mask.astype(float), kernel, "same")
    true = np.apply_along_axis(np.convolve, 1, true, kernel, "same")
    assert np.abs(true - blurred(mask, 6.0)).max() < 6


def test_texts_that_come_back_are_kept_and_others_drawn_anew(wheels: FontLibrary) -> None:
    """What is taken from the shelf is what would be drawn: effects, and the shortest texts."""
    shelf, painter, window = PatchShelf(1_000_000), Painter({}, wheels, 1), Box(0, 0, *SIZE)
    shaded, plain = word(EFFECTS["shadow"]), replace(word(None), text="Ag 😀 b")
    first = shelf.draw(painter, shaded, window)
    assert shelf.draw(painter, shaded, window) is first
    assert first.reports == painter.drawn(shaded, window).reports
    assert shelf.draw(painter, plain, window) is not shelf.draw(painter, plain, window)
    short, other = replace(plain, text="365"), replace(plain, text="365", size=9)
    assert shelf.draw(painter, short, window) is shelf.draw(painter, short, window)
    assert shelf.draw(painter, other, window).reports == painter.drawn(other, window).reports
    assert shelf.draw(painter, other, window) is not shelf.draw(painter, short, window)
