from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vips_render.pixels.compose import as_patch, blend, faded
from vips_render.pixels.patch import (
    Patch,
    bounded,
    flat,
    overlap,
    premultiplied,
    straightened,
    times,
    tinted,
)
from vips_render.scene.model import Box

BYTE = st.integers(0, 255)
COLOR = st.tuples(BYTE, BYTE, BYTE, BYTE)


def test_times_is_exact_for_every_pair() -> None:
    """A product of two fractions of 255 is the nearest fraction of 255, for all 65,536 pairs."""
    values = np.repeat(np.arange(256, dtype=np.uint8), 256).reshape(256, 256)
    shares = values.T.copy()
    product = times(np.dstack([values] * 4), shares)
    expected = np.floor(values.astype(float) * shares / 255 + 0.5).astype(np.uint8)
    assert all((product[..., band] == expected).all() for band in range(4))


@given(under=COLOR, over=COLOR)
def test_blend_is_source_over(
    under: tuple[int, int, int, int], over: tuple[int, int, int, int]
) -> None:
    """Painting a colour over a colour is Porter-Duff's source-over, within 1 of 255."""
    canvas = flat(1, 1, under)
    blend(canvas, Patch(0, 0, flat(1, 1, over)))
    share = over[3] / 255
    for band in range(3):
        expected = over[band] * share + under[band] * under[3] / 255 * (1 - share)
        assert abs(int(canvas[0, 0, band]) - round(expected)) <= 1
    assert abs(int(canvas[0, 0, 3]) - round(over[3] + under[3] * (1 - share))) <= 1


@given(color=COLOR, mask=BYTE)
def test_colours_never_exceed_their_alpha(color: tuple[int, int, int, int], mask: int) -> None:
    """A tinted mask is premultiplied, so blending it cannot overflow."""
    pixel = tinted(np.full((1, 1), mask, dtype=np.uint8), color)[0, 0]
    assert max(pixel[:3]) <= pixel[3]


@given(color=st.tuples(BYTE, BYTE, BYTE, st.integers(1, 255)))
def test_straightening_undoes_premultiplying(color: tuple[int, int, int, int]) -> None:
    """What comes back differs by no more than the alpha's own coarseness."""
    straight = np.array([[color]], dtype=np.uint8)
    back = straightened(premultiplied(straight))
    coarse = 255 / (2 * color[3]) + 0.5
    assert np.abs(back.astype(float) - straight).max() <= coarse
    assert back[0, 0, 3] == color[3]


@pytest.mark.parametrize(
    ("left", "top", "touched"),
    [
        (-3, -3, Box(0, 0, 1, 1)),
        (8, 8, Box(8, 8, 2, 2)),
        (10, 0, Box(10, 0, 0, 4)),
        (2, -9, Box(2, 0, 4, 0)),
        (3, 3, Box(3, 3, 4, 4)),
    ],
)
def test_blend_touches_only_the_overlap(left: int, top: int, touched: Box) -> None:
    """Patches may hang over every edge; only what lies on the canvas changes."""
    canvas = np.zeros((10, 10, 4), dtype=np.uint8)
    patch = Patch(left, top, flat(4, 4, (9, 9, 9, 255)))
    box = overlap(patch.box, Box(0, 0, 10, 10))
    blend(canvas, patch)
    expected = np.zeros((10, 10), dtype=bool)
    expected[box.top : box.top + box.height, box.left : box.left + box.width] = True
    assert ((canvas[..., 3] == 255) == expected).all()
    assert (box.width, box.height) == (touched.width, touched.height)


def test_fading_scales_all_channels() -> None:
    """Opacity works on colour and alpha alike, and 1 changes nothing."""
    patch = Patch(0, 0, flat(1, 1, (200, 100, 0, 255)))
    assert faded(patch, 1.0) is patch
    assert as_patch(faded(patch, 0.5)).pixels[0, 0].tolist() == [100, 50, 0, 128]


def test_bounding_cuts_what_filters_overshoot() -> None:
    """A colour above its alpha is brought down to it; others stay."""
    pixels = np.array([[[90, 10, 80, 80]]], dtype=np.uint8)
    assert bounded(pixels)[0, 0].tolist() == [80, 10, 80, 80]
