"""Point a scene's texts at the faces that its template brings along. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vips_render.scene.model import GroupLayer, ImageLayer, Layer, Scene, TextLayer


def with_own_fonts(scene: Scene, names: Mapping[str, str]) -> Scene:
    """Return the scene with each family in `names` replaced by the name that it has here.

    Two templates may both bring a "Brand Sans", and each means its own.
    """
    if not names:
        return scene
    by_family = {family.casefold(): name for family, name in names.items()}
    return replace(scene, layers=_each(scene.layers, by_family))


def _each(layers: tuple[Layer, ...], names: Mapping[str, str]) -> tuple[Layer, ...]:
    return tuple(_layer(layer, names) for layer in layers)


def _layer(layer: Layer, names: Mapping[str, str]) -> Layer:
    match layer:
        case TextLayer():
            families = tuple(names.get(one.casefold(), one) for one in layer.font.families)
            return replace(layer, font=replace(layer.font, families=families))
        case GroupLayer():
            return replace(layer, layers=_each(layer.layers, names))
        case ImageLayer() if layer.fallback is not None:
            return replace(layer, fallback=_layer(layer.fallback, names))
    return layer
