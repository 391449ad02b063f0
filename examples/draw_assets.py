"""Draw the pictures that the example templates need; run it again after a change here.

    .venv/bin/python examples/draw_assets.py

Everything is made of gradients, shapes and seeded grain, so the examples download nothing and owe
nobody a licence.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

ASSETS = Path(__file__).resolve().parent / "templates" / "assets"
OVERSAMPLE = 4

Rgb = tuple[int, int, int]
Pixels = npt.NDArray[np.float64]
Blob = tuple[float, float, float, Rgb]
"""Centre x and y and reach as fractions of the picture, and a colour."""


def mesh(width: int, height: int, ground: Rgb, blobs: list[Blob], *, grain: float) -> Image.Image:
    """Blend soft blobs of colour over a ground; `grain` (0-255) hides the banding."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    pixels: Pixels = np.empty((height, width, 3))
    pixels[:] = ground
    reach_px = max(width, height)
    for at_x, at_y, reach, color in blobs:
        distance = (x - at_x * width) ** 2 + (y - at_y * height) ** 2
        weight = np.exp(-distance / (2 * (reach * reach_px) ** 2))[..., None]
        pixels = pixels * (1 - weight) + np.array(color, dtype=np.float64) * weight
    noise = np.random.default_rng(7).normal(0, grain, (height, width, 1))
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8), "RGB")


