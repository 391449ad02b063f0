"""Stand between the server and every handler: name, time, count and log each request.

An error that a handler lets through becomes a problem document by the one table of errors.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from dataclasses import replace

from aiohttp import web
from aiohttp.typedefs import Handler

from origin import logs
from origin.errors import answer_to
from origin.web.keys import METRICS, REQUEST_ID, SERVED
from origin.web.problem import problem

log = logging.getLogger("origin.request")

# The form of nginx's $request_id; anything else is a stranger's text and stays out of the log.
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Run `handler`, and account for what came of it."""
    # The loop's own clock stands still for a millisecond at a time.
    started = time.monotonic()
    given = request.headers.get("X-Request-Id", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    request[REQUEST_ID] = request_id
    level = logging.INFO
    failure: Exception | None = None
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = replace(answer_to(error), status=error.status)
        response, level = problem(answer, request_id), answer.level
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = error.headers["Allow"]
    except Exception as error:
        answer = answer_to(error)
        response, level, failure = problem(answer, request_id), answer.level, error
    if response.status == 403:
        level = logging.WARNING
    response.headers["X-Request-Id"] = request_id
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    # The default names our versions of Python and aiohttp to everybody.
    response.headers["Server"] = "Signet"
    _account(request, response, time.monotonic() - started, level, failure)
    return response


def _account(
    request: web.Request,
    response: web.StreamResponse,
    seconds: float,
    level: int,
    failure: Exception | None,
) -> None:
    route = _route(request)
    served = request.get(SERVED)
    request.app[METRICS].request(route, response.status, served.template if served else "", seconds)
    if not log.isEnabledFor(level):
        return
    line: dict[str, object] = {
        "request_id": request[REQUEST_ID],
        "method": request.method,
        "route": route,
        "status": response.status,
        "bytes": response.content_length or 0,
        "ms": round(seconds * 1000, 2),
    }
    if served is not None:
        line |= {
            "template": served.template,
            "version": served.version,
            "cache": served.cache,
            "stage_ms": {name: round(spent, 2) for name, spent in served.stage_ms.items()},
            "degraded": list(served.degraded),
        }
    log.log(level, "request", extra=logs.fields(line), exc_info=failure)


def _route(request: web.Request) -> str:
    """Return the first step of the route that matched: one of ours, never what was asked."""
    resource = request.match_info.route.resource
    return resource.canonical.split("/")[1] if resource is not None else "none"
