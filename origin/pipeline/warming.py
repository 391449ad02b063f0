"""Draw what the first open of a template would wait for, before it comes.

A painter keeps per plan what all recipients share, drawn and encoded. That takes up to a second
for a large photograph, once: here, behind, when a worker or a painter starts and when a version is
published, by drawing the template with its defaults.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.children.child import Child
from origin.errors import OriginError
from origin.pipeline.admission import Overloaded
from origin.pipeline.aside import Aside
from origin.pipeline.drawing import Drawing
from origin.pipeline.order import Orders
from origin.urls.link import Link
from vips_render.errors import RenderError
from vips_render.output import EXTENSION_OF

LOOK_EVERY_S = 5.0
"""How soon after a publish its plan is drawn."""

TEMPLATES = 12
"""The newest ones; what a painter keeps is bounded, and older campaigns have been opened."""

DRAW_WITHIN_S = 30.0

_log = logging.getLogger(__name__)


class Warming:
    """Keep the plans of the newest templates drawn in one painter."""

    def __init__(
        self,
        catalog: Catalog,
        orders: Orders,
        drawing: Drawing,
        painter: Child,
        *,
        now: Callable[[], float],
    ) -> None:
        self._catalog = catalog
        self._orders = orders
        self._drawing = drawing
        self._painter = painter
        self._now = now
        self._files = Aside(1, "warming")
        self._drawn: set[tuple[int, str]] = set()

    async def run(self) -> None:
        """Look for what is new, until cancelled."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._files.close()

    async def look(self) -> None:
        """Draw what this painter has not drawn yet; whatever fails is left to the first open."""
        try:
            editions = await self._files(self._newest)
        except OSError as error:
            # A templates disk in trouble must not keep a worker from serving what is cached.
            _log.warning("nothing was warmed: %s", type(error).__name__)
            return
        wanted = {(self._painter.starts, edition.digest): edition for edition in editions}
        self._drawn &= wanted.keys()
        new = {key: edition for key, edition in wanted.items() if key not in self._drawn}
        try:
            for key, edition in new.items():
                await self._try(edition)
                self._drawn.add(key)
            for edition in new.values():
                # After a plan a painter gives its memory back, and the next picture pays for
                # taking it again, a fifth of its time: better one that nobody waits for.
                await self._try(edition)
        except Overloaded:
            return  # people come first; the next look goes on here

    async def _try(self, edition: Edition) -> None:
        try:
            await self._draw(edition)
        except Overloaded:
            raise
        except Exception as error:
            _log.warning("%s was not warmed: %s", edition.name, type(error).__name__)

    async def _draw(self, edition: Edition) -> None:
        extension = EXTENSION_OF[edition.template.output.format]
        link = Link(edition.name, "latest", extension=extension)
        order = self._orders.order(edition, link, {}, now=self._now())
        until = asyncio.get_running_loop().time() + DRAW_WITHIN_S
        await self._drawing.draw(order, until=until, background=True)

    def _newest(self) -> list[Edition]:
        found: list[tuple[float, Edition]] = []
        for name in self._catalog.names():
            try:
                edition = self._orders.edition(name, "latest")
                found.append((edition.root.stat().st_mtime, edition))
            except (OriginError, RenderError, OSError):
                continue
        found.sort(key=lambda one: one[0], reverse=True)
        return [edition for _, edition in found[:TEMPLATES]]
