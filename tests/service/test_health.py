from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from origin.metrics import Metrics
from origin.web import health as health_module
from origin.web.health import Readiness
from tests.service.stub import MadeUpHealth, MadeUpImages, small_app

ClientOf = Callable[[web.Application], Awaitable[TestClient[web.Request, web.Application]]]


async def test_ready_means_that_a_pixel_was_drawn(
    aiohttp_client: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness follows the painter: it fails or hangs, and the page says no, with details."""
    health = MadeUpHealth()
    client = await aiohttp_client(small_app(MadeUpImages(), Metrics(), health=health))
    answer = await client.get("/readyz")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert await answer.json() == {
        "ready": True,
        "draws": True,
        "draining": False,
        "templates": 3,
    }
    health.can_draw = False
    assert (await client.get("/readyz")).status == 503
    health.can_draw, health.delay_s = True, 60.0
    monkeypatch.setattr(health_module, "DRAW_WITHIN_S", 0.05)
    late = await client.get("/readyz")
    assert late.status == 503
    assert (await late.json())["draws"] is False
    assert (await client.get("/livez")).status == 200


async def test_painter_that_raises_is_not_ready(aiohttp_client: ClientOf) -> None:
    """An error while drawing the pixel is a no, not a broken page."""

    class Broken(MadeUpHealth):
        async def draws(self) -> bool:
            raise OSError(24, "Too many open files")

    client = await aiohttp_client(small_app(MadeUpImages(), Metrics(), health=Broken()))
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert (await answer.json())["draws"] is False


async def test_draining_is_not_ready() -> None:
    """From the start of a stop the page says no, though pictures in flight are still drawn."""
    readiness = Readiness(MadeUpHealth())
    app = web.Application()
    await readiness.drain(app)
    request = web.BaseRequest.__new__(web.BaseRequest)
    answer = await readiness.readyz(request)  # type: ignore[arg-type] # nothing of it is read
    assert answer.status == 503
    assert b'"draining":true' in bytes(answer.body or b"")  # type: ignore[arg-type] # it is bytes
