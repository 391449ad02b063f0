"""Say once how a layer is made, so that a picture costs what its expressions cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from vips_render.scene import model as scene
from vips_render.scene.reader import Fields, Live, Run, Source, Still, combined, live

Shown = scene.Layer | None
"""A layer, or None when it shows nothing."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Makes one personal layer.

    Attributes:
        blank: all fields of the layer in the order of the model; None for those of `steps`.
        steps: a field's name and its source, in the order of reading; without a name the source
            tells whether the layer is hidden.
    """

    kind: type[scene.Layer]
    blank: Fields
    steps: tuple[tuple[str, Live[Any]], ...]

    def layer(self, run: Run, **given: object) -> Shown:
        """Return the layer; `given` are fields that are known by now."""
        made = self.blank | given
        for name, read in self.steps:
            value = read(run, made)
            if name:
                made[name] = value
            elif value:
                return None
        return scene.of_fields(self.kind, made)


class Draft:
    """Writes the recipe of one layer, property by property."""

    def __init__(self, kind: type[scene.Layer]) -> None:
        self.kind = kind
        self.still: Fields = {}
        self.steps: list[tuple[str, Live[Any]]] = []
        self.is_hidden = False

    def put(self, name: str, source: Source[Any]) -> None:
        """Take `source` for a field."""
        if isinstance(source, Still):
            self.still[name] = source.value
        elif not self.is_hidden:
            self.steps.append((name, source))

    def of(self, name: str) -> Source[Any]:
        """Return the source of a field that was put before, or is given."""
        if name in self.still:
            return Still(self.still[name])
        return lambda _run, made: made[name]

    def hide(self, condition: Callable[..., bool], *sources: Source[Any]) -> None:
        """Make the layer show nothing when `condition` holds."""
        source = combined(condition, *sources)
        if isinstance(source, Still) and not source.value:
            return
        self.put("", live(source))
        self.is_hidden = self.is_hidden or isinstance(source, Still)

    def recipe(self) -> Recipe:
        """Return what was written."""
        blank = {field.name: self.still.get(field.name) for field in fields(self.kind)}
        return Recipe(self.kind, blank, tuple(self.steps))