def layer(size: tuple[int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a transparent sheet drawn at `OVERSAMPLE` times `size`."""
    sheet = Image.new("RGBA", (size[0] * OVERSAMPLE, size[1] * OVERSAMPLE), (0, 0, 0, 0))
    return sheet, ImageDraw.Draw(sheet)


def lay(picture: Image.Image, sheet: Image.Image, *, blur_px: float = 0) -> None:
    """Shrink an oversampled sheet onto the picture, blurred for a shadow."""
    small = sheet.resize(picture.size, Image.Resampling.LANCZOS)
    if blur_px:
        small = small.filter(ImageFilter.GaussianBlur(blur_px))
    picture.paste(small, (0, 0), small)


def at(*values: float) -> tuple[float, ...]:
    """Scale layout pixels to the oversampled sheet."""
    return tuple(value * OVERSAMPLE for value in values)


def round_box(
    draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], radius: float, fill: object
) -> None:
    """Fill a rounded rectangle given as left, top, width, height."""
    left, top, width, height = box
    corners = at(left, top, left + width, top + height)
    draw.rounded_rectangle(corners, radius * OVERSAMPLE, fill=fill)  # type: ignore[arg-type]  # Pillow's stubs want a narrower colour


def annual_upgrade() -> Image.Image:
    """A desk at dusk: glass cards and a growing chart, for the renewal banner."""
    size = (960, 960)
    picture = mesh(
        *size,
        (28, 25, 66),
        [
            (0.15, 0.1, 0.42, (92, 70, 214)),
            (0.95, 0.25, 0.38, (242, 107, 74)),
            (0.75, 0.95, 0.4, (250, 176, 96)),
            (0.1, 0.9, 0.35, (40, 44, 120)),
        ],
        grain=2.2,
    )
    shadow, draw = layer(size)
    round_box(draw, (170, 250, 620, 520), 44, (12, 8, 40, 150))
    lay(picture, shadow, blur_px=34)
    card, draw = layer(size)
    round_box(draw, (170, 220, 620, 520), 44, (255, 255, 255, 236))
    round_box(draw, (218, 270, 150, 20), 10, (15, 23, 42, 230))
    round_box(draw, (218, 306, 240, 14), 7, (148, 163, 184, 255))
    heights = (96, 132, 118, 176, 214, 268)
    for index, height in enumerate(heights):
        last = index == len(heights) - 1
        fill = (242, 107, 74, 255) if last else (203, 207, 240, 255)
        round_box(draw, (222 + index * 88, 680 - height, 56, height), 16, fill)
    lay(picture, card)
    shadow, draw = layer(size)
    draw.ellipse(at(640, 160, 830, 350), fill=(12, 8, 40, 130))
    lay(picture, shadow, blur_px=22)
    badge, draw = layer(size)
    draw.ellipse(at(636, 136, 826, 326), fill=(15, 23, 42, 255))
    draw.line(at(688, 236, 720, 268), fill="white", width=15 * OVERSAMPLE)
    draw.line(at(717, 268, 776, 196), fill="white", width=15 * OVERSAMPLE)
    for x, y in ((688, 236), (718.5, 267), (776, 196)):
        draw.ellipse(at(x - 7.4, y - 7.4, x + 7.4, y + 7.4), fill="white")
    lay(picture, badge)
    return picture


def story_glow() -> Image.Image:
    """Northern lights for the year-in-review story."""
    return mesh(
        1080,
        1920,
        (14, 12, 36),
        [
            (0.05, 0.02, 0.3, (88, 48, 190)),
            (1.0, 0.16, 0.26, (225, 64, 132)),
            (0.5, 0.55, 0.3, (34, 24, 84)),
            (0.0, 0.86, 0.26, (16, 122, 140)),
            (0.95, 1.0, 0.3, (94, 52, 204)),
        ],
        grain=2.4,
    )


def poster_sun() -> Image.Image:
    """A warm wash for the referral poster, with the shadow that its ticket throws."""
    size = (1080, 1350)
    picture = mesh(
        *size,
        (255, 214, 140),
        [
            (0.0, 0.0, 0.5, (255, 138, 92)),
            (1.0, 0.12, 0.45, (255, 196, 84)),
            (0.15, 1.0, 0.45, (255, 226, 190)),
            (1.0, 0.95, 0.42, (255, 122, 112)),
        ],
        grain=1.8,
    )
    shadow, draw = layer(size)
    round_box(draw, (106, 206, 868, 1052), 60, (122, 42, 16, 88))
    lay(picture, shadow, blur_px=26)
    return picture


def portrait(ground: Rgb, glow: Rgb, skin: Rgb, hair: Rgb, shirt: Rgb, *, bun: bool) -> Image.Image:
    """A flat portrait, square, for an avatar."""
    size = (480, 480)
    picture = mesh(*size, ground, [(0.25, 0.1, 0.5, glow)], grain=0.8)
    sheet, draw = layer(size)
    if bun:
        draw.ellipse(at(186, 38, 294, 146), fill=hair)
        draw.ellipse(at(132, 90, 348, 330), fill=hair)
    else:
        draw.ellipse(at(140, 84, 340, 280), fill=hair)
    draw.ellipse(at(66, 362, 414, 700), fill=shirt)
    shade = tuple(int(channel * 0.86) for channel in skin)
    round_box(draw, (204, 290, 72, 110), 36, shade)
    draw.ellipse(at(154, 118, 326, 336), fill=skin)
    draw.pieslice(at(146, 92, 334, 268), 180, 360, fill=hair)
    draw.ellipse(at(146, 150, 236, 214), fill=hair)
    draw.ellipse(at(244, 146, 334, 200), fill=hair)
    for x in (204, 276):
        draw.ellipse(at(x - 8, 224, x + 8, 242), fill=(38, 28, 36))
    draw.arc(at(206, 238, 274, 290), 25, 155, fill=(150, 60, 58), width=6 * OVERSAMPLE)
    lay(picture, sheet)
    return picture


def main() -> None:
    """Write every picture into the assets of the example templates."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    photos = {
        "annual-upgrade": annual_upgrade(),
        "story-glow": story_glow(),
        "poster-sun": poster_sun(),
        "ada": portrait(
            (246, 196, 128), (255, 226, 170), (232, 178, 142), (58, 36, 34), (44, 92, 148), bun=True
        ),
        "sarah": portrait(
            (140, 196, 190), (206, 236, 220), (146, 96, 70), (32, 24, 26), (226, 104, 76), bun=True
        ),
        "bo": portrait(
            (176, 178, 232),
            (220, 220, 250),
            (244, 208, 180),
            (148, 92, 48),
            (62, 62, 92),
            bun=False,
        ),
    }
    for name, picture in photos.items():
        picture.save(ASSETS / f"{name}.jpg", quality=88, optimize=True, subsampling=0)


if __name__ == "__main__":
    main()
