"""Pillow: raqm text, one font per call, the still part drawn once and copied."""

from __future__ import annotations

from argparse import Namespace
from functools import cache
from importlib.metadata import version
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from loadtests.bench.contract import QUALITY, Contestant, compete
from loadtests.bench.others.setting import (
    Layer,
    Scene,
    asked,
    baseline,
    lines_of,
    scenes_in,
    split,
    start,
)

EMOJI_PX = 109
"""The one size that Noto Color Emoji has."""

Color = tuple[int, ...]


class Pillow:
    """Draws scenes, with fonts and pictures loaded once."""

    def __init__(self, assets: Path) -> None:
        self.assets = assets
        self.font = cache(self._font)
        self.picture = cache(self._picture)
        self.emoji = cache(self._emoji)
        self.mask = cache(_mask)

    def backdrop(self, scene: Scene) -> Image.Image:
        """Draw what every picture shows below its personal layers."""
        picture = _background(scene)
        self.draw(picture, split(scene["layers"])[0])
        return picture

    def draw(self, picture: Image.Image, layers: list[Layer]) -> None:
        """Draw layers over a picture."""
        for layer in layers:
            {"text": self.text, "shape": self.shape, "image": self.image}[layer["kind"]](
                picture, layer
            )

    def image(self, picture: Image.Image, layer: Layer) -> None:
        """Paste a picture that was resized before."""
        box = layer["box"]
        size = (box["width"], box["height"])
        found = self.picture(layer["source"], size)
        mask = found if found.mode == "RGBA" else None
        if layer["ellipse"]:
            mask = self.mask(size, size[0] / 2, 255)
        picture.paste(found, (box["left"], box["top"]), mask)

    def shape(self, picture: Image.Image, layer: Layer) -> None:
        """Fill a rectangle, with round corners through a mask."""
        box, color = layer["box"], tuple(layer["fill"]["color"])
        left, top, radius = box["left"], box["top"], layer["corners"]["top_left"]
        if radius:
            mask = _mask((box["width"], box["height"]), radius, color[3])
            picture.paste(color[:3], (left, top), mask)
        else:
            right, bottom = left + box["width"] - 1, top + box["height"] - 1
            ImageDraw.Draw(picture, "RGBA").rectangle((left, top, right, bottom), fill=color)

    def text(self, picture: Image.Image, layer: Layer) -> None:
        """Set the lines of a text, run by run."""
        weight = layer["font"]["weight"]
        size, lines = lines_of(layer, lambda text, size: self.width(text, size, weight))
        pen = ImageDraw.Draw(picture)
        y = baseline(layer, size, len(lines))
        for line in lines:
            x = start(layer, self.width(line, size, weight))
            for file, run in self.runs(line, weight):
                if file == "NotoColorEmoji.ttf":
                    strike, rise = self.emoji(run, size)
                    picture.paste(strike, (round(x), round(y - rise)), strike)
                    continue
                font = self.font(file, size)
                pen.text((x, y), run, font=font, fill=tuple(layer["color"][:3]), anchor="ls")
                x += font.getlength(run)
            y += layer["line_height"] * size

    def width(self, text: str, size: int, weight: int) -> float:
        """Measure a text with all of its fonts."""
        return sum(
            size * 1.25 if file == "NotoColorEmoji.ttf" else self.font(file, size).getlength(run)
            for file, run in self.runs(text, weight)
        )

    def runs(self, text: str, weight: int) -> list[tuple[str, str]]:
        """Cut a text where the font changes."""
        plain = "Inter-Bold.otf" if weight >= 600 else "Inter-Regular.otf"
        if text.isascii():
            return [(plain, text)]
        runs: list[tuple[str, str]] = []
        for place, sign in enumerate(text):
            file = _fallback(sign)
            if sign == " " and runs and runs[-1][0] != plain and text[place + 1 :]:
                file = _fallback(text[place + 1])  # inside a name the space is of its font
            file = file or plain
            if runs and runs[-1][0] == file:
                runs[-1] = (file, runs[-1][1] + sign)
            else:
                runs.append((file, sign))
        return runs

    def _font(self, file: str, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(self.assets / "fonts" / file, size)

    def _picture(self, source: str, size: tuple[int, int]) -> Image.Image:
        with Image.open(self.assets / source) as file:
            found = file.convert("RGBA" if file.mode == "RGBA" else "RGB")
        return ImageOps.fit(found, size, Image.Resampling.LANCZOS)

    def _emoji(self, text: str, size: int) -> tuple[Image.Image, float]:
        strike = Image.new("RGBA", (136, 128), (0, 0, 0, 0))
        font = self.font("NotoColorEmoji.ttf", EMOJI_PX)
        pen = ImageDraw.Draw(strike)
        pen.text((0, 101), text, font=font, embedded_color=True, anchor="ls")
        by = 1.25 * size / 136
        resized = strike.resize((round(136 * by), round(128 * by)), Image.Resampling.LANCZOS)
        return resized, 101 * by


def _fallback(sign: str) -> str:
    if "\u0600" <= sign <= "\u06ff":
        return "NotoSansArabic-Bold.ttf"
    if "\u1100" <= sign <= "\u11ff" or "\u2e80" <= sign <= "\ud7af":
        return "NotoSansCJKjp-Bold.otf"
    return "NotoColorEmoji.ttf" if sign >= "\U0001f000" else ""


def _mask(size: tuple[int, int], radius: float, level: int) -> Image.Image:
    """Draw a rounded rectangle four times as large, since Pillow's have jagged edges."""
    large = Image.new("L", (size[0] * 4, size[1] * 4), 0)
    edge = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(edge, radius * 4, fill=level)
    return large.resize(size, Image.Resampling.BOX)


def _background(scene: Scene) -> Image.Image:
    size, fill = (scene["width"], scene["height"]), scene["background"]
    if fill is None or fill["kind"] == "solid":
        return Image.new("RGB", size, tuple(fill["color"][:3]) if fill else (0, 0, 0))
    column = Image.new("RGB", (1, size[1]))
    for y in range(size[1]):
        at = (y + 0.5) / size[1]
        for one, other in pairwise(fill["stops"]):
            if one["offset"] <= at <= other["offset"]:
                share = (at - one["offset"]) / (other["offset"] - one["offset"])
                pairs = zip(one["color"][:3], other["color"][:3], strict=True)
                column.putpixel((0, y), tuple(round(a + (b - a) * share) for a, b in pairs))
    return column.resize(size, Image.Resampling.NEAREST)


def prepared(options: Namespace) -> Contestant:
    """Load fonts and pictures and draw the still part."""
    scenes, pillow = scenes_in(options.scenes), Pillow(options.assets)
    backdrop = pillow.backdrop(scenes(0))
    for number in range(200):
        for layer in scenes(number)["layers"]:
            if layer["kind"] == "image":
                pillow.picture(layer["source"], (layer["box"]["width"], layer["box"]["height"]))
    saving = {"quality": QUALITY} if options.format == "jpeg" else {}
    if options.format == "png" and options.variant == "fast":
        saving["compress_level"] = 1

    def render(number: int) -> bytes:
        picture = backdrop.copy()
        pillow.draw(picture, split(scenes(number)["layers"])[1])
        file = BytesIO()
        picture.save(file, options.format, **saving)
        return file.getvalue()

    notes = "raqm; still part copied; resized pictures kept; fast: compress_level 1"
    return Contestant(render, {"pillow": version("pillow")}, notes)


if __name__ == "__main__":
    given = asked()
    compete("Pillow", given, lambda: prepared(given))
