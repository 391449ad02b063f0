"""Know every font that can be drawn, and choose faces from our own list.

Nothing falls back silently: the library finds the face for a family, a weight and a slant, the
faces for characters which that one lacks, and says what it could not find.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import uharfbuzz as hb

from vips_render.errors import AssetError, RenderError
from vips_render.pixels.faces import SUFFIXES, Face, nearest, read_faces
from vips_render.pixels.fallback import Kind, family_rank
from vips_render.pixels.outlines import GlyphCase
from vips_render.pixels.ownfonts import (
    PACKED_SUFFIXES,
    OwnFont,
    Stamp,
    own_alias,
    plain_font,
    stamp_of,
)
from vips_render.scene.model import Font

DEFAULT_FAMILY = "Source Sans Pro"
"""The face of a document that names none, or none that is known; `font-source-sans-pro` on PyPI."""

_GENERIC = {
    "sans-serif": (DEFAULT_FAMILY,),
    "serif": ("Noto Serif", "DejaVu Serif", "Liberation Serif"),
    "monospace": ("Noto Sans Mono", "DejaVu Sans Mono", "Liberation Mono"),
}
"""CSS's generic families, as the first of these that is registered."""

_REMEMBERED_CLUSTERS = 50_000
_REMEMBERED_FONTS = 1_000

_OWN_BYTES = 128 * 1024 * 1024
"""Files of documents' own fonts that stay registered; the documents drawn last keep theirs."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The faces for a font: `faces[0]` is the primary one; `unknown` families were not found."""

    faces: tuple[Face, ...]
    unknown: tuple[str, ...] = ()


