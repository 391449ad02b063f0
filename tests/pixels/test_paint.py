from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pixels.easel import BLACK, BLUE, RED, Pixels, drawn, quarters, text
from vips_render.errors import LimitExceeded
from vips_render.limits import Limits
from vips_render.pixels.compose import as_patch
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.paint import Painter, paint
from vips_render.pixels.rotate import rotated, turned_window
from vips_render.scene.model import (
    Border,
    Box,
    Color,
    Corners,
    Fill,
    GroupLayer,
    ImageLayer,
    Layer,
    LinearGradient,
    Scene,
    ShapeLayer,
    Solid,
    Stop,
)

BITMAPS = {"a": quarters()}
SIDE = 64
CANVAS = Box(0, 0, SIDE, SIDE)

BYTES = st.integers(0, 255)
COLORS: st.SearchStrategy[Color] = st.tuples(BYTES, BYTES, BYTES, BYTES)
BOXES = st.builds(
    Box, st.integers(-40, 80), st.integers(-40, 80), st.integers(0, 90), st.integers(0, 90)
)
OPACITY = st.sampled_from([1.0, 1.0, 0.5, 0.0])
TURN = st.sampled_from([0.0, 0.0, 30.0, 90.0, -145.5])
FILLS: st.SearchStrategy[Fill] = st.one_of(
    st.builds(Solid, COLORS),
    st.builds(
        LinearGradient,
        st.floats(0, 360),
        st.tuples(st.builds(Stop, st.just(0.0), COLORS), st.builds(Stop, st.just(1.0), COLORS)),
    ),
)
RADII = st.builds(Corners, *(st.sampled_from([0, 7, 30]) for _ in range(4)))
BORDERS = st.one_of(st.none(), st.builds(Border, st.sampled_from([1, 5]), COLORS))
SHAPES = st.builds(
    ShapeLayer,
    st.just("shape"),
    BOXES,
    st.sampled_from(["rectangle", "ellipse", "line"]),
    fill=FILLS,
    border=BORDERS,
    corners=RADII,
    opacity=OPACITY,
    rotation=TURN,
)
IMAGES = st.builds(
    ImageLayer,
    st.just("image"),
    BOXES,
    st.sampled_from(["a", "gone"]),
    fit=st.sampled_from(["cover", "contain"]),
    corners=RADII,
    ellipse=st.booleans(),
    border=BORDERS,
    fallback=st.one_of(st.none(), SHAPES),
    opacity=OPACITY,
    rotation=TURN,
)
TEXTS = st.builds(
    lambda words, box, size, color, turn: text(words, box, size, color=color, rotation=turn),
    st.sampled_from(["Anna", "Hello there, Zoë", "👩 漢字 עב"]),
    BOXES,
    st.integers(5, 40),
    COLORS,
    TURN,
)
PLAIN: st.SearchStrategy[Layer] = st.one_of(SHAPES, IMAGES, TEXTS)
GROUPS = st.builds(
    GroupLayer,
    st.just("group"),
    BOXES,
    st.lists(PLAIN, max_size=3).map(tuple),
    clip=st.booleans(),
    corners=RADII,
    opacity=OPACITY,
    rotation=TURN,
)
LAYERS = st.lists(st.one_of(PLAIN, GROUPS), max_size=4).map(tuple)
BACKGROUNDS = st.one_of(st.none(), FILLS)


def source_over(canvas: np.ndarray, layer: Layer, painter: Painter) -> None:
    """Compose one layer's patch in floating point: the plain rule to compare with."""
    piece = painter.draw(layer, CANVAS)
    if piece is None:
        return
    patch = as_patch(piece)
    whole = np.zeros((SIDE, SIDE, 4))
    box = patch.box
    for y in range(max(0, box.top), min(SIDE, box.top + box.height)):
        left, right = max(0, box.left), min(SIDE, box.left + box.width)
        if left < right:
            whole[y, left:right] = patch.pixels[y - box.top, left - box.left : right - box.left]
    canvas *= 1 - whole[..., 3:] / 255
    canvas += whole


