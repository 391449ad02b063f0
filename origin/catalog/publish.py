"""Turn a draft into an immutable, numbered version that needs nothing outside itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from origin.catalog.catalog import Catalog
from origin.catalog.drafts import (
    Fonts,
    Pictures,
    all_faults,
    as_object,
    find_fonts_of,
    unreadable_fonts,
    unreadable_pictures,
)
from origin.catalog.edition import Edition, FontFile
from origin.catalog.names import inside
from origin.catalog.versions import (
    DOCUMENT,
    PICTURE_EXTENSIONS,
    Manifest,
    ManifestFont,
    sha256,
    stored_as,
    write_version,
)
from vips_render.errors import Fault, TemplateError

Draw = Callable[[Edition], Mapping[str, bytes]]
"""Draws an edition with its defaults, once for each of the extensions `png jpg webp avif`."""


@dataclass(frozen=True, slots=True)
class Published:
    """The newest version of a template; `is_new` is False when it was the same already."""

    edition: Edition
    is_new: bool


def publish(
    catalog: Catalog, name: str, *, fonts: Fonts, pictures: Pictures, draw: Draw
) -> Published:
    """Make the draft of `name` its next version, with assets, fonts and default pictures.

    Two callers at once get two numbers. A draft that equals the newest version makes none.

    Raises:
        UnknownTemplate: there is no such template.
        UnknownVersion: the template has no draft.
        TemplateError: see `check`.
        TamperedVersion: the newest version is not what was published.
    """
    draft, borrowed = check(catalog, name, fonts=fonts, pictures=pictures)
    files: dict[str, bytes] = {DOCUMENT: draft.document}
    assets = {local: _add(files, "assets", path) for local, path in sorted(draft.assets.items())}
    kept = tuple(
        ManifestFont(font.family, font.weight, font.italic, _add(files, "fonts", font.path))
        for font in (*draft.fonts, *borrowed)
    )
    manifest = Manifest(sha256(draft.document), assets, kept)
    numbers = catalog.versions(name)
    if numbers and catalog.at(name, numbers[-1]).digest == manifest.digest:
        return Published(catalog.at(name, numbers[-1]), is_new=False)
    drawn = draw(draft)
    files |= {f"default.{extension}": drawn[extension] for extension in PICTURE_EXTENSIONS}
    number, is_new = write_version(catalog.root / "versions" / name, manifest, files)
    return Published(catalog.at(name, number), is_new)


def check(
    catalog: Catalog, name: str, *, fonts: Fonts, pictures: Pictures
) -> tuple[Edition, tuple[FontFile, ...]]:
    """Return the draft of `name` with the font files that it borrows from the service.

    Raises:
        UnknownTemplate: there is no such template.
        UnknownVersion: the template has no draft.
        TemplateError: faults of the document, files that are not there, or are no fonts or no
            pictures, families that nobody provides; all at once, in the order of the document.
    """
    draft: Edition | None = None
    faults: tuple[Fault, ...] = ()
    try:
        draft = catalog.at(name, "draft")
        document = as_object(draft.document)
    except TemplateError as error:
        faults = error.faults
        path = inside(catalog.root, f"{name}.json")
        document = as_object(path.read_bytes()) if path else {}
    template = draft.template if draft else None
    borrowed, unknown = find_fonts_of(document, template, fonts)
    more = (
        *unknown,
        *unreadable_fonts(catalog.root, document, fonts),
        *unreadable_pictures(catalog.root, document, template, pictures),
    )
    if draft is None or more:
        raise TemplateError(all_faults(faults, more, document))
    return draft, borrowed


def _add(files: dict[str, bytes], directory: str, path: Path) -> str:
    data = path.read_bytes()
    stored = stored_as(directory, path.suffix, data)
    files[stored] = data
    return stored
