"""Serve the gallery: every template as a picture with a form for its variables.

For the machine it runs on only: whoever reaches it can have any URL signed.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.catalog.errors import CatalogError
from origin.urls.errors import LinkInvalid
from origin.urls.keyring import KeyRing
from origin.urls.link import Link, Version
from origin.urls.path import sign
from vips_render.errors import TemplateError
from vips_render.output import EXTENSION_OF
from vips_render.template.declarations import Variable

PAGE = Path(__file__).with_name("page.html")


@dataclass(frozen=True, slots=True)
class Fetch:
    """One GET of a picture: what the cache in front said, and how long it took."""

    cache: str
    ms: float
    status: int
    media_type: str
    degraded: str
    body: bytes


async def fetch_picture(session: aiohttp.ClientSession, url: str) -> Fetch:
    """Fetch a picture as a mail client would, and read what the caches say of it."""
    started = time.perf_counter()
    async with session.get(url) as answer:
        body = await answer.read()
        nearest = answer.headers.get("Cache-Status", "").rpartition(",")[2]
    return Fetch(
        # RFC 9211: the cache nearest to us stands last, and says `hit` when it was one.
        cache="HIT" if "; hit" in nearest else "MISS",
        ms=(time.perf_counter() - started) * 1000,
        status=answer.status,
        media_type=answer.content_type,
        degraded=answer.headers.get("X-Signet-Degraded", ""),
        body=body,
    )


def examples_of(edition: Edition) -> dict[str, object]:
    """Return the value that each variable of a template declares as its example."""
    variables = edition.template.variables.items()
    return {name: one.example for name, one in variables if one.example is not None}


def link_to(edition: Edition, variables: Mapping[str, object], *, version: Version) -> Link:
    """Describe a picture in the format that the template's document asks for.

    The edition's digest goes in as campaign: a draft that changed gets another URL, which no
    cache in front has seen.
    """
    extension = EXTENSION_OF[edition.template.output.format]
    return Link(
        edition.name,
        version,
        extension=extension,
        variables=variables,
        campaign=edition.digest[:8] if version == "latest" else "",
    )


Notes = Callable[[Edition, Link], Awaitable[Sequence[str]]]
"""Says of a picture what fell short of its document."""


async def no_notes(edition: Edition, link: Link) -> Sequence[str]:
    """Say nothing."""
    return ()


class Gallery:
    """The page and the two questions that it asks.

    What fell short is asked of `notes`: the service tells no stranger what a picture holds.
    """

    def __init__(
        self,
        catalog: Catalog,
        ring: KeyRing,
        public_url: str,
        session: aiohttp.ClientSession,
        notes: Notes = no_notes,
    ) -> None:
        self._catalog = catalog
        self._ring = ring
        self._public_url = public_url
        self._session = session
        self._notes = notes

    def app(self) -> web.Application:
        """Build the application."""
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_get("/templates", self._templates)
        app.router.add_post("/sign", self._sign)
        return app

    async def _page(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE, headers={"Cache-Control": "no-store"})

    async def _templates(self, request: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(self._describe_all))

    def _describe_all(self) -> list[dict[str, object]]:
        return [self._describe(name) for name in self._catalog.names()]

    def _describe(self, name: str) -> dict[str, object]:
        try:
            edition = self._catalog.at(name, "latest", drafts=True)
        except TemplateError as error:
            faults = [str(fault) for fault in error.faults]
            digest = hashlib.sha256("\n".join(faults).encode()).hexdigest()
            return {"name": name, "digest": digest, "faults": faults}
        template = edition.template
        return {
            "name": name,
            "digest": edition.digest,
            "description": template.description,
            "variables": [_field(key, value) for key, value in template.variables.items()],
        }

    async def _sign(self, request: web.Request) -> web.Response:
        # A page of another site can post plain text here, but not this type without our leave.
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="post application/json")
        try:
            asked = await request.json()
            edition = await asyncio.to_thread(
                self._catalog.at, str(asked["template"]), "latest", drafts=True
            )
            link = link_to(edition, dict(asked["variables"]), version="latest")
            path = sign(link, self._ring)
        except TemplateError as error:
            return web.json_response({"faults": [str(fault) for fault in error.faults]})
        except (CatalogError, LinkInvalid, KeyError, ValueError, TypeError) as error:
            return web.json_response({"faults": [f"this cannot be signed: {error}"]})
        url = self._public_url + path
        fetches = [await fetch_picture(self._session, url) for _ in range(2)]
        return web.json_response(
            {
                "url": url,
                "alt": f"{edition.name} with the values of the form",
                "bytes": len(fetches[-1].body),
                "degraded": fetches[-1].degraded,
                "notes": list(await self._notes(edition, link)),
                "fetches": [{"cache": one.cache, "ms": one.ms} for one in fetches],
            }
        )


def _field(name: str, variable: Variable) -> dict[str, object]:
    """Say what the form needs to know of one variable."""
    known = variable.model_dump(mode="json", exclude_none=True)
    value = known.pop("example", known.get("default"))
    return {**known, "name": name, "value": value}
