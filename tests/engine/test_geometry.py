from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vips_render.scene.geometry import fit_corners, place_box, to_pixel
from vips_render.scene.model import Box, Corners

FINITE = st.floats(-16_000, 16_000)
SIZES = st.floats(0, 16_000)


@pytest.mark.parametrize(
    ("value", "pixel"), [(0.5, 1), (0.49, 0), (-0.5, 0), (-0.51, -1), (2, 2), (-3.0, -3)]
)
def test_an_edge_lies_on_the_nearest_pixel_line(value: float, pixel: int) -> None:
    """Halves go towards larger numbers, everywhere."""
    assert to_pixel(value) == pixel


@given(FINITE, FINITE, SIZES, SIZES)
def test_boxes_that_touch_in_the_document_touch_in_the_picture(
    x: float, y: float, width: float, height: float
) -> None:
    """Edges are rounded and not sizes, so no seam opens between neighbours."""
    left = place_box(x, y, width, height)
    right = place_box(x + width, y, 10, height)
    assert left.left + left.width == right.left
    assert abs(left.width - width) <= 1


def test_a_size_below_zero_is_none_at_all() -> None:
    """A box never has a negative side."""
    assert place_box(1, 1, -5, 2) == Box(1, 1, 0, 2)


@given(st.tuples(SIZES, SIZES, SIZES, SIZES), st.integers(1, 500), st.integers(1, 500))
def test_corners_never_overlap_and_keep_their_proportions(
    radii: tuple[float, float, float, float], width: int, height: int
) -> None:
    """Radii shrink by one factor until each side holds its two."""
    fitted = fit_corners(radii, Box(0, 0, width, height))
    assert fitted.top_left + fitted.top_right <= width + 1e-6
    assert fitted.bottom_left + fitted.bottom_right <= width + 1e-6
    assert fitted.top_left + fitted.bottom_left <= height + 1e-6
    assert fitted.top_right + fitted.bottom_right <= height + 1e-6
    assert fitted.top_left * radii[2] == pytest.approx(fitted.bottom_right * radii[0])


def test_corners_that_fit_stay_as_they_are() -> None:
    """Nothing shrinks without need."""
    assert fit_corners((1, 2, 3, 4), Box(0, 0, 10, 10)) == Corners(1, 2, 3, 4)
