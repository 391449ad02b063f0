"""Tell what fitting a headline costs beyond drawing it once, in layouts of it.

python -m tests.pixels.fitting
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from tests.pixels.easel import text
from tests.pixels.goldens import library
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.layout import lay_out
from vips_render.pixels.shaping import Typesetter
from vips_render.pixels.text import paint_text
from vips_render.runtime import start_libvips
from vips_render.scene.model import Box, TextLayer

ROUNDS, TIMES = 60, 10
WORDS = (
    ("a name", "Ada Lovelace"),
    ("a headline", "Ada, your ceramic pour-over set is back in stock"),
    ("a sentence", "Your plan renews on 12 December. Keep every font and picture you made."),
)  # fmt: skip
FITS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("shrink", {"fit": "shrink"}),
    ("grow", {"fit": "grow"}),
    ("width", {"fit": "width"}),
    ("grow, balanced", {"fit": "grow", "wrap": "balance"}),
    ("shrink, spaced", {"fit": "shrink", "letter_spacing": 1.5}),
)


def seconds_of(*claims: Callable[[], object]) -> list[float]:
    """Return the CPU time of each claim: medians over rounds in which they take turns."""
    found: list[list[float]] = [[] for _ in claims]
    for _ in range(ROUNDS):
        for claim, took in zip(claims, found, strict=True):
            start = time.process_time()
            for _ in range(TIMES):
                claim()
            took.append((time.process_time() - start) / TIMES)
    return [median(took) for took in found]


def layouts_beyond(fonts: FontLibrary, layer: TextLayer) -> tuple[float, float, float]:
    """Return seconds for a layout, for drawing at the size that fits, and layouts for fitting."""
    window = Box(0, 0, 600, 200)

    def laid(one: TextLayer) -> Any:
        setter = Typesetter(fonts, one.font, lang="", spacing=one.letter_spacing)
        return lay_out(one, setter)

    once = replace(layer, size=laid(layer).size, fit="fixed", wrap="normal")
    layout, drawing, fitted = seconds_of(
        lambda: laid(once),
        lambda: paint_text(once, fonts, window, 1),
        lambda: paint_text(layer, fonts, window, 1),
    )
    return layout, drawing, (fitted - drawing) / layout


def main() -> None:
    """Print the figures."""
    start_libvips()
    with tempfile.TemporaryDirectory() as home:
        fonts = library(Path(home))
        for what, words in WORDS:
            for name, found in FITS:
                layer = text(words, Box(10, 10, 380, 110), 64, "Manrope", weight=700, **found)
                layout, drawing, beyond = layouts_beyond(fonts, replace(layer, min_size=12))
                print(  # noqa: T201 - a command for people
                    f"{what:11} {name:15} layout {layout * 1e6:4.0f} us, drawn once"
                    f" {drawing * 1e6:4.0f} us, fitting {beyond:4.1f} layouts more"
                )


if __name__ == "__main__":
    main()
