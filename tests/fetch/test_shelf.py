from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import pytest

from origin.fetch.assets import Asset, Want, absent
from origin.fetch.reasons import MISSING
from origin.fetch.shelf import Shelf, key_of
from vips_render.bitmap import Bitmap


def want(number: int) -> Want:
    return Want(f"http://x.test/{number}/" + "x" * 4_000, 1_000 + number, 1_000, "cover", False)


def picture(number: int) -> Asset:
    return Asset(Bitmap(1, 1, bytes(4)), f"digest {number}", fresh_until=1_000.5 + number)


def lack(number: int) -> Asset:
    return absent(MISSING, 1_000.5 + number)


@pytest.mark.parametrize("make", [picture, lack])
def test_long_urls_weigh_no_more_than_short_ones(make: Callable[[int], Asset]) -> None:
    """What is remembered of a picture, or of its lack, does not grow with its address."""
    shelf = Shelf(1_000_000)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(500):
            shelf.put(key_of("", want(number)), make(number))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 500 * 1_000


def test_the_bound_covers_more_than_pixels() -> None:
    """Of the smallest pictures fewer are kept than their pixels alone would allow."""
    shelf = Shelf(50_000)
    for number in range(500):
        shelf.put(key_of("", want(number)), picture(number))
    kept = [number for number in range(500) if shelf.good(key_of("", want(number)))]
    assert kept == list(range(451, 500))


def test_scope_and_source_are_told_apart() -> None:
    """A source that begins like another's scope is another picture; odd text is a source too."""
    one, other = Want("b", 1, 1, "cover", False), Want("ab", 1, 1, "cover", False)
    assert key_of("a", one) != key_of("", other)
    assert key_of("", Want("\ud800", 1, 1, "cover", False)) != key_of("", one)