@settings(deadline=None, max_examples=60)
@given(layers=LAYERS, background=BACKGROUNDS)
def test_patches_compose_as_plain_painting_does(
    fonts: FontLibrary, layers: tuple[Layer, ...], background: Fill | None
) -> None:
    """Blending patches into their boxes equals source-over of whole layers, within 1 a layer."""
    painted = paint(Scene(SIDE, SIDE, background, layers), BITMAPS, 1, fonts)
    base = paint(Scene(SIDE, SIDE, background, ()), BITMAPS, 1, fonts).pixels.astype(float)
    base[..., :3] *= base[..., 3:] / 255
    for layer in layers:
        source_over(base, layer, Painter(BITMAPS, fonts, 1))
    straight = painted.pixels.astype(float)
    premultiplied = straight[..., :3] * straight[..., 3:] / 255
    allowed = 1 + len(layers) / 2
    assert np.abs(straight[..., 3] - base[..., 3]).max() <= allowed
    assert np.abs(premultiplied - base[..., :3]).max() <= allowed + 0.5


@settings(deadline=None, max_examples=60)
@given(layers=LAYERS, background=BACKGROUNDS, scale=st.sampled_from([1, 2]))
def test_a_layer_changes_nothing_outside_its_box(
    fonts: FontLibrary, layers: tuple[Layer, ...], background: Fill | None, scale: int
) -> None:
    """Taking the last layer away changes only pixels of its dirty box."""
    named = tuple(replace(layer, name=str(index)) for index, layer in enumerate(layers))
    whole = paint(Scene(SIDE, SIDE, background, named), BITMAPS, scale, fonts)
    without = paint(Scene(SIDE, SIDE, background, named[:-1]), BITMAPS, scale, fonts)
    changed = (whole.pixels != without.pixels).any(axis=2)
    boxes = dict(whole.boxes)
    box = boxes.get(str(len(named) - 1), Box(0, 0, 0, 0))
    changed[box.top : box.top + box.height, box.left : box.left + box.width] = False
    assert not changed.any()


@settings(deadline=None, max_examples=30)
@given(scenes=st.lists(LAYERS, min_size=2, max_size=4))
def test_what_was_drawn_before_leaves_no_trace(
    fonts: FontLibrary, scenes: list[tuple[Layer, ...]]
) -> None:
    """A scene gives the same pixels first, last and in between."""
    first = [drawn(fonts, *layers, bitmaps=BITMAPS).pixels for layers in scenes]
    again = [drawn(fonts, *layers, bitmaps=BITMAPS).pixels for layers in reversed(scenes)]
    for one, other in zip(first, reversed(again), strict=True):
        assert (one == other).all()


def whole_square(**options: object) -> ShapeLayer:
    given: dict[str, object] = {"fill": Solid(BLACK), **options}
    return ShapeLayer("square", Box(20, 30, 40, 20), "rectangle", **given)  # type: ignore[arg-type] # test options


@pytest.mark.parametrize("turns", [1, 2, 3, 4, -1])
def test_right_angles_turn_exactly(wheels: FontLibrary, turns: int) -> None:
    """A quarter turn about the box's centre moves pixels and mixes none."""
    layer = ImageLayer("a", Box(30, 30, 40, 40), "a")
    plain = drawn(wheels, layer, bitmaps=BITMAPS).pixels
    turned = drawn(wheels, replace(layer, rotation=90.0 * turns), bitmaps=BITMAPS).pixels
    assert (turned == np.rot90(plain, -turns)).all()


def test_rotation_is_clockwise(wheels: FontLibrary) -> None:
    """A small turn brings the right end of a bar down."""
    pixels = drawn(wheels, whole_square(rotation=20.0)).pixels[..., 0]
    left = np.flatnonzero(pixels[:, 24] < 128).mean()
    right = np.flatnonzero(pixels[:, 56] < 128).mean()
    assert left < 40 < right


@pytest.mark.parametrize("angle", [7.0, 33.0, 45.0, 101.0, 270.5])
def test_turning_leaves_no_dark_fringe(wheels: FontLibrary, angle: float) -> None:
    """A white square turned over white paper stays unseen."""
    layer = whole_square(fill=Solid((255, 255, 255, 255)), rotation=angle)
    assert drawn(wheels, layer).pixels.min() >= 254


def test_turned_layers_are_drawn_from_beyond_the_canvas(wheels: FontLibrary) -> None:
    """What lies outside before the turn may lie inside after it."""
    bar = ShapeLayer("bar", Box(-150, 45, 400, 10), "rectangle", fill=Solid(BLACK), rotation=90.0)
    pixels = drawn(wheels, bar).pixels[..., 0]
    assert (pixels[:, 45:55] == 0).all()
    assert (pixels[:, :44] == 255).all()


def test_a_turned_window_holds_what_the_turn_needs() -> None:
    """Turning a window back and forth never loses a part of it."""
    window = turned_window(turned_window(CANVAS, (10, 20), 30), (10, 20), -30)
    assert window.left <= 0 and window.top <= 0
    assert window.left + window.width >= SIDE
    assert window.top + window.height >= SIDE


