from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from origin import logs
from tests.service.stub import raise_deep

CANARY = "Anneliese"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Collect what our format makes of the records of any logger."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def test_own_lines_are_json_with_their_fields(lines: io.StringIO) -> None:
    """A line of ours has its time, level, words and fields, and is one line."""
    log = logging.getLogger("origin.request")
    log.info("a\nb", extra=logs.fields({"status": 200, "odd": {1, 2}}))
    assert lines.getvalue().count("\n") == 1
    line = json.loads(lines.getvalue())
    assert line["message"] == "a\nb"
    assert (line["level"], line["status"], line["odd"]) == ("info", 200, "set")
    assert line["ts"].endswith("+00:00")


@pytest.mark.parametrize("name", ["aiohttp.server", "aiohttp.web", "asyncio", "redis", "originx"])
def test_words_of_libraries_are_withheld(lines: io.StringIO, name: str) -> None:
    """A library may quote a request anywhere in its words, so only the place is written."""
    logging.getLogger(name).error(f"refused {CANARY} %s", CANARY)
    assert CANARY not in lines.getvalue()
    line = json.loads(lines.getvalue())
    assert line["at"].startswith("test_logs:")


@pytest.mark.parametrize("name", ["aiohttp.server", "origin.delivery.images"])
def test_exceptions_are_written_without_their_words(lines: io.StringIO, name: str) -> None:
    """Kinds and frames of an error and its causes are kept, messages are not."""
    try:
        raise_deep(CANARY)
    except RuntimeError:
        logging.getLogger(name).exception("failed")
    assert CANARY not in lines.getvalue()
    error = json.loads(lines.getvalue())["error"]
    assert error["type"] == "builtins.RuntimeError"
    assert error["cause"]["type"] == "builtins.KeyError"
    assert any("raise_deep" in frame for frame in error["cause"]["frames"])


def test_errors_of_the_system_keep_the_systems_sentence(lines: io.StringIO) -> None:
    """What the kernel says helps and holds nothing of a recipient; a file's name may."""
    try:
        raise OSError(28, "No space left on device", CANARY)
    except OSError:
        logging.getLogger("cache").exception("failed")
    assert json.loads(lines.getvalue())["error"]["system"] == "No space left on device"
    assert CANARY not in lines.getvalue()
