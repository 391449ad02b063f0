from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pixels.goldens import BORROWED, FOLDER, SCENES, picture_of
from tests.pixels.likeness import comparison, differences, distance, place_of
from vips_render.pixels.fonts import FontLibrary

ALLOWED = 12.0
"""Of 255, over 3 x 3 pixels: a glyph moved by a quarter of a pixel is more than that."""


@pytest.mark.parametrize("name", SCENES)
def test_pictures_look_as_they_did(
    wheels: FontLibrary, fonts: FontLibrary, tmp_path: Path, name: str
) -> None:
    """Drawn now and drawn when someone last looked, colours differ by less than an eye sees."""
    golden = Image.open(FOLDER / f"{name}.png").convert("RGBA")
    library = fonts if name in BORROWED else wheels
    drawn = Image.open(BytesIO(picture_of(name, library))).convert("RGBA")
    seen = tmp_path / f"{name}.png"
    comparison(golden, drawn).save(seen)
    assert drawn.size == golden.size, f"see {seen}"
    apart = differences(np.asarray(golden), np.asarray(drawn))
    if apart.max() > ALLOWED:
        where = place_of(apart, ALLOWED)
        pytest.fail(f"{apart.max():.1f} of 255 apart at {where}; see {seen}")


def test_goldens_stay_small() -> None:
    """Pictures in a repository are kept for ever."""
    for path in FOLDER.glob("*.png"):
        assert path.stat().st_size < 50_000
    assert {path.stem for path in FOLDER.glob("*.png")} == set(SCENES)


def test_a_moved_glyph_is_noticed(wheels: FontLibrary) -> None:
    """The measure is not so forgiving that it forgives everything."""
    drawn = np.asarray(Image.open(BytesIO(picture_of("faces", wheels))).convert("RGBA"))
    assert distance(drawn, np.roll(drawn, 1, axis=1)) > 4 * ALLOWED


def test_a_difference_is_shown_where_it_is(wheels: FontLibrary) -> None:
    """Red in the third picture and told by its place; what is equal stays grey."""
    golden = Image.open(BytesIO(picture_of("faces", wheels))).convert("RGBA")
    other = golden.copy()
    other.paste((0, 90, 0, 255), (40, 20, 60, 30))
    apart = differences(np.asarray(golden), np.asarray(other))
    assert place_of(apart, ALLOWED) == "x 39 to 60, y 19 to 30"
    shown = np.asarray(comparison(golden, other)).astype(int)
    assert shown.shape == (golden.height * 6, golden.width * 2, 3)
    rows, columns = np.nonzero(shown[..., 0] - shown[..., 1] > 20)
    assert (columns.min(), columns.max()) == (80, 119)
    assert rows.min() - golden.height * 4 in range(40, 60)
