"""Paint a scene: a table from layer to painter, and the fold of what they give.

A painter draws one layer into a piece, cut to the window of output pixels that can be seen. Every
pixel that a layer changes lies in its dirty box; drawing a layer alone and in company is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyvips

from vips_render.bitmap import Bitmap
from vips_render.errors import LimitExceeded, PaintError
from vips_render.limits import Limits
from vips_render.pixels.compose import Piece, as_patch, blend, clear_canvas, faded, gathered
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.image import paint_image
from vips_render.pixels.patch import Patch, Pixels, is_empty, overlap, straightened, times
from vips_render.pixels.rotate import centre_of, rotated, turned_window
from vips_render.pixels.shape import mask_of, paint_shape, scaled
from vips_render.pixels.text import TextReport, paint_text
from vips_render.scene.model import Box, Corners, GroupLayer, ImageLayer, Layer, Scene, ShapeLayer


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A drawn scene.

    Attributes:
        pixels: height x width x 4, straight (not premultiplied) sRGB with alpha.
        is_opaque: no pixel is transparent.
        boxes: per layer of the scene, in paint order, its name and what it may have changed, in
            output pixels; a layer that drew nothing is left out.
        reports: one per text layer, nested ones included, in paint order.
    """

    pixels: Pixels
    is_opaque: bool
    boxes: tuple[tuple[str, Box], ...]
    reports: tuple[TextReport, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One layer of a scene: what is seen of it, if anything is, and the reports on its texts."""

    piece: Piece | None
    reports: tuple[TextReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Painter:
    """What painters share while one scene is drawn: pictures by source, fonts, scale."""

    bitmaps: Mapping[str, Bitmap]
    fonts: FontLibrary
    scale: int
    reports: list[TextReport] = field(default_factory=list)

    def draw(self, layer: Layer, window: Box) -> Piece | None:
        """Draw a layer with its opacity and rotation; None when nothing of it is seen.

        Raises:
            PaintError: libvips cannot draw it.
        """
        if layer.opacity <= 0:
            return None
        try:
            piece = self._turned(layer, window) if layer.rotation else self._plain(layer, window)
        except pyvips.Error as fault:
            raise PaintError(layer.name, "it cannot be drawn") from fault
        return piece and faded(piece, layer.opacity)

    def _turned(self, layer: Layer, window: Box) -> Piece | None:
        centre = centre_of(layer.box, self.scale)
        piece = self._plain(layer, turned_window(window, centre, -layer.rotation))
        return piece and rotated(as_patch(piece), centre, layer.rotation, window)

    def _plain(self, layer: Layer, window: Box) -> Piece | None:
        if isinstance(layer, ShapeLayer):
            return paint_shape(layer, window, self.scale)
        if isinstance(layer, ImageLayer):
            return self._image(layer, window)
        if isinstance(layer, GroupLayer):
            return self._group(layer, window)
        pieces, report = paint_text(layer, self.fonts, window, self.scale)
        self.reports.append(report)
        return gathered(pieces, window)

    def _image(self, layer: ImageLayer, window: Box) -> Piece | None:
        bitmap = self.bitmaps.get(layer.source) if layer.source else None
        if bitmap is not None:
            return paint_image(layer, bitmap, window, self.scale)
        return self.draw(layer.fallback, window) if layer.fallback is not None else None

    def _group(self, layer: GroupLayer, window: Box) -> Piece | None:
        frame = scaled(layer.box, self.scale)
        if layer.clip:
            window = overlap(window, frame)
            if is_empty(window):
                return None
        inner = gathered(self.each(layer.layers, window), window)
        if inner is None or not layer.clip or layer.corners == Corners():
            return inner
        patch = as_patch(inner)
        mask = mask_of(layer.box, layer.corners, patch.box, self.scale, ellipse=False)
        return Patch(patch.left, patch.top, times(patch.pixels, mask))

    def drawn(self, layer: Layer, window: Box) -> Drawn:
        """Draw a layer and return what was to be said of it, apart from other layers' reports."""
        before = len(self.reports)
        piece = self.draw(layer, window)
        told = tuple(self.reports[before:])
        del self.reports[before:]
        return Drawn(piece, told)

    def each(self, layers: tuple[Layer, ...], window: Box) -> Iterator[Piece]:
        """Draw layers in paint order, leaving out those that show nothing."""
        for layer in layers:
            piece = self.draw(layer, window)
            if piece is not None:
                yield piece


def paint(
    scene: Scene,
    bitmaps: Mapping[str, Bitmap],
    scale: int,
    fonts: FontLibrary,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Painted:
    """Draw a scene onto a canvas of its size times the scale.

    Args:
        bitmaps: pictures by `ImageLayer.source`; where one is missing the fallback is drawn.

    Raises:
        LimitExceeded: the canvas is larger than `limits` allow.
        PaintError: a layer cannot be drawn.
    """
    canvas = background(scene, scale, limits)
    window = Box(0, 0, scene.width * scale, scene.height * scale)
    painter = Painter(bitmaps, fonts, scale)
    boxes: list[tuple[str, Box]] = []
    for layer in scene.layers:
        piece = painter.draw(layer, window)
        if piece is not None:
            touched = overlap(piece.box, window)
            blend(canvas, piece)
            if not is_empty(touched):
                boxes.append((layer.name, touched))
    is_opaque = bool(canvas[..., 3].min() == 255)
    pixels = canvas if is_opaque else straightened(canvas)
    return Painted(pixels, is_opaque, tuple(boxes), tuple(painter.reports))


def background(scene: Scene, scale: int, limits: Limits) -> Pixels:
    """Return the premultiplied canvas that layers are painted on."""
    width, height = scene.width * scale, scene.height * scale
    if width <= 0 or height <= 0 or width * height > limits.canvas_area_px:
        raise LimitExceeded(f"a canvas of {width} x {height} pixels is not allowed")
    canvas = clear_canvas(width, height)
    if scene.background is not None:
        whole = Box(0, 0, scene.width, scene.height)
        layer = ShapeLayer("background", whole, "rectangle", fill=scene.background)
        piece = paint_shape(layer, Box(0, 0, width, height), scale)
        if piece is not None:
            return as_patch(piece).pixels
    return canvas
