"""Fold patches bottom to top onto a canvas."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vips_render.pixels.patch import Patch, Pixels, blend
from vips_render.scene.model import Box


def clear_canvas(width: int, height: int) -> Pixels:
    """Return a transparent canvas."""
    return np.zeros((height, width, 4), dtype=np.uint8)


def gathered(patches: Iterable[Patch], window: Box) -> Patch | None:
    """Flatten patches into a single one, cut to a window and as small as they allow."""
    drawn = [patch for patch in patches if patch.pixels.size]
    if not drawn:
        return None
    left = max(window.left, min(patch.left for patch in drawn))
    top = max(window.top, min(patch.top for patch in drawn))
    right = min(window.left + window.width, max(p.left + p.box.width for p in drawn))
    bottom = min(window.top + window.height, max(p.top + p.box.height for p in drawn))
    if right <= left or bottom <= top:
        return None
    canvas = clear_canvas(right - left, bottom - top)
    for patch in drawn:
        blend(canvas, patch, (left, top))
    return Patch(left, top, canvas)
