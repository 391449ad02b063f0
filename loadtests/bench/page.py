"""Put figures into the page of measurements: only between its markers, all prose is by hand."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BUSY_CORES = 0.1
"""From how many cores busy with other work on figures are marked."""


class MarkerMissing(Exception):  # noqa: N818 - reads as a claim where it is raised
    """The page has no such pair of markers; the text names it."""


def put(name: str, content: str, page: Path = PAGE) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`.

    Raises:
        MarkerMissing: the page has not exactly one such pair.
    """
    opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = page.read_text()
    if text.count(opening) != 1 or text.count(closing) != 1:
        raise MarkerMissing(f"{page} needs {opening} and {closing}, once each")
    before, rest = text.split(opening)
    _, after = rest.split(closing)
    page.write_text(f"{before}{opening}\n\n{content.strip()}\n\n{closing}{after}")


def put_plot(name: str, svg: str, page: Path = PAGE) -> None:
    """Write a plot beside the page's pictures."""
    directory = page.parent / "images"
    directory.mkdir(exist_ok=True)
    (directory / f"performance-{name}.svg").write_text(svg)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first hold figures."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def figure(value: float) -> str:
    """Return a figure with three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def kilobytes(size_bytes: float) -> str:
    """Return a size as one reads it."""
    return (
        f"{size_bytes / 1000:,.1f} kB" if size_bytes < 100_000 else f"{size_bytes / 1000:,.0f} kB"
    )


class Watch:
    """Measures, from its making on, how much of the machine others take: cores' worth."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self._all, self._own = _busy_s(), _own_s()

    def others(self) -> float:
        """Return the mean number of cores that were busy for others than us and our children."""
        passed_s = perf_counter() - self._started
        others_s = _busy_s() - self._all - (_own_s() - self._own)
        return max(0.0, others_s / passed_s)


def circumstances(others: float) -> str:
    """Say when and on what a run was made, and whether the machine was busy with other work."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    processor = model[1] if model else platform.machine()
    cores = os.cpu_count()
    said = (
        f"Taken {datetime.now(UTC):%Y-%m-%d} on {cores} cores of {processor}, "
        f"Python {platform.python_version()}; other work kept {others:.2f} cores busy meanwhile."
    )
    if others >= BUSY_CORES:
        said += " **Taken under load: times are too long; read CPU times, bytes and ratios.**"
    return said


def _busy_s() -> float:
    """Return the processor time of everybody since the machine started."""
    user, nice, system, _, _, irq, softirq = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """Return the processor time of us and of children that have ended."""
    return sum(os.times()[:4])
