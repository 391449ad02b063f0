from __future__ import annotations

import inspect
import re

from cache import Cache
from cache.behind import Chores
from origin.children.painter import BITMAP_CACHE_BYTES
from origin.config import Settings
from origin.fetch.gather import AssetLimits
from tests.docs.pages import ROOT
from vips_render.pixels.fonts import _OWN_BYTES

PAGE = (ROOT / "docs" / "operators.md").read_text()
MEMORY = PAGE.partition("## Memory")[2].partition("\n## ")[0]


def default(made: type, name: str) -> int:
    """Return what a constructor takes unless it is given something else."""
    value = inspect.signature(made).parameters[name].default
    assert isinstance(value, int)
    return value


def test_the_bounds_of_memory_are_those_of_the_code() -> None:
    """Whoever sizes a machine reads the numbers that hold."""
    limits = AssetLimits()
    bounds = [
        default(Cache, "transient_bytes"),
        default(Chores, "limit_bytes"),
        limits.in_flight_bytes,
        limits.held_bytes,
        limits.memory_bytes,
        BITMAP_CACHE_BYTES,
        _OWN_BYTES,
    ]
    told = [int(number) * 1024 * 1024 for number in re.findall(r"(\d+) MiB", MEMORY)]
    assert told == bounds


def test_the_settings_that_bound_memory_are_settings() -> None:
    """A number that the operator may change is named as it is set."""
    named = set(re.findall(r"`(\w+_bytes)`", MEMORY))
    assert named == {"memory_cache_bytes", "painter_memory_bytes", "decoder_memory_bytes"}
    assert named <= Settings.model_fields.keys()
