"""The resolved picture: layers with literals only, in paint order.

Pixels are integers at scale 1, origin top left, y down. Angles are degrees clockwise. Colours are
straight (not premultiplied) sRGB with alpha, each channel 0-255. A scene knows no variable and no
expression any more; two scenes that are equal draw the same pixels.

The nouns here have no slots: orjson writes what keeps its fields in a dictionary four times as
fast, and `of_fields` makes it six times as fast as its class does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

T = TypeVar("T")

Color = tuple[int, int, int, int]
"""Red, green, blue, alpha, each 0-255."""

Align = Literal["left", "center", "right", "start", "end"]
VerticalAlign = Literal["top", "middle", "bottom"]
TextFit = Literal["fixed", "shrink", "grow", "width"]
Wrap = Literal["normal", "balance"]
LetterCase = Literal["none", "upper", "lower", "title"]
ImageFit = Literal["cover", "contain"]
ShapeKind = Literal["rectangle", "ellipse", "line"]


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Stop:
    """One colour of a gradient; `offset` is 0-1 along it."""

    offset: float
    color: Color


@dataclass(frozen=True)
class Solid:
    """One colour everywhere."""

    color: Color
    kind: Literal["solid"] = "solid"


@dataclass(frozen=True)
class LinearGradient:
    """Colours along a line; 0 degrees runs upwards, 90 to the right, as in CSS."""

    angle: float
    stops: tuple[Stop, ...]
    kind: Literal["linear"] = "linear"


@dataclass(frozen=True)
class RadialGradient:
    """Colours outwards from `(x, y)`, fractions of the box; radius 1 is its farthest corner."""

    x: float
    y: float
    radius: float
    stops: tuple[Stop, ...]
    kind: Literal["radial"] = "radial"


Fill = Solid | LinearGradient | RadialGradient


@dataclass(frozen=True)
class Border:
    """A line of `width` pixels just inside the edge of the box."""

    width: float
    color: Color


@dataclass(frozen=True)
class Corners:
    """Corner radii in pixels, clockwise from the top left."""

    top_left: float = 0
    top_right: float = 0
    bottom_right: float = 0
    bottom_left: float = 0


@dataclass(frozen=True)
class Font:
    """What a text asks for.

    Attributes:
        families: in order of preference.
        weight: 1-1000 as in CSS.
        features: tags of OpenType features to turn on, or off after a `-`.
    """

    families: tuple[str, ...]
    weight: int = 400
    italic: bool = False
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stroke:
    """A line of `width` pixels around letters, outside their edges."""

    width: float
    color: Color


@dataclass(frozen=True)
class Shadow:
    """A shadow moved by `(x, y)` pixels; `blur` is twice the deviation of a Gaussian, as in CSS."""

    x: float
    y: float
    blur: float
    color: Color


@dataclass(frozen=True)
class Highlight:
    """A box behind each line, `padding` pixels larger than its text, corners rounded."""

    color: Color
    padding: float
    radius: float


@dataclass(frozen=True)
class Effects:
    """What a text has besides its colour; `fill` takes that one's place, over the layer's box."""

    fill: LinearGradient | RadialGradient | None = None
    stroke: Stroke | None = None
    shadow: Shadow | None = None
    highlight: Highlight | None = None


@dataclass(frozen=True)
class Span:
    """Letters of a text, from one index up to another, that look other than the rest.

    Attributes:
        color: None for the layer's own.
        size: as a multiple of the layer's.
        letter_spacing: None for the layer's own.
    """

    start: int
    end: int
    color: Color | None
    weight: int
    italic: bool
    size: float = 1.0
    letter_spacing: float | None = None


@dataclass(frozen=True)
class TextLayer:
    """Text in a box.

    Attributes:
        text: final text; `\\n` starts a new line.
        size: font size in pixels (1 pt = 1 px).
        min_size: the floor of every fit but `fixed`.
        max_size: the ceiling of `grow` and `width`; 0 for as large as the box allows.
        wrap: `balance` makes the lines of a paragraph about equally long.
        line_height: distance of baselines as a multiple of the size.
        letter_spacing: extra pixels after each cluster.
        max_lines: clamp to so many lines with an ellipsis; 0 for as many as the box holds.
        lang: BCP 47 tag that picks the shapes of Han characters, or empty.
        effects: None for plain text.
        spans: in the order of the text, none of which overlap.
    """

    name: str
    box: Box
    text: str
    font: Font
    size: int
    color: Color
    min_size: int = 1
    max_size: int = 0
    fit: TextFit = "shrink"
    wrap: Wrap = "normal"
    align: Align = "start"
    vertical_align: VerticalAlign = "top"
    line_height: float = 1.2
    letter_spacing: float = 0.0
    max_lines: int = 0
    lang: str = ""
    effects: Effects | None = None
    spans: tuple[Span, ...] = ()
    opacity: float = 1.0
    rotation: float = 0.0
    personal: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class ShapeLayer:
    """A rectangle, an ellipse or a line from the box's top left to its bottom right.

    For a line `border` is the stroke and `fill` is ignored.
    """

    name: str
    box: Box
    shape: ShapeKind
    fill: Fill | None = None
    border: Border | None = None
    corners: Corners = Corners()
    opacity: float = 1.0
    rotation: float = 0.0
    personal: bool = False
    kind: Literal["shape"] = "shape"


@dataclass(frozen=True)
class ImageLayer:
    """A picture in a box.

    Attributes:
        source: `https://…` or the name of an asset of the template; empty draws the fallback.
        focus: the point, as fractions of the picture, that `cover` keeps nearest to the centre.
        corners: rounds the picture's corners; a circle is an ellipse, see `ellipse`.
        ellipse: mask to the ellipse that fills the box (a circle in a square one).
        fallback: drawn in the same box instead when the source cannot be had; None draws nothing.
    """

    name: str
    box: Box
    source: str
    fit: ImageFit = "cover"
    focus: tuple[float, float] = (0.5, 0.5)
    corners: Corners = Corners()
    ellipse: bool = False
    border: Border | None = None
    fallback: Layer | None = None
    opacity: float = 1.0
    rotation: float = 0.0
    personal: bool = False
    kind: Literal["image"] = "image"


@dataclass(frozen=True)
class GroupLayer:
    """Layers painted together, then faded or turned as one; boxes inside are canvas coordinates.

    `clip` cuts what the group draws to its box, with `corners` rounded.
    """

    name: str
    box: Box
    layers: tuple[Layer, ...]
    clip: bool = False
    corners: Corners = Corners()
    opacity: float = 1.0
    rotation: float = 0.0
    personal: bool = False
    kind: Literal["group"] = "group"


Layer = TextLayer | ShapeLayer | ImageLayer | GroupLayer


@dataclass(frozen=True)
class Scene:
    """One picture, resolved: canvas size at scale 1, background, layers in paint order.

    `personal` tells whether the background is.
    """

    width: int
    height: int
    background: Fill | None
    layers: tuple[Layer, ...]
    personal: bool = False


def of_fields(kind: type[T], fields: dict[str, Any]) -> T:
    """Return a noun of this module made of all its fields, in the order that it declares them.

    The dictionary becomes the noun's own. Made this way because a frozen dataclass sets its fields
    one by one, through a call for each.
    """
    noun = object.__new__(kind)
    object.__setattr__(noun, "__dict__", fields)
    return noun
