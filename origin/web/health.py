"""Say whether this process lives, and whether it can draw."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Protocol

import orjson
from aiohttp import web

DRAW_WITHIN_S = 1.0
"""A painter draws a pixel in about a millisecond; one that takes a second draws no picture."""

log = logging.getLogger(__name__)


class Health(Protocol):
    """What the health page asks of the rest."""

    async def draws(self) -> bool:
        """Draw a pixel through the painter; False or any error means that it cannot."""

    def details(self) -> Mapping[str, object]:
        """Return what an operator wants beside: templates, disk, breakers; no secrets."""


class Readiness:
    """Answer `/livez` and `/readyz`; `drain` makes the latter say no while work is finished."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._draining = False

    async def drain(self, _: web.Application) -> None:
        """Say no from now on; for `on_shutdown`."""
        self._draining = True

    async def livez(self, _: web.Request) -> web.Response:
        """Answer at all: that is the proof that the loop turns."""
        return _page({"alive": True}, good=True)

    async def readyz(self, _: web.Request) -> web.Response:
        """Draw a pixel, and say yes only when it came in time."""
        draws = await self._draws()
        good = draws and not self._draining
        details = await self._details()
        return _page(
            {"ready": good, "draws": draws, "draining": self._draining, **details}, good=good
        )

    async def _details(self) -> Mapping[str, object]:
        # They look at files, and a disk that hangs must not take the answer with it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAW_WITHIN_S):
                return await asyncio.to_thread(self._health.details)
        return {}

    async def _draws(self) -> bool:
        try:
            async with asyncio.timeout(DRAW_WITHIN_S):
                return await self._health.draws()
        except Exception:
            log.warning("the painter drew no pixel", exc_info=True)
            return False


def _page(content: Mapping[str, object], *, good: bool) -> web.Response:
    return web.Response(
        status=200 if good else 503,
        body=orjson.dumps(content, default=str),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def add_health(app: web.Application, health: Health) -> None:
    """Add both pages to `app`."""
    readiness = Readiness(health)
    app.router.add_get("/livez", readiness.livez)
    app.router.add_get("/readyz", readiness.readyz)
    app.on_shutdown.append(readiness.drain)
