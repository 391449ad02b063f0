"""The scenes of `tests/golden/*.png`.

They use the fonts that come with the project alone, so every machine can draw them; but for
`scripts`, which takes Debian's. After a change that is meant to be seen:
`python -m tests.regenerate_goldens`, then look at each picture.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.pixels.conftest import WHEELS, wheel_dir
from tests.pixels.easel import BLACK, BLUE, PAPER, RED, quarters, text
from tests.pixels.letters import scripts, written
from vips_render.output import Output
from vips_render.pixels.fonts import FontLibrary
from vips_render.render import render
from vips_render.scene.model import (
    Border,
    Box,
    Color,
    Corners,
    Effects,
    GroupLayer,
    Highlight,
    ImageLayer,
    Layer,
    LinearGradient,
    RadialGradient,
    Scene,
    Shadow,
    ShapeLayer,
    Solid,
    Span,
    Stop,
    Stroke,
    TextLayer,
)

FOLDER = Path(__file__).resolve().parent.parent / "golden"
BITMAPS = {"a": quarters(80)}
SUNSET = (Stop(0, (255, 94, 58, 255)), Stop(0.5, (255, 149, 0, 255)), Stop(1, (88, 86, 214, 255)))
INK = (28, 30, 46, 255)


def faces() -> Scene:
    """Families, weights and slants, at sizes from a footnote to a headline."""
    words = "Wave AVATAR To. fi 0123"
    rows = [
        ("Source Sans Pro", 400, 13), ("Source Sans Pro", 700, 16), ("Hanken Grotesk", 500, 16),
        ("Hanken Grotesk", 700, 24), ("Manrope", 400, 20), ("Manrope", 800, 36),
    ]  # fmt: skip
    layers: list[TextLayer] = []
    top = 8
    for family, weight, size in rows:
        box = Box(10, top, 470, round(size * 1.3))
        layers.append(text(words, box, size, family, weight=weight, color=INK))
        top += round(size * 1.35)
    slanted = text("Slanted, not faked", Box(10, top, 470, 30), 22, color=INK)
    layers.append(replace(slanted, font=replace(slanted.font, italic=True)))
    return Scene(490, top + 36, PAPER, tuple(layers))


def setting() -> Scene:
    """Wrapping, shrinking, clamping, alignment, spacing and height of lines."""
    prose = "Your plan renews on 12 December. Keep every template, font and picture you made."
    box = Box(10, 10, 220, 90)
    layers = (
        text(prose, box, 18, color=INK),
        text(prose, replace(box, left=250), 18, color=INK, align="center", line_height=1.0),
        text(prose, replace(box, top=110), 30, fit="shrink", color=INK, align="right"),
        text(prose, replace(box, left=250, top=110, height=50), 18, max_lines=2, color=INK),
        text("SPACED OUT", replace(box, top=210, height=30), 18, letter_spacing=6, align="center"),
        text("Extraordinarily", Box(250, 160, 90, 80), 24, "Manrope", color=INK),
        text("Zoë", Box(350, 160, 120, 80), 24, "Manrope", align="end", vertical_align="bottom"),
    )
    return Scene(480, 250, PAPER, layers)


def shapes() -> Scene:
    """Corners, borders, gradients, lines and transparency."""
    square = ShapeLayer("square", Box(10, 10, 80, 80), "rectangle", fill=Solid(RED))
    layers = (
        replace(square, corners=Corners(40, 8, 24, 0), border=Border(5, INK)),
        replace(square, box=Box(100, 10, 80, 80), shape="ellipse", border=Border(5, INK)),
        replace(square, box=Box(190, 10, 120, 80), fill=LinearGradient(135, SUNSET)),
        replace(square, box=Box(320, 10, 80, 80), fill=RadialGradient(0.3, 0.3, 1, SUNSET)),
        replace(square, box=Box(60, 60, 90, 60), fill=Solid((0, 0, 255, 110))),
        ShapeLayer("line", Box(180, 105, 200, 20), "line", border=Border(7, INK)),
        replace(square, box=Box(330, 60, 60, 40), rotation=-24, opacity=0.6, fill=Solid(BLUE)),
    )
    return Scene(410, 135, PAPER, layers)


def pictures() -> Scene:
    """Cover and contain, focus, circle, corners, and a fallback, on a transparent canvas."""
    picture = ImageLayer("picture", Box(10, 10, 80, 80), "a")
    initials = GroupLayer(
        "initials",
        Box(370, 10, 80, 80),
        (
            ShapeLayer("disc", Box(370, 10, 80, 80), "ellipse", fill=Solid(INK)),
            text("ZÅ", Box(370, 10, 80, 80), 32, "Manrope", weight=800, color=(255, 255, 255, 255),
                 align="center", vertical_align="middle"),
        ),
    )  # fmt: skip
    layers = (
        replace(picture, ellipse=True, border=Border(4, BLACK)),
        replace(picture, box=Box(100, 10, 40, 80), focus=(1.0, 0.5), corners=Corners(20, 0, 20, 0)),
        replace(picture, box=Box(150, 10, 120, 80), fit="contain"),
        replace(picture, box=Box(285, 25, 50, 50), rotation=30),
        replace(picture, source="gone", box=Box(370, 10, 80, 80), fallback=initials),
    )
    return Scene(460, 100, None, layers)


NIGHT, TEAL, PURE = (30, 41, 59, 255), (20, 130, 140, 255), (255, 255, 255, 255)
SKY = (Stop(0, (56, 189, 248, 255)), Stop(0.5, (192, 132, 252, 255)), Stop(1, (251, 113, 133, 255)))


def _styled(words: str, box: Box, size: int, color: Color = PURE, **found: Any) -> TextLayer:
    made = text(words, box, size, "Manrope", weight=800, color=color)
    return replace(made, effects=Effects(**found))


def strokes() -> Scene:
    """Thin and thick lines around letters, gradients in them, and nothing in them."""
    box = Box(14, 4, 220, 54)
    sky, hollow = LinearGradient(90, SKY), (0, 0, 0, 0)
    layers = (
        _styled("Sale jäWKg", box, 36, stroke=Stroke(2, NIGHT)),
        _styled("Sale jäWKg", replace(box, left=240), 36, stroke=Stroke(6, NIGHT)),
        _styled("Gradient j", replace(box, top=58), 36, fill=sky, stroke=Stroke(3, PURE)),
        _styled("Hollow AV", replace(box, left=240, top=58), 36, hollow, stroke=Stroke(2.5, PURE)),
    )
    return Scene(464, 116, Solid(TEAL), layers)


def shades() -> Scene:
    """Shadows, soft and hard, boxes behind lines, and all that a text can have."""
    box = Box(14, 4, 220, 54)
    low, right = replace(box, top=62, height=72), replace(box, left=244)
    marked = _styled("Marked lines\nof two lengths", low, 24, NIGHT,
                     highlight=Highlight((253, 224, 71, 200), 5, 7))  # fmt: skip
    layers = (
        _styled("Shadow gj", box, 36, shadow=Shadow(0, 4, 7, (0, 0, 0, 170))),
        _styled("Hard edge", right, 36, shadow=Shadow(3, 3, 0, NIGHT)),
        replace(marked, align="center"),
        _styled("All of it", replace(right, top=72), 36, fill=RadialGradient(0.4, 0.5, 0.6, SKY),
                stroke=Stroke(3, PURE), shadow=Shadow(0, 4, 8, (0, 0, 0, 255)),
                highlight=Highlight(NIGHT, 4, 0)),
    )  # fmt: skip
    return Scene(464, 142, Solid(TEAL), layers)


def spans() -> Scene:
    """Bold and slanted words, named styles, larger letters, across lines and with effects."""
    box = Box(14, 8, 436, 40)
    price = text("only 19.90 EUR a month", box, 22, "Source Sans Pro", color=INK)
    prose = text("Bold words and slanted ones stand on one line, and break as others do.",
                 replace(box, top=52, width=210, height=90), 17, color=INK)  # fmt: skip
    loud = _styled("Two colours", Box(240, 56, 220, 60), 32, stroke=Stroke(2, NIGHT))
    layers = (
        replace(price, spans=(Span(5, 10, (200, 30, 60, 255), 700, False, 1.6),
                              Span(10, 14, None, 400, True, 0.8),
                              Span(17, 22, TEAL, 400, False, 0.7, 5.0))),
        replace(prose, spans=(Span(0, 10, None, 700, False), Span(15, 22, None, 400, True),
                              Span(47, 56, (20, 130, 140, 255), 700, True))),
        replace(loud, spans=(Span(4, 11, (253, 224, 71, 255), 800, False),)),
    )  # fmt: skip
    return Scene(464, 140, PAPER, layers)


def fitting() -> Scene:
    """Grown to the box, to a ceiling, to the width; balanced lines; capitals; digits in columns."""
    frame = ShapeLayer("frame", Box(10, 10, 140, 70), "rectangle", border=Border(1, (0, 0, 0, 60)))
    rows: list[Layer] = []
    prose = "Keep every picture you made"
    cases: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Grown", {"fit": "grow"}), ("Ceiling", {"fit": "grow", "max_size": 24}),
        ("Width", {"fit": "width"}), (prose, {"wrap": "normal"}), (prose, {"wrap": "balance"}),
        ("1101\n2088", {"align": "right", "line_height": 1.1}),
    )  # fmt: skip
    for number, (words, found) in enumerate(cases):
        place = Box(10 + number % 3 * 152, 10 + number // 3 * 80, 140, 70)
        made = text(words, place, 18, "Manrope", weight=700, color=INK, **found)
        tabular = replace(made.font, features=("tnum",))
        rows += [replace(frame, box=place), replace(made, font=tabular)]
    return Scene(464, 170, PAPER, tuple(rows))


def small() -> Scene:
    """Running text at 12, 14 and 16 px, in three alphabets."""
    words = "Hamburgefonstiv minimum 0123 Ωμέγα жизнь Việt"
    families = ("Source Sans Pro", "Hanken Grotesk", "Manrope")
    layers = [
        text(words, Box(10, 6 + 60 * row + 20 * line, 400, 20), size, families[line], color=INK)
        for row, size in enumerate((12, 14, 16))
        for line in range(3)
    ]
    return Scene(390, 192, PAPER, tuple(layers))


def placed() -> Scene:
    """Each place of a block in its box, start and end, turned, faded, cut off by the canvas."""
    boxes: list[Layer] = []
    for column, where in enumerate(("top", "middle", "bottom")):
        box = Box(10 + column * 92, 10, 84, 74)
        align = ("start", "center", "end")[column]
        words = text("Älg\njqy", box, 20, "Manrope", vertical_align=where, align=align, color=INK)
        frame = ShapeLayer("frame", box, "rectangle", border=Border(1, (0, 0, 0, 60)))
        boxes += [frame, words]
    turned = text("Turned", Box(288, 30, 100, 34), 26, "Manrope", weight=800, color=RED)
    layers = (
        *boxes,
        replace(turned, rotation=-20),
        replace(turned, text="Faded", opacity=0.35, box=Box(390, 10, 90, 34)),
        replace(turned, text="Cut off", box=Box(400, 60, 120, 34)),
    )
    return Scene(470, 94, PAPER, layers)


SCENES = {
    "faces": faces,
    "setting": setting,
    "shapes": shapes,
    "pictures": pictures,
    "strokes": strokes,
    "shades": shades,
    "spans": spans,
    "fitting": fitting,
    "small": small,
    "placed": placed,
    "written": written,
    "scripts": scripts,
}
BORROWED = frozenset({"scripts"})
"""Those that need the fonts of the machine."""


def picture_of(name: str, fonts: FontLibrary) -> bytes:
    """Draw one of the scenes as PNG."""
    return render(SCENES[name](), BITMAPS, Output("png"), fonts).body


def library(home: Path, *more: Path) -> FontLibrary:
    """The fonts that goldens are drawn with, then those of other directories."""
    return FontLibrary([*(wheel_dir(name) for name in WHEELS), *more], home)
