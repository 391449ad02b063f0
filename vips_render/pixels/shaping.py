"""Turn text into placed glyphs: fonts per grapheme, directions, then HarfBuzz.

Everything is in em and exact: outlines are not hinted, so advances grow in proportion to the size,
and a line has the same shape at every size and scale.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter

import uharfbuzz as hb
from fontTools.unicodedata import script as script_of

from vips_render.expr.graphemes import grapheme_ends
from vips_render.pixels.bidi import levels_of, visual_order
from vips_render.pixels.faces import Face
from vips_render.pixels.fallback import is_ignorable, kind_of
from vips_render.pixels.fonts import FontLibrary
from vips_render.scene.model import Font

_SHARED_SCRIPTS = frozenset({"Zyyy", "Zinh", "Zzzz"})
_SPACED_FEATURES = {"liga": False, "clig": False}
"""A ligature would swallow the space between its letters (CSS Text 3, 8.2)."""

_script = lru_cache(4096)(script_of)


Placed = tuple[hb.Font, int, float, float, int]
"""A glyph of a line: its font, set to the wanted weight, its number there, right and up in em from
where the pen starts on the baseline, and how many letter spacings stand before it."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """The glyphs of a line from left to right, its advance in em, and its letter spacings.

    `emoji` bring their own colours.
    """

    letters: tuple[Placed, ...]
    emoji: tuple[Placed, ...]
    advance: float
    gaps: int


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of text in one face, direction and script."""

    start: int
    end: int
    face: Face
    level: int
    script: str


_Cell = tuple[int, int, float, float, float, hb.GlyphInfo]
"""A shaped glyph: the index of its cluster in the text, its number in the font, advance, right and
up in em, and what HarfBuzz says of it."""


@dataclass(frozen=True, slots=True)
class _Set:
    """Glyphs of one font from left to right, and the level of their text."""

    level: int
    font: hb.Font
    is_colour: bool
    cells: list[_Cell]


@dataclass(frozen=True, slots=True)
class Reading:
    """A shaped text.

    Attributes:
        levels: bidi levels of its characters; empty where all read from left to right.
        runs: in the order of the text.
        advances, gaps: running sums, from 0, per character: of advances in em, of letter spacings.
    """

    text: str
    rtl: bool
    levels: Sequence[int]
    runs: tuple[_Set, ...]
    advances: list[float]
    gaps: list[int]


