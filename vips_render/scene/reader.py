"""Compile the properties of a document: literals are read once, expressions for each picture.

A source gives the value of one property of a scene. It is `Still` when nothing that it is made of
holds an expression, and otherwise a function of the picture that is resolved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from vips_render.errors import LimitExceeded
from vips_render.expr.color import read_color
from vips_render.expr.prose import clean_text
from vips_render.expr.values import Evaluation
from vips_render.scene import model as scene
from vips_render.scene.geometry import fit_corners, place_box
from vips_render.template import layers as document
from vips_render.template import lettering
from vips_render.template.problem import Problem
from vips_render.template.properties import Computed

T = TypeVar("T")

BLACK: scene.Color = (0, 0, 0, 255)
TRANSPARENT: scene.Color = (0, 0, 0, 0)

Fields = dict[str, Any]
"""The fields of the layer that is being made."""


@dataclass(slots=True)
class Run:
    """One picture being resolved: what its expressions read, and what went wrong so far."""

    evaluation: Evaluation
    lang: str
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Still(Generic[T]):
    """A value that is the same in every picture."""

    value: T


Live = Callable[[Run, Fields], T]
"""Gives a value for one picture; may read fields of the same layer that were made before."""

Source = Still[T] | Live[T]


def live(source: Source[T]) -> Live[T]:
    """Return any source as a function."""
    if not isinstance(source, Still):
        return source
    value = source.value
    return lambda _run, _made: value


def combined(make: Callable[..., T], *sources: Source[Any]) -> Source[T]:
    """Return the source of what `make` makes of other sources, read in their order."""
    if all(isinstance(source, Still) for source in sources):
        return Still(make(*[source.value for source in sources if isinstance(source, Still)]))
    if len(sources) == 1:
        only = live(sources[0])
        return lambda run, made: make(only(run, made))
    blank = [source.value if isinstance(source, Still) else None for source in sources]
    reads = [
        (place, source) for place, source in enumerate(sources) if not isinstance(source, Still)
    ]

    def gathered(run: Run, made: Fields) -> T:
        values = blank.copy()
        for place, read in reads:
            values[place] = read(run, made)
        return make(*values)

    return gathered


@dataclass(frozen=True, slots=True)
class Reader:
    """Compiles properties of one layer.

    A property whose value cannot be used takes the default that is given here, and each picture
    notes the problem under the layer's name.

    Attributes:
        layer: the layer's name; empty for the canvas.
        text_chars: characters of one resolved text.
        families: fonts that follow those of a text.
    """

    layer: str
    text_chars: int
    families: tuple[str, ...] = ()

    def read(self, value: T | Computed, name: str, otherwise: T) -> Source[T]:
        """Return the source of a property, or of `otherwise`."""
        if not isinstance(value, Computed):
            return Still(value)
        settle, problem = value.settler(), self.problem(name)

        def settled(run: Run, _made: Fields) -> T:
            try:
                literal: T = settle(run.evaluation)
            except (ValidationError, LimitExceeded):
                run.problems.append(problem)
                return otherwise
            return literal

        return settled

    def problem(self, name: str) -> Problem:
        """Say that a property had no value that it can use."""
        message = f"{name} has no value that it can use; its default is drawn"
        return Problem("", "layer-property", "warning", message, self.layer)

    def text(self, value: str | Computed, name: str) -> Source[str]:
        """Give text that is fit to be drawn."""
        most = self.text_chars
        return combined(lambda text: clean_text(text, most), self.read(value, name, ""))

    def color(
        self, value: str | Computed, name: str, otherwise: scene.Color = BLACK
    ) -> Source[scene.Color]:
        """Give a colour's channels."""
        return combined(lambda text: read_color(text) or otherwise, self.read(value, name, ""))

    def fill(self, fill: document.AnyFill | None, name: str = "fill") -> Source[scene.Fill | None]:
        """Give what an area is filled with; None for nothing."""
        if fill is None:
            return Still(None)
        if isinstance(fill, (str, Computed)):
            return combined(_solid, self.color(fill, name, TRANSPARENT))
        if isinstance(fill, document.LinearFill):
            place = f"{name}.linear"
            angle = self.read(fill.linear.angle, f"{place}.angle", 180.0)
            return combined(_linear, angle, *self.stops(fill.linear.stops, place))
        radial, place = fill.radial, f"{name}.radial"
        return combined(
            _radial,
            self.read(radial.x, f"{place}.x", 0.5),
            self.read(radial.y, f"{place}.y", 0.5),
            self.read(radial.radius, f"{place}.radius", 1.0),
            *self.stops(radial.stops, place),
        )

    def stops(self, stops: tuple[document.Stop, ...], name: str) -> list[Source[scene.Stop]]:
        """Give a gradient's colours, each where the document places it."""
        found: list[Source[scene.Stop]] = []
        for index, stop in enumerate(stops):
            place = f"{name}.stops.{index}"
            offset = self.read(stop.offset, f"{place}.offset", 0.0)
            color = self.color(stop.color, f"{place}.color", TRANSPARENT)
            found.append(combined(scene.Stop, offset, color))
        return found

    def border(self, border: document.Border | None) -> Source[scene.Border | None]:
        """Give a border that can be seen, or None."""
        if border is None:
            return Still(None)
        width = self.read(border.width, "border.width", 1.0)
        return combined(_border, width, self.color(border.color, "border.color"))

    def corners(self, radius: document.AnyRadius, box: Source[scene.Box]) -> Source[scene.Corners]:
        """Give corner radii that fit `box`."""
        if isinstance(radius, tuple):
            radii = [self.read(one, f"radius.{index}", 0.0) for index, one in enumerate(radius)]
            return combined(_four_corners, *radii, box)
        return combined(_even_corners, self.read(radius, "radius", 0.0), box)

    def box(self, box: document.Box) -> Source[scene.Box]:
        """Give whole pixels."""
        return combined(
            place_box,
            self.read(box.x, "box.x", 0.0),
            self.read(box.y, "box.y", 0.0),
            self.read(box.width, "box.width", 0.0),
            self.read(box.height, "box.height", 0.0),
        )

    def font(self, font: lettering.Font) -> Source[scene.Font]:
        """Give family, weight, slant and features."""
        asked = font.family if isinstance(font.family, tuple) else (font.family,)
        families = combined(_families, *[self.text(one, "font.family") for one in asked])
        weight = self.read(font.weight, "font.weight", 400)
        italic = self.read(font.italic, "font.italic", False)
        figures = self.read(font.figures, "font.figures", "normal")
        asked_for = [
            self.read(one, f"font.features.{index}", "") for index, one in enumerate(font.features)
        ]
        features = combined(_features, figures, *asked_for)
        return combined(scene.Font, self.noted(families), weight, italic, features)

    def noted(self, families: Source[tuple[str, ...]]) -> Source[tuple[str, ...]]:
        """Give families and those that follow them; none of a text's own is a problem."""
        more = self.families
        if isinstance(families, Still) and families.value:
            return Still(_families(*families.value, *more))
        read, problem = live(families), self.problem("font.family")

        def noted(run: Run, made: Fields) -> tuple[str, ...]:
            own = read(run, made)
            if not own:
                run.problems.append(problem)
            return _families(*own, *more)

        return noted


