"""Measure the engine on the example documents: stages, totals and bytes per format.

    python -m loadtests.bench.engine

First one process on one core, then as many processes as there are cores, at the same time. Every
picture has a name and numbers of its own; pictures of the documents are decoded before.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from loadtests.bench import assets, page, plot
from loadtests.bench.cards import Pictures, scene_of
from loadtests.bench.contract import timed_run, warm
from loadtests.bench.page import figure, kilobytes
from loadtests.bench.users import User, guest, users
from origin.config import Settings, child_environment, font_dirs
from vips_render.limits import Limits
from vips_render.output import Format, Output
from vips_render.pixels.fonts import FontLibrary
from vips_render.render import Engine
from vips_render.runtime import start_libvips
from vips_render.template.model import Template
from vips_render.template.parse import parse_template

EXAMPLES = Path(__file__).parents[2] / "examples" / "templates"
FORMATS: tuple[Format, ...] = ("jpeg", "png", "webp", "avif")
STAGES = ("resolve", "paint", "encode")
NAME_CHARS = 24

Figures = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What one process measures: all documents in all its formats."""

    examples: tuple[Path, ...]
    count: int
    seconds: float
    core: int
    home: Path
    formats: tuple[Format, ...] = FORMATS


def values_for(template: Template, user: User) -> Mapping[str, object]:
    """Return a name for the first text and numbers for all numbers; the rest stays as it is."""
    values: dict[str, object] = {}
    for name, variable in template.variables.items():
        if variable.type == "text" and not values:
            values[name] = _short(user["name"])
        elif variable.type == "number":
            most = 100 if variable.max is None else int(variable.max)
            values[name] = (int(user["stats"][0].replace(",", "")) + len(values)) % most
    return values


def _short(name: str) -> str:
    # The end tells the laps of `guest` apart.
    return name if len(name) <= NAME_CHARS else name[: NAME_CHARS - 5] + name[-5:]


def measure(job: Job, barrier: Barrier | None = None) -> list[Figures]:
    """Measure every document in every format on one core; all processes start cells together."""
    os.sched_setaffinity(0, {job.core})
    start_libvips()
    fonts = FontLibrary(font_dirs(Settings()), job.home / "unpacked")
    return [
        _cell(job, path, output_format, fonts, barrier)
        for path in job.examples
        for output_format in job.formats
    ]


def _cell(
    job: Job, path: Path, output_format: Format, fonts: FontLibrary, barrier: Barrier | None
) -> Figures:
    template = parse_template(path.read_bytes(), Limits())
    output, engine, recipients = Output(output_format), Engine(fonts), users()
    pictures = Pictures(EXAMPLES)
    started = perf_counter()
    pictures.load_for(scene_of(template, {}))
    decode_ms = (perf_counter() - started) * 1000
    stages: dict[str, list[float]] = defaultdict(list)

    def render(number: int) -> bytes:
        before = perf_counter()
        scene = scene_of(template, values_for(template, guest(recipients, number)))
        stages["resolve"].append((perf_counter() - before) * 1000)
        rendered = engine.render(scene, pictures, output)
        for stage, ms in rendered.stage_ms.items():
            stages[stage].append(ms)
        return rendered.body

    warm(render, 20, job.seconds)
    plan_ms = stages["plan"][0]
    stages.clear()
    if barrier is not None:
        barrier.wait()
    timed = timed_run(render, job.count, job.seconds, offset=0)
    return {
        "document": template.name,
        "format": output_format,
        "decode_ms": decode_ms,
        "plan_ms": plan_ms,
        **{f"{stage}_ms": median(stages[stage]) for stage in STAGES},
        **timed.figures(),
    }


def _report(queue: Any, job: Job, barrier: Barrier) -> None:
    queue.put(measure(job, barrier))


def together(jobs: Sequence[Job]) -> list[list[Figures]]:
    """Run one process per job and return what each measured."""
    context = multiprocessing.get_context("spawn")
    queue, barrier = context.Queue(), context.Barrier(len(jobs))
    processes = [context.Process(target=_report, args=(queue, job, barrier)) for job in jobs]
    for process in processes:
        process.start()
    found = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    return found


def main() -> None:
    """Measure, and write table and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=200, help="pictures at most")
    parser.add_argument("--seconds", type=float, default=1.5, help="per cell at most")
    parser.add_argument("--home", type=Path, default=assets.HOME)
    parser.add_argument("--page", type=Path, default=page.PAGE)
    options = parser.parse_args()
    watch = page.Watch()
    os.environ.update(child_environment() | {"PATH": os.environ["PATH"]})
    options.home.mkdir(parents=True, exist_ok=True)
    examples = tuple(sorted(EXAMPLES.glob("*.json")))
    cores = sorted(os.sched_getaffinity(0))
    jobs = [Job(examples, options.n, options.seconds, core, options.home) for core in cores]
    (alone,) = together(jobs[-1:])
    crowd = together(jobs)
    said = page.circumstances(watch.others())
    page.put("engine", f"{said}\n\n{tables(alone, crowd)}", options.page)
    page.put_plot("engine", _plot(alone), options.page)
    print(json.dumps(alone))


def tables(alone: list[Figures], crowd: list[list[Figures]]) -> str:
    """Return what a picture takes, by stage, alone and with all cores at work."""
    rows = []
    for place, cell in enumerate(alone):
        rate = sum(figures[place]["rps"] for figures in crowd)
        rows.append([
            f"{cell['document']}, {cell['format'].upper()}",
            *(figure(cell[f"{stage}_ms"]) for stage in STAGES),
            *(figure(cell[key]) for key in ("p50", "p95", "cpu_ms_mean")),
            kilobytes(cell["bytes_mean"]),
            *(figure(cell[key]) for key in ("rps",)),
            figure(rate),
            *(figure(cell[key]) for key in ("decode_ms", "plan_ms")),
        ])  # fmt: skip
    head = [
        "Picture", "resolve ms", "paint ms", "encode ms", "p50 ms", "p95 ms", "CPU ms", "bytes",
        "per s, one process", f"per s, {len(crowd)} processes", "decode once ms", "plan once ms",
    ]  # fmt: skip
    return page.table(head, rows)


def _plot(cells: list[Figures]) -> str:
    groups = {
        f"{cell['document']}, {cell['format'].upper()}": {
            stage: max(cell[f"{stage}_ms"], 0.01) for stage in STAGES
        }
        for cell in cells
    }
    return plot.bars("Milliseconds per picture and stage, medians, one core", groups, "ms")


if __name__ == "__main__":
    main()
