"""Name what all recipients of a template version share.

A plan depends on the template, never on values: two recipients of one version and output have the
same plan, though a layer may be hidden for one of them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from vips_render.output import Output
from vips_render.scene.model import GroupLayer, ImageLayer, Layer, Scene
from vips_render.template.model import Template


@dataclass(frozen=True, slots=True)
class Plan:
    """What the shared part of a picture depends on.

    Attributes:
        template_digest: of the template after its layout, before any modification.
        layout: name of the layout, empty for the canvas as drawn.
        output: format, quality and scale.
        personal: sorted names of the personal layers; an empty name is the canvas itself.
    """

    template_digest: str
    layout: str
    output: Output
    personal: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, in hex."""
        output = [self.output.format, self.output.quality, self.output.scale]
        parts = [self.template_digest, self.layout, output, self.personal]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def plan_of(
    template: Template,
    output: Output,
    *,
    layout: str = "",
    modified: frozenset[str] = frozenset(),
) -> Plan:
    """Return the plan of a template; `modified` are the layers that a link's `m` names.

    `template` has its layout applied already, and no modifications.
    """
    return Plan(template.digest, layout, output, tuple(sorted(template.personal_with(modified))))


@dataclass(frozen=True, slots=True)
class Run:
    """Layers `start` up to `stop` (not included) of a scene, none of them personal."""

    start: int
    stop: int


def static_runs(scene: Scene) -> tuple[Run, ...]:
    """Return the longest runs of layers that nothing personal reaches, bottom up."""
    runs: list[Run] = []
    start = 0
    for index, layer in enumerate(scene.layers):
        if layer.personal:
            if start < index:
                runs.append(Run(start, index))
            start = index + 1
    if start < len(scene.layers):
        runs.append(Run(start, len(scene.layers)))
    return tuple(runs)


def personal_layers(scene: Scene) -> tuple[Layer, ...]:
    """Return the personal layers of a scene, groups before what they hold, fallbacks included."""
    return tuple(layer for layer in every_layer(scene.layers) if layer.personal)


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
