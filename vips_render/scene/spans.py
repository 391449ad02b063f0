"""Compile the markup of a text into spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vips_render.scene import model as scene
from vips_render.scene.reader import BLACK, Reader, Source, Still, combined
from vips_render.template import layers as document
from vips_render.template.markup import looks_in

BOLD, BOLDER = 700, 900
"""What bold is for a text up to semibold, and for one that is bold itself."""

SEMIBOLD = 600


@dataclass(frozen=True, slots=True)
class Style:
    """How a style changes letters; None leaves something as it is."""

    color: scene.Color | None
    weight: int | None
    italic: bool | None
    size: float
    letter_spacing: float | None


def styles_of(reader: Reader, layer: document.TextFallback) -> list[Source[Style]]:
    """Give the styles of a text in their order."""
    found: list[Source[Style]] = []
    for name, style in layer.styles.items():
        place = f"styles.{name}"
        color: Source[Any] = Still(None)
        if style.color is not None:
            color = reader.color(style.color, f"{place}.color", BLACK)
        found.append(
            combined(
                Style,
                color,
                reader.read(style.weight, f"{place}.weight", None),
                reader.read(style.italic, f"{place}.italic", None),
                reader.read(style.size, f"{place}.size", 1.0),
                reader.read(style.letter_spacing, f"{place}.letter_spacing", None),
            )
        )
    return found


def spans_of(marked: str, font: scene.Font, *styles: Style) -> tuple[scene.Span, ...]:
    """Return the spans of a marked text."""
    found: list[scene.Span] = []
    for start, end, (bold, italic, numbers) in looks_in(marked)[1]:
        weight, slanted = font.weight, font.italic or italic
        if bold:
            weight = BOLDER if weight >= SEMIBOLD else BOLD
        color, size, spacing = None, 1.0, None
        for number in numbers:
            style = styles[number]
            color = color if style.color is None else style.color
            weight = weight if style.weight is None else style.weight
            slanted = slanted if style.italic is None else style.italic
            size *= style.size
            spacing = spacing if style.letter_spacing is None else style.letter_spacing
        size = min(max(size, 0.1), 5.0)
        found.append(scene.Span(start, end, color, weight, slanted, size, spacing))
    return tuple(found)
