"""Read a draft as it is now, with the files that it names, and say all that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from origin.catalog.edition import Edition, FontFile
from origin.catalog.names import inside
from origin.catalog.references import (
    ASSETS,
    AssetReference,
    FontReference,
    asset_references,
    font_references,
)
from origin.catalog.versions import sha256
from vips_render.errors import Fault, TemplateError
from vips_render.limits import Limits
from vips_render.template.edit import edit
from vips_render.template.model import Template
from vips_render.template.parse import in_order, is_shallow, parse_template
from vips_render.template.properties import nearest

DOCUMENT_BYTES = 4 * 1024 * 1024
"""Longest document that is read; far beyond what a person or an editor writes."""

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})

Stamp = tuple[tuple[str, int, int], ...]

Pictures = Callable[[Sequence[Path]], Sequence[str]]
"""Says of each file why it cannot be drawn as a picture; empty when it can."""


class Fonts(Protocol):
    """The fonts of the service, which documents may borrow."""

    @property
    def families(self) -> Collection[str]:
        """Names of the families that can be asked for."""

    def find(self, reference: FontReference) -> tuple[FontFile, ...]:
        """Return the files that can draw what is asked for; none when the family is unknown."""

    def is_font(self, path: Path) -> bool:
        """Claim that a document may bring this file along as a font."""


def draft_stamp(root: Path, document: Path) -> Stamp:
    """Return what changes whenever the draft, or a file that it may name, changes on the disk."""
    stamp = []
    for path in (document, *sorted((root / "assets").rglob("*"))):
        try:
            status = path.stat()
        except OSError:
            continue
        stamp.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(stamp)


def read_draft(root: Path, path: Path, limits: Limits) -> Edition:
    """Compile the document at `path` with what it names under `root`.

    Raises:
        TemplateError: the document has faults, or names a file that is not there; all at once, in
            the order of the document.
    """
    content = _content(path)
    own: tuple[Fault, ...] = ()
    template: Template | None = None
    try:
        template = parse_template(content, limits)
    except TemplateError as error:
        own = error.faults
    document = as_object(content)
    faults: list[Fault] = []
    assets = _find_assets(root, (document, *layouts_of(template)), faults)
    fonts = _own_fonts(root, document, faults)
    if document.get("name") not in (path.stem, None):
        faults.append(Fault("/name", f"the file is called {path.name}, so this is {path.stem!r}"))
    if template is None or faults:
        raise TemplateError(all_faults(own, faults, document))
    parts = [f"{local} {sha256(file.read_bytes())}" for local, file in sorted(assets.items())]
    parts += [f"{font.family} {sha256(font.path.read_bytes())}" for font in fonts]
    return Edition(
        name=path.stem,
        version=None,
        digest=sha256("\n".join([sha256(content), *parts]).encode()),
        template=template,
        document=content,
        assets=MappingProxyType(assets),
        fonts=fonts,
        root=root,
    )


def find_fonts_of(
    document: dict[str, Any], template: Template | None, fonts: Fonts
) -> tuple[tuple[FontFile, ...], tuple[Fault, ...]]:
    """Find the fonts that a document borrows from the service, and those that nobody has.

    Args:
        template: the same, compiled; None when it has faults, and its layouts are not looked at.
    """
    brought = {str(font.get("family")) for font in _objects(document.get("fonts"))}
    own = {family.casefold() for family in brought}
    found: dict[FontFile, None] = {}
    faults: dict[str, Fault] = {}
    for one in (document, *layouts_of(template)):
        for reference in font_references(one):
            family = reference.family.casefold()
            if family in own or family in faults:
                continue
            files = fonts.find(reference)
            found |= dict.fromkeys(files)
            if not files:
                near = nearest(reference.family, {*fonts.families, *brought})
                what_now = f"did you mean {near!r}?" if near else "see: signet templates fonts"
                message = f"no font provides {reference.family!r}; {what_now}"
                faults[family] = Fault(reference.pointer, message)
    return tuple(found), tuple(faults.values())


def unreadable_fonts(root: Path, document: dict[str, Any], fonts: Fonts) -> Iterator[Fault]:
    """Give the font files of a document that are there, but are none."""
    for index, font in enumerate(_objects(document.get("fonts"))):
        path = inside(root, str(font.get("file", "")))
        if path is not None and not fonts.is_font(path):
            yield Fault(f"/fonts/{index}/file", "is no font; bring a TTF, OTF, WOFF or WOFF2 file")


def unreadable_pictures(
    root: Path, document: dict[str, Any], template: Template | None, pictures: Pictures
) -> Iterator[Fault]:
    """Give the pictures of a document that are there, but are none, each where it is named first.

    Args:
        template: the same, compiled; None when it has faults, and its layouts are not looked at.
    """
    places: dict[str, str] = {}
    files = _local_files(root)
    for reference, names in _matches((document, *layouts_of(template)), files):
        for name in names:
            # A name that is all hole fits every file: of those, only pictures must be some.
            if name == reference.text or files[name].suffix.lower() in PICTURE_SUFFIXES:
                places.setdefault(name, reference.pointer)
    reasons = pictures([files[name] for name in places]) if places else ()
    for (name, pointer), reason in zip(places.items(), reasons, strict=True):
        if reason:
            yield Fault(pointer, f"{name!r} cannot be drawn: {reason}")


def all_faults(
    known: Iterable[Fault], more: Iterable[Fault], document: dict[str, Any]
) -> tuple[Fault, ...]:
    """Order faults as the document is; what is no file name need not be missing as a file, too."""
    found = list(known)
    places = {fault.pointer for fault in found}
    return in_order([*found, *(one for one in more if one.pointer not in places)], document)


def layouts_of(template: Template | None) -> Iterator[dict[str, Any]]:
    """Give the document as each of its layouts draws it."""
    if template is not None:
        yield from (edit(template, layout=name).data for name in template.layouts)


def as_object(content: bytes) -> dict[str, Any]:
    """Read a document loosely: whatever is no JSON object, or too deep, counts as an empty one."""
    try:
        loaded = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) and is_shallow(loaded) else {}


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(DOCUMENT_BYTES + 1)
    if len(content) > DOCUMENT_BYTES:
        raise TemplateError((Fault("", f"longer than {DOCUMENT_BYTES} bytes"),))
    return content


def _find_assets(
    root: Path, documents: Iterable[dict[str, Any]], faults: list[Fault]
) -> dict[str, Path]:
    """Resolve every local picture that documents name; add a fault for each that is not there."""
    files = _local_files(root)
    found: dict[str, Path] = {}
    missing: dict[str, Fault] = {}
    for reference, names in _matches(documents, files):
        found |= {name: files[name] for name in names}
        if not names:
            fault = Fault(reference.pointer, _no_such_file(reference.text, files))
            missing.setdefault(reference.text, fault)
    faults += missing.values()
    return found


def _matches(
    documents: Iterable[dict[str, Any]], files: Collection[str]
) -> Iterator[tuple[AssetReference, list[str]]]:
    """Give each local picture that documents name, with the names of files that it may become."""
    for reference in (one for document in documents for one in asset_references(document)):
        yield reference, [name for name in files if reference.pattern.fullmatch(name)]


def _local_files(root: Path) -> dict[str, Path]:
    """Return every file that a document may name, by that name."""
    return {
        name: file
        for entry in sorted((root / "assets").rglob("*"))
        if (file := inside(root, name := entry.relative_to(root).as_posix())) is not None
    }


def _own_fonts(root: Path, document: dict[str, Any], faults: list[Fault]) -> tuple[FontFile, ...]:
    fonts = []
    for index, font in enumerate(_objects(document.get("fonts"))):
        file = str(font.get("file", ""))
        path = inside(root, file)
        if path is None:
            faults.append(Fault(f"/fonts/{index}/file", _no_such_file(file, _local_files(root))))
            continue
        weight, italic = font.get("weight"), font.get("italic")
        fonts.append(
            FontFile(
                str(font.get("family", "")),
                path,
                weight if isinstance(weight, int) else None,
                italic if isinstance(italic, bool) else None,
            )
        )
    return tuple(fonts)


def _objects(value: object) -> list[dict[str, Any]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def _no_such_file(name: str, files: Iterable[str]) -> str:
    what_now = "" if name.startswith(ASSETS) else f"; local names begin with {ASSETS}"
    if "{{" not in name and (near := nearest(name, files)):
        what_now = f"; did you mean {near!r}?"
    return f"no file {name!r} in the templates directory{what_now}"
