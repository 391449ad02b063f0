"""Compile the layers of a document into what makes them for one picture.

Sources are read in the order of the properties here, up to the one that hides the layer: that is
the order in which problems are noted.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import Final

from vips_render.expr.values import Evaluation
from vips_render.scene import model as scene
from vips_render.scene.casing import cased
from vips_render.scene.effects import color_of, effects_of
from vips_render.scene.geometry import to_pixel
from vips_render.scene.reader import Fields, Live, Reader, Run, Source, Still, combined, live
from vips_render.scene.recipe import Draft, Shown
from vips_render.scene.spans import spans_of, styles_of
from vips_render.template import layers as document
from vips_render.template.lettering import least_size
from vips_render.template.markup import plain_text
from vips_render.template.model import Template

Program = Live[scene.Scene]


def compile_template(template: Template, personal: frozenset[str], text_chars: int) -> Program:
    """Return what gives the scene for a picture.

    Args:
        personal: names of the personal layers, what holds them included; empty for the canvas.
        text_chars: characters of one resolved text.
    """
    canvas = template.canvas
    compiler = _Compiler(
        scene.Box(0, 0, canvas.width, canvas.height),
        personal,
        text_chars,
        template.locale,
        template.fallback_families,
    )
    return live(
        combined(
            lambda background, layers: scene.Scene(
                canvas.width, canvas.height, background, layers, "" in personal
            ),
            Reader("", text_chars).fill(canvas.background, "canvas.background"),
            compiler.layers(template.layers),
        )
    )


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Walks the layers of one template.

    Attributes:
        locale: language of the layers that know nothing of the caller's.
        families: fonts that follow those of every text.
    """

    canvas: scene.Box
    personal: frozenset[str]
    text_chars: int
    locale: str
    families: tuple[str, ...] = ()

    def layers(self, layers: tuple[document.AnyLayer, ...]) -> Source[tuple[scene.Layer, ...]]:
        """Give those of several layers that show something."""
        return combined(_shown, *map(self.layer, layers))

    def layer(self, layer: document.AnyLayer) -> Source[Shown]:
        """Give a layer with a box of its own; made here and now when nothing personal is in it."""
        if layer.name in self.personal:
            return self.made(layer)
        alone = Run(Evaluation({}, locale=self.locale), self.locale, [])
        shown = live(replace(self, personal=frozenset()).made(layer))(alone, {})
        if not alone.problems:
            return Still(shown)

        def told(run: Run, _made: Fields) -> Shown:
            run.problems.extend(alone.problems)
            return shown

        return told

    def made(
        self, layer: document.AnyLayer, picture: Source[scene.Box] | None = None
    ) -> Source[Shown]:
        """Give a layer; `picture` is the box of what it stands in for."""
        reader = Reader(layer.name, self.text_chars, self.families)
        draft = Draft(_KINDS[layer.kind])
        draft.put("name", Still(layer.name))
        draft.put("kind", Still(layer.kind))
        draft.put("personal", Still(layer.name in self.personal))
        draft.hide(operator.not_, reader.read(layer.visible, "visible", True))
        draft.put("opacity", reader.read(layer.opacity, "opacity", 1.0))
        draft.hide(_is_clear, draft.of("opacity"))
        if picture is None:
            box = getattr(layer, "box", None)
            draft.put("box", Still(self.canvas) if box is None else reader.box(box))
        elif isinstance(picture, Still):
            draft.put("box", picture)
        draft.put("rotation", combined(_turn, reader.read(layer.rotation, "rotation", 0.0)))
        match layer:
            case document.TextFallback():
                _text(draft, reader, layer)
            case document.ShapeFallback():
                _shape(draft, reader, layer)
            case document.ImageFallback():
                self.image(draft, reader, layer)
            case document.GroupFallback():
                self.group(draft, reader, layer)
        recipe = draft.recipe()
        if picture is None or isinstance(picture, Still):
            return lambda run, _made: recipe.layer(run)
        return lambda run, outer: recipe.layer(run, box=picture(run, outer))

    def image(self, draft: Draft, reader: Reader, layer: document.ImageFallback) -> None:
        box = draft.of("box")
        draft.hide(_is_empty, box)
        draft.put("source", reader.read(layer.source, "source", ""))
        across = reader.read(layer.focus.x, "focus.x", 0.5)
        down = reader.read(layer.focus.y, "focus.y", 0.5)
        draft.put("focus", combined(_pair, across, down))
        draft.put("border", reader.border(layer.border))
        draft.put("corners", reader.corners(layer.radius, box))
        draft.put("fit", reader.read(layer.fit, "fit", "cover"))
        draft.put("ellipse", combined("circle".__eq__, reader.read(layer.mask, "mask", "none")))
        fallback = Still(None) if layer.fallback is None else self.made(layer.fallback, box)
        draft.put("fallback", fallback)
        draft.hide(_is_nothing, draft.of("source"), draft.of("fallback"))

    def group(self, draft: Draft, reader: Reader, layer: document.GroupFallback) -> None:
        box = draft.of("box")
        draft.put("clip", reader.read(layer.clip, "clip", False))
        draft.put("corners", reader.corners(layer.radius, box))
        draft.put("layers", self.layers(layer.layers))
        draft.hide(operator.not_, draft.of("layers"))
        draft.hide(_is_clipped_away, draft.of("clip"), box)


