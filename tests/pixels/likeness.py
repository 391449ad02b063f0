"""Compare pictures as eyes do, and show where they differ."""

from __future__ import annotations

import numpy as np
from PIL import Image

from tests.pixels.easel import Pixels


def distance(one: Pixels, other: Pixels) -> float:
    """Return the largest difference of colour, 0-255, after averaging 3 x 3 pixels.

    The average forgives what another rasteriser's rounding does to an edge, and nothing larger.
    """
    return float(differences(one, other).max())


def differences(one: Pixels, other: Pixels) -> np.ndarray:
    """Return the difference of each pixel, see `distance`."""
    difference = np.abs(on_grey(one) - on_grey(other))
    padded = np.pad(difference, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = difference.shape[:2]
    shifts = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.asarray(np.mean(shifts, axis=0).max(axis=2))


def on_grey(pixels: Pixels) -> np.ndarray:
    """Put pixels on grey paper, so that transparency counts as a colour."""
    alpha = pixels[..., 3:].astype(float) / 255
    return pixels[..., :3] * alpha + 128 * (1 - alpha)


def comparison(golden: Image.Image, drawn: Image.Image) -> Image.Image:
    """Show golden, drawn, and the golden one faded, red where they differ; twice as large."""
    width = max(golden.width, drawn.width)
    height = max(golden.height, drawn.height)
    pair = [Image.new("RGBA", (width, height)), Image.new("RGBA", (width, height))]
    for sheet, picture in zip(pair, (golden, drawn), strict=True):
        sheet.paste(picture.convert("RGBA"))
    first, second = (on_grey(np.asarray(sheet)) for sheet in pair)
    share = np.minimum(np.abs(first - second).max(axis=2) / 48, 1)[..., None]
    faded = 255 - (255 - first.mean(axis=2, keepdims=True)) / 4
    marked = faded * (1 - share) + np.array([230.0, 0, 0]) * share
    stack = np.concatenate([first, second, marked]).astype(np.uint8)
    return Image.fromarray(stack).resize((width * 2, height * 6), Image.Resampling.NEAREST)


def place_of(apart: np.ndarray, allowed: float) -> str:
    """Say where pixels differ by more than is allowed."""
    rows, columns = np.nonzero(apart > allowed)
    return f"x {columns.min()} to {columns.max()}, y {rows.min()} to {rows.max()}"
