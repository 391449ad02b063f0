"""Measure cold pictures through origin and nginx, beside the engine's own rate.

    python -m loadtests.bench.cold

The service runs as shipped, with a web worker and a painter per core, and nginx in front; the
client shares the cores with them. Each link is asked for once, and each is another picture. In
every round the engine alone is measured too, by as many processes as there are cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from time import perf_counter

import uvloop

from loadtests import service
from loadtests.bench import assets, page, plot, processes
from loadtests.bench.client import ask_all
from loadtests.bench.contract import cpu_ms
from loadtests.bench.engine import EXAMPLES, Job, together
from loadtests.bench.links import Asked, example, links
from loadtests.bench.page import figure
from loadtests.pictures import percentile
from origin.config import child_environment
from vips_render.output import DEFAULT_QUALITY, Format

DOCUMENTS = ("renewal-banner", "year-in-review")
FORMATS: tuple[Format, ...] = ("jpeg", "png")
CONNECTIONS_PER_CORE = 4
WARM_UP = 24
"""Pictures per cell before the first round: both painters draw its plan, connections are made."""

WARM_UP_AT_ONCE = 4
"""Of these, over connections of their own, which reach another worker now and then."""

CLIENT = "client"

Cell = tuple[str, Format]


@dataclass(frozen=True, slots=True)
class Alone:
    """The engine by itself: pictures per second of all processes, processor time of one picture."""

    rps: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Run:
    """One cell of one round.

    Attributes:
        engine_rps: pictures per second of the engine alone, all processes together.
        engine_cpu_ms: its processor time per picture.
        ms: how long each picture took.
        cpu_ms: processor time per picture by role.
    """

    engine_rps: float
    engine_cpu_ms: float
    rps: float
    ms: list[float]
    cpu_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Asks:
    """What is asked: nginx's port, over how many connections, and the processes behind it."""

    port: int
    connections: int
    origin: int
    nginx: int

    async def all(self, wanted: Sequence[Asked]) -> list[float]:
        return await ask_all(self.port, wanted, self.connections)

    def roles(self) -> dict[str, list[int]]:
        return processes.roles(self.origin, self.nginx)

    def cpu_ms(self) -> dict[str, float]:
        return {**processes.cpu_by_role(self.roles()), CLIENT: cpu_ms()}


def main() -> None:
    """Measure, and write tables and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--n", type=int, default=200, help="pictures per cell and round")
    parser.add_argument("--seconds", type=float, default=1.0, help="of the engine, per cell")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--documents", nargs="+", default=DOCUMENTS)
    parser.add_argument("--home", type=Path, default=assets.HOME)
    parser.add_argument("--page", type=Path, default=page.PAGE)
    options = parser.parse_args()
    options.home.mkdir(parents=True, exist_ok=True)
    watch = page.Watch()
    with tempfile.TemporaryDirectory(prefix="signet-cold-") as directory, ExitStack() as stack:
        place = service.prepare(Path(directory))
        running = stack.enter_context(service.origin(place, workers=options.workers))
        port, nginx = stack.enter_context(service.nginx(place, running))
        asks = _Asks(port, options.workers * CONNECTIONS_PER_CORE, running.process_id, nginx)
        rounds = _rounds(options, place.key, asks)
        held = {role: _most(pids) for role, pids in asks.roles().items()}
    said = page.circumstances(watch.others())
    page.put("cold", f"{said}\n\n{tables(rounds, held, options.workers)}", options.page)
    page.put_plot("cold", _plot(rounds), options.page)
    print(json.dumps({f"{cell[0]} {cell[1]}": rate(runs) for cell, runs in rounds.items()}))


def _rounds(options: argparse.Namespace, key: str, asks: _Asks) -> dict[Cell, list[Run]]:
    wanted = {
        (name, output_format): links(
            key,
            example(name),
            output_format,
            range(-WARM_UP, options.rounds * options.n),
            quality=DEFAULT_QUALITY,  # the engine's, so that both draw the same
        )
        for name in options.documents
        for output_format in FORMATS
    }
    runs: dict[Cell, list[Run]] = {cell: [] for cell in wanted}
    # A queue behind a picture that makes a plan would be shed on a busy machine.
    few = replace(asks, connections=options.workers)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for asked in wanted.values():
            for first in range(0, WARM_UP, WARM_UP_AT_ONCE):
                runner.run(few.all(asked[first : first + WARM_UP_AT_ONCE]))
        for number in range(options.rounds):
            alone = engine_alone(options)
            first = WARM_UP + number * options.n
            for cell, asked in wanted.items():
                run = _run(runner, asks, asked[first : first + options.n], alone[cell])
                runs[cell].append(run)
                print(f"{number + 1} {cell[0]} {cell[1]} {run.rps:.0f} of {run.engine_rps:.0f}/s")
    return runs


def engine_alone(options: argparse.Namespace) -> dict[Cell, Alone]:
    """Measure the engine by processes that work at the same time, with the painters' settings."""
    documents = tuple(EXAMPLES / f"{name}.json" for name in options.documents)
    cores = sorted(os.sched_getaffinity(0))
    jobs = [
        Job(documents, options.n, options.seconds, cores[n % len(cores)], options.home, FORMATS)
        for n in range(options.workers)
    ]
    before = dict(os.environ)
    os.environ.update(child_environment() | {"PATH": os.environ["PATH"]})
    try:
        crowd = together(jobs)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return {
        (same[0]["document"], same[0]["format"]): Alone(
            sum(figures["rps"] for figures in same),
            mean(figures["cpu_ms_mean"] for figures in same),
        )
        for same in zip(*crowd, strict=True)
    }


