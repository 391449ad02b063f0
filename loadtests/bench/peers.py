"""Measure Signet beside other renderers: same scenes, same pictures, same fonts, same run.

    python -m loadtests.bench.peers

Contestants take turns, pinned to one core, for some rounds; what is told are medians of rounds.
takumi takes part where Node and npm are, and npm can install it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from loadtests.bench import assets, page, plot
from loadtests.bench.cards import NAMES
from loadtests.bench.page import figure, kilobytes
from loadtests.bench.scenes import write_scenes
from origin.config import child_environment

TAKUMI = "@takumi-rs/core@2.16.3"
FORMATS = ("png", "jpeg")
PACKAGE = Path(__file__).parent
ROOT = PACKAGE.parents[1]
TITLES = {
    "welcome": "hero 1200 x 630",
    "wrapped": "story 1080 x 1920",
    "banner": "banner 600 x 200",
}
SIGNET = "Signet"
STAGES = ("sums", "resolve", "paint", "encode")

Cell = tuple[str, str]
"""A card and a format."""


def main() -> None:
    """Measure all cells and write table and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="per contestant and cell")
    parser.add_argument("--n", type=int, default=200, help="pictures at most")
    parser.add_argument("--cards", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--home", type=Path, default=assets.HOME)
    parser.add_argument("--page", type=Path, default=page.PAGE)
    options = parser.parse_args()
    watch = page.Watch()
    place = assets.ready(options.home)
    for card in options.cards:
        write_scenes(card, place, options.home / "scenes" / f"{card}.json")
    runs = _rounds(options, _contestants(options.home))
    said = page.circumstances(watch.others())
    results = options.home / "results"
    results.mkdir(exist_ok=True)
    (results / "peers.json").write_text(json.dumps(runs))
    medians = median_cells(runs)
    page.put("peers", f"{said}\n\n{tables(medians)}", options.page)
    for output_format in FORMATS:
        page.put_plot(f"peers-{output_format}", _plot(medians, output_format), options.page)


def median_cells(runs: list[dict[str, Any]]) -> dict[Cell, dict[str, dict[str, float]]]:
    """Return the medians of rounds by cell and contestant."""
    found: dict[Cell, dict[str, dict[str, float]]] = {}
    for run in runs:
        peers = found.setdefault((run["card"], run["format"]), {})
        if run["peer"] not in peers:
            alike = [r for r in runs if all(r[k] == run[k] for k in ("card", "format", "peer"))]
            peers[run["peer"]] = {
                key: statistics.median(r[key] for r in alike)
                for key in ("p50", "p95", "cpu_ms_mean", "bytes_mean", "rps", "peak_rss_mb")
            }
            for stage in STAGES if run["peer"] == SIGNET else ():
                peers[SIGNET][stage] = statistics.median(r["stages_ms"][stage] for r in alike)
    return found


def tables(cells: dict[Cell, dict[str, dict[str, float]]]) -> str:
    """Return who took how long, and how far apart Signet and the fastest other are."""
    rows, ratios = [], []
    for (card, output_format), peers in cells.items():
        for peer, of in sorted(peers.items(), key=lambda item: item[1]["p50"]):
            shown = [figure(of[key]) for key in ("p50", "p95", "cpu_ms_mean", "rps")]
            cell = f"{TITLES[card]}, {output_format.upper()}"
            memory = f"{of['peak_rss_mb']:.0f} MB"
            rows.append([cell, peer, *shown, kilobytes(of["bytes_mean"]), memory])
        others = {peer: of for peer, of in peers.items() if peer != SIGNET}
        if SIGNET in peers and others:
            ratios.append(_ratios(card, output_format, peers[SIGNET], others))
    head = ["Picture", "Renderer", "p50 ms", "p95 ms", "CPU ms", "pictures/s", "bytes", "memory"]
    apart = ["Picture", "fastest other", "its p50 ÷ ours", "its CPU ÷ ours", "our bytes ÷ its",
             "our p95 ÷ p50"]  # fmt: skip
    stages = [
        [f"{TITLES[card]}, {output_format.upper()}", *(figure(peers[SIGNET][s]) for s in STAGES)]
        for (card, output_format), peers in cells.items()
        if SIGNET in peers
    ]
    ours = page.table(["Picture, Signet", *(f"{stage} ms" for stage in STAGES)], stages)
    return f"{page.table(apart, ratios)}\n\n{ours}\n\n{page.table(head, rows)}"


def _ratios(
    card: str, output_format: str, ours: dict[str, float], others: dict[str, dict[str, float]]
) -> list[str]:
    name, fastest = min(others.items(), key=lambda item: item[1]["p50"])
    return [
        f"{TITLES[card]}, {output_format.upper()}",
        name,
        f"{fastest['p50'] / ours['p50']:.2f}",
        f"{fastest['cpu_ms_mean'] / ours['cpu_ms_mean']:.2f}",
        f"{ours['bytes_mean'] / fastest['bytes_mean']:.2f}",
        f"{ours['p95'] / ours['p50']:.2f}",
    ]


def _plot(cells: dict[Cell, dict[str, dict[str, float]]], output_format: str) -> str:
    order = sorted({peer for peers in cells.values() for peer in peers}, key=_signet_first)
    groups = {
        TITLES[card]: {peer: peers[peer]["p50"] for peer in order if peer in peers}
        for (card, of_format), peers in cells.items()
        if of_format == output_format
    }
    title = f"One {output_format.upper()} for one recipient, one core: milliseconds, p50"
    return plot.bars(title, groups, "ms")


def _signet_first(peer: str) -> tuple[bool, str]:
    return peer != SIGNET, peer.lower()


def _rounds(options: argparse.Namespace, contestants: list[list[str]]) -> list[dict[str, Any]]:
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(everywhere)})  # whoever we start runs there, too
    environment = {
        **os.environ,
        **child_environment(),
        "PATH": os.environ["PATH"],
        "FONTCONFIG_FILE": str(_font_config(options.home)),
    }
    runs: list[dict[str, Any]] = []
    try:
        for number in range(options.rounds):
            for card in options.cards:
                for output_format in FORMATS:
                    for command in contestants:
                        run = _run(command, card, output_format, options, environment)
                        runs.append(run)
                        print(f"{number + 1} {card} {output_format} {run['peer']} {run['p50']} ms")
    finally:
        os.sched_setaffinity(0, everywhere)
    return runs


