"""Draw a scene in two parts: what its plan shares, kept ready, and what is its own.

What is shared follows from the scene alone, never from what was drawn before: the static layers,
cut into runs where a personal layer stands between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from vips_render.limits import Limits
from vips_render.pixels.backdrop import Backdrop, Ready, Step
from vips_render.pixels.compose import Piece, blend, faded_color, gathered
from vips_render.pixels.paint import Drawn, Painter, background
from vips_render.pixels.shape import is_flat
from vips_render.pixels.text import TextReport
from vips_render.scene.model import Box, Color, Layer, Scene, ShapeLayer, Solid

_TINTED = 4
"""So many boxes in one see-through colour are worth a canvas that is painted in it all over: to
copy twelve bars of a story from there takes half of the time that blending them does."""

_TINTED_PX = 4_194_304
"""Larger canvases are not kept once more."""


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What all pictures of a plan have in common.

    Attributes:
        is_opaque: no pixel of it is transparent, and so none of any picture.
        reports: on the texts of static layers, by the layer's place in the scene.
    """

    backdrop: Backdrop
    is_opaque: bool
    reports: tuple[tuple[int, tuple[TextReport, ...]], ...]


def draw_shared(scene: Scene, painter: Painter, limits: Limits, see_through: Ready) -> Shared:
    """Draw background and static layers.

    Args:
        see_through: what an encoder wants made of pixels that may be transparent.

    Raises:
        LimitExceeded: the canvas is larger than `limits` allow.
        PaintError: a layer cannot be drawn.
    """
    window = window_of(scene, painter.scale)
    base = background(scene, painter.scale, limits)
    steps: list[Step] = []
    run: list[Piece] = []
    reports: list[tuple[int, tuple[TextReport, ...]]] = []

    def end_run() -> None:
        if not steps:
            for piece in run:
                blend(base, piece)
        elif (sheet := gathered(run, window)) is not None:
            steps.append(sheet)
        run.clear()

    for place, layer in enumerate(scene.layers):
        if layer.personal:
            end_run()
            steps.append(None)
            continue
        drawn = painter.drawn(layer, window)
        if drawn.piece is not None:
            run.append(drawn.piece)
        if drawn.reports:
            reports.append((place, drawn.reports))
    end_run()
    is_opaque = bool(base[..., 3].min() == 255)
    backdrop = Backdrop(
        base, steps, None if is_opaque else see_through, _tint(scene, painter.scale)
    )
    return Shared(backdrop, is_opaque, tuple(reports))


def _tint(scene: Scene, scale: int) -> Color | None:
    """Return the see-through colour that most boxes above all static layers have, if many have."""
    if scene.width * scene.height * scale**2 > _TINTED_PX:
        return None
    above = takewhile(lambda layer: layer.personal, reversed(scene.layers))
    counts = Counter(color for layer in above if 0 < (color := _flat_color(layer))[3] < 255)
    often = [color for color, count in counts.most_common(1) if count >= _TINTED]
    return often[0] if often else None


def _flat_color(layer: Layer) -> Color:
    if isinstance(layer, ShapeLayer) and is_flat(layer) and isinstance(layer.fill, Solid):
        return faded_color(layer.fill.color, layer.opacity)
    return 0, 0, 0, 0


def draw_personal(
    scene: Scene, scale: int, draw: Callable[[Layer, Box], Drawn]
) -> tuple[list[Piece | None], list[tuple[int, tuple[TextReport, ...]]]]:
    """Draw the personal layers; returns a piece for each, and reports as `Shared` has them."""
    window = window_of(scene, scale)
    pieces: list[Piece | None] = []
    reports: list[tuple[int, tuple[TextReport, ...]]] = []
    for place, layer in enumerate(scene.layers):
        if layer.personal:
            drawn = draw(layer, window)
            pieces.append(drawn.piece)
            if drawn.reports:
                reports.append((place, drawn.reports))
    return pieces, reports


def in_paint_order(
    *reports: Sequence[tuple[int, tuple[TextReport, ...]]],
) -> tuple[TextReport, ...]:
    """Merge reports by the places of their layers."""
    placed = sorted((one for some in reports for one in some), key=lambda one: one[0])
    return tuple(report for _, told in placed for report in told)


def window_of(scene: Scene, scale: int) -> Box:
    """Return the canvas in output pixels."""
    return Box(0, 0, scene.width * scale, scene.height * scale)