def _run(runner: asyncio.Runner, asks: _Asks, wanted: Sequence[Asked], alone: Alone) -> Run:
    used, started = asks.cpu_ms(), perf_counter()
    ms = runner.run(asks.all(wanted))
    wall_s = perf_counter() - started
    after = asks.cpu_ms()
    per_picture = {role: (after[role] - used[role]) / len(wanted) for role in used}
    return Run(alone.rps, alone.cpu_ms, len(wanted) / wall_s, ms, per_picture)


def rate(runs: Sequence[Run]) -> dict[str, float]:
    """Return medians of rounds: both rates, processor times, and their ratios."""
    return {
        "engine_rps": median(run.engine_rps for run in runs),
        "engine_cpu_ms": median(run.engine_cpu_ms for run in runs),
        "rps": median(run.rps for run in runs),
        "share": median(run.rps / run.engine_rps for run in runs),
        "cpu_share": median(run.engine_cpu_ms / sum(run.cpu_ms.values()) for run in runs),
        **{role: median(run.cpu_ms[role] for run in runs) for role in runs[0].cpu_ms},
    }


def tables(
    rounds: Mapping[Cell, Sequence[Run]], held: Mapping[str, processes.Memory], workers: int
) -> str:
    """Return rates, latencies and processor times by cell, then the memory of each role."""
    roles = (processes.PAINTER, processes.WEB, processes.NGINX, CLIENT)
    rows = []
    for (document, output_format), runs in rounds.items():
        of, ms = rate(runs), [one for run in runs for one in run.ms]
        rows.append([
            f"{document}, {output_format.upper()}",
            figure(of["engine_rps"]), figure(of["rps"]), f"{of['share']:.0%}",
            f"{of['cpu_share']:.0%}",
            *(figure(percentile(ms, part)) for part in (50, 95, 99)),
            figure(of["engine_cpu_ms"]), *(figure(of[role]) for role in roles),
        ])  # fmt: skip
    head = [
        "Picture", f"engine per s, {workers} processes", "cold per s", "share", "by CPU",
        "p50 ms", "p95 ms", "p99 ms", "engine CPU ms", *(f"{role} CPU ms" for role in roles),
    ]  # fmt: skip
    memory = [[f"{role}", *(f"{mb:.0f} MB" for mb in (of.rss_mb, of.pss_mb))]
              for role, of in held.items()]  # fmt: skip
    return f"{page.table(head, rows)}\n\n{page.table(['The largest', 'RSS', 'PSS'], memory)}"


def _most(pids: Sequence[int]) -> processes.Memory:
    return max((processes.memory(pid) for pid in pids), key=lambda held: held.rss_mb)


def _plot(rounds: Mapping[Cell, Sequence[Run]]) -> str:
    groups = {
        f"{document}, {output_format.upper()}": {
            "engine alone": rate(runs)["engine_rps"],
            "through origin and nginx": rate(runs)["rps"],
        }
        for (document, output_format), runs in rounds.items()
    }
    return plot.bars("Distinct cold pictures per second, all cores", groups, "/s")


if __name__ == "__main__":
    main()
