"""Turn a template and its variables into a scene.

Layers that nothing personal reaches are resolved once per template and kept with it; they know
neither the variables nor the caller's locale, so every recipient shares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vips_render.expr.values import Evaluation
from vips_render.limits import Limits
from vips_render.scene import model as scene
from vips_render.scene.geometry import to_pixel
from vips_render.scene.reader import Reader, StillParts
from vips_render.template import layers as document
from vips_render.template.model import Template
from vips_render.template.problem import Problem
from vips_render.template.properties import is_language_tag

NO_LIMITS_GIVEN = Limits()


@dataclass(frozen=True, slots=True)
class Resolved:
    """A scene, what went wrong, and until when it holds: seconds since the epoch, None for ever."""

    scene: scene.Scene
    fresh_until: float | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What all recipients of a template share.

    Attributes:
        layers: static layers by name, with their problems; None for those that show nothing.
        parts: literals of the parts of personal layers that are static all the same.
    """

    layers: dict[str, tuple[scene.Layer | None, tuple[Problem, ...]]]
    parts: StillParts


_KEPT = "scene.resolve"


def resolve(
    template: Template,
    values: Mapping[str, object],
    *,
    locale: str = "",
    timezone: str = "",
    now: float = 0.0,
    limits: Limits = NO_LIMITS_GIVEN,
    personal_names: frozenset[str] = frozenset(),
) -> Resolved:
    """Return the scene for these variables; never raises for a value.

    Args:
        values: by variable name, as `fill` gives them.
        locale: BCP 47; picks the shapes of Han characters in personal layers.
        timezone: a name of the IANA data base, for expressions that read the clock.
        now: seconds since the epoch, the only clock that is read.
        personal_names: layers that count as personal though they read nothing (`m` names them).
    """
    lang = locale.replace("_", "-") if is_language_tag(locale) else ""
    run = Evaluation(values, now, timezone)
    kept: Kept = template.keepsakes.setdefault(_KEPT, Kept({}, {}))
    reader = Reader(run, lang or template.locale, limits.text_chars, kept.parts)
    resolver = _Resolver(template, reader, template.personal_with(personal_names), kept)
    background = reader.fill(template.canvas.background, "canvas.background")
    layers = resolver.layers(template.layers)
    canvas = resolver.canvas
    return Resolved(
        scene.Scene(canvas.width, canvas.height, background, layers, "" in resolver.personal),
        run.fresh_until,
        tuple(reader.problems),
    )


def alt_text(
    template: Template,
    values: Mapping[str, object],
    *,
    locale: str = "",
    timezone: str = "",
    now: float = 0.0,
) -> str:
    """Return what `<img alt>` says for these variables; empty when it outgrows its budget.

    `locale`, `timezone` and `now` are those of `resolve`.
    """
    run = Evaluation(values, now, timezone)
    reader = Reader(run, locale or template.locale, NO_LIMITS_GIVEN.text_chars)
    return reader.text(template.alt, "alt")


