"""Draw every string of the Big List of Naughty Strings as name, headline and open slot.

python -m tests.pixels.naughty        tells the CPU time of the median and of the slowest, met for
                                      the first time and again
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.pixels.conftest import WHEELS, wheel_dir
from vips_render.output import Output
from vips_render.pixels.fonts import FontLibrary
from vips_render.render import Rendered, render
from vips_render.runtime import start_libvips
from vips_render.scene.resolve import resolve
from vips_render.template.parse import parse_template
from vips_render.template.variables import fill

STRINGS: tuple[str, ...] = tuple(
    json.loads(Path(__file__).with_name("naughty.json").read_text(encoding="utf-8"))
)


def _text(name: str, words: str, top: int, height: int, **found: Any) -> dict[str, Any]:
    font = {"family": "Manrope", "size": 24, "min_size": 12, "weight": 700}
    box = {"x": 10, "y": top, "width": 380, "height": height}
    return {"name": name, "kind": "text", "text": words, "font": font, "box": box, **found}


TEMPLATE = parse_template({
    "name": "naughty",
    "canvas": {"width": 400, "height": 240, "background": "white"},
    "variables": {
        "name": {"type": "text", "default": "there"},
        "headline": {"type": "text", "default": "Hello"},
        "slot": {"type": "text", "default": "friend", "max_length": 80, "open": True},
    },
    "layers": [
        _text("name", "Hi {{ name }}!", 10, 36, max_lines=1),
        _text("headline", "{{ headline }}", 50, 110, fit="grow", wrap="balance", case="title"),
        _text("slot", "**{{ slot }}** and [{{ slot | uppercase }}]{loud}", 166, 64, markup=True,
              styles={"loud": {"color": "crimson", "size": 1.3}},
              stroke={"width": 2, "color": "#fde047"}, shadow={}),
    ],
})  # fmt: skip


def picture_of(string: str, fonts: FontLibrary) -> Rendered:
    """Draw a string wherever a recipient's may stand."""
    filled = fill(TEMPLATE, {"name": string, "headline": string}, {"slot": string})
    return render(resolve(TEMPLATE, filled.values).scene, {}, Output("png"), fonts)


def seconds_of(string: str, fonts: FontLibrary) -> float:
    """Return the CPU time of a picture."""
    start = time.process_time()
    picture_of(string, fonts)
    return time.process_time() - start


def main() -> None:
    """Print the figures."""
    start_libvips()
    with tempfile.TemporaryDirectory() as home:
        directories = [*(wheel_dir(name) for name in WHEELS), Path("/usr/share/fonts")]
        fonts = FontLibrary(directories, Path(home))
        picture_of("Ada", fonts)
        first = [seconds_of(string, fonts) for string in STRINGS]
        # The best of several: what others cost does not count.
        again = [min(seconds_of(string, fonts) for _ in range(3)) for string in STRINGS]
    for when, took in (("first", first), ("again", again)):
        middle, most = median(took), max(took)
        print(  # noqa: T201 - a command for people
            f"{when}: median {middle * 1e3:.1f} ms, slowest {most * 1e3:.1f} ms,"
            f" {most / middle:.1f} times the median: {STRINGS[took.index(most)]!r}"
        )


if __name__ == "__main__":
    main()
