"""List the pictures that a scene needs before it can be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vips_render.scene.model import GroupLayer, ImageFit, ImageLayer, Layer, Scene


@dataclass(frozen=True, slots=True)
class AssetNeed:
    """One picture for one layer.

    Attributes:
        layer: name of the image layer.
        source: an http(s) URL or the name of an asset of the template.
        width: pixels of the layer's box at scale 1.
        height: likewise.
        fit: how the picture fills the box.
        fallback: whether it is needed only when another picture cannot be had.
    """

    layer: str
    source: str
    width: int
    height: int
    fit: ImageFit
    fallback: bool = False


_SOURCES = "_sources"
"""Where a layer keeps what `sources_in` found; no field, see `vips_render.scene.wire`."""


def sources_in(layer: Layer) -> tuple[str, ...]:
    """Return the source of every picture in a layer, fallbacks included, kept with the layer."""
    if not isinstance(layer, (ImageLayer, GroupLayer)):
        return ()
    kept = vars(layer)
    known: tuple[str, ...] | None = kept.get(_SOURCES)
    if known is None:
        needs = _needs(layer, fallback=False)
        known = kept[_SOURCES] = tuple([need.source for need in needs])
    return known


def asset_needs(scene: Scene) -> tuple[AssetNeed, ...]:
    """Return every picture of the scene, in paint order, those of fallbacks included."""
    pictured = [layer for layer in scene.layers if isinstance(layer, (ImageLayer, GroupLayer))]
    return tuple([need for layer in pictured for need in _needs(layer, fallback=False)])


def _needs(layer: Layer, *, fallback: bool) -> Iterator[AssetNeed]:
    if isinstance(layer, GroupLayer):
        for child in layer.layers:
            yield from _needs(child, fallback=fallback)
    elif isinstance(layer, ImageLayer):
        if layer.source:
            box = layer.box
            yield AssetNeed(layer.name, layer.source, box.width, box.height, layer.fit, fallback)
        if layer.fallback is not None:
            # Without a source of its own the fallback is what is drawn, not a reserve.
            yield from _needs(layer.fallback, fallback=fallback or bool(layer.source))
