from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pixels.easel import BLACK, BLUE, RED, WHITE, drawn, ink_box
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.svg import element, number, rounded_rectangle
from vips_render.scene.model import (
    Border,
    Box,
    Corners,
    LinearGradient,
    RadialGradient,
    ShapeLayer,
    Solid,
    Stop,
)

SQUARE = ShapeLayer("shape", Box(20, 20, 60, 60), "rectangle", fill=Solid(BLACK))
TWO = (Stop(0, RED), Stop(1, BLUE))


def test_a_plain_rectangle_is_exact(wheels: FontLibrary) -> None:
    """Every pixel of the box has the colour, no other pixel has any of it."""
    pixels = drawn(wheels, SQUARE).pixels
    inside = np.zeros((100, 100), dtype=bool)
    inside[20:80, 20:80] = True
    assert ((pixels[..., 0] == 0) == inside).all()
    assert ((pixels[..., 0] == 255) == ~inside).all()


@pytest.mark.parametrize(
    ("corners", "kept"),
    [
        (Corners(30, 0, 0, 0), (False, True, True, True)),
        (Corners(0, 30, 0, 0), (True, False, True, True)),
        (Corners(0, 0, 30, 0), (True, True, False, True)),
        (Corners(0, 0, 0, 30), (True, True, True, False)),
    ],
)
def test_each_corner_has_its_own_radius(
    wheels: FontLibrary, corners: Corners, kept: tuple[bool, ...]
) -> None:
    """Clockwise from the top left."""
    pixels = drawn(wheels, replace(SQUARE, corners=corners)).pixels[..., 0]
    seen = [pixels[y, x] == 0 for y, x in ((21, 21), (21, 78), (78, 78), (78, 21))]
    assert tuple(map(bool, seen)) == kept


def test_radii_that_do_not_fit_make_a_circle(wheels: FontLibrary) -> None:
    """Like CSS: all radii shrink by one factor, so a huge one gives the largest pill."""
    round_ = drawn(wheels, replace(SQUARE, corners=Corners(999, 999, 999, 999))).pixels
    circle = drawn(wheels, replace(SQUARE, shape="ellipse")).pixels
    assert np.abs(round_.astype(int) - circle).max() <= 4


@pytest.mark.parametrize("shape", ["rectangle", "ellipse"])
def test_a_border_lies_inside_the_edge(wheels: FontLibrary, shape: str) -> None:
    """The box does not grow; the border's width is taken from the fill."""
    layer = replace(SQUARE, shape=shape, fill=Solid(WHITE), border=Border(6, BLACK))  # type: ignore[arg-type] # parametrised
    pixels = drawn(wheels, layer).pixels
    assert ink_box(pixels) == Box(20, 20, 60, 60)
    middle = pixels[50, :, 0]
    assert np.flatnonzero(middle < 128).tolist() == [*range(20, 26), *range(74, 80)]


def test_an_opaque_border_hides_the_fill_at_the_edge(wheels: FontLibrary) -> None:
    """No red rim shines through where a black border's edge is soft."""
    layer = replace(SQUARE, shape="ellipse", fill=Solid(RED), border=Border(4, BLACK))
    pixels = drawn(wheels, layer).pixels.astype(int)
    outer = pixels[:, :21]
    assert (outer[..., 0] - outer[..., 1]).max() <= 1


@pytest.mark.parametrize(
    ("angle", "red", "blue"),
    [
        (0, (98, 50), (1, 50)),
        (90, (50, 1), (50, 98)),
        (180, (1, 50), (98, 50)),
        (270, (50, 98), (50, 1)),
        (135, (1, 1), (98, 98)),
    ],
)
def test_linear_gradients_run_as_in_css(
    wheels: FontLibrary, angle: float, red: tuple[int, int], blue: tuple[int, int]
) -> None:
    """0 degrees runs upwards, 90 to the right; the first stop is where it comes from."""
    layer = replace(SQUARE, box=Box(0, 0, 100, 100), fill=LinearGradient(angle, TWO))
    pixels = drawn(wheels, layer).pixels
    assert pixels[red][0] > 245
    assert pixels[red][2] < 10
    assert pixels[blue][2] > 245
    assert pixels[50, 50, :3].tolist() == pytest.approx([127, 0, 127], abs=4)


def test_radial_gradients_reach_the_farthest_corner(wheels: FontLibrary) -> None:
    """Radius 1 ends where the farthest corner is; the centre is a fraction of the box."""
    layer = replace(SQUARE, box=Box(0, 0, 100, 100), fill=RadialGradient(0, 0, 1, TWO))
    pixels = drawn(wheels, layer).pixels
    assert pixels[0, 0].tolist() == pytest.approx(RED, abs=4)
    assert pixels[99, 99].tolist() == pytest.approx(BLUE, abs=4)
    assert pixels[50, 50, :3].tolist() == pytest.approx([127, 0, 127], abs=4)


