"""Serve signed pictures: the only error under `/i` and `/o` is a link that nobody signed."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from origin.delivery.headers import NO_STORE, SECURITY, is_known, picture_headers
from origin.errors import answer_to
from origin.metrics import Metrics
from origin.pipeline.served import Images, Served
from origin.urls.errors import LinkRefused
from origin.web.keys import GIVE_UP_S, IMAGES, METRICS, SERVED

log = logging.getLogger(__name__)


def add_images(app: web.Application, images: Images, *, give_up_s: float) -> None:
    """Add both prefixes to `app`; `give_up_s` is a little more than the pipeline's deadline."""
    app[IMAGES] = images
    app[GIVE_UP_S] = give_up_s
    for prefix in ("i", "o"):
        # Any byte may follow, a line break too: the reader of links judges it, not the router.
        app.router.add_get(f"/{prefix}/{{rest:(?s:.*)}}", picture)


async def picture(request: web.Request) -> web.Response:
    """Answer with the picture of the raw request target, or with 403."""
    metrics = request.app[METRICS]
    try:
        served = await _served(request)
    except LinkRefused as refused:
        metrics.signature_failure(refused.reason)
        return _refusal(refused)
    request[SERVED] = served
    _count(metrics, served)
    headers = picture_headers(served)
    if is_known(request.headers.get("If-None-Match", ""), served.entry.etag):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = served.entry.media_type
    return web.Response(body=served.entry.body, headers=headers)


async def _served(request: web.Request) -> Served:
    # Signatures cover the bytes as they came, so nothing may decode them before.
    target = request.raw_path
    images = request.app[IMAGES]
    try:
        async with asyncio.timeout(request.app[GIVE_UP_S]):
            return await images.image_for(target)
    except LinkRefused:
        raise
    except TimeoutError:
        log.error("no picture within the deadline", exc_info=True)
        return await images.neutral(target, "deadline")
    except Exception:
        log.exception("no picture, sending a neutral one")
        return await images.neutral(target, "error")


def _refusal(refused: LinkRefused) -> web.Response:
    """Refuse without saying why: the reason would help only who guesses."""
    answer = answer_to(refused)
    headers = {**NO_STORE, **SECURITY}
    return web.Response(status=answer.status, text=f"{answer.sentence}\n", headers=headers)


def _count(metrics: Metrics, served: Served) -> None:
    metrics.stages(served.stage_ms)
    for reason in served.degraded:
        metrics.fallback(reason)
