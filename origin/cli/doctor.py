"""`signet doctor`: look at all that the service stands on, and say what to do about the rest."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cache import content_key
from origin import nginx
from origin.catalog.catalog import Catalog
from origin.catalog.errors import CatalogError
from origin.children.calls import draws
from origin.children.child import Child
from origin.children.errors import ChildError
from origin.cli.options import ConfigFile, DataDir, KeysFile, TemplatesDir, read_settings
from origin.cli.screen import counted, say, show_table
from origin.cli.scripts import SCRIPTS
from origin.cli.status import CommandFailed
from origin.config import Settings, make_data_dir
from origin.errors import SettingsRefused
from origin.urls.errors import KeyRingError
from origin.urls.keyring import KeyRing
from vips_render.errors import RenderError, TemplateError
from vips_render.limits import Limits

if TYPE_CHECKING:
    from vips_render.pixels.fonts import FontLibrary

START_S = 60.0
"""A first start reads every font of the machine."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do unless it is good.

    `missing` is what pictures cannot be served without, `poor` what they can.
    """

    what: str
    state: Literal["good", "poor", "missing"]
    detail: str
    remedy: str = ""


def doctor(
    *,
    config: ConfigFile = None,
    templates: TemplatesDir = None,
    data_dir: DataDir = None,
    keys_file: KeysFile = None,
) -> None:
    """Check keys, templates, fonts and scripts, libvips, disk, nginx and Redis.

    Ends with status 1 when something is missing that pictures cannot be served without.

    \b
    Example:
      signet doctor
    """
    settings = read_settings(config, templates=templates, data_dir=data_dir, keys_file=keys_file)
    findings = asyncio.run(_findings(settings))
    show_table(("check", "state", "found"), [(one.what, one.state, one.detail) for one in findings])
    for one in findings:
        if one.remedy:
            say(f"{one.what}: {one.remedy}")
    missing = [one.what for one in findings if one.state == "missing"]
    if missing:
        raise CommandFailed(f"missing: {', '.join(missing)}", hint="what to do is said above")


async def _findings(settings: Settings) -> list[Finding]:
    found = [_keys(settings), *_templates(settings), _disk(settings)]
    if found[-1].state != "missing":
        found += [await _libvips(settings), *_fonts(settings)]
    found += [one async for one in _servers(settings)]
    return found


def _keys(settings: Settings) -> Finding:
    try:
        ring = KeyRing.load(settings.keys_file)
        signing = ring.signing_key().kid
    except KeyRingError as error:
        return Finding("keys", "missing", str(error), "signet keys new")
    return Finding("keys", "good", f"{counted(len(ring.keys), 'key')}, {signing} signs")


def _templates(settings: Settings) -> Iterator[Finding]:
    what = "templates"
    if not settings.templates.is_dir():
        remedy = "make it, or set SIGNET_TEMPLATES to the right one"
        yield Finding(what, "missing", f"no directory {settings.templates}", remedy)
        return
    catalog = Catalog(settings.templates, Limits())
    names = catalog.names()
    published = [name for name in names if catalog.versions(name)]
    detail = f"{counted(len(names), 'template')}, {len(published)} published"
    if published:
        yield Finding(what, "good", detail)
    else:
        yield Finding(what, "poor", detail, "signet templates publish NAME, before you sign")
    for name in names:
        yield from _template(catalog, name)


def _template(catalog: Catalog, name: str) -> Iterator[Finding]:
    """Report a draft with faults and versions that are not what was published."""
    what = f"template {name}"
    if catalog.has_draft(name):
        try:
            catalog.at(name, "draft")
        except TemplateError:
            yield Finding(what, "poor", "draft with faults", f"signet templates check {name}")
    for number in catalog.versions(name):
        try:
            catalog.at(name, number)
        except (CatalogError, RenderError) as error:
            yield Finding(what, "missing", str(error), "restore it from your repository")


def _disk(settings: Settings) -> Finding:
    try:
        make_data_dir(settings)
        with tempfile.TemporaryFile(dir=settings.data_dir) as file:
            file.write(b"signet")
    except (OSError, SettingsRefused) as error:
        remedy = "let this user write there, or set SIGNET_DATA_DIR"
        return Finding("disk", "missing", f"{settings.data_dir}: {error}", remedy)
    free = shutil.disk_usage(settings.data_dir).free
    detail = f"{settings.data_dir}, {free / 1e9:.1f} GB free"
    if free < settings.disk_min_free_bytes:
        remedy = "free some space; pictures are served without the disk tier until then"
        return Finding("disk", "poor", detail, remedy)
    return Finding("disk", "good", detail)


async def _libvips(settings: Settings) -> Finding:
    """Start libvips in its safe state here, and draw a pixel where pictures are drawn."""
    from origin.app import painter_argv
    from origin.config import child_environment
    from vips_render.runtime import start_libvips

    try:
        runtime = start_libvips()
    except RenderError as error:
        return Finding("libvips", "missing", str(error), "pip install --upgrade pyvips-binary")
    painter = Child(
        painter_argv(settings), env=child_environment(), name="painter", start_s=START_S
    )
    detail = f"{runtime.libvips}, closed to {', '.join(runtime.closed)} and all untrusted loaders"
    try:
        if await draws(painter, timeout_s=START_S):
            return Finding("libvips", "good", f"{detail}; draws")
    except ChildError as error:
        detail = f"{runtime.libvips}; {error}"
    finally:
        await painter.close()
    return Finding("libvips", "missing", detail, "see the log line above; SIGNET_LOG_LEVEL=debug")


def _fonts(settings: Settings) -> Iterator[Finding]:
    """Say which scripts can be written; what cannot is drawn as boxes."""
    from origin.cli.faces import font_library

    try:
        library = font_library(settings)
    except RenderError as error:
        yield Finding("fonts", "missing", str(error), "pip install font-source-sans-pro")
        return
    yield Finding("fonts", "good", f"families: {len(library.families)}")
    for script in SCRIPTS:
        family = _family_for(library, script.sample, script.lang)
        if family:
            yield Finding(f"script {script.name}", "good", f"{script.sample}  {family}")
        else:
            yield Finding(
                f"script {script.name}",
                "missing" if script.name == "Latin" else "poor",
                f"no font has {script.sample}",
                f"apt-get install {script.package}",
            )


def _family_for(library: FontLibrary, sample: str, lang: str) -> str:
    primary = library.choose(()).faces[0]
    if primary.covers(sample):
        return primary.family
    face = library.fallback(sample, primary, weight=400, lang=lang)
    return face.family if face else ""


async def _servers(settings: Settings) -> AsyncIterator[Finding]:
    binary = nginx.find_nginx()
    if binary is None:
        remedy = "apt-get install nginx-light; every open reaches the origin until then"
        yield Finding("nginx", "poor", "not installed", remedy)
    else:
        pid = nginx.running_pid(settings.data_dir)
        state = f"runs here as {pid}" if pid else "does not run on this data directory"
        yield Finding("nginx", "good", f"{await _version(binary)}; {state}")
    if settings.cache_redis:
        from cache.redis_tier import RedisTier

        tier = RedisTier(settings.cache_redis)
        await tier.get(content_key("doctor"))
        await tier.close()
        if tier.counters.errors:
            remedy = "look at SIGNET_CACHE_REDIS and the server; it is not needed to serve"
            yield Finding("redis", "poor", "does not answer within 50 ms", remedy)
        else:
            yield Finding("redis", "good", "answers")


async def _version(binary: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        str(binary), "-v", stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    return said.decode(errors="replace").strip().removeprefix("nginx version: ")
