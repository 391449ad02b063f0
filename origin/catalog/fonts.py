"""Find the font files that a document borrows from the service, one file per face."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont

from origin.catalog.drafts import FindFonts
from origin.catalog.edition import FontFile
from origin.catalog.references import FontReference
from vips_render.pixels.faces import Face
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.ownfonts import write_whole

_WEIGHTS = range(100, 1000, 100)
_COLLECTIONS = frozenset({".ttc", ".otc"})


def font_finder(library: FontLibrary, home: Path) -> FindFonts:
    """Look families up in `library`; faces of collections are taken out into `home`.

    A version carries single faces: a collection holds faces of other families too, and is large.
    """

    def find(reference: FontReference) -> tuple[FontFile, ...]:
        weights = _WEIGHTS if reference.weight is None else (reference.weight,)
        slants = (False, True) if reference.italic is None else (reference.italic,)
        faces: dict[tuple[Path, int], Face] = {}
        for weight in weights:
            for italic in slants:
                choice = library.choose((reference.family,), weight=weight, italic=italic)
                if choice.unknown:
                    return ()
                faces[choice.faces[0].path, choice.faces[0].index] = choice.faces[0]
        return tuple(
            FontFile(reference.family, _single(face, home), face.weights[0], face.italic)
            for face in faces.values()
        )

    return find


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
