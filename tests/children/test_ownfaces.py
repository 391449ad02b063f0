from __future__ import annotations

from dataclasses import replace

from origin.children.ownfaces import with_own_fonts
from vips_render.scene.model import Box, Font, GroupLayer, ImageLayer, Layer, Scene, TextLayer

BOX = Box(0, 0, 40, 20)
TEXT = TextLayer("name", BOX, "a", Font(("BRAND sans", "Inter")), 12, (0, 0, 0, 255))


def _scene(text: TextLayer) -> Scene:
    picture = ImageLayer("avatar", BOX, "a.png", fallback=text)
    bare = ImageLayer("bare", BOX, "a.png")
    layers: tuple[Layer, ...] = (text, picture, bare)
    return Scene(40, 20, None, (*layers, GroupLayer("group", BOX, layers)))


def test_own_names_reach_every_text() -> None:
    """Families are renamed wherever a text may stand, in any spelling, and nothing else is."""
    own = replace(TEXT, font=Font(("Brand Sans 12", "Inter")))
    assert with_own_fonts(_scene(TEXT), {"Brand Sans": "Brand Sans 12"}) == _scene(own)
    assert with_own_fonts(_scene(TEXT), {}) == _scene(TEXT)
