"""The template document: one frozen noun that validation, JSON Schema and resolving share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any

import orjson
from pydantic import Field, Strict, StringConstraints

from vips_render.output import DEFAULT_QUALITY, Format
from vips_render.template import properties as of
from vips_render.template.declarations import Variable
from vips_render.template.layers import AnyLayer, Fill, GroupFallback, ImageFallback, Layer
from vips_render.template.part import Part
from vips_render.template.properties import Computed

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,63}$"
VARIABLE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"

Name = Annotated[str, Strict(), StringConstraints(pattern=NAME_PATTERN)]
VariableName = Annotated[str, StringConstraints(pattern=VARIABLE_PATTERN)]
Side = Annotated[int, Strict(), Field(ge=1)]


class Canvas(Part):
    """The picture's size in pixels at scale 1, and what lies below all layers."""

    width: Side
    height: Side
    background: Fill | None = None
    """Transparent when absent."""


class FontFile(Part):
    """A font that comes with the template."""

    family: of.Str
    file: of.Str
    """Name of an asset: TTF, OTF, WOFF or WOFF2."""
    weight: Annotated[int, Strict(), Field(ge=1, le=1000)] | None = None
    """As the file says when absent."""
    italic: Annotated[bool, Strict()] | None = None
    """As the file says when absent."""


class Layout(Part):
    """Another size of the same template: what differs, by layer name."""

    width: Side | None = None
    height: Side | None = None
    background: Fill | None = None
    layers: Mapping[str, Mapping[str, Any]] = {}
    """Layer name to properties; nested ones as objects or as `font.size`."""


class OutputChoice(Part):
    """What a link asks for when it does not say."""

    format: Format = "png"
    quality: Annotated[int, Strict(), Field(ge=1, le=100)] = DEFAULT_QUALITY


class Template(Part):
    """A document that has passed all checks; equal to another of the same content."""

    name: Name
    description: of.Str = ""
    canvas: Canvas
    variables: Mapping[VariableName, Variable] = {}
    fonts: tuple[FontFile, ...] = ()
    fallback_families: Annotated[tuple[of.Str, ...], Field(min_length=0, max_length=16)] = ()
    """Asked in this order for what the families of a text lack, before those of the machine."""
    layers: tuple[Layer, ...]
    """In paint order: the first is at the bottom."""
    layouts: Mapping[Name, Layout] = {}
    expired: Name | None = None
    """The layout that an expired link shows, drawn with the same variables."""
    output: OutputChoice = OutputChoice()
    alt: of.Text = ""
    """What `<img alt>` says; may hold expressions."""
    locale: of.LanguageTag = ""

    @cached_property
    def data(self) -> dict[str, Any]:
        """The document as JSON data; parsing it again gives an equal template."""
        return self.model_dump(mode="json", exclude_unset=True)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the document's content, in hex; spacing and order of keys do not count."""
        return hashlib.sha256(orjson.dumps(self.data, option=orjson.OPT_SORT_KEYS)).hexdigest()

    @cached_property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """Variables that each layer reads, its fallback and nested layers included, by name."""
        return {layer.name: variables_in(layer) for layer in layers_of(self.layers)}

    @cached_property
    def personal(self) -> frozenset[str]:
        """Names of layers that read a variable or the clock, or hold one that does.

        The empty name stands for the canvas when its background does.
        """
        names = {layer.name for layer in layers_of(self.layers) if is_personal(layer)}
        return frozenset(names | ({""} if is_personal(self.canvas) else set()))

    def personal_with(self, names: frozenset[str]) -> frozenset[str]:
        """Return the personal layers when `names` count as personal too, and what holds them."""
        if not names:
            return self.personal
        holders = {
            layer.name
            for layer in layers_of(self.layers)
            if any(inner.name in names for inner in layers_of((layer,)))
        }
        return self.personal | holders

    @cached_property
    def keepsakes(self) -> dict[str, Any]:
        """What others made of this very object and keep as long as it lives.

        Not by content: an equal template has parts of its own, and so keepsakes of its own.
        """
        return {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and (self is other or self.digest == other.digest)

    def __hash__(self) -> int:
        return hash(self.digest)


# Now, and once: threads that read their first document at the same time must not race to it.
Template.model_rebuild()


def layers_of(layers: tuple[AnyLayer, ...]) -> Iterator[AnyLayer]:
    """Yield every layer, groups and pictures before what they hold."""
    for layer in layers:
        yield layer
        if isinstance(layer, GroupFallback):
            yield from layers_of(layer.layers)
        elif isinstance(layer, ImageFallback) and layer.fallback is not None:
            yield from layers_of((layer.fallback,))


def computed_in(value: object) -> Iterator[Computed]:
    """Yield every expression below a part of the document."""
    if isinstance(value, Computed):
        yield value
    elif isinstance(value, Part):
        for name in type(value).model_fields:
            yield from computed_in(getattr(value, name))
    elif isinstance(value, (tuple, Mapping)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from computed_in(item)


def variables_in(part: Part) -> frozenset[str]:
    """Return the names of the variables that a part of the document reads."""
    return frozenset().union(*(computed.expression.reads for computed in computed_in(part)))


def is_personal(part: Part) -> bool:
    """Tell whether a part of the document reads a variable, the clock, or the caller's locale."""
    return any(
        expression.mentions or expression.reads_clock or expression.reads_locale
        for expression in (computed.expression for computed in computed_in(part))
    )
