"""The layers of a document, in paint order from the bottom up.

Pixels at scale 1, origin top left, y down; angles in degrees clockwise. A layer that stands in for
a picture (`fallback`) has no box of its own: it takes the picture's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    PrivateAttr,
    Strict,
    StringConstraints,
    Tag,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from vips_render.errors import LimitExceeded
from vips_render.template import properties as of
from vips_render.template.lettering import (
    Font,
    Highlight,
    Shadow,
    Stroke,
    StyleName,
    TextStyle,
)
from vips_render.template.markup import MOST_STYLES, MarkupError, compile_marked, marked_source
from vips_render.template.part import Part, count_tag
from vips_render.template.properties import Computed, Reading

TAGS = frozenset(
    {"<text>", "<shape>", "<image>", "<group>"}
    | {"<color>", "<linear>", "<radial>", "<one>", "<many>"}
)
"""Names that pydantic puts into an error's place for the branch it took; no JSON key looks so."""

LAYER_PATTERN = r"^[^\x00-\x1f\x7f]{1,64}$"
LayerName = Annotated[str, Strict(), StringConstraints(pattern=LAYER_PATTERN)]


class Box(Part):
    """Where a layer stands: its top left corner and its size, in pixels."""

    x: of.Coordinate = 0.0
    y: of.Coordinate = 0.0
    width: of.Extent
    height: of.Extent


class Stop(Part):
    """One colour of a gradient."""

    offset: of.Fraction
    """0 at the start of the gradient, 1 at its end."""
    color: of.Color


Stops = Annotated[tuple[Stop, ...], Field(min_length=2, max_length=32)]


class Linear(Part):
    """Colours along a line; 0 degrees runs upwards, 90 to the right, as in CSS."""

    angle: of.Angle = 180.0
    stops: Stops


class Radial(Part):
    """Colours outwards from a point."""

    x: of.Fraction = 0.5
    """Centre, as a fraction of the box's width."""
    y: of.Fraction = 0.5
    """Centre, as a fraction of the box's height."""
    radius: of.Reach = 1.0
    """1 reaches the farthest corner."""
    stops: Stops


class LinearFill(Part):
    """A linear gradient as a fill."""

    linear: Linear


class RadialFill(Part):
    """A radial gradient as a fill."""

    radial: Radial


def _fill_tag(value: object) -> str | None:
    if isinstance(value, (str, of.Computed)):
        return "<color>"
    if isinstance(value, LinearFill) or (isinstance(value, dict) and "linear" in value):
        return "<linear>"
    if isinstance(value, RadialFill) or (isinstance(value, dict) and "radial" in value):
        return "<radial>"
    return None


Fill = Annotated[
    Annotated[of.Color, Tag("<color>")]
    | Annotated[LinearFill, Tag("<linear>")]
    | Annotated[RadialFill, Tag("<radial>")],
    Discriminator(
        _fill_tag,
        custom_error_type="document",
        custom_error_message='must be a colour, {{"linear": …}} or {{"radial": …}}',
    ),
]


AnyFill = str | of.Computed | LinearFill | RadialFill
"""A fill as the model holds it."""


Radius = Annotated[
    Annotated[of.Extent, Tag("<one>")]
    | Annotated[tuple[of.Extent, of.Extent, of.Extent, of.Extent], Tag("<many>")],
    Discriminator(count_tag),
]

AnyRadius = float | of.Computed | tuple[float | of.Computed, ...]
"""Corner radii as the model holds them: one for all, or four."""


class Border(Part):
    """A line just inside the edge; for a line shape, the stroke itself."""

    width: of.Extent = 1.0
    color: of.Color = "#000000"


class Named(Part):
    """What every layer has."""

    name: LayerName
    """Unique in the document, nested layers included."""
    visible: of.Flag = True
    opacity: of.Fraction = 1.0
    rotation: of.Angle = 0.0
    """Degrees clockwise about the centre of the box."""