def test_a_full_turn_is_no_turn(wheels: FontLibrary) -> None:
    """360 degrees need no filter."""
    patch = Painter({}, wheels, 1).draw(whole_square(), CANVAS)
    assert patch is not None
    whole = as_patch(patch)
    assert rotated(whole, (3, 4), 720.0, CANVAS) is whole


def test_a_group_fades_as_one(wheels: FontLibrary) -> None:
    """Layers that overlap inside a half-transparent group do not shine through each other."""
    red = ShapeLayer("red", Box(10, 10, 50, 50), "rectangle", fill=Solid(RED))
    blue = ShapeLayer("blue", Box(30, 30, 50, 50), "rectangle", fill=Solid(BLUE))
    group = GroupLayer("group", Box(0, 0, 100, 100), (red, blue), opacity=0.5)
    pixels = drawn(wheels, group).pixels
    assert pixels[45, 45].tolist() == [127, 127, 255, 255]
    assert pixels[20, 20].tolist() == [255, 127, 127, 255]


def test_a_clipping_group_cuts_to_its_rounded_box(wheels: FontLibrary) -> None:
    """Nothing of the group is seen outside its box or beyond its corners."""
    red = ShapeLayer("red", Box(0, 0, 100, 100), "rectangle", fill=Solid(RED))
    group = GroupLayer("g", Box(20, 20, 60, 60), (red,), clip=True, corners=Corners(30, 0, 0, 0))
    painted = drawn(wheels, group)
    assert painted.boxes == (("g", Box(20, 20, 60, 60)),)
    assert painted.pixels[21, 21].tolist() == [255, 255, 255, 255]
    assert painted.pixels[78, 78].tolist() == list(RED)
    open_ = drawn(wheels, replace(group, clip=False)).pixels
    assert (open_ == np.array(RED, dtype=np.uint8)).all()


def test_a_turned_group_turns_what_is_in_it(wheels: FontLibrary) -> None:
    """Inside a group boxes are canvas coordinates; the group turns about its own centre."""
    dot = ShapeLayer("dot", Box(45, 0, 10, 10), "rectangle", fill=Solid(BLACK))
    group = GroupLayer("g", Box(0, 0, 100, 100), (dot,), rotation=90.0)
    pixels = drawn(wheels, group).pixels[..., 0]
    assert (pixels[45:55, 90:] == 0).all()
    assert pixels.astype(int).sum() == 255 * (10_000 - 100)


def test_a_canvas_without_background_is_transparent(wheels: FontLibrary) -> None:
    """Where nothing is painted alpha is 0, and colours of soft edges stay pure."""
    layer = ShapeLayer("dot", Box(20, 20, 60, 60), "ellipse", fill=Solid(RED))
    painted = drawn(wheels, layer, background=None)
    assert not painted.is_opaque
    assert painted.pixels[0, 0].tolist() == [0, 0, 0, 0]
    soft = painted.pixels[(painted.pixels[..., 3] > 0) & (painted.pixels[..., 3] < 255)]
    assert len(soft) > 0
    assert soft[:, 0].min() >= 253
    assert soft[:, 1:3].max() <= 2


def test_text_of_every_depth_is_reported_in_paint_order(wheels: FontLibrary) -> None:
    """Groups and fallbacks hide no report."""
    box = Box(0, 0, 90, 30)
    inner = replace(text("b", box, 10), name="inner")
    fallback = replace(text("c", box, 10), name="fallback")
    layers = (
        replace(text("a", box, 10), name="outer"),
        GroupLayer("g", box, (inner,)),
        ImageLayer("i", box, "gone", fallback=fallback),
    )
    reports = drawn(wheels, *layers).reports
    assert [report.layer for report in reports] == ["outer", "inner", "fallback"]


@pytest.mark.parametrize(("width", "height", "scale"), [(0, 10, 1), (10, -1, 1), (60, 60, 2)])
def test_canvases_beyond_the_limits_are_refused(
    wheels: FontLibrary, width: int, height: int, scale: int
) -> None:
    """Before any memory is taken."""
    with pytest.raises(LimitExceeded):
        paint(Scene(width, height, None, ()), {}, scale, wheels, Limits(canvas_area_px=14_000))


def test_pixels_are_what_the_canvas_says(wheels: FontLibrary) -> None:
    """Height x width x 4, times the scale."""
    pixels: Pixels = drawn(wheels, size=(7, 5), scale=3).pixels
    assert pixels.shape == (15, 21, 4)
    assert pixels.dtype == np.uint8
