"""Look into scenes."""

from __future__ import annotations

from vips_render.scene.model import GroupLayer, ImageLayer, Layer


def every_layer(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Return every layer, groups and pictures before what they hold."""
    found: list[Layer] = []
    for layer in layers:
        found.append(layer)
        if isinstance(layer, GroupLayer):
            found.extend(every_layer(layer.layers))
        elif isinstance(layer, ImageLayer) and layer.fallback is not None:
            found.extend(every_layer((layer.fallback,)))
    return tuple(found)
