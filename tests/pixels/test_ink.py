from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vips_render.pixels.compose import Piece, as_patch, blend, blend_all
from vips_render.pixels.flat import Flat, ground_of
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.ink import (
    cut_spots,
    ink_of,
    joined_spots,
    restrided,
    spots_of,
)
from vips_render.pixels.layout import lay_out
from vips_render.pixels.mixing import FULL
from vips_render.pixels.outlines import STEPS, GlyphCase
from vips_render.pixels.patch import Patch, tinted
from vips_render.pixels.reading import Shaped
from vips_render.pixels.shaping import Typesetter
from vips_render.scene.model import Box, Font, TextLayer

SIDE = 24
BYTE = st.integers(0, 255)
COLOR = st.tuples(BYTE, BYTE, BYTE, BYTE)
MASKS = st.integers(0, 2**32 - 1).map(
    lambda seed: (
        np.random.default_rng(seed)
        .choice([0, 0, 1, 60, 128, 254, 255, 255], size=(7, 9))
        .astype(np.uint8)
    )
)
NAMES = st.text(
    st.one_of(
        st.sampled_from("AVATo fi ffl-ÄÉß.,'!12"),
        st.characters(exclude_categories=("Cs", "Cc")),
    ),
    min_size=1,
    max_size=40,
)


def source_over(
    canvas: np.ndarray, mask: np.ndarray, color: tuple[int, int, int, int], left: int, top: int
) -> np.ndarray:
    """Paint a colour through a mask in floating point, on a canvas that is cut off at its edges."""
    share = np.zeros((SIDE * 3, SIDE * 3, 1))
    height, width = mask.shape
    y, x = top + SIDE, left + SIDE
    share[y : y + height, x : x + width, 0] = mask / 255 * color[3] / 255
    share = share[SIDE : 2 * SIDE, SIDE : 2 * SIDE]
    return np.rint(canvas * (1 - share) + np.array([*color[:3], 255]) * share)


def glyphs_of(line: Shaped) -> list[tuple[int, int, float, float]]:
    """Return font, number, and em to the right and up for each glyph of a line."""
    return [
        (id(font), number, start + gaps + right, up)
        for font, outline, start, gaps, _ in (*line.letters, *line.emoji)
        for number, right, up in outline.places(1 / font.face.upem, 1)
    ]


def canvas_of(seed: int) -> np.ndarray:
    """Return opaque noise."""
    canvas = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 4)).astype(np.uint8)
    canvas[..., 3] = 255
    return canvas


@given(mask=MASKS, color=COLOR, left=st.integers(0, 15), top=st.integers(0, 17), seed=BYTE)
def test_ink_is_source_over(
    mask: np.ndarray, color: tuple[int, int, int, int], left: int, top: int, seed: int
) -> None:
    """Spots of a colour blend as Porter and Duff say, within 1 of 255."""
    canvas = canvas_of(seed)
    expected = source_over(canvas, mask, color, left, top)
    ink = ink_of([left], [top], [spots_of(mask, SIDE)], color, overlapping=False)
    blend(canvas, ink)
    assert np.abs(expected - canvas).max() <= 1
    assert ink.box == Box(left, top, 9, 7)


@given(mask=MASKS, color=COLOR, left=st.integers(-8, 20), top=st.integers(-6, 20))
def test_ink_on_another_canvas_becomes_a_patch(
    mask: np.ndarray, color: tuple[int, int, int, int], left: int, top: int
) -> None:
    """Where rows are of another length, or the ink hangs over an edge, it is drawn all the same."""
    canvas = canvas_of(1)
    expected = source_over(canvas, mask, color, left, top)
    blend(canvas, ink_of([left], [top], [spots_of(mask, 300)], color, overlapping=False))
    assert np.abs(expected - canvas).max() <= 2


@given(color=COLOR, seed=BYTE)
def test_a_flat_box_is_source_over(color: tuple[int, int, int, int], seed: int) -> None:
    """A box of one colour blends as its pixels would, and stays on the canvas."""
    canvas = canvas_of(seed)
    mask = np.full((40, 20), 255, np.uint8)
    expected = source_over(canvas, mask[:19], color, -3, 5)
    blend(canvas, Flat(Box(-3, 5, 20, 40), color))
    assert np.abs(expected - canvas).max() <= 1
    alone = as_patch(Flat(Box(-3, 5, 20, 40), color)).pixels
    assert np.abs(alone - np.rint(np.array([*color[:3], 255]) * color[3] / 255)).max() <= 1


