"""Make small scenes and read what became of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vips_render.bitmap import Bitmap
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.paint import Painted, paint
from vips_render.scene.model import Box, Color, Fill, Font, Layer, Scene, Solid, TextLayer

Pixels = npt.NDArray[np.uint8]

BLACK: Color = (0, 0, 0, 255)
WHITE: Color = (255, 255, 255, 255)
RED: Color = (255, 0, 0, 255)
BLUE: Color = (0, 0, 255, 255)
PAPER = Solid(WHITE)


def text(words: str, box: Box, size: int, *families: str, **options: object) -> TextLayer:
    """Set black text."""
    weight = options.pop("weight", 400)
    font = Font(families or ("Source Sans Pro",), weight)  # type: ignore[arg-type] # tests pass ints
    given: dict[str, object] = {"name": "text", "color": BLACK, "fit": "fixed", **options}
    return TextLayer(box=box, text=words, font=font, size=size, **given)  # type: ignore[arg-type] # as above


def drawn(
    fonts: FontLibrary,
    *layers: Layer,
    size: tuple[int, int] = (100, 100),
    background: Fill | None = PAPER,
    scale: int = 1,
    bitmaps: Mapping[str, Bitmap] | None = None,
) -> Painted:
    """Paint layers onto a small canvas."""
    return paint(Scene(*size, background, layers), bitmaps or {}, scale, fonts)


def ink_box(pixels: Pixels) -> Box:
    """Return the smallest box of what is not white paper."""
    inked = pixels[..., :3].min(axis=2) < 250
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if rows.size == 0:
        return Box(0, 0, 0, 0)
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)


def bitmap_of(pixels: Pixels) -> Bitmap:
    """Carry an array of height x width x 4 as a bitmap."""
    return Bitmap(pixels.shape[1], pixels.shape[0], np.ascontiguousarray(pixels).tobytes())


def quarters(side: int = 40) -> Bitmap:
    """A square of four colours: red, green, blue and white, clockwise from the top left."""
    pixels = np.full((side, side, 4), 255, dtype=np.uint8)
    half = side // 2
    pixels[:half, :half, :3] = (255, 0, 0)
    pixels[:half, half:, :3] = (0, 255, 0)
    pixels[half:, half:, :3] = (0, 0, 255)
    return bitmap_of(pixels)
