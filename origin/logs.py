"""Write one JSON line per event to stderr, and nothing of a recipient.

What libraries say about a request may quote it: the request line that a parser refused, a value
in an exception's message, a URL in the name of a task. So of their records only the level, the
place in the code and the kind of exception are written. Our own messages are written as they
are, since they are ours to keep clean; exceptions are written as their class and their frames,
never with their message.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

OWN_LOGGERS = ("origin", "cache", "gunicorn.error")
"""Whose words may be written. The process manager's speak of processes, never of requests."""

FIELDS = "signet_fields"
"""Name under which a record carries its fields."""


class JsonLines(logging.Formatter):
    """Turn a record into one line of JSON; see the module for what is left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if _is_own(record.name):
            line["message"] = record.getMessage()
            line.update(getattr(record, FIELDS, {}))
        else:
            line["at"] = f"{record.module}:{record.lineno} {record.funcName}"
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe(record.exc_info[1])
        return orjson.dumps(line, default=lambda value: type(value).__name__).decode()


def describe(error: BaseException) -> dict[str, object]:
    """Return the class and the frames of `error` and of what caused it, without any value."""
    kind = type(error)
    frames = traceback.extract_tb(error.__traceback__)
    told: dict[str, object] = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    # The system's own sentence ("No space left on device") has no value of ours in it.
    if isinstance(error, OSError) and error.strerror and error.errno:
        told["system"] = error.strerror
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and cause is not error:
        told["cause"] = describe(cause)
    return told


def fields(values: Mapping[str, object]) -> dict[str, object]:
    """Return the `extra` that makes a record carry `values` as fields of its line."""
    return {FIELDS: dict(values)}


def start_logging(level: str) -> None:
    """Send every record of this process to stderr as JSON lines, from `level` upwards."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    # The process manager's logger does not hand its records up.
    for logger in (logging.getLogger(), logging.getLogger("gunicorn.error")):
        logger.handlers[:] = [handler]
        logger.setLevel(level.upper())
    # Its lines are requests; ours are written by the middleware.
    logging.getLogger("aiohttp.access").disabled = True


def _is_own(name: str) -> bool:
    return any(name == own or name.startswith(f"{own}.") for own in OWN_LOGGERS)
