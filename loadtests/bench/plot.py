"""Draw plots as SVG by hand: bars for comparing, lines for growth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

COLORS = ("#0b7a75", "#f2a541", "#7b6d8d", "#c44536", "#3d5a80")
WIDTH, BAR, GAP, LABEL, HEAD = 760, 20, 14, 190, 62
PLOT = 260
"""Height of the area of lines."""


def bars(title: str, groups: Mapping[str, Mapping[str, float]], unit: str) -> str:
    """Draw horizontal bars in groups, on a logarithmic scale: ratios are what counts.

    Args:
        groups: from the name of a group to its values above 0, by series.
    """
    values = [value for group in groups.values() for value in group.values()]
    low = 10 ** math.floor(math.log10(min(values)))
    reach = math.log10(max(values) / low)
    series = list(dict.fromkeys(name for group in groups.values() for name in group))
    y, drawn = HEAD, _head(title, series)
    for label, group in groups.items():
        middle = y + len(group) * BAR / 2
        drawn.append(_text(LABEL - 12, middle + 4, label, anchor="end"))
        for name, value in group.items():
            wide = max(2.0, math.log10(value / low) / reach * (WIDTH - LABEL - 110))
            color = COLORS[series.index(name)]
            drawn.append(
                f'<rect x="{LABEL}" y="{y}" width="{wide:.1f}" height="{BAR - 4}" fill="{color}"/>'
            )
            drawn.append(_text(LABEL + wide + 6, y + 12, f"{value:.3g} {unit}"))
            y += BAR
        y += GAP
    drawn.append(_text(LABEL, y + 4, f"logarithmic, from {low:g} {unit}", muted=True))
    return _framed(drawn, y + 20)


def lines(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], below: str
) -> str:
    """Draw one line per series over equal steps, from 0 upwards.

    Args:
        labels: of the steps.
        below: what the steps are.
    """
    top = max(value for values in series.values() for value in values) * 1.1
    left, right = 60, WIDTH - 130
    step = (right - left) / max(1, len(labels) - 1)
    bottom = HEAD + PLOT
    drawn = _head(title, list(series))
    for part in range(5):
        y = bottom - PLOT * part / 4
        drawn.append(f'<path d="M{left} {y:.0f}H{right}" stroke="#dddddd" fill="none"/>')
        drawn.append(_text(left - 8, y + 4, f"{top * part / 4:.3g}", anchor="end"))
    for at, label in enumerate(labels):
        drawn.append(_text(left + at * step, bottom + 18, label, anchor="middle"))
    for name, color in zip(series, COLORS, strict=False):
        points = [
            (left + at * step, bottom - value / top * PLOT) for at, value in enumerate(series[name])
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2.5"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}"/>' for x, y in points]
    drawn.append(_text(left, bottom + 38, below, muted=True))
    return _framed(drawn, bottom + 50)


def _head(title: str, series: Sequence[str]) -> list[str]:
    drawn = [_text(16, 24, title, bold=True)]
    x = 16
    for name, color in zip(series, COLORS, strict=False):
        drawn.append(f'<rect x="{x}" y="38" width="12" height="12" fill="{color}"/>')
        drawn.append(_text(x + 18, 48, name))
        x += 34 + 8 * len(name)
    return drawn


def _text(
    x: float, y: float, said: str, *, anchor: str = "start", bold: bool = False, muted: bool = False
) -> str:
    look = ' font-weight="700" font-size="15"' if bold else ""
    color = "#777777" if muted else "#222222"
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}"'
    return f"<text {place}{look}>{escape(said)}</text>"


def _framed(drawn: Sequence[str], height: float) -> str:
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    look = 'font-family="Inter, system-ui, sans-serif" font-size="12"'
    body = "\n".join(drawn)
    sheet = f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>\n{sheet}\n{body}\n</svg>\n'
