"""Hand out the templates of a directory: drafts as they are now, versions as they were published.

    NAME.json        a draft, named in its own `name`
    assets/…         local pictures and font files of drafts
    versions/NAME/N  see `origin.catalog.versions`

File reading is synchronous; services call from threads. A pinned version that was handed out
before costs no file access, `latest` costs one `stat`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from cachetools import LRUCache

from origin.catalog.drafts import Stamp, draft_stamp, read_draft
from origin.catalog.edition import Edition, FontFile
from origin.catalog.errors import UnknownTemplate, UnknownVersion
from origin.catalog.names import inside, is_template_name
from origin.catalog.versions import (
    PICTURE_EXTENSIONS,
    Manifest,
    read_document,
    read_manifest,
    version_numbers,
)
from vips_render.errors import TemplateError
from vips_render.limits import Limits
from vips_render.template.model import Template
from vips_render.template.parse import parse_template

Version = int | Literal["latest", "draft"]


class Catalog:
    """The templates under `root`.

    `editions` bounds how many compiled editions stay in memory, the least recently used goes
    first. Safe to share between threads.
    """

    def __init__(self, root: Path, limits: Limits, *, editions: int = 256) -> None:
        self.root = root
        self.limits = limits
        self._lock = threading.Lock()
        self._published: LRUCache[tuple[str, int], Edition] = LRUCache(editions)
        self._drafts: LRUCache[str, tuple[Stamp, Edition | TemplateError]] = LRUCache(editions)
        self._numbers: LRUCache[str, tuple[tuple[int, int, int], tuple[int, ...]]] = LRUCache(
            editions
        )

    def names(self) -> tuple[str, ...]:
        """List every template that has a draft or a published version, sorted."""
        drafts = {path.stem for path in self.root.glob("*.json") if self.has_draft(path.stem)}
        published = {path.name for path in (self.root / "versions").glob("*") if path.is_dir()}
        return tuple(sorted({*drafts, *filter(is_template_name, published)}))

    def passed_over(self) -> tuple[str, ...]:
        """List files of the directory that look like drafts and are none, sorted.

        Either no template may have such a name, or they lie elsewhere, see `inside`. Hidden files
        and `*.schema.json` are for editors.
        """
        names = (path.name for path in self.root.iterdir() if path.suffix.casefold() == ".json")
        return tuple(
            sorted(
                name
                for name in names
                if not name.startswith(".")
                and not name.endswith(".schema.json")
                and not (name.endswith(".json") and self.has_draft(name.removesuffix(".json")))
            )
        )

    def has_draft(self, name: str) -> bool:
        """Claim that a draft document of that name lies in the directory."""
        return is_template_name(name) and inside(self.root, f"{name}.json") is not None

    def versions(self, name: str) -> tuple[int, ...]:
        """List the published numbers of a template, ascending.

        Raises:
            UnknownTemplate: neither a draft nor a published version has that name.
        """
        if not is_template_name(name):
            raise UnknownTemplate(name)
        directory = self.root / "versions" / name
        try:
            status = directory.stat()
        except OSError:
            if not self.has_draft(name):
                raise UnknownTemplate(name) from None
            return ()
        # The count of links tells two versions apart that were published in one tick of the clock.
        stamp = (status.st_mtime_ns, status.st_ino, status.st_nlink)
        with self._lock:
            known = self._numbers.get(name)
        if known is None or known[0] != stamp:
            known = (stamp, version_numbers(directory))
            with self._lock:
                self._numbers[name] = known
        return known[1]

    def at(self, name: str, version: Version, *, drafts: bool = False) -> Edition:
        """Return one edition of a template.

        Args:
            version: a published number, `latest` for the newest published one, or `draft`.
            drafts: serve the draft as `latest` when there is one.

        Raises:
            UnknownTemplate: neither a draft nor a published version has that name.
            UnknownVersion: the template has no such version.
            TamperedVersion: the version is not what was published.
            TemplateError: the draft has faults; published versions go on unaffected.
        """
        if isinstance(version, int) and (known := self.known(name, version)):
            return known
        numbers = self.versions(name)
        if version == "draft" or (version == "latest" and drafts and self.has_draft(name)):
            return self._draft(name)
        number = numbers[-1] if version == "latest" and numbers else version
        if number not in numbers or not isinstance(number, int):
            raise UnknownVersion(name, version)
        return self.known(name, number) or self._read_published(name, number)

    def known(self, name: str, version: Version) -> Edition | None:
        """Return a pinned version that was handed out before; touches no file."""
        if not isinstance(version, int):
            return None
        with self._lock:
            return self._published.get((name, version))

    def _read_published(self, name: str, number: int) -> Edition:
        directory = self.root / "versions" / name / str(number)
        manifest = read_manifest(directory)
        document = read_document(directory, manifest)
        template = parse_template(document, self.limits)
        edition = _published_edition(name, number, directory, manifest, document, template)
        with self._lock:
            self._published[name, number] = edition
        return edition

    def _draft(self, name: str) -> Edition:
        path = inside(self.root, f"{name}.json")
        if path is None:
            raise UnknownVersion(name, "draft")
        stamp = draft_stamp(self.root, path)
        with self._lock:
            known = self._drafts.get(name)
        if known is None or known[0] != stamp:
            known = (stamp, self._compiled_draft(path))
            with self._lock:
                self._drafts[name] = known
        if isinstance(known[1], TemplateError):
            raise known[1]
        return known[1]

    def _compiled_draft(self, path: Path) -> Edition | TemplateError:
        try:
            return read_draft(self.root, path, self.limits)
        except TemplateError as error:
            return error


def _published_edition(
    name: str,
    number: int,
    directory: Path,
    manifest: Manifest,
    document: bytes,
    template: Template,
) -> Edition:
    assets: Mapping[str, Path] = {
        local: directory / file for local, file in manifest.assets.items()
    }
    pictures = {
        extension: path
        for extension in PICTURE_EXTENSIONS
        if (path := directory / f"default.{extension}").is_file()
    }
    return Edition(
        name=name,
        version=number,
        digest=manifest.digest,
        template=template,
        document=document,
        assets=MappingProxyType(assets),
        fonts=tuple(
            FontFile(font.family, directory / font.file, font.weight, font.italic)
            for font in manifest.fonts
        ),
        root=directory,
        pictures=MappingProxyType(pictures),
    )
