"""What every contestant understands and answers: arguments, the clock, the closing line of JSON.

A contestant prepares, then renders guest after guest, one at a time; only render and encode are
timed. No output is kept, and warm-up guests share no text with those that are timed.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from loadtests.pictures import percentile

QUALITY = 80
WARM_UP_S = 1.5
EXTENSION = {"png": "png", "jpeg": "jpg"}


@dataclass(frozen=True)
class Contestant:
    """A prepared renderer.

    Attributes:
        render: from the number of a guest to the bytes of the picture; those below 0 are for
            warming up.
        stages: milliseconds per picture and stage, which rendering adds to.
    """

    render: Callable[[int], bytes]
    versions: dict[str, str] = field(default_factory=dict)
    notes: str = ""
    stages: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Timed:
    """What was measured, in milliseconds per picture."""

    ms: list[float]
    wall_ms: float
    cpu_ms: float
    total_bytes: int

    def figures(self) -> dict[str, float]:
        """Return the figures that contestants are compared by."""
        count = len(self.ms)
        return {
            "n": count,
            "p50": round(percentile(self.ms, 50), 3),
            "p95": round(percentile(self.ms, 95), 3),
            "mean": round(sum(self.ms) / count, 3),
            "rps": round(count / self.wall_ms * 1000, 2),
            "wall_ms": round(self.wall_ms, 1),
            "cpu_ms_mean": round(self.cpu_ms / count, 3),
            "bytes_mean": round(self.total_bytes / count),
        }


def arguments() -> argparse.ArgumentParser:
    """Return the arguments that all contestants share."""
    parser = argparse.ArgumentParser(description="Render one card for many recipients.")
    parser.add_argument("--card", required=True)
    parser.add_argument("--format", choices=EXTENSION, default="png")
    parser.add_argument("--variant", default="default")
    parser.add_argument("--n", type=int, default=200, help="pictures to time")
    parser.add_argument("--min-n", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=20, help="pictures before that")
    parser.add_argument("--max-seconds", type=float, default=0.0)
    parser.add_argument("--offset", type=int, default=0, help="the first guest")
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--wait", action="store_true", help="say ready, then wait for a line")
    parser.add_argument("--out", type=Path, help="write pictures here after timing")
    parser.add_argument("--dump", default="0,1,2,3,4,5,6,7", help="guests of --out")
    return parser


def compete(peer: str, options: argparse.Namespace, prepare: Callable[[], Contestant]) -> None:
    """Prepare, warm up, render against the clock and print the closing line."""
    started = time.perf_counter()
    contestant = prepare()
    setup_ms = (time.perf_counter() - started) * 1000
    warm(contestant.render, options.warmup, options.max_seconds)
    if options.wait:
        print('{"ready":true}', flush=True)
        sys.stdin.readline()
    contestant.stages.clear()
    timed = timed_run(
        contestant.render, options.n, options.max_seconds, options.min_n, options.offset
    )
    closing: dict[str, Any] = {
        "peer": peer,
        "variant": options.variant,
        "card": options.card,
        "format": options.format,
        **timed.figures(),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "setup_ms": round(setup_ms, 1),
        "versions": {"python": platform.python_version(), **contestant.versions},
        "notes": contestant.notes,
        "stages_ms": {name: round(median(ms), 3) for name, ms in contestant.stages.items()},
        "ms": [round(one, 3) for one in timed.ms],
    }
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        for number in map(int, options.dump.split(",")):
            name = f"{options.card}-{number}.{EXTENSION[options.format]}"
            (options.out / name).write_bytes(contestant.render(number))
    print(json.dumps(closing), flush=True)


def warm(render: Callable[[int], bytes], count: int, max_seconds: float) -> None:
    """Render guests that are not timed: three at least, not much longer than a run may take."""
    enough_s = min(max_seconds / 2, WARM_UP_S) if max_seconds else float("inf")
    started = time.perf_counter()
    for done in range(count):
        if done >= 3 and time.perf_counter() - started > enough_s:
            break
        render(-1 - done)


def timed_run(
    render: Callable[[int], bytes],
    count: int,
    max_seconds: float = 0.0,
    least: int = 10,
    offset: int = 0,
) -> Timed:
    """Render `count` guests, or fewer when the time is over but at least `least`."""
    ms: list[float] = []
    total_bytes = 0
    cpu, started = cpu_ms(), time.perf_counter()
    for number in range(offset, offset + count):
        before = time.perf_counter()
        total_bytes += len(render(number))
        now = time.perf_counter()
        ms.append((now - before) * 1000)
        if max_seconds and len(ms) >= least and now - started > max_seconds:
            break
    wall_ms = (time.perf_counter() - started) * 1000
    return Timed(ms, wall_ms, cpu_ms() - cpu, total_bytes)


def cpu_ms() -> float:
    """Return the processor time that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


def peak_rss_mb() -> float:
    """Return the most memory that this process held at once."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
