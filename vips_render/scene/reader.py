"""Read the properties of one document into literals, whatever the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from vips_render.errors import LimitExceeded
from vips_render.expr.color import read_color
from vips_render.expr.prose import clean_text
from vips_render.expr.values import Evaluation
from vips_render.scene import model as scene
from vips_render.scene.geometry import fit_corners, place_box
from vips_render.template import layers as document
from vips_render.template.model import computed_in
from vips_render.template.problem import Problem
from vips_render.template.properties import Computed

T = TypeVar("T")
P = TypeVar("P", bound=document.Part)

StillParts = dict[int, tuple[Any, ...]]
"""Literals made of parts without expressions, by the part's identity; an empty tuple for others.

Belongs to one template, which keeps its parts alive and so their identities their own.
"""

BLACK: scene.Color = (0, 0, 0, 255)
TRANSPARENT: scene.Color = (0, 0, 0, 0)


class Reader:
    """Settles expressions in one evaluation.

    A property whose value cannot be used takes the default that is given here, and the problem is
    noted under the layer that `layer` names.
    """

    def __init__(
        self, run: Evaluation, lang: str, text_chars: int, still: StillParts | None = None
    ) -> None:
        self.run = run
        self.lang = lang
        self.text_chars = text_chars
        self.still = {} if still is None else still
        self.layer = ""
        self.problems: list[Problem] = []

    def read(self, value: T | Computed, name: str, otherwise: T) -> T:
        """Return the literal of a property, or `otherwise`."""
        if not isinstance(value, Computed):
            return value
        try:
            settled: T = value.settle(self.run)
        except (ValidationError, LimitExceeded):
            self.note(name)
            return otherwise
        return settled

    def made(self, part: P, make: Callable[[P], T]) -> T:
        """Return what `make` makes of a part, once per template when no expression is in it."""
        kept = self.still.get(id(part))
        if kept is None:
            is_still = not any(True for _ in computed_in(part))
            kept = self.still[id(part)] = (make(part),) if is_still else ()
        if not kept:
            return make(part)
        literal: T = kept[0]
        return literal

    def note(self, name: str) -> None:
        """Remember that a property of the current layer had no value that it can use."""
        message = f"{name} has no value that it can use; its default is drawn"
        self.problems.append(Problem("", "layer-property", "warning", message, self.layer))

    def text(self, value: str | Computed, name: str) -> str:
        """Return text that is fit to be drawn."""
        return clean_text(self.read(value, name, ""), self.text_chars)

    def color(
        self, value: str | Computed, name: str, otherwise: scene.Color = BLACK
    ) -> scene.Color:
        """Return a colour's channels."""
        return read_color(self.read(value, name, "")) or otherwise

    def fill(self, fill: document.AnyFill | None, name: str = "fill") -> scene.Fill | None:
        """Return what an area is filled with; None for nothing."""
        if fill is None or isinstance(fill, (str, Computed)):
            return None if fill is None else self._solid(fill, name)
        return self.made(fill, lambda gradient: self._gradient(gradient, name))

    def _solid(self, fill: str | Computed, name: str) -> scene.Solid | None:
        color = self.color(fill, name, TRANSPARENT)
        return scene.Solid(color) if color[3] else None

    def _gradient(self, fill: document.LinearFill | document.RadialFill, name: str) -> scene.Fill:
        if isinstance(fill, document.LinearFill):
            angle = self.read(fill.linear.angle, f"{name}.linear.angle", 180.0)
            stops = self.stops(fill.linear.stops, f"{name}.linear")
            return scene.LinearGradient(angle % 360.0, stops)
        radial, place = fill.radial, f"{name}.radial"
        return scene.RadialGradient(
            self.read(radial.x, f"{place}.x", 0.5),
            self.read(radial.y, f"{place}.y", 0.5),
            self.read(radial.radius, f"{place}.radius", 1.0),
            self.stops(radial.stops, place),
        )

    def stops(self, stops: tuple[document.Stop, ...], name: str) -> tuple[scene.Stop, ...]:
        """Return a gradient's colours; as in CSS, no stop lies before the one it follows."""
        found: list[scene.Stop] = []
        least = 0.0
        for index, stop in enumerate(stops):
            place = f"{name}.stops.{index}"
            least = max(self.read(stop.offset, f"{place}.offset", least), least)
            found.append(scene.Stop(least, self.color(stop.color, f"{place}.color", TRANSPARENT)))
        return tuple(found)

    def border(self, border: document.Border | None) -> scene.Border | None:
        """Return a border that can be seen, or None."""
        return None if border is None else self.made(border, self._border)

    def _border(self, border: document.Border) -> scene.Border | None:
        width = self.read(border.width, "border.width", 1.0)
        color = self.color(border.color, "border.color")
        return scene.Border(width, color) if width > 0 and color[3] else None

    def corners(self, radius: document.AnyRadius, box: scene.Box) -> scene.Corners:
        """Return corner radii that fit `box`."""
        if isinstance(radius, tuple):
            first, second, third, fourth = (
                self.read(one, f"radius.{index}", 0.0) for index, one in enumerate(radius)
            )
            return fit_corners((first, second, third, fourth), box)
        every = self.read(radius, "radius", 0.0)
        return fit_corners((every, every, every, every), box)

    def box(self, box: document.Box) -> scene.Box:
        """Return whole pixels."""
        return self.made(box, self._box)

    def _box(self, box: document.Box) -> scene.Box:
        return place_box(
            self.read(box.x, "box.x", 0.0),
            self.read(box.y, "box.y", 0.0),
            self.read(box.width, "box.width", 0.0),
            self.read(box.height, "box.height", 0.0),
        )

    def font(self, font: document.Font) -> scene.Font:
        """Return family, weight and slant."""
        found = self.made(font, self._font)
        if not found.families:
            self.note("font.family")
        return found

    def _font(self, font: document.Font) -> scene.Font:
        asked = font.family if isinstance(font.family, tuple) else (font.family,)
        families = tuple(
            dict.fromkeys(name for one in asked if (name := self.text(one, "font.family").strip()))
        )
        weight = self.read(font.weight, "font.weight", 400)
        return scene.Font(families, weight, self.read(font.italic, "font.italic", False))
