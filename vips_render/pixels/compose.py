"""Fold what was drawn bottom to top onto a canvas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from vips_render.pixels import flat, ink
from vips_render.pixels.flat import Flat, Ground, blend_flats, copy_flats
from vips_render.pixels.ink import Ink, blend_inks, fits_on
from vips_render.pixels.patch import (
    Patch,
    Pixels,
    around,
    blend_patch,
    is_empty,
    joined,
    meet,
    overlap,
    times,
)
from vips_render.scene.model import Box, Color

Piece = Patch | Flat | Ink
"""What a layer draws. Which of them it is follows from the layer alone."""

NOWHERE = Box(0, 0, 0, 0)


def as_patch(piece: Piece) -> Patch:
    """Return a piece as pixels of a whole box."""
    if isinstance(piece, Patch):
        return piece
    return flat.patch_of(piece) if isinstance(piece, Flat) else ink.patch_of(piece)


def clear_canvas(width: int, height: int) -> Pixels:
    """Return a transparent canvas."""
    return np.zeros((height, width, 4), dtype=np.uint8)


def blend(canvas: Pixels, piece: Piece, origin: tuple[int, int] = (0, 0)) -> None:
    """Paint a piece over the canvas in place.

    Args:
        canvas: premultiplied.
        origin: left and top of the canvas in the piece's coordinates.
    """
    if isinstance(piece, Ink) and fits_on(piece, canvas, origin):
        blend_inks(canvas, [piece], origin)
    elif isinstance(piece, Flat):
        blend_flats(canvas, [piece], origin)
    else:
        blend_patch(canvas, as_patch(piece), origin)


def blend_all(
    canvas: Pixels,
    pieces: Iterable[Piece],
    ground: Ground | None = None,
    painted: Box = NOWHERE,
) -> None:
    """Paint pieces over the canvas in order; neighbours of one colour, when apart, in one go.

    Args:
        ground: of the canvas as it was.
        painted: where it may have been painted on since then.
    """
    group: list[Piece] = []
    held = NOWHERE
    for piece in pieces:
        if group and not _may_join(group, held, piece):
            _blend_group(canvas, group, None if meet(painted, held) else ground)
            painted, held, group = joined(painted, held), NOWHERE, []
        held = joined(held, piece.box)
        group.append(piece)
    if group:
        _blend_group(canvas, group, None if meet(painted, held) else ground)


def _may_join(group: Sequence[Piece], held: Box, piece: Piece) -> bool:
    """Tell whether a piece may be painted together with a group, which is held by a box."""
    first = group[0]
    if isinstance(piece, Patch) or isinstance(first, Patch) or type(piece) is not type(first):
        return False
    if piece.color != first.color:
        return False
    return not (meet(held, piece.box) and any(meet(piece.box, one.box) for one in group))


def _blend_group(canvas: Pixels, group: Sequence[Piece], ground: Ground | None) -> None:
    flats = [piece for piece in group if isinstance(piece, Flat)]
    inks = [p for p in group if isinstance(p, Ink) and fits_on(p, canvas, (0, 0))]
    if len(flats) == len(group):
        if ground is not None and ground.color == flats[0].color:
            copy_flats(canvas, flats, ground)
        else:
            blend_flats(canvas, flats, (0, 0))
    elif len(inks) == len(group):
        blend_inks(canvas, inks, (0, 0))
    else:
        for piece in group:
            blend(canvas, piece)


def faded(piece: Piece, opacity: float) -> Piece:
    """Make a piece more transparent."""
    if opacity >= 1:
        return piece
    if isinstance(piece, Patch):
        return Patch(piece.left, piece.top, times(piece.pixels, round(max(0.0, opacity) * 255)))
    return replace(piece, color=faded_color(piece.color, opacity))


def faded_color(color: Color, opacity: float) -> Color:
    """Make a colour more transparent."""
    red, green, blue, alpha = color
    return red, green, blue, round(alpha * min(max(0.0, opacity), 1.0))


def gathered(pieces: Iterable[Piece], window: Box) -> Piece | None:
    """Flatten pieces into a single one, cut to a window and as small as they allow."""
    drawn = [piece for piece in pieces if not is_empty(piece.box)]
    if len(drawn) == 1 and isinstance(drawn[0], Ink | Flat):
        return drawn[0]
    box = overlap(around([piece.box for piece in drawn]), window)
    if is_empty(box):
        return None
    canvas = clear_canvas(box.width, box.height)
    for piece in drawn:
        blend(canvas, piece, (box.left, box.top))
    return Patch(box.left, box.top, canvas)
