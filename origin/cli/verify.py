"""`signet verify`: read a link, say what it says or why it is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

import typer

from origin.catalog.edition import Edition
from origin.catalog.errors import CatalogError
from origin.cli.expiry import say_expiry
from origin.cli.options import (
    ConfigFile,
    DataDir,
    KeysFile,
    TemplatesDir,
    open_catalog,
    open_ring,
    read_settings,
)
from origin.cli.screen import show_facts
from origin.cli.status import CommandFailed, Status
from origin.config import Settings
from origin.epochs import Epochs
from origin.pipeline.order import Orders
from origin.urls.errors import LinkMalformed, LinkRefused
from origin.urls.link import Link, SignedRequest
from origin.urls.path import read
from vips_render.errors import RenderError
from vips_render.limits import Limits

WHY = {
    "bad-path": "this is no path of a signed link; was it cut, or its host written twice?",
    "unknown-key": "no key of this ring has that name; is this the ring of the server?",
    "revoked-key": "its key was revoked; sign the link again with a key that is active",
    "bad-signature": "a character before the signature was changed, or another ring signed it",
    "slots-under-i": "a link with open slots begins with /o",
    "no-slots-under-o": "a link without open slots begins with /i",
}
"""What a person can do about each reason; the public is never told which it was."""


def verify(
    url: Annotated[str, typer.Argument(metavar="URL", help="the whole link, or its path")],
    *,
    config: ConfigFile = None,
    templates: TemplatesDir = None,
    data_dir: DataDir = None,
    keys_file: KeysFile = None,
) -> None:
    """Say what a link says: template, values, slots as decoded, expiry, and its cache key.

    Quote the link for the shell: an open one holds & and ?. A refused link ends with status 3
    and the reason, which the server tells nobody.

    \b
    Example:
      signet verify 'https://img.example.com/o/renewal-banner/3/k1.jeyJ2….png?first_name=Ada'
    """
    settings = read_settings(config, templates=templates, data_dir=data_dir, keys_file=keys_file)
    try:
        request = read(_target(url), open_ring(settings))
    except LinkRefused as error:
        raise CommandFailed(
            f"refused: {error.reason}: {error}", hint=WHY[error.reason], status=Status.REFUSED
        ) from error
    except LinkMalformed as error:
        raise CommandFailed(
            f"signed by this ring, but unreadable: {error.reason}: {error}",
            hint="a newer signet may have signed it; it is answered with the default picture",
        ) from error
    show_facts([("signature", f"good, by key {request.link.kid}"), *_facts(request)])
    _show_picture(request, settings)


def _target(url: str) -> str:
    """Take the request target off a link, byte for byte."""
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return url[url.index(parts.netloc, len(parts.scheme)) + len(parts.netloc) :].partition("#")[0]


def _facts(request: SignedRequest) -> Iterator[tuple[str, str]]:
    link = request.link
    yield "template", link.template
    yield "version", str(link.version)
    if link.expires is not None:
        yield "expires", say_expiry(link.expires, now=time.time())
    for name, value in link.variables.items():
        yield f"sealed {name}", json.dumps(value, ensure_ascii=False)
    for name, text in request.slots.items():
        notes = ", ".join(note.note.value for note in request.slot_notes if note.slot == name)
        shown = "missing" if text is None else json.dumps(text, ensure_ascii=False)
        yield f"open {name}", f"{shown} ({notes})" if notes else shown
    for note in request.slot_notes:
        if not note.slot:
            yield "query", note.note.value
    for layer, properties in link.modifications.items():
        yield f"layer {layer}", json.dumps(properties, ensure_ascii=False)
    yield from _options(link)


def _options(link: Link) -> Iterator[tuple[str, str]]:
    plain = Link(template="", version=1)
    for name in (
        *("layout", "scale", "quality", "locale", "timezone"),
        *("campaign", "recipient", "experiment", "budget"),
    ):
        value = getattr(link, name)
        if value != getattr(plain, name):
            yield name, str(value)


def _show_picture(request: SignedRequest, settings: Settings) -> None:
    """Say which picture the link shows now, and under which key caches hold it.

    Raises:
        CommandFailed: it shows less than it asks for.
    """
    from origin.cli.faces import engine_here

    link, now = request.link, time.time()
    orders = Orders(
        open_catalog(settings),
        Epochs(settings.epochs_file, time.monotonic),
        engine=lambda: engine_here(settings),
        limits=Limits(),
        drafts=settings.drafts,
    )
    try:
        edition = orders.edition(link.template, link.version)
        layout = edition.template.expired if link.expired(now) else None
        order = orders.order(edition, link, request.slots, now=now, layout=layout)
    except (CatalogError, RenderError) as error:
        raise CommandFailed(
            f"the link is good, the picture is not: {error}",
            hint="it is answered with the default picture, or a neutral one",
        ) from error
    on_disk = (settings.cache_dir / order.key.path).is_file()
    show_facts(
        [
            ("drawn from", f"{edition.name} " + _numbered(edition)),
            ("size", f"{order.scene.width} x {order.scene.height}, scale {order.output.scale}"),
            ("format", f"{order.output.format}, quality {order.output.quality}"),
            *((f"note {one.variable or one.layer}", one.message) for one in order.problems),
            ("cache key", order.key.hex),
            ("on disk", "yes" if on_disk else "no"),
        ]
    )
    if link.expired(now):
        instead = f"layout {layout}" if layout else "the default picture"
        raise CommandFailed("the link has lapsed", hint=f"it is answered with {instead}")


def _numbered(edition: Edition) -> str:
    return "draft" if edition.version is None else f"version {edition.version}"
