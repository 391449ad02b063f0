from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.pixels.easel import BLACK, RED, WHITE, bitmap_of, drawn, ink_box, quarters
from vips_render.pixels.fonts import FontLibrary
from vips_render.scene.model import Border, Box, Corners, ImageLayer, ShapeLayer, Solid

PICTURE = ImageLayer("picture", Box(20, 20, 60, 60), "a")
BITMAPS = {"a": quarters()}
HUES = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def test_a_picture_of_the_right_size_is_copied(wheels: FontLibrary) -> None:
    """Pixels that need no scaling stay what they are."""
    layer = replace(PICTURE, box=Box(10, 30, 40, 40))
    pixels = drawn(wheels, layer, bitmaps=BITMAPS).pixels
    source = np.frombuffer(BITMAPS["a"].pixels, dtype=np.uint8).reshape(40, 40, 4)
    assert (pixels[30:70, 10:50] == source).all()


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_scaling_keeps_the_quarters_apart(wheels: FontLibrary, scale: int) -> None:
    """Larger or smaller, the four colours meet in the middle of the box."""
    pixels = drawn(wheels, PICTURE, bitmaps=BITMAPS, scale=scale).pixels[..., :3]
    for (x, y), hue in zip(((30, 30), (70, 30), (70, 70), (30, 70)), HUES, strict=True):
        assert tuple(pixels[y * scale, x * scale]) == HUES[hue]


@pytest.mark.parametrize(
    ("focus", "left_half_is_red"), [((0.0, 0.0), True), ((1.0, 0.0), False), ((0.5, 0.5), None)]
)
def test_cover_keeps_the_focus(
    wheels: FontLibrary, focus: tuple[float, float], left_half_is_red: bool | None
) -> None:
    """A tall box of a square picture shows the part around the focus, as far as edges allow."""
    layer = replace(PICTURE, box=Box(0, 0, 20, 40), focus=focus)
    row = drawn(wheels, layer, bitmaps=BITMAPS).pixels[5, :20, :3]
    red, green = (row == HUES["red"]).all(axis=1).sum(), (row == HUES["green"]).all(axis=1).sum()
    expected = {True: (20, 0), False: (0, 20), None: (10, 10)}[left_half_is_red]
    assert (red, green) == expected


def test_contain_shows_all_and_leaves_the_rest(wheels: FontLibrary) -> None:
    """The picture is centred; beside it the paper stays."""
    layer = replace(PICTURE, box=Box(0, 0, 100, 40), fit="contain")
    painted = drawn(wheels, layer, bitmaps=BITMAPS)
    assert painted.boxes == (("picture", Box(30, 0, 40, 40)),)
    assert (painted.pixels[:40, :30] == 255).all()


def test_an_ellipse_cuts_the_corners(wheels: FontLibrary) -> None:
    """A circle in a square box; the corners show the paper."""
    dark = {"a": bitmap_of(np.full((60, 60, 4), (0, 0, 0, 255), dtype=np.uint8))}
    pixels = drawn(wheels, replace(PICTURE, ellipse=True), bitmaps=dark).pixels[..., 0]
    assert pixels[21, 21] == 255
    assert pixels[50, 50] == 0
    covered = (255 - pixels.astype(float)).sum() / 255
    assert covered == pytest.approx(np.pi * 30**2, rel=0.01)


def test_corners_and_border_go_around(wheels: FontLibrary) -> None:
    """The border follows the rounded edge, inside the box, over the picture."""
    layer = replace(PICTURE, corners=Corners(20, 0, 0, 0), border=Border(4, BLACK))
    pixels = drawn(wheels, layer, bitmaps=BITMAPS).pixels
    assert (pixels[21, 21] == 255).all()
    assert pixels[78, 50, :3].max() == 0
    assert ink_box(pixels) == Box(20, 20, 60, 60)


def test_transparent_pictures_have_no_fringe(wheels: FontLibrary) -> None:
    """White on transparent black, enlarged over white paper, stays white."""
    pixels = np.zeros((10, 10, 4), dtype=np.uint8)
    pixels[3:7, 3:7] = 255
    painted = drawn(wheels, PICTURE, bitmaps={"a": bitmap_of(pixels)})
    assert painted.pixels.min() >= 254


@pytest.mark.parametrize("source", ["gone", ""])
def test_a_missing_picture_shows_its_fallback(wheels: FontLibrary, source: str) -> None:
    """The fallback is painted in its place, under the picture's own opacity."""
    instead = ShapeLayer("instead", PICTURE.box, "ellipse", fill=Solid(RED))
    layer = replace(PICTURE, source=source, fallback=instead, opacity=0.5)
    painted = drawn(wheels, layer, bitmaps=BITMAPS)
    assert painted.boxes[0][0] == "picture"
    assert painted.pixels[50, 50].tolist() == [255, 127, 127, 255]


def test_a_missing_picture_without_fallback_shows_nothing(wheels: FontLibrary) -> None:
    """No broken icon, no fault."""
    painted = drawn(wheels, replace(PICTURE, source="gone"), bitmaps=BITMAPS)
    assert painted.boxes == ()


@pytest.mark.parametrize(
    "box", [Box(20, 20, 0, 60), Box(100, 0, 9, 9), Box(-9, -9, 9, 9), Box(0, 0, 60, -1)]
)
def test_pictures_that_nobody_sees_paint_nothing(wheels: FontLibrary, box: Box) -> None:
    """Empty boxes and boxes beyond the canvas are no faults."""
    assert drawn(wheels, replace(PICTURE, box=box), bitmaps=BITMAPS).boxes == ()


def test_a_picture_hangs_over_the_edge(wheels: FontLibrary) -> None:
    """What is off the canvas is cut off; what is on it is where it belongs."""
    layer = replace(PICTURE, box=Box(-20, -20, 40, 40))
    pixels = drawn(wheels, layer, bitmaps=BITMAPS).pixels
    assert tuple(pixels[10, 10, :3]) == HUES["blue"]
    assert tuple(pixels[30, 30]) == WHITE


def test_a_huge_box_shows_its_part(wheels: FontLibrary) -> None:
    """A picture blown up far beyond the canvas costs only what is seen."""
    layer = replace(PICTURE, box=Box(-100_000, -100_000, 400_000, 400_000))
    pixels = drawn(wheels, layer, bitmaps=BITMAPS).pixels
    assert tuple(pixels[50, 50, :3]) == HUES["red"]
