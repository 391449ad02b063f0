"""Turn text into placed glyphs: fonts per grapheme, directions, then HarfBuzz.

Everything is in em and exact: outlines are not hinted, so advances grow in proportion to the size,
and a line has the same shape at every size and scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from vips_render.scene.model import Color, Font, Span

_SHARED_SCRIPTS = frozenset({"Zyyy", "Zinh", "Zzzz"})
_SPACED_FEATURES = {"liga": False, "clig": False}
"""A ligature would swallow the space between its letters (CSS Text 3, 8.2)."""

_JOINED_SCRIPTS = frozenset({"Arab", "Mand", "Mong", "Nkoo", "Phag", "Rohg", "Syrc"})
"""Their letters are one stroke, which space would tear (CSS Text 4, appendix D)."""

_script = lru_cache(4096)(script_of)


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of text in one face, direction and script."""

    start: int
    end: int
    face: Face
    level: int
    script: str
    voice: int = 0


@dataclass(frozen=True, slots=True)
class Voice:
    """How some letters of a text look; the first voice of a text is the layer's own.

    Attributes:
        color: None for the layer's own.
        factor: how many times larger than the text's size.
        face_of: what was found out about graphemes in its font.
        spacing: pixels of scale 1 after each cluster.
    """

    faces: tuple[Face, ...]
    weight: int
    color: Color | None
    factor: float
    face_of: dict[str, tuple[Face, str]]
    spacing: float = 0.0


