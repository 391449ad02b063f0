"""Make fonts: packed, coloured, leaning."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.sbixGlyph import Glyph
from fontTools.ttLib.tables.sbixStrike import Strike
from fontTools.ttLib.tables.TupleVariation import TupleVariation

from tests.pixels.easel import text
from vips_render.scene.model import Box, TextLayer


def leaning_font(tag: str, ends: tuple[float, float, float]) -> bytes:
    """Build a variable font of one stem: 200 wide, 300 when bold, its top 200 to the right."""
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "l"])
    font.setupCharacterMap({ord("l"): "l"})
    font.setupGlyf({".notdef": bar(0, 0), "l": bar(0, 200)})
    font.setupHorizontalMetrics({".notdef": (500, 0), "l": (500, 0)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Leaning", "styleName": "Regular"})
    font.setupFvar([("wght", 400, 400, 700, "Weight"), (tag, *ends, "Slant")], [])
    # Corners from the bottom left, clockwise; then four points that say where the glyph ends.
    rest = [(0, 0)] * 4
    side = (0, 1, 1) if ends[2] else (-1, -1, 0)
    wide = TupleVariation({"wght": (0, 1, 1)}, [(0, 0), (0, 0), (100, 0), (100, 0), *rest])
    lean = TupleVariation({tag: side}, [(0, 0), (200, 0), (200, 0), (0, 0), *rest])
    font.setupGvar({"l": [wide, lean]})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    font.setupPost()
    file = BytesIO()
    font.font.save(file)
    return file.getvalue()


def packed(path: Path, flavor: str) -> bytes:
    font = TTFont(path)
    font.flavor = flavor
    file = BytesIO()
    font.save(file)
    return file.getvalue()


def hamburg(family: str, weight: int = 400) -> TextLayer:
    return text("Hamburg", Box(0, 0, 200, 40), 30, family, weight=weight)


def layered_font(character: str, palette: list[tuple[float, float, float, float]]) -> bytes:
    """Build a font of one emoji: one upright bar per colour, side by side."""
    font = FontBuilder(1000, isTTF=True)
    layers = [f"layer{index}" for index in range(len(palette))]
    names = [".notdef", "emoji", *layers]
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(character): "emoji"})
    step = 800 // len(palette)
    bars = {name: bar(index * step, step) for index, name in enumerate(layers)}
    font.setupGlyf({".notdef": bar(0, 0), "emoji": bar(0, 800), **bars})
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    for index, name in enumerate(layers):
        font.font["hmtx"][name] = (1000, index * step)
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Layers", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    font.setupPost()
    font.setupCOLR({"emoji": [(name, index) for index, name in enumerate(layers)]}, version=0)
    font.setupCPAL([palette])
    file = BytesIO()
    font.font.save(file)
    return file.getvalue()


def pictured_font(character: str, picture: bytes) -> bytes:
    """Build a font of one emoji, whose picture is whatever is given."""
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "emoji"])
    font.setupCharacterMap({ord(character): "emoji"})
    font.setupGlyf({".notdef": bar(0, 0), "emoji": bar(0, 800)})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "emoji": (1000, 0)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Pictured", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    font.setupPost()
    strike = Strike(ppem=136, resolution=72)
    strike.glyphs = {
        ".notdef": Glyph(glyphName=".notdef"),
        "emoji": Glyph(glyphName="emoji", graphicType="png ", imageData=picture),
    }
    font.font["sbix"] = newTable("sbix")
    font.font["sbix"].strikes = {136: strike}
    file = BytesIO()
    font.font.save(file)
    return file.getvalue()


def bar(left: int, width: int) -> object:
    pen = TTGlyphPen(None)
    if width:
        pen.moveTo((left, 0))
        pen.lineTo((left, 800))
        pen.lineTo((left + width, 800))
        pen.lineTo((left + width, 0))
        pen.closePath()
    return pen.glyph()
