"""Find the font files that a document borrows from the service, one file per face."""

from __future__ import annotations

import hashlib
from io import BytesIO
from itertools import product
from pathlib import Path

from fontTools.ttLib import TTFont

from origin.catalog.edition import FontFile
from origin.catalog.references import FontReference
from vips_render.errors import AssetError
from vips_render.pixels.faces import Face, read_faces
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.ownfonts import plain_font, write_whole

_WEIGHTS = range(50, 1001, 50)
"""Fine enough to come upon the odd ones, such as 350 of Noto Sans CJK's DemiLight."""

_COLLECTIONS = frozenset({".ttc", ".otc"})


class ServiceFonts:
    """The families of `library`; what is taken out of other files goes into `home`.

    A version carries single faces: a collection holds faces of other families too, and is large.
    """

    def __init__(self, library: FontLibrary, home: Path) -> None:
        self._library = library
        self._home = home

    @property
    def families(self) -> tuple[str, ...]:
        """The families that can be asked for by name, sorted."""
        return self._library.families

    def faces(self, reference: FontReference) -> tuple[Face, ...]:
        """Return the faces that can be drawn of what is asked for; none of an unknown family."""
        weights = _WEIGHTS if reference.weight is None else (reference.weight,)
        slants = (False, True) if reference.italic is None else (reference.italic,)
        faces: dict[tuple[Path, int, bool], Face] = {}
        for weight, italic in product(weights, slants):
            choice = self._library.choose((reference.family,), weight=weight, italic=italic)
            if choice.unknown:
                return ()
            face = choice.faces[0]
            faces[face.path, face.index, face.italic] = face
        return tuple(faces.values())

    def find(self, reference: FontReference) -> tuple[FontFile, ...]:
        """Return the same as files, one file per face."""
        return tuple(
            FontFile(
                reference.family, _single(face, self._home / "faces"), face.weights[0], face.italic
            )
            for face in self.faces(reference)
        )

    def is_font(self, path: Path) -> bool:
        """Claim that a face can be read from the file, unpacked if need be."""
        try:
            font = plain_font(path.read_bytes(), path.name, self._home)
            return any(read_faces(path, font))
        except (AssetError, OSError):
            return False


def _single(face: Face, home: Path) -> Path:
    if face.path.suffix.casefold() not in _COLLECTIONS:
        return face.path
    name = hashlib.sha256(f"{face.path} {face.path.stat().st_mtime_ns} {face.index}".encode())
    target = home / f"{name.hexdigest()}.otf"
    if not target.exists():
        alone = BytesIO()
        # A fresh date inside would make equal fonts differ, and so every version.
        TTFont(face.path, fontNumber=face.index, recalcTimestamp=False).save(alone)
        write_whole(target, alone.getvalue())
    return target