def test_gradients_may_fade_out(wheels: FontLibrary) -> None:
    """A stop's alpha counts."""
    fading = LinearGradient(90, (Stop(0, BLACK), Stop(1, (0, 0, 0, 0))))
    row = drawn(wheels, replace(SQUARE, box=Box(0, 0, 100, 100), fill=fading)).pixels[50, :, 0]
    assert row[0] < 5
    assert row[99] > 250
    assert (np.diff(row.astype(int)) >= 0).all()


@pytest.mark.parametrize("box", [Box(20, 50, 60, 0), Box(50, 20, 0, 60), Box(20, 20, 60, 60)])
def test_lines_have_round_ends_that_reach_past_the_box(wheels: FontLibrary, box: Box) -> None:
    """Level, upright or slanted: half of the width beyond both ends."""
    line = ShapeLayer("line", box, "line", border=Border(10, BLACK))
    ink = ink_box(drawn(wheels, line).pixels)
    assert (ink.left, ink.top) == (box.left - 5, box.top - 5)
    assert (ink.width, ink.height) == (box.width + 10, box.height + 10)


@pytest.mark.parametrize(
    "layer",
    [
        replace(SQUARE, box=Box(20, 20, 0, 60)),
        replace(SQUARE, box=Box(20, 20, 60, -4)),
        replace(SQUARE, box=Box(100, 0, 50, 50)),
        replace(SQUARE, box=Box(-60, -60, 60, 60), shape="ellipse"),
        replace(SQUARE, fill=None),
        replace(SQUARE, fill=None, border=Border(0, BLACK)),
        ShapeLayer("line", Box(10, 10, 0, 0), "line", border=Border(5, BLACK)),
        ShapeLayer("line", Box(10, 10, 50, 0), "line"),
    ],
)
def test_shapes_that_show_nothing_paint_nothing(wheels: FontLibrary, layer: ShapeLayer) -> None:
    """Empty, beyond the canvas, or without fill and border: no fault, no dirty box."""
    painted = drawn(wheels, layer)
    assert painted.boxes == ()
    assert painted.pixels.min() == 255


def test_a_huge_shape_costs_no_more_than_the_canvas(wheels: FontLibrary) -> None:
    """Only what is seen of it is drawn."""
    box = Box(-1_000_000, -1_000_000, 4_000_000, 4_000_000)
    layer = replace(SQUARE, box=box, corners=Corners(9, 9, 9, 9), border=Border(3, RED))
    pixels = drawn(wheels, layer).pixels
    assert pixels[..., :3].max() == 0


@settings(deadline=None, max_examples=40)
@given(
    left=st.integers(-30, 90),
    top=st.integers(-30, 90),
    shape=st.sampled_from(["rectangle", "ellipse"]),
)
def test_the_canvas_edge_cuts_and_changes_nothing(
    wheels: FontLibrary, left: int, top: int, shape: str
) -> None:
    """A shape at the edge shows the same pixels that it has in the middle of a larger canvas."""
    layer = replace(
        SQUARE,
        box=Box(left, top, 47, 33),
        shape=shape,  # type: ignore[arg-type] # drawn from a list
        corners=Corners(8, 4, 2, 12),
        border=Border(3, RED),
    )
    moved = replace(layer, box=Box(left + 50, top + 50, 47, 33))
    small = drawn(wheels, layer).pixels.astype(int)
    large = drawn(wheels, moved, size=(200, 200)).pixels[50:150, 50:150].astype(int)
    # librsvg flattens a curve anew for what is seen of it.
    assert np.abs(small - large).max() <= 3


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("script", {}),
        ("image", {}),
        ("path", {"onload": 1.0}),
        ("path", {"fill": "url(https://example.com)"}),
        ("path", {"stroke": "red"}),
    ],
)
def test_only_listed_svg_can_be_written(tag: str, attributes: dict[str, float | str]) -> None:
    """No element, attribute or word beyond the list, so nothing that loads or runs."""
    with pytest.raises(KeyError):
        element(tag, **attributes)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.0, "1"),
        (0.5, "0.5"),
        (-0.0001, "-0"),
        (float("nan"), "0"),
        (float("inf"), "0"),
        (10, "10"),
    ],
)
def test_numbers_are_written_briefly(value: float, written: str) -> None:
    """Three decimals at most, and never a word."""
    assert number(value) == written


def test_square_corners_need_no_arcs() -> None:
    """A rectangle without radii is four straight lines."""
    assert rounded_rectangle(0, 0, 10, 20, Corners()) == "M0 0H10V20H0V0Z"
