"""Measure how time and bytes grow with the canvas, and with what is personal on it.

    python -m loadtests.bench.growth

Every picture is a photo with lines of text, none of which any two pictures share. All sizes take
turns within a round, in one process on one core.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loadtests.bench import assets, page, plot
from loadtests.bench.cards import library, scene_of
from loadtests.bench.contract import timed_run
from loadtests.bench.page import figure, kilobytes
from loadtests.bench.users import guest, users
from vips_render.bitmap import Bitmap
from vips_render.limits import Limits
from vips_render.output import Format, Output
from vips_render.pixels.fonts import FontLibrary
from vips_render.render import Engine
from vips_render.runtime import start_libvips
from vips_render.template.parse import parse_template

FORMATS: tuple[Format, ...] = ("jpeg", "png")
LINE_WIDTH, LINE_HEIGHT, LINES = 480, 48, 4

Size = tuple[int, int, int]
"""Width, height, and lines of personal text."""

CANVASES: tuple[Size, ...] = ((600, 315, LINES), (1200, 630, LINES), (2400, 1260, LINES))
SHAPES: tuple[Size, ...] = ((1200, 630, LINES), (1200, 1260, LINES), (2400, 1260, LINES))
PERSONAL: tuple[Size, ...] = tuple((1200, 630, lines) for lines in (1, 2, 4, 8, 16, 24))


@dataclass(frozen=True)
class Cost:
    """Medians of one picture."""

    wall_ms: float
    cpu_ms: float
    size_bytes: float


def document(width: int, height: int, lines: int) -> dict[str, object]:
    """Return a template with a photo and so many lines of personal text in two columns."""
    boxes = [(24 + 580 * (n // 12), 20 + 50 * (n % 12)) for n in range(lines)]
    texts = [
        {
            "name": f"line-{number}", "kind": "text", "text": f"{{{{ lines[{number}] }}}}",
            "box": {"x": x, "y": y, "width": LINE_WIDTH, "height": LINE_HEIGHT},
            "font": {"family": "Inter", "weight": 700, "size": 32}, "color": "#ffffff",
            "align": "left", "max_lines": 1, "fit": "fixed",
        }
        for number, (x, y) in enumerate(boxes)
    ]  # fmt: skip
    photo = {"name": "photo", "kind": "image", "source": "photo", "box": _whole(width, height)}
    return {
        "name": "growth",
        "canvas": {"width": width, "height": height},
        "variables": {"lines": {"type": "list", "default": []}},
        "layers": [photo, *texts],
    }


def renderer(
    size: Size, output_format: Format, fonts: FontLibrary, photo: Bitmap
) -> Callable[[int], bytes]:
    """Return what renders a picture by number, with its plan drawn and encoded."""
    width, height, lines = size
    template = parse_template(document(width, height, lines), Limits())
    engine, output, recipients = Engine(fonts), Output(output_format, 80), users()
    pictures = {"photo": photo}

    def render(number: int) -> bytes:
        name = guest(recipients, number)["name"]
        said = [f"{(number * 37 + line) % 997} {name}" for line in range(lines)]
        return engine.render(scene_of(template, {"lines": said}), pictures, output).body

    render(-1)
    return render


def main() -> None:
    """Measure and write tables and plots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--n", type=int, default=30, help="pictures per round and size")
    parser.add_argument("--home", type=Path, default=assets.HOME)
    parser.add_argument("--page", type=Path, default=page.PAGE)
    options = parser.parse_args()
    watch = page.Watch()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    start_libvips()
    costs = measured(library(assets.ready(options.home)), options.rounds, options.n)
    said = page.circumstances(watch.others())
    for name, sizes in (("canvas", CANVASES), ("shape", SHAPES), ("personal", PERSONAL)):
        page.put(f"growth-{name}", f"{said}\n\n{_table(sizes, costs)}", options.page)
    canvas = {f.upper(): [costs[f, s].wall_ms for s in CANVASES] for f in FORMATS}
    personal = {f.upper(): [costs[f, s].wall_ms for s in PERSONAL] for f in FORMATS}
    page.put_plot(
        "canvas",
        plot.lines(
            "Milliseconds per picture: larger canvas, the same personal text",
            [f"{w} x {h}" for w, h, _ in CANVASES], canvas, "canvas; four times the area each",
        ),
        options.page,
    )  # fmt: skip
    page.put_plot(
        "personal",
        plot.lines(
            "Milliseconds per picture: the same canvas, more personal text",
            [str(lines) for _, _, lines in PERSONAL], personal, "lines of text on 1200 x 630",
        ),
        options.page,
    )  # fmt: skip


def measured(fonts: FontLibrary, rounds: int, count: int) -> dict[tuple[Format, Size], Cost]:
    """Render every size in every round and return the medians."""
    sizes = list(dict.fromkeys((*CANVASES, *SHAPES, *PERSONAL)))
    photos = {(w, h): _photo(w, h) for w, h, _ in sizes}
    renderers = {
        (output_format, size): renderer(size, output_format, fonts, photos[size[:2]])
        for output_format in FORMATS
        for size in sizes
    }
    seen: dict[tuple[Format, Size], list[Cost]] = {cell: [] for cell in renderers}
    for number in range(rounds):
        for cell, render in renderers.items():
            timed = timed_run(render, count, offset=number * count)
            wall_ms = statistics.median(timed.ms)
            seen[cell].append(Cost(wall_ms, timed.cpu_ms / count, timed.total_bytes / count))
    return {
        cell: Cost(
            statistics.median(one.wall_ms for one in costs),
            statistics.median(one.cpu_ms for one in costs),
            statistics.median(one.size_bytes for one in costs),
        )
        for cell, costs in seen.items()
    }


def _table(sizes: tuple[Size, ...], costs: dict[tuple[Format, Size], Cost]) -> str:
    rows = []
    for width, height, lines in sizes:
        share = lines * LINE_WIDTH * LINE_HEIGHT / (width * height)
        row = [f"{width} x {height}", str(lines), f"{share:.1%}"]
        for output_format in FORMATS:
            cost, first = (
                costs[output_format, (width, height, lines)],
                costs[output_format, sizes[0]],
            )
            row += [figure(cost.wall_ms), figure(cost.cpu_ms), f"{cost.cpu_ms / first.cpu_ms:.2f}"]
            row.append(kilobytes(cost.size_bytes))
        rows.append(row)
    head = ["Canvas", "lines", "personal"]
    for name in ("JPEG", "PNG"):
        head += [f"{name} ms", "CPU ms", "to first", "bytes"]
    return page.table(head, rows)


def _photo(width: int, height: int) -> Bitmap:
    picture = assets.photo(2400, 1260).crop((0, 630 - height // 2, width, 630 + (height + 1) // 2))
    pixels = picture.convert("RGBA").tobytes()
    return Bitmap(width, height, pixels, hashlib.blake2b(pixels, digest_size=16).hexdigest())


def _whole(width: int, height: int) -> dict[str, int]:
    return {"x": 0, "y": 0, "width": width, "height": height}


if __name__ == "__main__":
    main()