class _Resolver:
    """Walks the layers of one template for one recipient."""

    def __init__(
        self, template: Template, reader: Reader, personal: frozenset[str], kept: Kept
    ) -> None:
        self.template = template
        self.reader = reader
        self.personal = personal
        self.canvas = scene.Box(0, 0, template.canvas.width, template.canvas.height)
        self.kept = kept

    def layers(self, layers: tuple[document.AnyLayer, ...]) -> tuple[scene.Layer, ...]:
        found = (self.layer(layer) for layer in layers)
        return tuple(layer for layer in found if layer is not None)

    def layer(
        self, layer: document.AnyLayer, picture: scene.Box | None = None
    ) -> scene.Layer | None:
        """Return a layer, or None when it shows nothing; `picture` is the box of a fallback."""
        # A fallback's box may be personal, so keeping fallbacks would let traffic fill memory.
        if picture is not None or layer.name in self.personal:
            return self.fresh(layer, picture)
        known = self.kept.layers.get(layer.name)
        if known is None:
            still = Reader(Evaluation({}), self.template.locale, self.reader.text_chars)
            shown = _Resolver(self.template, still, frozenset(), self.kept).fresh(layer, None)
            known = self.kept.layers[layer.name] = (shown, tuple(still.problems))
        self.reader.problems.extend(known[1])
        return known[0]

    def fresh(self, layer: document.AnyLayer, picture: scene.Box | None) -> scene.Layer | None:
        """Read a layer's properties now."""
        reader = self.reader
        reader.layer = layer.name
        if not reader.read(layer.visible, "visible", True):
            return None
        opacity = reader.read(layer.opacity, "opacity", 1.0)
        if opacity <= 0:
            return None
        box = picture or self.box_of(layer)
        common = _Common(
            layer.name,
            box,
            opacity,
            reader.read(layer.rotation, "rotation", 0.0) % 360.0,
            layer.name in self.personal,
        )
        match layer:
            case document.TextFallback():
                return self.text(layer, common)
            case document.ShapeFallback():
                return self.shape(layer, common)
            case document.ImageFallback():
                return self.image(layer, common)
            case document.GroupFallback():
                return self.group(layer, common)

    def box_of(self, layer: document.AnyLayer) -> scene.Box:
        box = getattr(layer, "box", None)
        return self.canvas if box is None else self.reader.box(box)

    def text(self, layer: document.TextFallback, common: _Common) -> scene.Layer | None:
        reader = self.reader
        text = reader.text(layer.text, "text")
        if not text.strip() or common.is_empty:
            return None
        size = max(to_pixel(reader.read(layer.font.size, "font.size", 16.0)), 1)
        least = reader.read(layer.font.min_size, "font.min_size", None)
        smallest = document.least_size(size) if least is None else max(to_pixel(least), 1)
        return scene.TextLayer(
            name=common.name,
            box=common.box,
            text=text,
            font=reader.font(layer.font),
            size=size,
            color=reader.color(layer.color, "color"),
            min_size=min(smallest, size),
            fit=reader.read(layer.fit, "fit", "shrink"),
            align=reader.read(layer.align, "align", "start"),
            vertical_align=reader.read(layer.vertical_align, "vertical_align", "top"),
            line_height=reader.read(layer.line_height, "line_height", 1.2),
            letter_spacing=reader.read(layer.letter_spacing, "letter_spacing", 0.0),
            max_lines=reader.read(layer.max_lines, "max_lines", 0),
            lang=reader.read(layer.lang, "lang", "") or reader.lang,
            opacity=common.opacity,
            rotation=common.rotation,
            personal=common.personal,
        )

    def shape(self, layer: document.ShapeFallback, common: _Common) -> scene.Layer | None:
        reader, box = self.reader, common.box
        shape: scene.ShapeKind = reader.read(layer.shape, "shape", "rectangle")
        if common.is_empty and (shape != "line" or box.width == box.height == 0):
            return None
        fill, border = reader.fill(layer.fill), reader.border(layer.border)
        if border is None and (fill is None or shape == "line"):
            return None
        return scene.ShapeLayer(
            name=common.name,
            box=box,
            shape=shape,
            fill=None if shape == "line" else fill,
            border=border,
            corners=reader.corners(layer.radius, box),
            opacity=common.opacity,
            rotation=common.rotation,
            personal=common.personal,
        )

    def image(self, layer: document.ImageFallback, common: _Common) -> scene.Layer | None:
        reader, box = self.reader, common.box
        if common.is_empty:
            return None
        source = reader.read(layer.source, "source", "")
        focus = (
            reader.read(layer.focus.x, "focus.x", 0.5),
            reader.read(layer.focus.y, "focus.y", 0.5),
        )
        border, corners = reader.border(layer.border), reader.corners(layer.radius, box)
        fit: scene.ImageFit = reader.read(layer.fit, "fit", "cover")
        ellipse = reader.read(layer.mask, "mask", "none") == "circle"
        fallback = None if layer.fallback is None else self.layer(layer.fallback, box)
        if not source and fallback is None:
            return None
        return scene.ImageLayer(
            name=common.name,
            box=box,
            source=source,
            fit=fit,
            focus=focus,
            corners=corners,
            ellipse=ellipse,
            border=border,
            fallback=fallback,
            opacity=common.opacity,
            rotation=common.rotation,
            personal=common.personal,
        )

    def group(self, layer: document.GroupFallback, common: _Common) -> scene.Layer | None:
        clip = self.reader.read(layer.clip, "clip", False)
        corners = self.reader.corners(layer.radius, common.box)
        layers = self.layers(layer.layers)
        if not layers or (clip and common.is_empty):
            return None
        return scene.GroupLayer(
            name=common.name,
            box=common.box,
            layers=layers,
            clip=clip,
            corners=corners,
            opacity=common.opacity,
            rotation=common.rotation,
            personal=common.personal,
        )


@dataclass(slots=True)
class _Common:
    """What every kind of layer has, resolved."""

    name: str
    box: scene.Box
    opacity: float
    rotation: float
    personal: bool

    @property
    def is_empty(self) -> bool:
        """Tell whether the box has no pixel."""
        return self.box.width == 0 or self.box.height == 0
