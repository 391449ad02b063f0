"""libvips as one first writes it: a text image per line, one composite, save."""

from __future__ import annotations

from argparse import Namespace
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyvips

from loadtests.bench.contract import QUALITY, Contestant, compete
from loadtests.bench.others.setting import (
    ASCENT_EM,
    DESCENT_EM,
    Layer,
    Scene,
    asked,
    ellipsised,
    scenes_in,
    split,
    start,
    text_of,
)

FAMILIES = "Inter,Noto Sans CJK JP,Noto Sans Arabic,Noto Color Emoji"
LEFT_TO_RIGHT = "\u200e"
RISE_EM = ((0x600, 0x6FF, 1.37), (0x1100, 0x11FF, 1.16), (0x2E80, 0xD7AF, 1.16))
"""Fallback fonts that push Pango's baseline down, by range: their ascents."""

Placed = tuple[Any, int, int]
"""An image, its left and its top."""


class PlainVips:
    """Makes one image per layer; pictures are kept resized."""

    def __init__(self, assets: Path) -> None:
        self.assets = assets
        self.picture = cache(self._picture)

    def placed(self, layers: list[Layer]) -> list[Placed]:
        """Return the images of layers and where they go."""
        found: list[Placed] = []
        for layer in layers:
            box = layer["box"]
            if layer["kind"] == "image":
                size = (box["width"], box["height"])
                picture = self.picture(layer["source"], size, layer["ellipse"])
                found.append((picture, box["left"], box["top"]))
            elif layer["kind"] == "shape":
                found.append((_shape(layer), box["left"], box["top"]))
            else:
                found.append(_text(layer))
        return found

    def backdrop(self, scene: Scene) -> Any:
        """Draw what every picture shows below its personal layers."""
        base = _background(scene)
        still = self.placed(split(scene["layers"])[0])
        return (composed(base, still) if still else base).copy_memory()

    def _picture(self, source: str, size: tuple[int, int], ellipse: bool) -> Any:
        file = str(self.assets / source)
        picture = pyvips.Image.thumbnail(file, size[0], height=size[1], crop="centre")
        if ellipse:
            half = size[0] / 2
            mask = _svg(f'<circle cx="{half}" cy="{half}" r="{half}"/>', size)[3]
            picture = picture.bandjoin(mask)
        return picture.copy_memory()


def composed(base: Any, images: list[Placed]) -> Any:
    """Put images over a base and drop the alpha channel."""
    return base.composite(
        [image for image, _, _ in images],
        "over",
        x=[left for _, left, _ in images],
        y=[top for _, _, top in images],
    ).flatten()


def _svg(body: str, size: tuple[int, int]) -> Any:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}">'
    return pyvips.Image.svgload_buffer(f"{head}{body}</svg>".encode())


def _rgba(color: list[int]) -> str:
    return f"rgba({color[0]},{color[1]},{color[2]},{color[3] / 255})"


def _shape(layer: Layer) -> Any:
    size, radius = (layer["box"]["width"], layer["box"]["height"]), layer["corners"]["top_left"]
    if not radius:
        flat = pyvips.Image.black(*size) + layer["fill"]["color"]
        return flat.cast("uchar").copy(interpretation="srgb")
    look = f'rx="{radius}" fill="{_rgba(layer["fill"]["color"])}"'
    return _svg(f'<rect width="{size[0]}" height="{size[1]}" {look}/>', size)


def _background(scene: Scene) -> Any:
    size, fill = (scene["width"], scene["height"]), scene["background"]
    if fill is None or fill["kind"] == "solid":
        flat = pyvips.Image.black(*size) + (fill["color"][:3] if fill else [0, 0, 0])
        return flat.cast("uchar").copy(interpretation="srgb")
    stops = "".join(
        f'<stop offset="{stop["offset"]}" stop-color="{_rgba(stop["color"])}"/>'
        for stop in fill["stops"]
    )
    gradient = f'<linearGradient id="g" x2="0" y2="1">{stops}</linearGradient>'
    return _svg(f'{gradient}<rect width="100%" height="100%" fill="url(#g)"/>', size).flatten()


def _font(layer: Layer) -> str:
    return FAMILIES + (" Bold" if layer["font"]["weight"] >= 600 else "")


def _mask(text: str, font: str, **options: Any) -> Any:
    return pyvips.Image.text(LEFT_TO_RIGHT + escape(text), font=font, **options)


def _text(layer: Layer) -> Placed:
    box, text, size = layer["box"], text_of(layer), layer["size"]
    font, pitch = f"{_font(layer)} {size}", layer["line_height"] * size
    if text >= "\U0001f000":
        emoji = _mask(text, font, dpi=72, rgba=True)
        return emoji, box["left"], box["top"] + max(0, round((box["height"] - emoji.height) / 2))
    if layer["fit"] == "shrink":
        # libvips finds the size by itself, given a box.
        mask = _mask(text, _font(layer), width=box["width"], height=box["height"])
        return _coloured(mask, layer), box["left"], box["top"] + abs(mask.yoffset)
    if layer["max_lines"] == 1:
        text = ellipsised(
            text, size, box["width"], lambda part, _: float(_mask(part, font, dpi=72).width)
        )
        mask = _mask(text, font, dpi=72)
    else:
        spacing = round(pitch - (ASCENT_EM + DESCENT_EM) * size)
        mask = _mask(text, font, dpi=72, width=box["width"], spacing=spacing)
    left = box["left"] + abs(mask.xoffset)
    if layer["align"] == "center":
        left = round(start(layer, mask.width))
    return _coloured(mask, layer), left, box["top"] + _drop(layer, text) + abs(mask.yoffset)


def _drop(layer: Layer, text: str) -> int:
    """Return how far below the box's top Pango's layout begins."""
    size = layer["size"]
    rises = (rise for first, last, rise in RISE_EM for c in text if first <= ord(c) <= last)
    push = max(0.0, max(rises, default=0.0) - ASCENT_EM) * size
    middle = layer["vertical_align"] == "middle"
    line = layer["box"]["height"] if middle else layer["line_height"] * size
    down: float = (line - (ASCENT_EM + DESCENT_EM) * size) / 2 - push
    return round(down)


def _coloured(mask: Any, layer: Layer) -> Any:
    flat = mask.new_from_image(layer["color"][:3])
    return flat.bandjoin(mask).copy(interpretation="srgb")


def prepared(options: Namespace) -> Contestant:
    """Load pictures and draw the still part."""
    pyvips.cache_set_max(0)
    scenes, vips = scenes_in(options.scenes), PlainVips(options.assets)
    backdrop = vips.backdrop(scenes(0))
    for number in range(200):
        vips.placed([one for one in scenes(number)["layers"] if one["kind"] == "image"])

    def render(number: int) -> bytes:
        picture = composed(backdrop, vips.placed(split(scenes(number)["layers"])[1]))
        if options.format == "jpeg":
            found: bytes = picture.jpegsave_buffer(Q=QUALITY)
        elif options.variant == "fast":
            found = picture.pngsave_buffer(compression=1)
        else:
            found = picture.pngsave_buffer()
        return found

    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    notes = "text images and one composite; still part and resized pictures kept; fast: level 1"
    return Contestant(render, {"pyvips": version("pyvips"), "vips": libvips}, notes)


if __name__ == "__main__":
    given = asked()
    compete("pyvips", given, lambda: prepared(given))
