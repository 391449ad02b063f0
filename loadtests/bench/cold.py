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
from dataclasses import dataclass
from pathlib import Path
from statistics import median
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

CLIENT = "client"

Cell = tuple[str, Format]


@dataclass(frozen=True, slots=True)
class Run:
    """One cell of one round.

    Attributes:
        engine_rps: pictures per second of the engine alone, all processes together.
        cpu_ms: processor time per picture by role.
    """

    engine_rps: float
    rps: float
    ms: list[float]
    cpu_ms: dict[str, float]


def main() -> None:
    """Measure, and write tables and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--n", type=int, default=200, help="pictures per cell and round")
    parser.add_argument("--seconds", type=float, default=1.5, help="of the engine, per cell")
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
        by_role = processes.roles(running.process_id, nginx)
        rounds = _rounds(options, place.key, port, by_role)
        held = {role: _most(pids) for role, pids in by_role.items() if pids}
    said = page.circumstances(watch.others())
    page.put("cold", f"{said}\n\n{tables(rounds, held, options.workers)}", options.page)
    page.put_plot("cold", _plot(rounds), options.page)
    print(json.dumps({f"{cell[0]} {cell[1]}": rate(runs) for cell, runs in rounds.items()}))


def _rounds(
    options: argparse.Namespace, key: str, port: int, by_role: Mapping[str, Sequence[int]]
) -> dict[Cell, list[Run]]:
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
    connections = options.workers * CONNECTIONS_PER_CORE
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for asked in wanted.values():
            runner.run(ask_all(port, asked[:WARM_UP], connections))
        for number in range(options.rounds):
            alone = engine_rates(options)
            first = WARM_UP + number * options.n
            for cell, asked in wanted.items():
                part = asked[first : first + options.n]
                run = _run(runner, port, part, connections, by_role, alone[cell])
                runs[cell].append(run)
                print(f"{number + 1} {cell[0]} {cell[1]} {run.rps:.0f} of {run.engine_rps:.0f}/s")
    return runs


def engine_rates(options: argparse.Namespace) -> dict[Cell, float]:
    """Return pictures per second of the engine alone, by processes that work at the same time."""
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
    rates: dict[Cell, float] = {}
    for figures in crowd:
        for cell in figures:
            key = (cell["document"], cell["format"])
            rates[key] = rates.get(key, 0.0) + cell["rps"]
    return rates


def _run(
    runner: asyncio.Runner,
    port: int,
    wanted: Sequence[Asked],
    connections: int,
    by_role: Mapping[str, Sequence[int]],
    engine_rps: float,
) -> Run:
    used, own, started = processes.cpu_by_role(by_role), cpu_ms(), perf_counter()
    ms = runner.run(ask_all(port, wanted, connections))
    wall_s = perf_counter() - started
    after = {**processes.cpu_by_role(by_role), CLIENT: cpu_ms()}
    used[CLIENT] = own
    per_picture = {role: (after[role] - used[role]) / len(wanted) for role in used}
    return Run(engine_rps, len(wanted) / wall_s, ms, per_picture)


def rate(runs: Sequence[Run]) -> dict[str, float]:
    """Return medians of rounds: both rates, their ratio, and processor time by role."""
    return {
        "engine_rps": median(run.engine_rps for run in runs),
        "rps": median(run.rps for run in runs),
        "share": median(run.rps / run.engine_rps for run in runs),
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
            *(figure(percentile(ms, part)) for part in (50, 95, 99)),
            *(figure(of[role]) for role in roles),
        ])  # fmt: skip
    head = [
        "Picture", f"engine per s, {workers} processes", "cold per s", "share",
        "p50 ms", "p95 ms", "p99 ms", *(f"{role} CPU ms" for role in roles),
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
