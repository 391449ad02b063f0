"""Read the cards: documents like any other, their pictures, and what a recipient fills in.

The width of a pill follows from its text, which only the sender can measure; the top of a bar from
its height, which the document computes. Both are done per picture, inside the time that is
measured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loadtests.bench.users import User
from vips_render.bitmap import Bitmap
from vips_render.limits import Limits
from vips_render.pixels.decode import decode
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.shaping import Typesetter
from vips_render.scene.assets import asset_needs
from vips_render.scene.model import Font, Scene
from vips_render.scene.resolve import resolve
from vips_render.template.model import Template
from vips_render.template.parse import parse_template
from vips_render.template.variables import fill

CARDS = Path(__file__).parent / "cards"
NAMES = ("welcome", "wrapped", "banner")

_PILL_RIGHT_PX, _PILL_PAD_PX, _PILL_SIZE_PX = 1104, 24, 22
_BAR_UNIT_PX = 3.6

Measure = Callable[[str], float]


def card(name: str, directory: Path = CARDS) -> Template:
    """Read the document of a card."""
    return parse_template((directory / f"{name}.json").read_bytes(), Limits())


def library(assets: Path) -> FontLibrary:
    """Return the fonts of the benchmarks."""
    return FontLibrary([assets / "fonts"], assets / "unpacked")


def pill_measure(fonts: FontLibrary) -> Measure:
    """Return what gives the width of a pill's text, in pixels."""
    font = Font(("Inter",), 700)

    def measure(text: str) -> float:
        setter = Typesetter(fonts, font, lang="")
        return setter.read(text, rtl=False).advances[-1] * _PILL_SIZE_PX

    return measure


def values_of(template: Template, user: User, measure: Measure) -> Mapping[str, object]:
    """Return what a sender would seal for a recipient, of what the document asks for."""
    asked = template.variables
    values: dict[str, object] = {name: user[name] for name in asked if name in user}
    if "avatar" in asked:
        values["avatar"] = f"avatars/{user['avatar']:02d}.jpg"
    if "product_image" in asked:
        values["product_image"] = f"products/{user['productImage']}.jpg"
    if "pill" in asked:
        width = round(measure(user["tier"]) + 2 * _PILL_PAD_PX)
        values["pill"] = {"x": _PILL_RIGHT_PX - width, "width": width}
    if "bars" in asked:
        values["bars"] = [round(value * _BAR_UNIT_PX) for value in user["months"]]
    return values


def scene_of(template: Template, values: Mapping[str, object]) -> Scene:
    """Do what the service does between a verified link and the painter.

    Raises:
        ValueError: a value was refused or mended: the picture would not be the one asked for.
    """
    filled = fill(template, values, {})
    resolved = resolve(template, filled.values)
    if filled.problems or resolved.problems:
        raise ValueError(f"{template.name}: {(*filled.problems, *resolved.problems)}")
    return resolved.scene


class Pictures(dict[str, Bitmap]):
    """Pictures by source, decoded to their boxes and kept, as the service keeps them."""

    def __init__(self, assets: Path) -> None:
        super().__init__()
        self._assets = assets

    def load_for(self, scene: Scene) -> None:
        """Decode what a scene needs and is not there yet."""
        for need in asset_needs(scene):
            if need.source not in self:
                data = (self._assets / need.source).read_bytes()
                bitmap = decode(data, Limits(), need.width, need.height, need.fit)
                digest = hashlib.blake2b(bitmap.pixels, digest_size=16).hexdigest()
                self[need.source] = replace(bitmap, digest=digest)


def plain(scene: Scene) -> dict[str, Any]:
    """Return a scene as JSON data, for renderers that know nothing of ours."""
    import orjson

    data: dict[str, Any] = orjson.loads(orjson.dumps(scene))
    return data