def _text(draft: Draft, reader: Reader, layer: document.TextFallback) -> None:
    lang = reader.read(layer.lang, "lang", "")
    lang = _lang if lang == Still("") else combined(_either, lang, _lang)
    text, case = reader.text(layer.marked, "text"), reader.read(layer.case, "case", "none")
    draft.put("text", text if case == Still("none") else combined(cased, text, case, lang))
    draft.hide(_is_blank_marked if layer.markup else _is_blank, draft.of("text"))
    draft.hide(_is_empty, draft.of("box"))
    draft.put("size", combined(_size, reader.read(layer.font.size, "font.size", 16.0)))
    least = reader.read(layer.font.min_size, "font.min_size", None)
    draft.put("min_size", combined(_least_size, draft.of("size"), least))
    most = reader.read(layer.font.max_size, "font.max_size", None)
    draft.put("max_size", combined(_most_size, draft.of("size"), most))
    draft.put("font", reader.font(layer.font))
    if layer.markup:
        styles = styles_of(reader, layer)
        draft.put("spans", combined(spans_of, draft.of("text"), draft.of("font"), *styles))
        draft.put("text", combined(plain_text, draft.of("text")))
    else:
        draft.put("spans", Still(()))
    draft.put("color", color_of(reader, layer))
    draft.put("effects", effects_of(reader, layer))
    draft.put("fit", reader.read(layer.fit, "fit", "shrink"))
    draft.put("wrap", reader.read(layer.wrap, "wrap", "normal"))
    draft.put("align", reader.read(layer.align, "align", "start"))
    draft.put("vertical_align", reader.read(layer.vertical_align, "vertical_align", "top"))
    draft.put("line_height", reader.read(layer.line_height, "line_height", 1.2))
    draft.put("letter_spacing", reader.read(layer.letter_spacing, "letter_spacing", 0.0))
    draft.put("max_lines", reader.read(layer.max_lines, "max_lines", 0))
    draft.put("lang", lang)


def _shape(draft: Draft, reader: Reader, layer: document.ShapeFallback) -> None:
    box = draft.of("box")
    draft.put("shape", reader.read(layer.shape, "shape", "rectangle"))
    draft.hide(_has_no_extent, draft.of("shape"), box)
    draft.put("fill", combined(_area, draft.of("shape"), reader.fill(layer.fill)))
    draft.put("border", reader.border(layer.border))
    draft.hide(_is_nothing, draft.of("fill"), draft.of("border"))
    draft.put("corners", reader.corners(layer.radius, box))


_KINDS: Final[dict[str, type[scene.Layer]]] = {
    "text": scene.TextLayer,
    "shape": scene.ShapeLayer,
    "image": scene.ImageLayer,
    "group": scene.GroupLayer,
}


def _lang(run: Run, _made: Fields) -> str:
    return run.lang


def _either(first: str, second: str) -> str:
    return first or second


def _shown(*layers: Shown) -> tuple[scene.Layer, ...]:
    return tuple([layer for layer in layers if layer is not None])


def _pair(first: float, second: float) -> tuple[float, float]:
    return first, second


def _turn(degrees: float) -> float:
    return degrees % 360.0


def _size(pixels: float) -> int:
    return max(to_pixel(pixels), 1)


def _least_size(size: int, asked: float | None) -> int:
    return min(least_size(size) if asked is None else _size(asked), size)


def _most_size(size: int, asked: float | None) -> int:
    return 0 if asked is None else max(_size(asked), size)


def _area(shape: scene.ShapeKind, fill: scene.Fill | None) -> scene.Fill | None:
    return None if shape == "line" else fill


def _is_clear(opacity: float) -> bool:
    return opacity <= 0


def _is_blank(text: str) -> bool:
    return not text.strip()


def _is_blank_marked(text: str) -> bool:
    return _is_blank(plain_text(text))


def _is_empty(box: scene.Box) -> bool:
    return box.width == 0 or box.height == 0


def _has_no_extent(shape: scene.ShapeKind, box: scene.Box) -> bool:
    return box.width == box.height == 0 if shape == "line" else _is_empty(box)


def _is_clipped_away(clip: bool, box: scene.Box) -> bool:
    return clip and _is_empty(box)


def _is_nothing(first: object, second: object) -> bool:
    return not first and not second