class Typesetter:
    """Shapes the text of one layer."""

    def __init__(self, fonts: FontLibrary, font: Font, *, lang: str, spaced: bool) -> None:
        choice = fonts.choice(font)
        self.faces = choice.faces
        self.unknown = choice.unknown
        self.weight = font.weight
        self._fonts = fonts
        self._lang = lang
        self._features = _SPACED_FEATURES if spaced else None
        self._lacking: dict[str, None] = {}
        self._face_of = fonts.memory_for(font, lang)

    @property
    def primary(self) -> Face:
        """The face that places the lines."""
        return self.faces[0]

    @property
    def missing(self) -> str:
        """The characters, so far, that no registered font can draw; each once."""
        return "".join(dict.fromkeys("".join(self._lacking)))

    def read(self, text: str, *, rtl: bool, levels: Sequence[int] = ()) -> Reading:
        """Shape a paragraph or a line of one.

        Args:
            rtl: the direction of the paragraph.
            levels: of its characters in their paragraph; found from the text itself when empty.
        """
        if not rtl and self.primary.latin.issuperset(text):
            levels = ()
            spans = [_Run(0, len(text), self.primary, 0, "Latn")] if text else []
        else:
            levels = levels or levels_of(text, rtl=rtl)
            spans = list(self._mixed_runs(text, levels))
        advances = [0.0] * len(text)
        gaps = [0] * len(text)
        runs = tuple([self._shape(text, span) for span in spans])
        for run in runs:
            for cluster, _, advance, _, _, _ in run.cells:
                advances[cluster] += advance
                gaps[cluster] = 1
        sums, spaces = accumulate(advances, initial=0.0), accumulate(gaps, initial=0)
        return Reading(text, rtl, levels, runs, [*sums], [*spaces])

    def line(self, reading: Reading, start: int, end: int) -> Shaped:
        """Place the glyphs of a piece of a text from left to right."""
        whole = start == 0 and end == len(reading.text)
        runs = reading.runs if whole else _piece(reading, start, end)
        if runs is None:
            piece, levels = reading.text[start:end], reading.levels[start:end]
            runs = self.read(piece, rtl=reading.rtl, levels=levels).runs
        letters: list[Placed] = []
        emoji: list[Placed] = []
        x, gaps, before = 0.0, -1, -1
        for index in visual_order([run.level for run in runs]):
            font, kind = runs[index].font, emoji if runs[index].is_colour else letters
            for cluster, number, advance, right, up, _ in runs[index].cells:
                if cluster != before:
                    gaps += 1
                    before = cluster
                kind.append((font, number, x + right, up, gaps))
                x += advance
        return Shaped(tuple(letters), tuple(emoji), x, max(0, gaps))

    def _shape(self, text: str, run: _Run) -> _Set:
        buffer = hb.Buffer()
        # The whole text goes along as context: letters join across runs.
        buffer.add_str(text, run.start, run.end - run.start)
        buffer.direction = "rtl" if run.level % 2 else "ltr"
        buffer.script = run.script
        if self._lang:
            buffer.language = self._lang
        font = run.face.at(self.weight)
        hb.shape(font, buffer, self._features)
        em = run.face.units_per_em
        cells = [
            (
                info.cluster,
                info.codepoint,
                place.x_advance / em,
                place.x_offset / em,
                place.y_offset / em,
                info,
            )
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions or (), strict=True)
        ]
        return _Set(run.level, font, run.face.is_colour, cells)

    def _mixed_runs(self, text: str, levels: Sequence[int]) -> Iterator[_Run]:
        """Cut text where face, direction or script changes."""
        if not text:
            return
        faces = self._faces(text)
        scripts = _scripts(text)
        start = 0
        for index in range(1, len(text) + 1):
            if (
                index < len(text)
                and faces[index] is faces[start]
                and levels[index] == levels[start]
                and scripts[index] == scripts[start]
            ):
                continue
            yield _Run(start, index, faces[start], levels[start], scripts[start])
            start = index

    def _faces(self, text: str) -> list[Face]:
        """Return the face of every character; a grapheme is never torn apart."""
        faces: list[Face] = []
        for cluster in _clusters(text):
            if cluster not in self._face_of:
                self._face_of[cluster] = self._find_face(cluster)
            face, lacking = self._face_of[cluster]
            faces += [face] * len(cluster)
            if lacking:
                self._lacking[lacking] = None
        return faces

    def _find_face(self, cluster: str) -> tuple[Face, str]:
        """Return the face of a grapheme, and those of its characters that even it lacks."""
        drawn = "".join(c for c in cluster if not is_ignorable(c) and not c.isspace())
        if not drawn:
            return self.primary, ""
        kind = kind_of(cluster)
        for face in self.faces:
            if face.is_colour == (kind == "emoji") and face.has(drawn):
                return face, ""
        face = (
            self._fonts.fallback(
                drawn, self.primary, weight=self.weight, lang=self._lang, kind=kind
            )
            or self.primary
        )
        return face, "".join(c for c in drawn if not face.covers(c))


def _piece(reading: Reading, start: int, end: int) -> tuple[_Set, ...] | None:
    """Cut a line out of a text that reads from left to right; None where letters would join anew.

    HarfBuzz tells where a cut leaves the glyphs on both sides as they are.
    """
    pieces: list[_Set] = []
    for run in reading.runs:
        cells = run.cells
        first, last = (bisect_left(cells, place, key=itemgetter(0)) for place in (start, end))
        if run.level or not all(_may_part(cells, *cut) for cut in ((first, start), (last, end))):
            return None
        pieces.append(_Set(0, run.font, run.is_colour, cells[first:last]))
    return tuple(pieces)


def _may_part(cells: Sequence[_Cell], index: int, place: int) -> bool:
    """Tell whether a text may be cut at a place, before the glyph of this index."""
    if index == len(cells) or (cells[index][0] > place and index == 0):
        return True
    return cells[index][0] == place and not cells[index][5].flags


def _clusters(text: str) -> Iterable[str]:
    """Cut a text into graphemes."""
    if text.isascii():
        return text
    ends = grapheme_ends(text)
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _scripts(text: str) -> list[str]:
    """Return the script of every character; shared ones take the script before, else after them."""
    if text.isascii():
        return ["Latn"] * len(text)
    scripts: list[str] = []
    last = ""
    for character in text:
        script = _script(character)
        last = last if script in _SHARED_SCRIPTS else script
        scripts.append(last)
    first = next(filter(None, scripts), "Zyyy")
    return [script or first for script in scripts]
