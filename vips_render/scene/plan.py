"""Name what all recipients of a template version share.

A plan depends on the template, never on values: two recipients of one version and output have the
same plan, though a layer may be hidden for one of them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vips_render.output import Output
from vips_render.scene.model import Scene
from vips_render.scene.wire import canvas_line, layer_line

if TYPE_CHECKING:  # painters hold scenes, never templates, and need not load what reads those
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


def shared_key(scene: Scene) -> tuple[bytes | None, ...]:
    """Return what a scene shares with others of its plan, as a key: equal if all that is equal.

    Static layers and the canvas by their lines on the wire, None in the places of personal layers.
    """
    lines = [None if layer.personal else layer_line(layer) for layer in scene.layers]
    return canvas_line(scene), *lines