class FontLibrary:
    """The registered fonts of this process.

    Args:
        directories: where fonts are, in order of preference; the first file of a family, weight
            and slant wins. Directories that do not exist are passed over.
        home: a directory of ours for unpacked files; may be shared by processes, may be lost.
    """

    def __init__(self, directories: Sequence[Path], home: Path) -> None:
        self._home = home
        self._families: dict[str, list[Face]] = {}
        self._fallback_of: dict[tuple[str, str, Kind], str | None] = {}
        self._memories: dict[tuple[Font, str], dict[str, tuple[Face, str]]] = {}
        self._choices: dict[Font, Choice] = {}
        self.glyphs = GlyphCase()
        """Letters that were drawn before; see there."""
        self._order: dict[tuple[str, Kind], list[str]] = {}
        self._own_names: set[str] = set()
        self._own: dict[tuple[tuple[OwnFont, Stamp], ...], dict[str, str]] = {}
        for directory in directories:
            for face in self._read_directory(directory):
                self._register(face)
        if not self._families:
            places = ", ".join(map(str, directories))
            raise RenderError(f"no fonts in {places}: a picture without fonts is an empty picture")

    @property
    def families(self) -> tuple[str, ...]:
        """The known families by name, sorted."""
        return tuple(
            sorted(
                faces[0].family
                for name, faces in self._families.items()
                if name not in self._own_names
            )
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """Every registered file once."""
        return tuple(dict.fromkeys(face.path for face in self._faces()))

    def choose(self, families: Iterable[str], *, weight: int = 400, italic: bool = False) -> Choice:
        """Find a face for each known family in order; the default one when there is none."""
        found: list[Face] = []
        unknown: list[str] = []
        for family in families:
            known = self._family(family)
            if known is None:
                unknown.append(family)
            else:
                found.append(nearest(known, weight=weight, italic=italic))
        if not found:
            found.append(nearest(self._default(), weight=weight, italic=italic))
        return Choice(tuple(found), tuple(unknown))

    def choice(self, font: Font) -> Choice:
        """Return what `choose` finds for a font, and remember it."""
        known = self._choices.get(font)
        if known is None:
            if len(self._choices) >= _REMEMBERED_FONTS:
                self._choices.clear()
            known = self.choose(font.families, weight=font.weight, italic=font.italic)
            self._choices[font] = known
        return known

    def fallback(
        self, cluster: str, like: Face, *, weight: int, lang: str = "", kind: Kind = "other"
    ) -> Face | None:
        """Find a face for a grapheme that the chosen ones lack; None when nobody has it.

        Args:
            like: the primary face; its slant is kept where the other family has it.
            lang: BCP 47; decides between the families of Han characters.
            kind: which families are asked first.
        """
        key = (cluster, lang, kind)
        if key not in self._fallback_of:
            if len(self._fallback_of) >= _REMEMBERED_CLUSTERS:
                self._fallback_of.clear()
            self._fallback_of[key] = self._family_covering(cluster, lang, kind)
        family = self._fallback_of[key]
        if family is None:
            return None
        return nearest(self._families[family], weight=weight, italic=like.italic)

    def memory_for(self, font: Font, lang: str) -> dict[str, tuple[Face, str]]:
        """Return what a typesetter has found out about graphemes in a font; it may add to it."""
        memory = self._memories.setdefault((font, lang), {})
        if len(self._memories) + sum(map(len, self._memories.values())) > _REMEMBERED_CLUSTERS:
            self._memories = {(font, lang): {}}
            return self._memories[font, lang]
        return memory

    def adopt(self, fonts: Iterable[OwnFont]) -> dict[str, str]:
        """Register a document's own fonts and return the name to ask for, by family.

        The returned names hold a digest of the files: equal files give equal names in every
        process, and another document's files of the same family stay apart.

        Raises:
            AssetError: `not-a-font`, or the file cannot be read (`missing`).
        """
        given = tuple(fonts)
        try:
            wanted = tuple((font, stamp_of(font)) for font in given)
        except AssetError:
            # A template that is away for a moment is drawn as it was, its fonts too.
            for known, names in reversed(self._own.items()):
                if tuple(font for font, _ in known) == given:
                    return names
            raise
        names = self._own.pop(wanted, {}) or dict(self._adopt(given))
        # At the end of the order: the last to be forgotten.
        self._own[wanted] = names
        self._forget_the_oldest()
        return names

    def _adopt(self, fonts: Sequence[OwnFont]) -> Iterator[tuple[str, str]]:
        for family in dict.fromkeys(font.family for font in fonts):
            members = [font for font in fonts if font.family == family]
            try:
                contents = [font.path.read_bytes() for font in members]
            except OSError as fault:
                raise AssetError("missing", f"font {family!r}: {fault}") from fault
            styles = [f"{font.weight} {font.italic}".encode() for font in members]
            name = own_alias(family, [*contents, *styles])
            if name.casefold() not in self._families:
                faces = [
                    face
                    for font, content in zip(members, contents, strict=True)
                    for face in self._own_faces(font, content, name)
                ]
                self._own_names.add(name.casefold())
                self._forget_choices()  # a family that was unknown may now be this one
                self._families[name.casefold()] = faces
            yield family, name

    def _own_faces(self, font: OwnFont, content: bytes, name: str) -> Iterator[Face]:
        """Yield the faces of a file; of a collection those of its first family."""
        # The very bytes that the name was made of: the file of a draft may change at any moment.
        found = [*read_faces(font.path, plain_font(content, font.path.name, self._home))]
        if not found:
            raise AssetError("not-a-font", f"font {font.family!r} has no face that can be drawn")
        if font.italic is not None:
            found = [face for face in found if face.italic == font.italic] or found
        weight = font.weight
        for face in found:
            if face.family == found[0].family:
                yield replace(
                    face,
                    names=(name,),
                    weights=face.weights if weight is None or face.is_variable else (weight,) * 2,
                    italic=face.italic if font.italic is None else font.italic,
                )

    def _forget_the_oldest(self) -> None:
        weight_bytes = sum(map(_weigh, self._own))
        if weight_bytes <= _OWN_BYTES:
            return
        for oldest in list(self._own)[:-1]:
            if weight_bytes <= _OWN_BYTES:
                break
            weight_bytes -= _weigh(oldest)
            del self._own[oldest]
        kept = {name.casefold() for names in self._own.values() for name in names.values()}
        for name in self._own_names - kept:
            del self._families[name]
        self._own_names &= kept
        self._forget_choices()

    def _forget_choices(self) -> None:
        self._choices.clear()
        self._memories.clear()
        self.glyphs.clear()

    def _faces(self) -> Iterator[Face]:
        for faces in self._families.values():
            yield from faces

    def _read_directory(self, directory: Path) -> Iterator[Face]:
        if not directory.is_dir():
            return
        for path in sorted(directory.rglob("*")):
            suffix = path.suffix.casefold()
            if suffix in SUFFIXES:
                yield from read_faces(path)
            elif suffix in PACKED_SUFFIXES:
                yield from self._read_packed(path)

    def _read_packed(self, path: Path) -> Iterator[Face]:
        with suppress(AssetError, OSError):
            yield from read_faces(path, plain_font(path.read_bytes(), path.name, self._home))

    def _register(self, face: Face) -> None:
        """Keep the first file of a family, weight and slant, and static files before variable."""
        members = self._families.setdefault(face.family.casefold(), [])
        same = [f for f in members if f.italic == face.italic and f.weights == face.weights]
        if not same:
            members.append(face)

    def _family(self, name: str) -> list[Face] | None:
        for candidate in _GENERIC.get(name.casefold(), (name,)):
            if known := self._families.get(candidate.casefold()):
                return known
        return None

    def _default(self) -> list[Face]:
        known = self._family(DEFAULT_FAMILY)
        return known or self._families[self._ranked("", "other")[0]]

    def _family_covering(self, cluster: str, lang: str, kind: Kind) -> str | None:
        """Ask all families in order; one that has only the first character is better than none."""
        if ord(cluster[0]) not in self._all_coverage:
            return None
        partly = None
        for family in self._ranked(lang, kind):
            face = self._families[family][0]
            if face.covers(cluster[0]):
                if face.has(cluster):
                    return family
                partly = partly or family
        return partly

    @cached_property
    def _all_coverage(self) -> hb.Set:
        """What any shared family has: names in scripts that nobody has cost one look."""
        coverage = hb.Set()
        for name, faces in self._families.items():
            if name not in self._own_names:
                coverage.update(faces[0].coverage)
        return coverage

    def _ranked(self, lang: str, kind: Kind) -> list[str]:
        key = (lang, kind)
        if key not in self._order:
            shared = (name for name in self._families if name not in self._own_names)
            self._order[key] = sorted(shared, key=lambda name: family_rank(name, lang, kind))
        return self._order[key]


def _weigh(fonts: Sequence[tuple[OwnFont, Stamp]]) -> int:
    # A thousand for what is kept beside a file, so that small ones are bounded too.
    return sum(stamp.size_bytes + 1_000 for _, stamp in fonts)