@given(
    pieces=st.lists(
        st.tuples(
            st.sampled_from(["ink", "flat", "patch"]),
            MASKS,
            st.sampled_from([(9, 8, 7, 255), (200, 0, 9, 130)]),
            st.integers(-6, 20),
            st.integers(-6, 20),
        ),
        max_size=7,
    )
)
def test_painting_in_one_go_is_painting_one_by_one(
    pieces: list[tuple[str, np.ndarray, tuple[int, int, int, int], int, int]],
) -> None:
    """Neighbours of one colour are painted together only where it makes no difference."""
    found: list[Piece] = []
    for kind, mask, color, left, top in pieces:
        if kind == "ink":
            found.append(ink_of([left], [top], [spots_of(mask, SIDE)], color, overlapping=False))
        elif kind == "flat":
            found.append(Flat(Box(left, top, 5, 3), color))
        else:
            found.append(Patch(left, top, tinted(mask, color)))
    together, grounded, apart = canvas_of(3), canvas_of(3), canvas_of(3)
    blend_all(together, found)
    blend_all(grounded, found, ground_of(grounded, (200, 0, 9, 130)))
    for piece in found:
        blend(apart, piece)
    assert (together == apart).all()
    assert (grounded == apart).all()


@given(one=MASKS, other=MASKS, right=st.integers(0, 12), down=st.integers(0, 9))
def test_spots_that_meet_add_up(one: np.ndarray, other: np.ndarray, right: int, down: int) -> None:
    """Two halves of a pixel make it whole, and nothing is painted twice."""
    lefts, tops = (3, 3 + right), (2, 2 + down)
    parts = [spots_of(one, SIDE), spots_of(other, SIDE)]
    ink = ink_of(lefts, tops, parts, (0, 0, 0, 255), overlapping=True)
    left, top, spots = ink.box.left, ink.box.top, joined_spots(ink)
    sums = np.zeros((SIDE, SIDE), int)
    for x, y, mask in zip(lefts, tops, (one, other), strict=True):
        shares = np.where(mask == 255, FULL, mask.astype(int) + (mask >> 7))
        sums[y : y + 7, x : x + 9] += shares
    found = np.zeros(SIDE * SIDE, int)
    base = top * SIDE + left
    found[spots.edges + base] = spots.shares
    found[spots.whole + base] = FULL
    assert (found.reshape(SIDE, SIDE) == np.minimum(sums, FULL)).all()
    assert not set(spots.edges.tolist()) & set(spots.whole.tolist())


@given(mask=MASKS, left=st.integers(0, 8), top=st.integers(0, 6), data=st.data())
def test_cut_spots_are_those_of_the_cut_mask(
    mask: np.ndarray, left: int, top: int, data: st.DataObject
) -> None:
    """Cutting lists of pixels is cutting the mask, and so is giving them other rows."""
    width = data.draw(st.integers(1, 9 - left))
    height = data.draw(st.integers(1, 7 - top))
    cut = restrided(cut_spots(spots_of(mask, 50), Box(left, top, width, height)), 9)
    expected = spots_of(mask[top : top + height, left : left + width], 9)
    assert (cut.width, cut.height, cut.stride) == (width, height, 9)
    assert cut.whole.tolist() == expected.whole.tolist()
    assert cut.edges.tolist() == expected.edges.tolist()
    assert cut.shares.tolist() == expected.shares.tolist()


@settings(deadline=None, max_examples=80)
@given(words=NAMES, width=st.integers(20, 300), spacing=st.sampled_from([0.0, 2.0]))
@example(words="\ufe00", width=20, spacing=2.0)
def test_a_line_cut_from_its_paragraph_is_the_line_shaped_alone(
    fonts: FontLibrary, words: str, width: int, spacing: float
) -> None:
    """Glyphs of a paragraph serve its lines wherever HarfBuzz says that a cut changes nothing."""
    box = Box(0, 0, width, 200)
    font = Font(("Source Sans Pro",))
    layer = TextLayer("text", box, words, font, 20, (0, 0, 0, 255), letter_spacing=spacing)
    setter = Typesetter(fonts, font, lang="", spacing=spacing)
    for line in lay_out(layer, setter).lines:
        reading = line.reading
        cut = setter.line(reading, line.start, line.end)
        levels = reading.levels[line.start : line.end]
        again = setter.read(line.text, rtl=reading.rtl, levels=levels)
        alone = setter.line(again, 0, len(line.text))
        for one, other in zip(glyphs_of(cut), glyphs_of(alone), strict=True):
            assert one[:2] == other[:2]
            assert np.allclose(one[2:], other[2:], atol=1e-9)
        assert abs(cut.advance - alone.advance) < 1e-9


def test_a_full_case_forgets_and_goes_on(wheels: FontLibrary) -> None:
    """What is kept of letters is bounded, and being forgotten never shows."""
    font = wheels.choose(()).faces[0].at(400)
    case, ample = GlyphCase(max_bytes=20_000), GlyphCase()
    for number in range(1, 60):
        key = number * STEPS * STEPS + number % STEPS
        kept, other = case.sort(font, 30, 400)[key], ample.sort(font, 30, 400)[key]
        assert (kept is None) == (other is None)
        if kept is not None and other is not None:
            assert kept[:2] == other[:2]
            assert (kept[2].whole == other[2].whole).all()
            assert (kept[2].shares == other[2].shares).all()
    assert case.size_bytes < 20_000 + 30 * 30 * 8 + 1_000 < ample.size_bytes
