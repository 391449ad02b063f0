"""Answer an error with the one shape that all our addresses share (RFC 9457)."""

from __future__ import annotations

import orjson
from aiohttp import web

from origin.errors import Answer

MEDIA_TYPE = "application/problem+json"


def problem(answer: Answer, request_id: str) -> web.Response:
    """Return `answer` as a problem document; no cache may keep it."""
    body = {
        "type": f"urn:signet:problem:{answer.slug}",
        "title": answer.sentence,
        "status": answer.status,
        "request_id": request_id,
    }
    return web.Response(
        status=answer.status,
        body=orjson.dumps(body),
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store"},
    )
