"""Filter rows of pixels as PNG asks.

Which filters pay was measured, in bytes and CPU time, on photographs, gradients and flat art:

- Up alone takes a thirtieth (photographs) to a third (gradients) of the time of the compression
  after it, and where few pixels changed it asks for them and the row below them alone. To choose
  per row between Sub and Up by the least sum of absolute differences saves 2-3 % of the bytes and
  takes 15-70 % longer: right for what is coded once, wrong for what is coded for every recipient.
  Sums over a quarter of the pixels or rows save half as much; sums over the pixels that recipients
  share save nothing.
- None and Average made no picture smaller than the others did; both are left out.
- No single way to choose is best everywhere: on dithered art Up for all rows beats the least sum,
  on photographs Sub often does. So `candidates` offers four ways and the compressor decides.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.uint8]
"""Height x bytes of a row."""

Window = tuple[range, range]
"""Rows and columns of pixels, neither of them empty, within the picture."""

_SUB, _UP, _PAETH = 1, 2, 4
"""Filter types of the PNG specification, section 9.2."""

_AT_ONCE_PX = 1 << 16
"""So much stays in the processor's cache between two steps of a filter."""


def packed(pixels: Rows, *, alpha: bool) -> Rows:
    """Lay pixels (height x width x 4) out as the rows of a PNG, three bytes each without alpha."""
    height, width = pixels.shape[:2]
    rows = np.empty((height, width, 4 if alpha else 3), dtype=np.uint8)
    _pack(rows, pixels)
    return rows.reshape(height, -1)


def up_filtered(canvas: Rows, *, alpha: bool) -> Rows:
    """Filter a whole canvas (height x width x 4) by Up; the filter byte comes in front of each row.

    Nothing is above the first row, which the format reads as zeros.
    """
    height, width = canvas.shape[:2]
    filtered = np.empty((height, 1 + width * (4 if alpha else 3)), dtype=np.uint8)
    filtered[:, 0] = _UP
    refilter(filtered[:, 1:], canvas, (range(height), range(width)))
    return filtered


def reached(filtered: Rows, window: Window, pixel_bytes: int) -> Rows:
    """Return the part of the filtered rows that follows from the pixels in a window.

    That is one row more than the window has, unless it ends with the picture.
    """
    rows, columns = window
    start, end = columns.start * pixel_bytes, columns.stop * pixel_bytes
    return filtered[rows.start : rows.stop + 1, 1 + start : 1 + end]


def refilter(part: Rows, canvas: Rows, window: Window) -> None:
    """Filter the pixels in a window by Up.

    Args:
        part: what is `reached` by the window; written to.
        canvas: height x width x 4.
    """
    rows, columns = window
    target = part.reshape(len(part), len(columns), -1)
    pixels = canvas[:, columns.start : columns.stop]
    at_once = max(1, _AT_ONCE_PX // len(columns))
    for start in range(0, len(part), at_once):
        top, bottom = rows.start + start, rows.start + min(start + at_once, len(part))
        if top:
            differences = pixels[top:bottom] - pixels[top - 1 : bottom - 1]
        else:
            differences = pixels[:bottom].copy()
            differences[1:] -= pixels[: bottom - 1]
        _pack(target[start : start + at_once], differences)


def candidates(rows: Rows, step: int) -> Iterator[Rows]:
    """Filter one band in four ways: Up, Sub, per row the cheaper of both, or of Paeth as well.

    The first row is always filtered by Sub, so that a band asks for nothing outside itself.

    Args:
        step: bytes of a pixel.
    """
    left, above, corner = (np.zeros_like(rows) for _ in range(3))
    left[:, step:] = rows[:, :-step]
    above[1:] = rows[:-1]
    corner[1:] = left[:-1]
    differences = {
        _SUB: rows - left,
        _UP: rows - above,
        _PAETH: rows - _paeth(left, above, corner),
    }
    costs = {kind: _cost(difference) for kind, difference in differences.items()}
    for offered in ((_UP,), (_SUB,), (_SUB, _UP), (_SUB, _UP, _PAETH)):
        cheapest = np.argmin([costs[kind] for kind in offered], axis=0)
        chosen = np.array(offered, dtype=np.uint8)[cheapest]
        chosen[0] = _SUB
        yield _mixed(differences, chosen)


def _pack(target: Rows, pixels: Rows) -> None:
    """Copy pixels, as many channels as the target has."""
    if target.shape[2] == pixels.shape[2]:
        target[...] = pixels
        return
    # Channel by channel: numpy copies three long strided runs 14 times faster than many short ones.
    for channel in range(target.shape[2]):
        target[..., channel] = pixels[..., channel]


def _mixed(differences: dict[int, Rows], chosen: Rows) -> Rows:
    height, row_bytes = differences[_SUB].shape
    filtered = np.empty((height, row_bytes + 1), dtype=np.uint8)
    filtered[:, 0] = chosen
    for kind, difference in differences.items():
        here = chosen == kind
        filtered[here, 1:] = difference[here]
    return filtered


def _paeth(left: Rows, above: Rows, corner: Rows) -> Rows:
    """Predict each byte by the neighbour nearest to left + above - corner."""
    a, b, c = (part.astype(np.int16) for part in (left, above, corner))
    to_left, to_above, to_corner = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    upper = np.where(to_above <= to_corner, above, corner)
    return np.where((to_left <= to_above) & (to_left <= to_corner), left, upper)


def _cost(differences: Rows) -> npt.NDArray[np.uint32]:
    """Sum the differences of each row as distances from 0, so that 255 counts as 1."""
    distances = np.abs(differences.view(np.int8)).view(np.uint8)
    costs: npt.NDArray[np.uint32] = distances.sum(axis=1, dtype=np.uint32)
    return costs
