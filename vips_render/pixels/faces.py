"""Read what a font file says of itself, and answer questions about its glyphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

import uharfbuzz as hb

from vips_render.pixels.fallback import is_ignorable

_LATIN = range(0x20, 0x250), range(0x200E, 0x200F), range(0x2010, 0x2028), range(0x20A0, 0x20C1)
"""Letters and their punctuation, the left-to-right mark, dashes and quotes, currencies."""

SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc"})
"""What HarfBuzz reads; WOFF and WOFF2 are unpacked first, see `vips_render.pixels.ownfonts`."""


@dataclass(frozen=True, eq=False)  # no slots: what is asked for late is kept in the instance
class Face:
    """One drawable face: a file, one of the faces of a collection, or the slanted end of an axis.

    Attributes:
        names: the family names it answers to, the typographic one first.
        weights: the lowest and highest weight it can take; equal unless the file is variable.
        ascent, descent: above and below the baseline in em, both positive.
        is_colour: its glyphs bring their own colours (emoji).
        slant: tag and value of the axis that slants it; None where the file is as it is.
    """

    path: Path
    index: int
    names: tuple[str, ...]
    weights: tuple[int, int]
    italic: bool
    ascent: float
    descent: float
    is_colour: bool
    source: hb.Face = field(repr=False)
    slant: tuple[str, float] | None = None
    _fonts: dict[int, hb.Font] = field(repr=False, default_factory=dict)

    @property
    def family(self) -> str:
        """The name that people know it by."""
        return self.names[0]

    @property
    def is_variable(self) -> bool:
        """Tell whether it has a range of weights."""
        return self.weights[0] < self.weights[1]

    @property
    def units_per_em(self) -> int:
        """The grid of its outlines."""
        return int(self.source.upem)

    def at(self, weight: int) -> hb.Font:
        """Return what shapes and draws the face at a weight, in units of its own grid."""
        lowest, highest = self.weights
        weight = min(max(weight, lowest), highest)
        if weight not in self._fonts:
            font = hb.Font(self.source)
            font.scale = (self.units_per_em, self.units_per_em)
            axes = {"wght": float(weight)} if self.is_variable else {}
            if self.slant is not None:
                axes |= [self.slant]
            if axes:
                font.set_variations(axes)
            self._fonts[weight] = font
        return self._fonts[weight]

    @cached_property
    def coverage(self) -> hb.Set:
        """The code points that the face has a glyph of its own for."""
        return self.source.unicodes

    @cached_property
    def latin(self) -> frozenset[str]:
        """What it can draw of Latin letters, and of signs that every script shares.

        Each is a grapheme by itself and none turns a line. Empty where glyphs bring their colours.
        """
        if self.is_colour:
            return frozenset()
        return frozenset(filter(self.has, map(chr, chain(*_LATIN))))

    def covers(self, character: str) -> bool:
        """Tell whether the face has a glyph of its own for one character."""
        return ord(character) in self.coverage

    def has(self, cluster: str) -> bool:
        """Tell whether it can draw every character of a grapheme that draws anything."""
        return all(self.covers(c) for c in cluster if not is_ignorable(c))


def read_faces(path: Path, content: hb.Blob | None = None) -> Iterator[Face]:
    """Yield the faces of one file; nothing when it is not a font that can be read.

    Args:
        content: what is read in place of the file, which then only names it.
    """
    try:
        blob = hb.Blob.from_file_path(str(path)) if content is None else content
        count = hb.Face(blob).count
    except hb.HarfBuzzError:
        return
    for index in range(count):
        face = hb.Face(blob, index)
        # Tools that make fonts smaller for the web may leave their names out.
        names = _names(face) or (path.stem,)
        if face.upem == 0 or face.glyph_count == 0:
            continue
        plain = hb.Font(face)
        plain.scale = (face.upem, face.upem)
        extents = plain.get_font_extents("ltr")
        upright = Face(
            path=path,
            index=index,
            names=names,
            weights=_weights(face, plain),
            italic=_is_italic(face, plain),
            ascent=extents.ascender / face.upem,
            descent=-extents.descender / face.upem,
            is_colour=bool(face.has_color_png or face.has_color_paint or face.has_color_layers),
            source=face,
        )
        yield upright
        slant = None if upright.italic else _slant(face)
        if slant is not None:
            yield replace(upright, italic=True, slant=slant, _fonts={})


def _names(face: hb.Face) -> tuple[str, ...]:
    """Typographic family first, then the legacy one that splits weights off."""
    ids = hb.OTNameIdPredefined
    found = (face.get_name(ids.TYPOGRAPHIC_FAMILY), face.get_name(ids.FONT_FAMILY))
    return tuple(dict.fromkeys(name for name in found if name))


def _weights(face: hb.Face, plain: hb.Font) -> tuple[int, int]:
    for axis in face.axis_infos:
        if axis.tag == "wght":
            return round(axis.min_value), round(axis.max_value)
    weight = round(plain.get_style_value(hb.StyleTag.WEIGHT))
    return weight, weight


def _slant(face: hb.Face) -> tuple[str, float] | None:
    """Return the axis that slants a variable font, and its far end."""
    ends = {axis.tag: (axis.min_value, axis.max_value) for axis in face.axis_infos}
    if ends.get("ital", (0, 0))[1] > 0:
        return "ital", ends["ital"][1]
    # Degrees counterclockwise: what leans forward is negative.
    return ("slnt", ends["slnt"][0]) if ends.get("slnt", (0, 0))[0] < 0 else None


def _is_italic(face: hb.Face, plain: hb.Font) -> bool:
    """Ask the flag and the names: published files forget the flag on some weights."""
    ids = hb.OTNameIdPredefined
    asked = (ids.TYPOGRAPHIC_SUBFAMILY, ids.FONT_SUBFAMILY, ids.FULL_NAME)
    style = " ".join(face.get_name(name) or "" for name in asked).casefold()
    flagged = plain.get_style_value(hb.StyleTag.ITALIC) > 0
    return bool(flagged) or "italic" in style or "oblique" in style


def nearest(faces: Sequence[Face], *, weight: int, italic: bool) -> Face:
    """Choose by slant, then by weight, as CSS Fonts 4 section 5.2 does.

    Between 400 and 500 the weights up to 500 come first, then lighter, then heavier ones; below
    400 lighter before heavier; above 500 heavier before lighter. A static file of exactly that
    weight comes before a variable one.
    """
    slanted = [face for face in faces if face.italic == italic] or list(faces)
    return min(slanted, key=lambda face: _distance(face, weight))


def _distance(face: Face, weight: int) -> tuple[int, int, bool]:
    lowest, highest = face.weights
    actual = min(max(weight, lowest), highest)
    away = actual - weight
    if away == 0:
        order = 0
    elif 400 <= weight <= 500:
        order = 1 if away > 0 and actual <= 500 else 2 if away < 0 else 3
    else:
        heavier_first = weight > 500
        order = 1 if (away > 0) == heavier_first else 2
    return order, abs(away), face.is_variable