class TextFallback(Named):
    """Text in place of a picture."""

    kind: Literal["text"]
    text: of.Text
    font: Font
    color: Fill = "#000000"
    """A gradient runs over the box, not over the letters."""
    stroke: Stroke | None = None
    shadow: Shadow | None = None
    highlight: Highlight | None = None
    case: of.LetterCase = "none"
    """Capitals, small letters, or a capital at the start of each word, as the language writes."""
    align: of.Align = "start"
    """`start` and `end` follow the direction of the text, `left` and `right` do not."""
    vertical_align: of.VerticalAlign = "top"
    line_height: of.LineHeight = 1.2
    """Distance of baselines as a multiple of the size."""
    letter_spacing: of.Spacing = 0.0
    """Extra pixels after each letter."""
    max_lines: of.LineCount = 0
    """Clamp with an ellipsis; 0 for as many lines as the box holds."""
    fit: of.TextFit = "shrink"
    wrap: of.Wrap = "normal"
    """`balance` makes the lines of a paragraph about equally long."""
    lang: of.Language = ""
    """BCP 47 tag that picks the shapes of Han characters."""
    markup: Annotated[bool, Strict()] = False
    """Read `**bold**`, `*italic*` and `[words]{style}` in `text`, but never in what values hold."""
    styles: Annotated[Mapping[StyleName, TextStyle], Field(max_length=MOST_STYLES)] = {}
    """By name, for `markup`."""
    _marked: str | Computed = PrivateAttr(default="")

    @property
    def marked(self) -> str | Computed:
        """The text with marks in place of its markup; see `vips_render.template.markup`."""
        return self._marked if self.markup else self.text

    @model_validator(mode="after")
    def _read_markup(self, info: ValidationInfo) -> TextFallback:
        if not self.markup or not isinstance(info.context, Reading):
            return self
        text = self.text
        source = text.expression.source if isinstance(text, Computed) else text
        try:
            marked = compile_marked(marked_source(source, tuple(self.styles)), info.context.limits)
        except MarkupError as fault:
            context = {"message": fault.message, "column": fault.column}
            raise PydanticCustomError("markup", "{message}", context) from fault
        except LimitExceeded as fault:
            raise PydanticCustomError("markup", "{message}", {"message": str(fault)}) from fault
        if isinstance(text, Computed) and not isinstance(marked, str):
            self._marked = Computed(marked, text.coerce, text.check)
        elif isinstance(marked, str):
            self._marked = marked
        return self


class ShapeFallback(Named):
    """A shape in place of a picture."""

    kind: Literal["shape"]
    shape: of.Shape = "rectangle"
    """A line runs from the box's top left to its bottom right, drawn by `border`."""
    fill: Fill | None = None
    border: Border | None = None
    radius: Radius = 0.0
    """Corner radius, or four clockwise from the top left."""


class Focus(Part):
    """The point, as fractions of the picture, that `fit: cover` keeps nearest to the centre."""

    x: of.Fraction = 0.5
    y: of.Fraction = 0.5


class ImageFallback(Named):
    """A picture in place of a picture."""

    kind: Literal["image"]
    source: of.Source
    """`https://…` or the name of an asset of the template."""
    fit: of.ImageFit = "cover"
    focus: Focus = Focus()
    radius: Radius = 0.0
    mask: of.Mask = "none"
    border: Border | None = None
    fallback: Fallback | None = None
    """Drawn in the same box when the source cannot be had."""


class GroupFallback(Named):
    """Layers in place of a picture; their boxes are canvas coordinates."""

    kind: Literal["group"]
    layers: tuple[Layer, ...]
    clip: of.Flag = False
    """Cut what the group draws to its box."""
    radius: Radius = 0.0


class TextLayer(TextFallback):
    """Text in a box."""

    box: Box


class ShapeLayer(ShapeFallback):
    """A rectangle, an ellipse or a line."""

    box: Box


class ImageLayer(ImageFallback):
    """A picture in a box."""

    box: Box


class GroupLayer(GroupFallback):
    """Layers painted together, then faded or turned as one; boxes inside are canvas coordinates."""

    box: Box | None = None
    """The whole canvas when absent."""


def _kind_tag(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return f"<{kind}>"


_BY_KIND = Discriminator(
    _kind_tag,
    custom_error_type="layer_kind",
    custom_error_message="must be text, shape, image or group",
)

Layer = Annotated[
    Annotated[TextLayer, Tag("<text>")]
    | Annotated[ShapeLayer, Tag("<shape>")]
    | Annotated[ImageLayer, Tag("<image>")]
    | Annotated[GroupLayer, Tag("<group>")],
    _BY_KIND,
]
"""A layer with its own box."""

Fallback = Annotated[
    Annotated[TextFallback, Tag("<text>")]
    | Annotated[ShapeFallback, Tag("<shape>")]
    | Annotated[ImageFallback, Tag("<image>")]
    | Annotated[GroupFallback, Tag("<group>")],
    _BY_KIND,
]
"""A layer that takes the box of the picture it stands in for."""

AnyLayer = TextFallback | ShapeFallback | ImageFallback | GroupFallback
"""A layer with or without a box of its own."""
