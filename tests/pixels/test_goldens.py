from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pixels.goldens import FOLDER, SCENES, comparison, distance, picture_of
from vips_render.pixels.fonts import FontLibrary

ALLOWED = 12.0
"""Of 255, over 3 x 3 pixels: a glyph moved by a quarter of a pixel is more than that."""


@pytest.mark.parametrize("name", SCENES)
def test_pictures_look_as_they_did(wheels: FontLibrary, tmp_path: Path, name: str) -> None:
    """Drawn now and drawn when someone last looked, colours differ by less than an eye sees."""
    golden = Image.open(FOLDER / f"{name}.png").convert("RGBA")
    drawn = Image.open(BytesIO(picture_of(name, wheels))).convert("RGBA")
    seen = tmp_path / f"{name}.png"
    comparison(golden, drawn).save(seen)
    assert drawn.size == golden.size, f"see {seen}"
    apart = distance(np.asarray(golden), np.asarray(drawn))
    assert apart <= ALLOWED, f"{apart:.1f} of 255 apart: golden, drawn and difference in {seen}"


def test_goldens_stay_small() -> None:
    """Pictures in a repository are kept for ever."""
    for path in FOLDER.glob("*.png"):
        assert path.stat().st_size < 40_000
    assert {path.stem for path in FOLDER.glob("*.png")} == set(SCENES)


def test_a_moved_glyph_is_noticed(wheels: FontLibrary) -> None:
    """The measure is not so forgiving that it forgives everything."""
    drawn = np.asarray(Image.open(BytesIO(picture_of("faces", wheels))).convert("RGBA"))
    assert distance(drawn, np.roll(drawn, 1, axis=1)) > 4 * ALLOWED
