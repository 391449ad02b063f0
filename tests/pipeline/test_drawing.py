from __future__ import annotations

from origin.fetch.assets import Asset, absent
from origin.fetch.reasons import MISSING, TIMEOUT
from origin.pipeline.drawing import shortfall
from vips_render.bitmap import Bitmap
from vips_render.scene.assets import AssetNeed

AVATAR = AssetNeed("avatar", "https://a.example/ada.png", 10, 10, "cover")
SPARE = AssetNeed("spare", "assets/spare.png", 10, 10, "cover", fallback=True)
GOOD = Asset(Bitmap(1, 1, bytes(4)), "digest")
GONE = absent(MISSING, 0)
LATE = absent(TIMEOUT, 0)


def test_a_picture_with_all_its_pictures_lacks_nothing() -> None:
    """Nothing is named, and it is kept."""
    assert shortfall([AVATAR, SPARE], {AVATAR.source: GOOD}) == ((), True)


def test_what_is_gone_for_good_is_named_and_kept() -> None:
    """A permanent reason is part of the picture."""
    found = {AVATAR.source: GONE, SPARE.source: GOOD}
    assert shortfall([AVATAR, SPARE], found) == (("asset-missing:avatar",), True)


def test_a_fallback_that_is_late_keeps_the_picture_from_being_kept() -> None:
    """A picture without even its fallback, for now, is named for both and drawn again."""
    found = {AVATAR.source: GONE, SPARE.source: LATE}
    notes = ("asset-missing:avatar", "asset-timeout:spare")
    assert shortfall([AVATAR, SPARE], found) == (notes, False)


def test_a_fallback_that_is_gone_for_good_is_part_of_the_picture() -> None:
    """Nobody asked for it: only what it stood in for is named."""
    found = {AVATAR.source: LATE, SPARE.source: GONE}
    assert shortfall([AVATAR, SPARE], found) == (("asset-timeout:avatar",), False)


def test_a_picture_that_is_shown_and_spare_counts_as_shown() -> None:
    """One source in two places is named by the layer that shows it."""
    twice = AssetNeed("spare", AVATAR.source, 10, 10, "cover", fallback=True)
    assert shortfall([AVATAR, twice], {AVATAR.source: GONE}) == (("asset-missing:avatar",), True)
