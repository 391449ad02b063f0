"""Draw the pictures of the cards, always the same, and gather the fonts beside them.

    python -m loadtests.bench.assets [DIR]

Nothing is downloaded: pictures are seeded noise and simple shapes, as hard to compress as photos
are, and the fonts are Debian's (fonts-inter, fonts-noto-core, fonts-noto-cjk,
fonts-noto-color-emoji).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
from fontTools.ttLib import TTCollection
from PIL import Image, ImageDraw, ImageFont

from loadtests.bench.users import AVATARS, PRODUCTS
from origin.config import SYSTEM_FONTS

HOME = Path(__file__).parent / ".cache"
"""Where pictures, fonts and results are kept; nothing of it is tracked."""

FONTS = {
    "Inter-Regular.otf": "Inter-Regular.otf",
    "Inter-Bold.otf": "Inter-Bold.otf",
    "NotoSansCJKjp-Bold.otf": "NotoSansCJK-Bold.ttc",
    "NotoSansArabic-Bold.ttf": "NotoSansArabic-Bold.ttf",
    "NotoColorEmoji.ttf": "NotoColorEmoji.ttf",
}
"""File for the benchmarks to the file that Debian installs."""

SKINS = ((255, 219, 190), (236, 188, 150), (198, 140, 100), (150, 98, 66), (98, 66, 48))

Plane = npt.NDArray[np.float32]


class AssetsMissing(Exception):  # noqa: N818 - reads as a claim where it is raised
    """A font of the benchmarks is not installed; the text names it."""


def ready(home: Path = HOME) -> Path:
    """Return the directory of pictures and fonts, made now if it was not there.

    Raises:
        AssetsMissing: a font is not installed.
    """
    place = home / "assets"
    if not (place / "complete").exists():
        for name in ("avatars", "products", "fonts"):
            (place / name).mkdir(parents=True, exist_ok=True)
        _gather_fonts(place / "fonts")
        _draw_pictures(place)
        (place / "complete").touch()
    return place


def photo(width: int, height: int, seed: int = 1) -> Image.Image:
    """Return a landscape that compresses like one: soft sky, rough hills, grain."""
    chance = np.random.default_rng(seed)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sky = np.array([64, 120, 210], np.float32) * (1 - down) + np.array([255, 196, 140]) * down
    clouds = _noise(chance, width, height, rough=0.5)[..., None]
    picture: Plane = sky * (0.8 + 0.4 * clouds)
    rows = np.arange(height, dtype=np.float32)[:, None]
    for number in range(4):
        line = _noise(chance, width, 4, rough=0.55)[0]
        crest = (0.3 + 0.16 * number + 0.5 * (line - 0.5)) * height
        inside = np.clip(rows - crest[None, :], 0, 1)[..., None]
        rock = _noise(chance, width, height, rough=0.78)[..., None]
        tone = np.array([148, 112, 124], np.float32) * (1 - 0.2 * number) * (0.2 + 1.6 * rock)
        picture = picture * (1 - inside) + tone * inside
    return _grained(chance, picture, 3.0)


def _draw_pictures(place: Path) -> None:
    photo(1200, 630).save(place / "bg.jpg", quality=88)
    for number in range(AVATARS):
        _portrait(number).save(place / "avatars" / f"{number:02d}.jpg", quality=86)
    for number in range(len(PRODUCTS)):
        _still_life(number).save(place / "products" / f"{number}.jpg", quality=88)
    _logo(place / "fonts" / "Inter-Bold.otf").save(place / "logo.png")


def _portrait(number: int) -> Image.Image:
    chance = np.random.default_rng(1000 + number)
    one, other, shirt = chance.integers(40, 225, (3, 3))
    skin = np.array(SKINS[number % len(SKINS)])
    cloth = _noise(chance, 256, 256, rough=0.5)[..., None]
    picture = Image.fromarray((one * cloth + other * (1 - cloth)).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((32, 190, 224, 420), fill=tuple(shirt.tolist()))
    pen.ellipse((66, 40, 190, 180), fill=tuple((skin // 3).tolist()))
    pen.ellipse((76, 56, 180, 204), fill=tuple(skin.tolist()))
    for x in (106, 150):
        pen.ellipse((x - 7, 112, x + 7, 124), fill=(245, 245, 240))
        pen.ellipse((x - 4, 113, x + 4, 123), fill=(40, 32, 28))
    pen.chord((106, 146, 150, 178), 10, 170, fill=(170, 60, 66))
    light = 0.75 + 0.5 * _noise(chance, 256, 256, rough=0.7)[..., None]
    return _grained(chance, np.asarray(picture, np.float32) * light, 3.5)


def _still_life(number: int) -> Image.Image:
    chance = np.random.default_rng(5000 + number)
    y, x = np.mgrid[0:300, 0:400].astype(np.float32)
    wall = np.stack([222 - 0.2 * y, 217 - 0.2 * y, 210 - 0.2 * y], -1)
    power = 2 + 2.5 * chance.random()
    away = np.abs((x - 200) / 100) ** power + np.abs((y - 150) / 115) ** power
    inside = np.clip((1 - away) * 40, 0, 1)[..., None]
    shade = np.clip(1.2 - np.hypot((x - 160) / 200, (y - 90) / 220), 0.2, 1.2)[..., None]
    grain = 0.85 + 0.3 * _noise(chance, 400, 300, rough=0.8)[..., None]
    body = chance.integers(50, 230, 3) * shade * grain
    return _grained(chance, wall * (1 - inside) + body * inside, 2.5)


def _logo(font: Path) -> Image.Image:
    picture = Image.new("RGBA", (800, 224), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((8, 16, 200, 208), 52, fill=(255, 183, 3))
    pen.ellipse((56, 64, 152, 160), fill=(20, 33, 61))
    face = ImageFont.truetype(font, 96)
    pen.text((248, 112), "Northwind", font=face, fill=(255, 255, 255), anchor="lm")
    return picture.resize((400, 112), Image.Resampling.LANCZOS)


def _noise(chance: np.random.Generator, width: int, height: int, *, rough: float) -> Plane:
    """Return values from 0 to 1; `rough` is what each finer octave weighs of the one before."""
    total = np.zeros((height, width), np.float32)
    weight, weights = 1.0, 0.0
    for octave in range(1, 9):
        grid = Image.fromarray(chance.random((2**octave + 1,) * 2, dtype=np.float32))
        total += weight * np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC))
        weights += weight
        weight *= rough
    scaled: Plane = np.clip(total / weights, 0, 1)
    return scaled


def _grained(chance: np.random.Generator, picture: Plane, strength: float) -> Image.Image:
    grain = chance.normal(0, strength, picture.shape)
    return Image.fromarray(np.clip(picture + grain, 0, 255).astype(np.uint8))


def _gather_fonts(place: Path) -> None:
    for name, installed in FONTS.items():
        found = next((f for root in SYSTEM_FONTS for f in root.rglob(installed)), None)
        if found is None:
            raise AssetsMissing(f"{installed} is not installed; see FONT_PACKAGES in the Makefile")
        if found.suffix == ".ttc" and not name.endswith(".ttc"):
            TTCollection(found).fonts[0].save(place / name)
        else:
            shutil.copyfile(found, place / name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, nargs="?", default=HOME)
    print(ready(parser.parse_args().home))
