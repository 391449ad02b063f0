"""Name what handlers find in the application and on a request, with its type."""

from __future__ import annotations

from aiohttp import web

from origin.metrics import Metrics
from origin.pipeline.served import Images, Served

IMAGES: web.AppKey[Images] = web.AppKey("images")
METRICS = web.AppKey("metrics", Metrics)
GIVE_UP_S = web.AppKey("give_up_s", float)
"""Seconds after which an open gets a neutral picture, however stuck the pipeline is."""

REQUEST_ID = web.RequestKey("request_id", str)
SERVED = web.RequestKey("served", Served)
"""Set by a handler that served a picture, for the line that is logged about it."""
