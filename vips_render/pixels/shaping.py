"""Turn text into placed glyphs: fonts per grapheme, directions, then HarfBuzz.

Everything is in em and exact: outlines are not hinted, so advances grow in proportion to the size,
and a line has the same shape at every size and scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

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


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph of a line: its number in a font, which is set to the wanted weight.

    `x` and `y` are in em from the pen's start on the baseline, y up.

    `gaps` is how many letter spacings stand before it.
    """

    font: hb.Font
    number: int
    x: float
    y: float
    gaps: int
    is_colour: bool


@dataclass(frozen=True, slots=True)
class Shaped:
    """The glyphs of a line from left to right, its advance in em, and its letter spacings."""

    glyphs: tuple[Glyph, ...]
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


_Glyphs = list[tuple[int, int, int, int, int]]


class Typesetter:
    """Shapes the text of one layer."""

    def __init__(self, fonts: FontLibrary, font: Font, *, lang: str, spaced: bool) -> None:
        choice = fonts.choose(font.families, weight=font.weight, italic=font.italic)
        self.faces = choice.faces
        self.unknown = choice.unknown
        self.weight = font.weight
        self._fonts = fonts
        self._lang = lang
        self._features = _SPACED_FEATURES if spaced else None
        self._lacking: dict[str, None] = {}
        self._face_of = fonts.memory_for(font, lang)
        self._shaped: dict[tuple[str, _Run], _Glyphs] = {}

    @property
    def primary(self) -> Face:
        """The face that places the lines."""
        return self.faces[0]

    @property
    def missing(self) -> str:
        """The characters, so far, that no registered font can draw; each once."""
        return "".join(dict.fromkeys("".join(self._lacking)))

    def measured(self, text: str, *, rtl: bool) -> tuple[list[float], list[int]]:
        """Return running sums, from 0, of advances in em and of letter spacings."""
        advances = [0.0] * len(text)
        gaps = [0] * len(text)
        for run in self._runs(text, rtl=rtl):
            em = run.face.units_per_em
            for _, cluster, advance, _, _ in self._shape(text, run):
                advances[cluster] += advance / em
                gaps[cluster] = 1
        return [*accumulate(advances, initial=0.0)], [*accumulate(gaps, initial=0)]

    def line(self, text: str, levels: Sequence[int] | None, *, rtl: bool) -> Shaped:
        """Shape one line and place its glyphs from left to right.

        Args:
            levels: of its characters in their paragraph; found from the line itself when None.
        """
        runs = list(self._runs(text, rtl=rtl, levels=levels))
        glyphs: list[Glyph] = []
        x, gaps = 0.0, 0
        for index in visual_order([run.level for run in runs]):
            run = runs[index]
            em = run.face.units_per_em
            font, is_colour = run.face.at(self.weight), run.face.is_colour
            cluster = -1
            for number, of, advance, right, up in self._shape(text, run):
                if cluster not in (-1, of):
                    gaps += 1
                cluster = of
                glyphs.append(Glyph(font, number, x + right / em, up / em, gaps, is_colour))
                x += advance / em
            gaps += 1
        return Shaped(tuple(glyphs), x, max(0, gaps - 1))

    def _shape(self, text: str, run: _Run) -> _Glyphs:
        """Return number, cluster, advance, and offsets to the right and up, per glyph."""
        if (text, run) in self._shaped:
            return self._shaped[text, run]
        buffer = hb.Buffer()
        # The whole text goes along as context: letters join across runs.
        buffer.add_str(text, run.start, run.end - run.start)
        buffer.direction = "rtl" if run.level % 2 else "ltr"
        buffer.script = run.script
        if self._lang:
            buffer.language = self._lang
        hb.shape(run.face.at(self.weight), buffer, self._features)
        glyphs = [
            (info.codepoint, info.cluster, place.x_advance, place.x_offset, place.y_offset)
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions or (), strict=True)
        ]
        self._shaped[text, run] = glyphs
        return glyphs

    def _runs(self, text: str, *, rtl: bool, levels: Sequence[int] | None = None) -> Iterator[_Run]:
        """Cut text where face, direction or script changes."""
        if not text:
            return
        if levels is None:
            levels = levels_of(text, rtl=rtl)
        faces = self._faces(text)
        if text.isascii() and len(set(levels)) == len(set(faces)) == 1:
            yield _Run(0, len(text), faces[0], levels[0], "Latn")
            return
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
