"""What a renderer without text layout has its users write: wrapping, ellipsis, fit to a box."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from loadtests.bench.contract import arguments

Scene = dict[str, Any]
Layer = dict[str, Any]
Width = Callable[[str, int], float]
"""From a text and a size to its width in pixels."""

ASCENT_EM, DESCENT_EM = 0.96875, 0.24121
"""Inter's."""


def asked() -> Namespace:
    """Read the arguments of a contestant that gets its scenes from a file."""
    parser = arguments()
    parser.add_argument("--scenes", type=Path, required=True)
    return parser.parse_args()


def scenes_in(file: Path) -> Callable[[int], Scene]:
    """Return the scene of a guest by number, those below 0 for warming up."""
    read = orjson.loads(file.read_bytes())
    guests, strangers = read["guests"], read["strangers"]

    def scene(number: int) -> Scene:
        found: Scene = guests[number % len(guests)] if number >= 0 else strangers[-1 - number]
        return found

    return scene


def split(layers: list[Layer]) -> tuple[list[Layer], list[Layer]]:
    """Part the layers below the first personal one, drawn once, from those drawn each time."""
    first = next((i for i, layer in enumerate(layers) if layer["personal"]), len(layers))
    return layers[:first], layers[first:]


def text_of(layer: Layer) -> str:
    """Return the text without marks of direction: all of these renderers set left to right."""
    text: str = layer["text"]
    return text.replace("\u200e", "")


def lines_of(layer: Layer, width: Width) -> tuple[int, list[str]]:
    """Return size and lines of a text layer."""
    text, box = text_of(layer), layer["box"]
    if layer["fit"] == "shrink":
        return _fitted(layer, text, width)
    size: int = layer["size"]
    if layer["max_lines"] == 1:
        return size, [ellipsised(text, size, box["width"], width)]
    return size, wrapped(text, size, box["width"], width)[: layer["max_lines"] or None]


def wrapped(text: str, size: int, most_px: float, width: Width) -> list[str]:
    """Break a text between words, greedily."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and width(longer, size) > most_px:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def ellipsised(text: str, size: int, most_px: float, width: Width) -> str:
    """Cut a text that is too wide, by bisection, and end it with an ellipsis."""
    if width(text, size) <= most_px:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + "…", size) <= most_px:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def baseline(layer: Layer, size: int, lines: int) -> float:
    """Return where the first baseline is, from the top of the picture."""
    pitch = layer["line_height"] * size
    room = layer["box"]["height"] - lines * pitch
    share = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[layer["vertical_align"]]
    half_leading = (pitch - (ASCENT_EM + DESCENT_EM) * size) / 2
    top = layer["box"]["top"] + room * share
    return float(top + half_leading + ASCENT_EM * size)


def start(layer: Layer, wide_px: float) -> float:
    """Return where a line starts."""
    box = layer["box"]
    free = box["width"] - wide_px
    return float(box["left"] + free * {"center": 0.5, "right": 1.0}.get(layer["align"], 0.0))


def _fitted(layer: Layer, text: str, width: Width) -> tuple[int, list[str]]:
    box, low, high = layer["box"], layer["min_size"], layer["size"]
    best = (low, wrapped(text, low, box["width"], width))
    while low <= high:
        size = (low + high) // 2
        lines = wrapped(text, size, box["width"], width)
        fits = len(lines) * size * layer["line_height"] <= box["height"]
        if fits and all(width(line, size) <= box["width"] for line in lines):
            best, low = (size, lines), size + 1
        else:
            high = size - 1
    return best