def _run(
    command: list[str],
    card: str,
    output_format: str,
    options: argparse.Namespace,
    environment: dict[str, str],
) -> dict[str, Any]:
    words = [word.replace("SCENES", str(options.home / "scenes" / card)) for word in command]
    words += ["--card", card, "--format", output_format, "--assets", str(options.home / "assets")]
    words += ["--n", str(options.n), "--max-seconds", str(options.seconds)]
    done = subprocess.run(  # noqa: S603 - our own commands
        words, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    closing: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return closing


def _contestants(home: Path) -> list[list[str]]:
    python, scenes = [sys.executable, "-m"], ["--scenes", "SCENES.json"]
    found = [
        [*python, "loadtests.bench.contestant"],
        [*python, "loadtests.bench.others.pillow", *scenes],
        [*python, "loadtests.bench.others.plain_vips", *scenes],
    ]
    node, npm, modules = shutil.which("node"), shutil.which("npm"), home / "node"
    if node is None or npm is None:
        print("without takumi: node and npm are not there")
        return found
    if not (modules / "node_modules").exists():
        modules.mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(modules), TAKUMI]
        if subprocess.run(install, cwd=modules, check=False).returncode:  # noqa: S603
            print("without takumi: npm cannot install it")
            return found
    script = str(PACKAGE / "others" / "takumi.mjs")
    return [*found, [node, script, "--modules", str(modules), *scenes]]


def _font_config(home: Path) -> Path:
    """Write a fontconfig file that knows the fonts of the benchmarks and no others."""
    file = home / "fonts.conf"
    places = f"<dir>{home / 'assets' / 'fonts'}</dir><cachedir>{home / 'fontconfig'}</cachedir>"
    file.write_text(f'<?xml version="1.0"?><fontconfig>{places}</fontconfig>')
    return file


if __name__ == "__main__":
    main()
