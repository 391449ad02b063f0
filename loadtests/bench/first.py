"""Measure the first picture of a started worker beside those that follow.

    python -m loadtests.bench.first

Each start is one of the shipped service, with one web worker. Its very first picture is asked for
when it says that it is ready, then others one after the other, each another picture. Nothing is in
front of the origin, and all goes over one connection, which the first picture has to wait for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import uvloop

from loadtests import service
from loadtests.bench import page
from loadtests.bench.client import Connection, check
from loadtests.bench.links import Asked, example, links
from loadtests.bench.page import figure
from loadtests.bench.users import users
from loadtests.pictures import percentile
from vips_render.output import Format

CASES: tuple[tuple[str, Format], ...] = (("renewal-banner", "png"), ("year-in-review", "jpeg"))
"""Documents, each in its own format, whose plan is drawn before a worker serves."""

BEGINNERS = (1, 5, 118, 8, 19)
"""Who comes first, start by start: names in Latin, kanji, Cyrillic, Arabic and Hangul letters."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: what its first picture took, and what each later one took, in milliseconds."""

    ready_ms: float
    first_ms: float
    later_ms: list[float]

    @property
    def ratio(self) -> float:
        """The first by what 95 % of the others do not exceed."""
        return self.first_ms / percentile(self.later_ms, 95)


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="per document")
    parser.add_argument("--n", type=int, default=200, help="pictures after the first")
    parser.add_argument("--page", type=Path, default=page.PAGE)
    options = parser.parse_args()
    watch = page.Watch()
    starts: dict[tuple[str, Format], list[Start]] = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory(prefix="signet-first-") as directory:
        place = service.prepare(Path(directory))
        for number in range(options.starts):
            for case in CASES:
                wanted = guests(number, options.n + 1)
                start = _start(place, links(place.key, example(case[0]), case[1], wanted))
                starts[case].append(start)
                print(f"{number + 1} {case[0]} {start.first_ms:.1f} ms, ratio {start.ratio:.2f}")
    said = page.circumstances(watch.others())
    page.put("first", f"{said}\n\n{table(starts)}", options.page)
    print(json.dumps({name: median(s.ratio for s in of) for (name, _), of in starts.items()}))


def guests(start: int, count: int) -> range:
    """Return whom a start draws, nobody of any other start."""
    everybody = len(users())
    laps = 1 + -(-count // everybody)
    first = BEGINNERS[start % len(BEGINNERS)] + start * laps * everybody
    return range(first, first + count)


def _start(place: service.Place, wanted: Sequence[Asked]) -> Start:
    began = perf_counter()
    with (
        service.origin(place, workers=1) as running,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        ready_ms = (perf_counter() - began) * 1000
        return runner.run(_ask(running.port, wanted, ready_ms))


async def _ask(port: int, wanted: Sequence[Asked], ready_ms: float) -> Start:
    started, took = perf_counter(), []
    line = await Connection.open(port)
    opened_ms = (perf_counter() - started) * 1000
    for asked in wanted:
        answer = await line.get(asked.target)
        check(asked, answer, through_nginx=False)
        took.append(answer.ms)
    line.close()
    return Start(ready_ms, opened_ms + took[0], took[1:])


def table(starts: dict[tuple[str, Format], list[Start]]) -> str:
    """Return medians of starts, and the worst ratio of any."""
    rows = []
    for (document, output_format), of in starts.items():
        later = [(percentile(start.later_ms, 50), percentile(start.later_ms, 95)) for start in of]
        rows.append([
            f"{document}, {output_format.upper()}",
            str(len(of)),
            figure(median(start.ready_ms for start in of)),
            figure(median(start.first_ms for start in of)),
            *(figure(median(column)) for column in zip(*later, strict=True)),
            f"{median(start.ratio for start in of):.2f}",
            f"{max(start.ratio for start in of):.2f}",
        ])  # fmt: skip
    head = ["Picture", "starts", "ready after ms", "first ms", "later p50 ms", "later p95 ms",
            "first ÷ later p95", "worst"]  # fmt: skip
    return page.table(head, rows)


if __name__ == "__main__":
    main()
