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
        voice, factor: which letters of the text they are, and how many times larger than its size.
        spacing: pixels of scale 1 after each of its clusters.
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
    voice: int = 0
    factor: float = 1.0
    spacing: float = 0.0

    @property
    def units_per_em(self) -> float:
        """The grid of its outlines, for an em of the text's own size."""
        return self.face.units_per_em / self.factor


@dataclass(frozen=True, slots=True)
class Reading:
    """A shaped text.

    Attributes:
        levels: bidi levels of its characters; empty where all read from left to right.
        runs: in the order of the text.
        advances, gaps: running sums, from 0, per character: of advances in em, of letter spacings
            in pixels of scale 1; the latter are empty where letters are not spaced.
        hanging: likewise, what of its gaps a line that ends there leaves out.
        voices: of its characters; empty where all look alike.
    """

    text: str
    rtl: bool
    levels: Sequence[int]
    runs: tuple[ShapedRun, ...]
    advances: list[float]
    gaps: list[float]
    voices: Sequence[int] = ()
    hanging: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Shaped:
    """The glyphs of a line from left to right, and its advance in em.

    `emoji` bring their own colours; `gaps` are its letter spacings, in pixels of scale 1.
    """

    letters: tuple[Placed, ...]
    emoji: tuple[Placed, ...]
    advance: float
    gaps: float

    def of_voice(self, voice: int, factor: float) -> Shaped:
        """Return the glyphs of one voice, for its own size: `factor` times the text's."""

        def own(placed: tuple[Placed, ...]) -> tuple[Placed, ...]:
            return tuple(
                (font, outline, start / factor, gaps, spoken)
                for font, outline, start, gaps, spoken in placed
                if spoken == voice
            )

        return Shaped(own(self.letters), own(self.emoji), self.advance / factor, self.gaps)


def set_line(runs: Sequence[ShapedRun]) -> Shaped:
    """Put runs of a text next to each other, from left to right."""
    letters: list[Placed] = []
    emoji: list[Placed] = []
    x = gaps = last = 0.0
    for index in visual_order([run.level for run in runs]):
        run = runs[index]
        if not run.numbers:
            continue  # a variation selector alone, for one: nothing to place, and nothing to space
        kind = emoji if run.face.is_colour else letters
        em = run.units_per_em
        pens = [*accumulate(run.advances, initial=0)]
        spacings = _spacings(run.clusters, run.spacing) if run.spacing else ()
        rights = [*map(add, pens, run.rights)] if any(run.rights) else pens[:-1]
        ups = run.ups if any(run.ups) else ()
        outline = Outline(run.numbers, rights, ups, spacings)
        kind.append((run.font, outline, x, gaps, run.voice))
        x += pens[-1] / em
        gaps += spacings[-1] + run.spacing if spacings else 0
        last = run.spacing
    return Shaped(tuple(letters), tuple(emoji), x, gaps - last)


def advances_of(runs: Sequence[ShapedRun], text: str) -> list[float]:
    """Return the running sums, from 0, of what each character advances the pen, in em."""
    if len(runs) == 1 and len(runs[0].clusters) == len(text) and not runs[0].level:
        em = runs[0].units_per_em
        if runs[0].clusters == list(range(len(text))):
            return [units / em for units in accumulate(runs[0].advances, initial=0)]
    advances = [0.0] * len(text)
    for run in runs:
        em = run.units_per_em
        for cluster, units in zip(run.clusters, run.advances, strict=True):
            advances[cluster] += units / em
    return [*accumulate(advances, initial=0.0)]


def gaps_of(runs: Sequence[ShapedRun], text: str) -> tuple[list[float], list[float]]:
    """Return `gaps` and `hanging` of a reading."""
    after = {cluster: run.spacing for run in runs for cluster in run.clusters}
    gaps, hanging = [0.0], [0.0]
    for index in range(len(text)):
        gaps.append(gaps[-1] + after.get(index, 0.0))
        hanging.append(after.get(index, hanging[-1]))
    return gaps, hanging


def _spacings(clusters: Sequence[int], spacing: float) -> list[float]:
    """Return how far each glyph of a run is moved by the spacings before it, one per cluster."""
    changes = (spacing * (one != other) for one, other in pairwise(clusters))
    return [*accumulate(changes, initial=0.0)]


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
            pieces.append(
                ShapedRun(
                    0,
                    run.face,
                    run.font,
                    run.clusters[first:last],
                    run.numbers[first:last],
                    run.advances[first:last],
                    run.rights[first:last],
                    run.ups[first:last],
                    run.infos[first:last],
                    run.voice,
                    run.factor,
                    run.spacing,
                )
            )
    return tuple(pieces)


def _may_part(run: ShapedRun, index: int, place: int) -> bool:
    """Tell whether a text may be cut at a place, before the glyph of this index."""
    if index == len(run.clusters) or (run.clusters[index] > place and index == 0):
        return True
    return run.clusters[index] == place and not run.infos[index].flags
