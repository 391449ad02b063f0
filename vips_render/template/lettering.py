"""Fonts, effects and styles of the texts of a document."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, StringConstraints, Tag

from vips_render.template import properties as of
from vips_render.template.part import Part, count_tag

Families = Annotated[
    Annotated[of.Text, Tag("<one>")]
    | Annotated[Annotated[tuple[of.Text, ...], Field(min_length=1, max_length=16)], Tag("<many>")],
    Discriminator(count_tag),
]


class Font(Part):
    """What a text is set in."""

    family: Families
    """One family, or several in order of preference."""
    weight: of.Weight = 400
    """1-1000 as in CSS; 400 is regular, 700 bold."""
    italic: of.Flag = False
    size: of.FontSize
    """Pixels; rounded to a whole one."""
    min_size: of.FontSize | None = None
    """The floor of every fit but `fixed`; half of `size` when absent, but at least 8."""
    max_size: of.FontSize | None = None
    """The ceiling of `fit: grow` and `width`; as large as the box allows when absent."""
    figures: of.Figures = "normal"
    """`tabular` gives all digits one width."""
    features: Annotated[tuple[of.Feature, ...], Field(min_length=0, max_length=16)] = ()
    """OpenType features by tag; a `-` before it turns one off."""


def least_size(size: int) -> int:
    """Return the floor of a text whose font names none: half of its size, at least 8 pixels.

    At less than half, a headline is no headline any more, and below 8 pixels nobody reads: the
    start of a text with an ellipsis says more than all of it. A smaller text keeps its size.
    """
    return min(max((size + 1) // 2, 8), size)


class Stroke(Part):
    """A line around letters, outside their edges."""

    width: of.Near = 2.0
    color: of.Color = "#ffffff"


class Shadow(Part):
    """A shadow below letters."""

    x: of.Spacing = 0.0
    """Pixels to the right."""
    y: of.Spacing = 2.0
    """Pixels down."""
    blur: of.Near = 4.0
    """How far it fades, as in CSS; 0 for a sharp one."""
    color: of.Color = "#00000080"


class Highlight(Part):
    """A box behind each line, as if by a marker."""

    color: of.Color
    padding: of.Near = 4.0
    """How much larger than the line it is, on each side."""
    radius: of.Extent = 0.0
    """Of its corners."""


STYLE_PATTERN = r"^[a-z0-9_-]{1,32}$"
StyleName = Annotated[str, StringConstraints(pattern=STYLE_PATTERN)]


class TextStyle(Part):
    """How words look that the markup names; what is absent stays as it is around them."""

    color: of.Color | None = None
    weight: of.Weight | None = None
    italic: of.Flag | None = None
    size: of.Factor = 1.0
    """As a multiple of the text's size."""
    letter_spacing: of.Spacing | None = None
    """Extra pixels after each letter."""
