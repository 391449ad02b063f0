"""Paint text layers: lay the lines out, draw each on its baseline, and report."""

from __future__ import annotations

from dataclasses import dataclass

from vips_render.pixels.effects import Block, paint_effects
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.glyphs import draw_lines
from vips_render.pixels.ink import Ink
from vips_render.pixels.layout import LaidLine, Layout, lay_out
from vips_render.pixels.patch import Patch
from vips_render.pixels.reading import Shaped
from vips_render.pixels.shaping import Typesetter
from vips_render.scene.geometry import to_pixel
from vips_render.scene.model import Box, TextLayer


@dataclass(frozen=True, slots=True)
class TextReport:
    """What became of one text.

    Attributes:
        size: the font size that was drawn, in pixels at scale 1.
        lines: how many lines were drawn; 0 for blank text.
        shrunk: the size is below the asked one.
        grown: the size is above the asked one.
        clipped: the text reaches past its box although everything was tried.
        ellipsised: text was left out at the end.
        missing: the characters that no registered font can draw.
        unknown_families: asked for and not registered.
    """

    layer: str
    size: int
    lines: int
    shrunk: bool = False
    clipped: bool = False
    ellipsised: bool = False
    missing: str = ""
    unknown_families: tuple[str, ...] = ()
    grown: bool = False


def paint_text(
    layer: TextLayer, fonts: FontLibrary, window: Box, scale: int
) -> tuple[list[Patch | Ink], TextReport]:
    """Draw a text in output pixels; blank text gives nothing.

    Lines and size are those of scale 1, whatever the scale.
    """
    spacing = layer.letter_spacing
    setter = Typesetter(fonts, layer.font, lang=layer.lang, spacing=spacing, spans=layer.spans)
    box = layer.box
    if not layer.text.strip() or box.width <= 0 or box.height <= 0:
        return [], TextReport(layer.name, layer.size, 0, unknown_families=setter.unknown)
    layout = lay_out(layer, setter)
    lines = [
        _set(layer, layout, number, line, setter, scale)
        for number, line in enumerate(layout.lines)
        if line.text.strip()
    ]
    size = layout.size * scale
    if layer.effects is None and not layer.spans:
        pieces = draw_lines(lines, size, scale, layer.color, window, fonts.glyphs)
        return pieces, _report(layer, layout, setter)
    ascent, descent = setter.primary.ascent * size, setter.primary.descent * size
    block = Block(lines, size, scale, ascent, descent)
    voices = [
        (block.of_voice(number, voice.factor) if layer.spans else block, voice.color)
        for number, voice in enumerate(setter.voices)
    ]
    pieces = paint_effects(layer, block, voices, window, scale, fonts.glyphs)
    return pieces, _report(layer, layout, setter)


def _report(layer: TextLayer, layout: Layout, setter: Typesetter) -> TextReport:
    return TextReport(
        layer=layer.name,
        size=layout.size,
        lines=len(layout.lines),
        shrunk=layout.size < layer.size,
        clipped=not layout.fits,
        ellipsised=layout.ellipsised,
        missing=setter.missing,
        unknown_families=setter.unknown,
        grown=layout.size > layer.size,
    )


def _set(
    layer: TextLayer,
    layout: Layout,
    number: int,
    line: LaidLine,
    setter: Typesetter,
    scale: int,
) -> tuple[Shaped, tuple[int, int]]:
    """Return the glyphs of a line, and where it starts on its baseline, in output pixels."""
    shaped = setter.line(line.reading, line.start, line.end)
    width = shaped.advance * layout.size * scale + shaped.gaps * scale
    start = to_pixel(_start(layer, line, width, scale))
    return shaped, (start, _baseline(layer, layout, number, setter) * scale)


def _start(layer: TextLayer, line: LaidLine, width: float, scale: int) -> float:
    """Return where a line starts; `start` and `end` follow its direction."""
    align = layer.align
    if align in ("start", "end"):
        align = "right" if (align == "end") != line.reading.rtl else "left"
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
    return layer.box.left * scale + (layer.box.width * scale - width) * share


def _baseline(layer: TextLayer, layout: Layout, number: int, setter: Typesetter) -> int:
    """Return the baseline of a line, a whole pixel of scale 1.

    The primary face is centred in the pitch, as CSS does with half of the leading on each side;
    fallback faces never move a line.
    """
    ascent, descent = setter.primary.ascent * layout.size, setter.primary.descent * layout.size
    share = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[layer.vertical_align]
    room = layer.box.height - len(layout.lines) * layout.pitch
    first = room * share + (layout.pitch - ascent - descent) / 2 + ascent
    return layer.box.top + to_pixel(first) + number * layout.pitch