class Typesetter:
    """Shapes the text of one layer.

    Args:
        spacing: of letters, in pixels of scale 1.
        spans: letters that look other than the rest.
    """

    def __init__(
        self,
        fonts: FontLibrary,
        font: Font,
        *,
        lang: str,
        spacing: float = 0.0,
        spans: Sequence[Span] = (),
    ) -> None:
        choice = fonts.choice(font)
        self.faces = choice.faces
        self.unknown = choice.unknown
        own = Voice(choice.faces, font.weight, None, 1.0, fonts.memory_for(font, lang), spacing)
        self.voices = [own]
        self._spans: list[tuple[Span, int]] = []
        if spans:
            looks = list(dict.fromkeys(map(_look, spans)))
            self.voices += [_voice(fonts, font, lang, look, spacing) for look in looks]
            self._spans = [(span, looks.index(_look(span)) + 1) for span in spans]
        self._fonts = fonts
        self._lang = lang
        self._is_spaced = any(voice.spacing for voice in self.voices)
        self._features = features_of(font.features)
        self._lacking: dict[str, None] = {}

    @property
    def primary(self) -> Face:
        """The face that places the lines."""
        return self.faces[0]

    @property
    def missing(self) -> str:
        """The characters, so far, that no registered font can draw; each once."""
        return "".join(dict.fromkeys("".join(self._lacking)))

    def voices_of(self, text: str) -> list[int]:
        """Return the voice of each character of the layer's text; none where all look alike."""
        if not self._spans:
            return []
        found = [0] * len(text)
        for span, number in self._spans:
            found[span.start : span.end] = [number] * len(found[span.start : span.end])
        start = 0
        for cluster in _clusters(text):
            # An accent looks as the letter that it stands on, whatever the markup says.
            found[start : start + len(cluster)] = [found[start]] * len(cluster)
            start += len(cluster)
        return found

    def read(
        self,
        text: str,
        *,
        rtl: bool,
        levels: Sequence[int] = (),
        voices: Sequence[int] = (),
    ) -> Reading:
        """Shape a paragraph or a line of one.

        Args:
            rtl: the direction of the paragraph.
            levels: of its characters in their paragraph; found from the text itself when empty.
            voices: of its characters; none where all look alike.
        """
        if not rtl and not voices and self.primary.latin.issuperset(text):
            levels = ()
            spans = [_Run(0, len(text), self.primary, 0, "Latn")] if text else []
        else:
            levels = levels or levels_of(text, rtl=rtl)
            spans = list(self._mixed_runs(text, levels, voices))
        runs = tuple([self._shape(text, span) for span in spans])
        gaps, hanging = gaps_of(runs, text) if self._is_spaced else ([], [])
        advances = advances_of(runs, text)
        return Reading(text, rtl, levels, runs, advances, gaps, voices, hanging)

    def line(self, reading: Reading, start: int, end: int) -> Shaped:
        """Place the glyphs of a piece of a text from left to right."""
        whole = start == 0 and end == len(reading.text)
        runs = reading.runs if whole else piece_of(reading, start, end)
        if runs is None:
            piece, levels = reading.text[start:end], reading.levels[start:end]
            voices = reading.voices[start:end]
            runs = self.read(piece, rtl=reading.rtl, levels=levels, voices=voices).runs
        return set_line(runs)

    def _shape(self, text: str, run: _Run) -> ShapedRun:
        buffer = hb.Buffer()
        # The whole text goes along as context: letters join across runs.
        buffer.add_str(text, run.start, run.end - run.start)
        if self._is_spaced and not text.isascii():
            # What draws nothing is no letter that spacing stands after.
            buffer.flags = hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
        buffer.direction = "rtl" if run.level % 2 else "ltr"
        buffer.script = run.script
        if self._lang:
            buffer.language = self._lang
        voice = self.voices[run.voice]
        font = run.face.at(voice.weight)
        spacing = 0.0 if run.script in _JOINED_SCRIPTS else voice.spacing
        features = self._features | _SPACED_FEATURES if spacing else self._features
        hb.shape(font, buffer, features or None)
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
            run.voice,
            voice.factor,
            spacing,
        )

    def _mixed_runs(
        self, text: str, levels: Sequence[int], voices: Sequence[int]
    ) -> Iterator[_Run]:
        """Cut text where face, direction, script or voice changes."""
        if not text:
            return
        voices = voices or [0] * len(text)
        faces = self._faces(text, voices)
        scripts = _scripts(text)
        start = 0
        for index in range(1, len(text) + 1):
            if (
                index < len(text)
                and faces[index] is faces[start]
                and levels[index] == levels[start]
                and scripts[index] == scripts[start]
                and voices[index] == voices[start]
            ):
                continue
            yield _Run(start, index, faces[start], levels[start], scripts[start], voices[start])
            start = index

    def _faces(self, text: str, voices: Sequence[int]) -> list[Face]:
        """Return the face of every character; a grapheme is never torn apart."""
        faces: list[Face] = []
        for cluster in _clusters(text):
            voice = self.voices[voices[len(faces)]]
            if cluster not in voice.face_of:
                voice.face_of[cluster] = self._find_face(cluster, voice)
            face, lacking = voice.face_of[cluster]
            faces += [face] * len(cluster)
            if lacking:
                self._lacking[lacking] = None
        return faces

    def _find_face(self, cluster: str, voice: Voice) -> tuple[Face, str]:
        """Return the face of a grapheme, and those of its characters that even it lacks."""
        drawn = "".join(c for c in cluster if not is_ignorable(c) and not c.isspace())
        if not drawn:
            return voice.faces[0], ""
        kind = kind_of(cluster)
        for face in voice.faces:
            if face.is_colour == (kind == "emoji") and face.has(drawn):
                return face, ""
        face = (
            self._fonts.fallback(
                drawn, voice.faces[0], weight=voice.weight, lang=self._lang, kind=kind
            )
            or voice.faces[0]
        )
        return face, "".join(c for c in drawn if not face.covers(c))


def _look(span: Span) -> Span:
    """Return what a span looks like, wherever it stands."""
    return replace(span, start=0, end=0)


def _voice(fonts: FontLibrary, font: Font, lang: str, span: Span, spacing: float) -> Voice:
    own = Font(font.families, span.weight, span.italic, font.features)
    faces, memory = fonts.choice(own).faces, fonts.memory_for(own, lang)
    if span.letter_spacing is not None:
        spacing = span.letter_spacing
    return Voice(faces, span.weight, span.color, span.size, memory, spacing)


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
