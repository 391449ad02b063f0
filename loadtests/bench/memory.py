"""Measure what a painter holds while it draws picture after picture, none of them twice.

    python -m loadtests.bench.memory

The painter runs as in service: its command, its environment, its bounds. Its pictures are those of
all example documents in turn, each in its own format, with values that never come back.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import perf_counter

from loadtests import service
from loadtests.bench import page, plot, processes
from loadtests.bench.engine import EXAMPLES, values_for
from loadtests.bench.links import example
from loadtests.bench.page import figure
from loadtests.bench.users import guest, users
from origin.catalog.catalog import Catalog
from origin.cli.easel import Easel
from origin.config import Settings, make_data_dir
from origin.pipeline.order import Order
from origin.urls.link import Link
from vips_render.limits import Limits
from vips_render.output import EXTENSION_OF

AT_ONCE = 2
"""Pictures under way: the next one is decided while the painter draws."""

SHOWN = (0.02, 0.1, 0.2, 0.5, 1.0)
"""Parts of the way at which the table tells what is held."""

SETTLED = 0.1
"""Part of the way after which memory should be flat: what is kept is filled by then."""

PLOTTED = 10
"""Steps of the plot."""


@dataclass(slots=True)
class Course:
    """What was held after so many pictures, counted from 0 before the first one."""

    pictures: list[int] = field(default_factory=list)
    held: list[processes.Memory] = field(default_factory=list)

    def at(self, part: float) -> tuple[int, processes.Memory]:
        """Return the sample that is nearest to a part of the way."""
        wanted = part * self.pictures[-1]
        return min(
            zip(self.pictures, self.held, strict=True), key=lambda sample: abs(sample[0] - wanted)
        )

    @property
    def growth(self) -> float:
        """The most that was held once settled, by what was held then, less 1."""
        start, settled = self.at(SETTLED)
        first = self.pictures.index(start)
        return max(held.rss_mb for held in self.held[first:]) / settled.rss_mb - 1


def main() -> None:
    """Measure, and write table and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=50_000, help="pictures")
    parser.add_argument("--every", type=int, default=1_000, help="pictures between two samples")
    parser.add_argument("--page", type=Path, default=page.PAGE)
    options = parser.parse_args()
    watch = page.Watch()
    with tempfile.TemporaryDirectory(prefix="signet-memory-") as directory:
        place = service.prepare(Path(directory))
        started = perf_counter()
        course = asyncio.run(_course(place, options.n, options.every))
        ms = (perf_counter() - started) * 1000 / options.n
    said = page.circumstances(watch.others())
    page.put("memory", f"{said}\n\n{table(course, ms)}", options.page)
    page.put_plot("memory", _plot(course), options.page)
    last = course.held[-1]
    print(json.dumps({"rss_mb": last.rss_mb, "pss_mb": last.pss_mb, "growth": course.growth}))


async def _course(place: service.Place, count: int, every: int) -> Course:
    settings = Settings(templates=place.templates, data_dir=place.data)
    make_data_dir(settings)
    catalog, course = Catalog(place.templates, Limits()), Course()
    async with Easel(catalog, settings) as easel:
        (painter,) = processes.roles(os.getpid())[processes.PAINTER]
        orders = _orders(easel, catalog, count)
        for done in range(0, count, every):
            _sample(course, done, painter)
            part = islice(orders, every)
            await asyncio.gather(*(_draw(easel, part) for _ in range(AT_ONCE)))
        _sample(course, count, painter)
    return course


def _orders(easel: Easel, catalog: Catalog, count: int) -> Iterator[Order]:
    recipients = users()
    cases = [
        (catalog.at(template.name, 1), template, EXTENSION_OF[template.output.format])
        for template in map(example, sorted(path.stem for path in EXAMPLES.glob("*.json")))
    ]
    for number in range(count):
        edition, template, extension = cases[number % len(cases)]
        values = values_for(template, guest(recipients, number))
        yield easel.order(edition, Link(template.name, 1, extension, variables=values))


async def _draw(easel: Easel, orders: Iterator[Order]) -> None:
    for order in orders:
        await easel.draw(order)


def _sample(course: Course, pictures: int, painter: int) -> None:
    # Fails when the painter that was looked at before is gone.
    course.pictures.append(pictures)
    course.held.append(processes.memory(painter))
    print(f"{pictures} {course.held[-1].rss_mb:.0f} MB", flush=True)


def table(course: Course, ms: float) -> str:
    """Return what was held on the way, its growth, and what a picture took with all around it."""
    rows = []
    for part in SHOWN:
        pictures, held = course.at(part)
        rows.append([f"{pictures:,}", *(f"{mb:.0f} MB" for mb in (held.rss_mb, held.pss_mb))])
    said = (
        f"From {course.at(SETTLED)[0]:,} pictures on RSS grew by {course.growth:.1%} at most; "
        f"a picture took {figure(ms)} ms with all around it."
    )
    return f"{page.table(['Pictures', 'RSS', 'PSS'], rows)}\n\n{said}"


def _plot(course: Course) -> str:
    samples = [course.at(part / PLOTTED) for part in range(1, PLOTTED + 1)]
    return plot.lines(
        "Megabytes of a painter, picture after picture",
        [f"{pictures:,}" for pictures, _ in samples],
        {"RSS": [held.rss_mb for _, held in samples], "PSS": [held.pss_mb for _, held in samples]},
        "distinct pictures drawn, three documents in turn",
    )


if __name__ == "__main__":
    main()