def _solid(color: scene.Color) -> scene.Solid | None:
    return scene.Solid(color) if color[3] else None


def _linear(angle: float, *stops: scene.Stop) -> scene.LinearGradient:
    return scene.LinearGradient(angle % 360.0, _in_order(stops))


def _radial(x: float, y: float, radius: float, *stops: scene.Stop) -> scene.RadialGradient:
    return scene.RadialGradient(x, y, radius, _in_order(stops))


def _in_order(stops: tuple[scene.Stop, ...]) -> tuple[scene.Stop, ...]:
    """Move every stop that lies before the one it follows to that one, as CSS does."""
    found: list[scene.Stop] = []
    least = 0.0
    for stop in stops:
        least = max(stop.offset, least)
        found.append(stop if stop.offset == least else scene.Stop(least, stop.color))
    return tuple(found)


def _border(width: float, color: scene.Color) -> scene.Border | None:
    return scene.Border(width, color) if width > 0 and color[3] else None


def _four_corners(
    first: float, second: float, third: float, fourth: float, box: scene.Box
) -> scene.Corners:
    return fit_corners((first, second, third, fourth), box)


def _even_corners(every: float, box: scene.Box) -> scene.Corners:
    return fit_corners((every, every, every, every), box)


def _features(figures: str, *tags: str) -> tuple[str, ...]:
    own = ("tnum",) if figures == "tabular" else ()
    return tuple(dict.fromkeys(filter(None, (*own, *tags))))


def _families(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in names if (name := one.strip())))
