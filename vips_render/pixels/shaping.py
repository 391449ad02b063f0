"""Turn text into placed glyphs: fonts per grapheme, directions, then HarfBuzz.

Everything is in em and exact: outlines are not hinted, so advances grow in proportion to the size,
and a line has the same shape at every size and scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import uharfbuzz as hb
from fontTools.unicodedata import script as script_of

from vips_render.expr.graphemes import grapheme_ends
from vips_render.pixels.bidi import levels_of
from vips_render.pixels.faces import Face
from vips_render.pixels.fallback import is_ignorable, kind_of
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.reading import (
    Reading,
    Shaped,
    ShapedRun,
    advances_of,
    gaps_of,
    piece_of,
    set_line,
)
from vips_render.scene.model import Font

_SHARED_SCRIPTS = frozenset({"Zyyy", "Zinh", "Zzzz"})
_SPACED_FEATURES = {"liga": False, "clig": False}
"""A ligature would swallow the space between its letters (CSS Text 3, 8.2)."""

_script = lru_cache(4096)(script_of)


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of text in one face, direction and script."""

    start: int
    end: int
    face: Face
    level: int
    script: str


class Typesetter:
    """Shapes the text of one layer."""

    def __init__(self, fonts: FontLibrary, font: Font, *, lang: str, spaced: bool) -> None:
        choice = fonts.choice(font)
        self.faces = choice.faces
        self.unknown = choice.unknown
        self.weight = font.weight
        self._fonts = fonts
        self._lang = lang
        self._is_spaced = spaced
        self._features = features_of(font.features) | (_SPACED_FEATURES if spaced else {})
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
        runs = tuple([self._shape(text, span) for span in spans])
        gaps = gaps_of(runs, text) if self._is_spaced else []
        return Reading(text, rtl, levels, runs, advances_of(runs, text), gaps)

    def line(self, reading: Reading, start: int, end: int) -> Shaped:
        """Place the glyphs of a piece of a text from left to right."""
        whole = start == 0 and end == len(reading.text)
        runs = reading.runs if whole else piece_of(reading, start, end)
        if runs is None:
            piece, levels = reading.text[start:end], reading.levels[start:end]
            reading = self.read(piece, rtl=reading.rtl, levels=levels)
            runs = reading.runs
        return set_line(runs, reading.text, spaced=self._is_spaced)

    def _shape(self, text: str, run: _Run) -> ShapedRun:
        buffer = hb.Buffer()
        # The whole text goes along as context: letters join across runs.
        buffer.add_str(text, run.start, run.end - run.start)
        buffer.direction = "rtl" if run.level % 2 else "ltr"
        buffer.script = run.script
        if self._lang:
            buffer.language = self._lang
        font = run.face.at(self.weight)
        hb.shape(font, buffer, self._features or None)
        infos, places = buffer.glyph_infos, buffer.glyph_positions or ()
        return ShapedRun(
            run.level,
            run.face,
            font,
            [info.cluster for info in infos],
            [info.codepoint for info in infos],
            [place.x_advance for place in places],
            [place.x_offset for place in places],
            [place.y_offset for place in places],
            infos,
        )

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


@lru_cache(256)
def features_of(tags: tuple[str, ...]) -> dict[str, bool]:
    """Return features as HarfBuzz takes them."""
    return {tag.removeprefix("-"): not tag.startswith("-") for tag in tags}


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
