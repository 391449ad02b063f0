"""Draw drafts with the values that break designs, and say what became of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from origin.catalog.edition import Edition
from origin.children.errors import ChildError
from origin.cli.batch import IN_FLIGHT, shown_progress, side_by_side
from origin.cli.easel import Drawn, Easel, shortfalls
from origin.cli.files import whole_file
from origin.cli.screen import counted, say, show_table, tell
from origin.cli.trials import Trial, trials_of
from origin.fetch.reasons import EMPTY
from origin.pipeline.order import Order
from origin.urls.link import Link
from vips_render.errors import RenderError

PICTURES = 500
"""Most that are drawn of a document, and pixels of them all; a person waits for it."""
PIXELS = 400_000_000
FEWEST = 50

NAMED = 3
"""Values that are named of those that did the same to a text."""

_KINDS = ("no picture", "problem", "letters", "family", "too large", "cut", "fallback", "shrunk")
"""Of findings, the worst first."""

_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Proof:
    """One picture to draw: of which layout, and with what."""

    trial: Trial
    layout: str
    order: Order

    def __str__(self) -> str:
        """Read as what it was drawn with."""
        return f"{self.trial} ({self.layout})" if self.layout else str(self.trial)

    def path(self, directory: Path) -> Path:
        """Name its file."""
        stem = _UNSAFE.sub("-", str(self.trial).replace(": ", ".")).rstrip("-")
        return directory / self.order.edition.name / self.layout / f"{stem}.jpg"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that went wrong; `size` is that of the letters, to tell the worst."""

    layer: str
    kind: str
    what: str
    proof: Proof
    size: int = 0

    @property
    def alike(self) -> tuple[str, str, str, str]:
        """What findings have in common that differ in their values alone."""
        return self.layer, self.kind, self.what, self.proof.layout


async def try_edition(
    easel: Easel, edition: Edition, painters: int, directory: Path | None
) -> bool:
    """Draw an edition's trials, tell what went wrong, and say whether all could be drawn.

    Args:
        directory: pictures are left there.
    """
    proofs, left = _proofs(easel, edition)
    findings: list[list[Finding]] = [[] for _ in proofs]

    async def judged(number: int, proof: Proof) -> tuple[int, list[Finding]]:
        return number, await _judged(easel, proof, directory)

    works = (judged(number, proof) for number, proof in enumerate(proofs))
    with shown_progress(lambda: len(proofs)) as (progress, bar):
        async for number, found in side_by_side(works, painters * IN_FLIGHT):
            findings[number] = found
            progress.advance(bar)
    rows = _rows([one for found in findings for one in found])
    undrawn = sum(one.kind == "no picture" for found in findings for one in found)
    layers = len({layer for layer, _, _ in rows if layer})
    facts = [counted(len(proofs), "picture")]
    facts += [f"{undrawn} not drawn"] if undrawn else []
    facts += [f"{counted(layers, 'layer') if layers else 'nothing'} fell short"]
    say(f"{edition.name}: {', '.join(facts)}")
    if rows:
        show_table(("", "layer", "what became of it", "with"), [("", *row) for row in rows])
    if left:
        tell(f"{edition.name}: {counted(left, 'trial')} left out, which would take too long")
    return not undrawn


def _proofs(easel: Easel, edition: Edition) -> tuple[list[Proof], int]:
    """Return what is drawn, and how many trials are left out.

    A picture comes once for all values that it looks the same with and has the same problems.
    """
    template = edition.template
    sizes = [(template.canvas.width, template.canvas.height)]
    for layout in template.layouts.values():
        sizes.append((layout.width or sizes[0][0], layout.height or sizes[0][1]))
    area = sum(width * height for width, height in sizes) // len(sizes)
    most = max(FEWEST, min(PICTURES, PIXELS // area))
    found: dict[object, Proof] = {}
    trials = [
        (trial, layout) for trial in trials_of(template) for layout in ("", *template.layouts)
    ]
    for number, (trial, chosen) in enumerate(trials):
        if len(found) == most:
            return list(found.values()), len(trials) - number
        # The format that costs least: for a person to look at, and the texts are those of all.
        link = Link(edition.name, "latest", "jpg", variables=trial.values, layout=chosen)
        order = easel.order(edition, link)
        found.setdefault((order.key, order.problems), Proof(trial, chosen, order))
    return list(found.values()), 0


async def _judged(easel: Easel, proof: Proof, directory: Path | None) -> list[Finding]:
    try:
        drawn = await easel.draw(proof.order)
    except (RenderError, ChildError) as error:
        words = f"cannot be drawn: {str(error) or type(error).__name__}"
        return [Finding("", "no picture", words, proof)]
    if directory is not None:
        await asyncio.to_thread(_write, proof.path(directory), drawn.body)
    return list(_findings(proof, drawn))


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as fresh:
        fresh.write_bytes(body)


def _findings(proof: Proof, drawn: Drawn) -> Iterator[Finding]:
    for problem in drawn.problems:
        # A variable was left without a value on purpose.
        if problem.reason != "value-missing":
            words = (
                f"{problem.variable}: {problem.message}" if problem.variable else problem.message
            )
            yield Finding(problem.layer, "problem", words, proof)
    for layer, reason in drawn.fallbacks:
        # An odd value may well name no picture: that is what fallbacks are for.
        if proof.trial.is_usual and reason != EMPTY.word:
            yield Finding(layer, "fallback", f"fallback ({reason})", proof)
    for report in drawn.reports:
        for kind, what in shortfalls(report):
            yield Finding(report["layer"], kind, what, proof, report["size"])


def _rows(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    """Word what went wrong, a row for each layer and kind, the worst first.

    What goes wrong with the usual values already is told of them alone.
    """
    usual = {one.alike for one in findings if one.proof.trial.is_usual}
    groups: dict[tuple[str, str, bool], list[Finding]] = {}
    for one in findings:
        is_usual = one.proof.trial.is_usual
        if is_usual or one.alike not in usual:
            kind = one.what if one.kind == "problem" else one.kind
            groups.setdefault((one.layer, kind, not is_usual), []).append(one)
    ranked = sorted(
        groups.values(),
        key=lambda group: (_KINDS.index(group[0].kind), not group[0].proof.trial.is_usual),
    )
    layers = dict.fromkeys(group[0].layer for group in ranked)
    return [
        (layer, *_told(group)) for layer in layers for group in ranked if group[0].layer == layer
    ]


def _told(group: Sequence[Finding]) -> tuple[str, str]:
    """Word the worst of a group, and the values that did it, the worst first."""
    ranked = sorted(group, key=lambda one: (one.size, one.proof.trial.is_together))
    layout = ranked[0].proof.layout
    # All values at once tell nothing where one is enough.
    told = [
        one.proof.trial for one in ranked if one is ranked[0] or not one.proof.trial.is_together
    ]
    values = list(dict.fromkeys((trial.variable, trial.what) for trial in told))
    named: dict[str, list[str]] = {}
    for variable, value in values[:NAMED]:
        named.setdefault(variable and f"{variable}: ", []).append(value)
    words = "; ".join(f"{name}{', '.join(whats)}" for name, whats in named.items())
    if len(values) > NAMED:
        words += f"; {len(values) - NAMED} more"
    return ranked[0].what + (f" (in {layout})" if layout else ""), words
