"""Hold shaped text: where its runs are, how far they reach, where it may be cut."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import add

import uharfbuzz as hb

from vips_render.pixels.bidi import visual_order
from vips_render.pixels.faces import Face
from vips_render.pixels.outlines import Outline, Placed


@dataclass(frozen=True, slots=True)
class ShapedRun:
    """Glyphs of one font from left to right, and the level of their text.

    Attributes:
        clusters: indexes in the text.
        numbers: of the glyphs in their font.
        advances, rights, ups: in the font's units.
        infos: what HarfBuzz says of them.
    """

    level: int
    face: Face
    font: hb.Font
    clusters: Sequence[int]
    numbers: Sequence[int]
    advances: Sequence[int]
    rights: Sequence[int]
    ups: Sequence[int]
    infos: Sequence[hb.GlyphInfo]


@dataclass(frozen=True, slots=True)
class Reading:
    """A shaped text.

    Attributes:
        levels: bidi levels of its characters; empty where all read from left to right.
        runs: in the order of the text.
        advances, gaps: running sums, from 0, per character: of advances in em, of letter spacings;
            the latter are empty where letters are not spaced.
    """

    text: str
    rtl: bool
    levels: Sequence[int]
    runs: tuple[ShapedRun, ...]
    advances: list[float]
    gaps: list[int]


@dataclass(frozen=True, slots=True)
class Shaped:
    """The glyphs of a line from left to right, its advance in em, and its letter spacings.

    `emoji` bring their own colours.
    """

    letters: tuple[Placed, ...]
    emoji: tuple[Placed, ...]
    advance: float
    gaps: int


def set_line(runs: Sequence[ShapedRun], text: str, *, spaced: bool) -> Shaped:
    """Put runs of a text next to each other, from left to right.

    Args:
        spaced: whether letter spacings are to be counted.
    """
    letters: list[Placed] = []
    emoji: list[Placed] = []
    x, gaps = 0.0, 0
    for index in visual_order([run.level for run in runs]):
        run = runs[index]
        kind = emoji if run.face.is_colour else letters
        em = run.face.units_per_em
        pens = [*accumulate(run.advances, initial=0)]
        spacings = _spacings(run.clusters) if spaced else ()
        rights = [*map(add, pens, run.rights)] if any(run.rights) else pens[:-1]
        ups = run.ups if any(run.ups) else ()
        kind.append((run.font, Outline(run.numbers, rights, ups, spacings), x, gaps))
        x += pens[-1] / em
        gaps += spacings[-1] + 1 if spacings else 0
    return Shaped(tuple(letters), tuple(emoji), x, max(0, gaps - 1))


def advances_of(runs: Sequence[ShapedRun], text: str) -> list[float]:
    """Return the running sums, from 0, of what each character advances the pen, in em."""
    if len(runs) == 1 and len(runs[0].clusters) == len(text) and not runs[0].level:
        em = runs[0].face.units_per_em
        if runs[0].clusters == list(range(len(text))):
            return [units / em for units in accumulate(runs[0].advances, initial=0)]
    advances = [0.0] * len(text)
    for run in runs:
        em = run.face.units_per_em
        for cluster, units in zip(run.clusters, run.advances, strict=True):
            advances[cluster] += units / em
    return [*accumulate(advances, initial=0.0)]


def gaps_of(runs: Sequence[ShapedRun], text: str) -> list[int]:
    """Return the running sums, from 0, of the spacings after each character's cluster."""
    starts = {cluster for run in runs for cluster in run.clusters}
    return [*accumulate((index in starts for index in range(len(text))), initial=0)]


def _spacings(clusters: Sequence[int]) -> list[int]:
    """Return how many spacings stand before each glyph of a run: one after each cluster."""
    changes = (one != other for one, other in pairwise(clusters))
    return [*accumulate(changes, initial=0)]


def piece_of(reading: Reading, start: int, end: int) -> tuple[ShapedRun, ...] | None:
    """Cut a line out of a text that reads from left to right; None where letters would join anew.

    HarfBuzz tells where a cut leaves the glyphs on both sides as they are.
    """
    pieces: list[ShapedRun] = []
    for run in reading.runs:
        first, last = bisect_left(run.clusters, start), bisect_left(run.clusters, end)
        if run.level or not (_may_part(run, first, start) and _may_part(run, last, end)):
            return None
        if first < last:
            parts = (run.clusters, run.numbers, run.advances, run.rights, run.ups, run.infos)
            pieces.append(ShapedRun(0, run.face, run.font, *(part[first:last] for part in parts)))
    return tuple(pieces)


def _may_part(run: ShapedRun, index: int, place: int) -> bool:
    """Tell whether a text may be cut at a place, before the glyph of this index."""
    if index == len(run.clusters) or (run.clusters[index] > place and index == 0):
        return True
    return run.clusters[index] == place and not run.infos[index].flags
