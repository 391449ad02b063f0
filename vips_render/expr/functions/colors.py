"""Functions that make colours of colours."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

from vips_render.expr.arithmetic import number_of
from vips_render.expr.color import Rgba, read_color
from vips_render.expr.functions.function import Example, Rows
from vips_render.expr.values import MISSING, Evaluation

COLORS = Rows(
    "Colours",
    "They take names of CSS, `#rgb` and `#rrggbb`, with alpha or without, `rgb()` and `hsl()`. An "
    "amount is from 0 to 1; above 1 it counts in per cent, so that 0.2 and 20 are the same.",
)

_BLACK, _WHITE = "#000000", "#ffffff"


def _color(value: object) -> Rgba | None:
    return read_color(value) if isinstance(value, str) else None


def _fault(value: object) -> str:
    if value is None or _color(value) is not None:
        return ""
    return f"{value!r} is no colour; write one such as '#1d4ed8', 'teal' or 'rgb(29 78 216)'"


def _share(value: object) -> float:
    number = float(number_of(value) or 0)
    return min(max(number / 100 if number > 1 else number, 0.0), 1.0)


def _hex(red: float, green: float, blue: float, alpha: float) -> str:
    channels = [int(min(max(one, 0.0), 255.0) + 0.5) for one in (red, green, blue, alpha)]
    text = "#" + bytes(channels).hex()
    return text[:7] if channels[3] == 255 else text


def _shifted(sign: int) -> Callable[..., object]:
    def shifted(_run: Evaluation, value: object, amount: object) -> object:
        color = _color(value)
        if color is None:
            return MISSING
        red, green, blue, alpha = color
        hue, light, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
        moved = min(max(light + sign * _share(amount), 0.0), 1.0)
        made = [one * 255 for one in colorsys.hls_to_rgb(hue, moved, saturation)]
        return _hex(made[0], made[1], made[2], alpha)

    return shifted


def _mix(_run: Evaluation, value: object, other: object, amount: object = 0.5) -> object:
    first, second = _color(value), _color(other)
    if first is None or second is None:
        return MISSING
    share = _share(amount)
    alpha = first[3] + (second[3] - first[3]) * share
    weight = share * second[3] / alpha if alpha else share  # what is clear gives no colour
    mixed = [one + (two - one) * weight for one, two in zip(first[:3], second[:3], strict=True)]
    return _hex(mixed[0], mixed[1], mixed[2], alpha)


def _alpha(_run: Evaluation, value: object, amount: object) -> object:
    color = _color(value)
    return MISSING if color is None else _hex(color[0], color[1], color[2], _share(amount) * 255)


def _contrast(
    _run: Evaluation, value: object, dark: object = _BLACK, light: object = _WHITE
) -> object:
    ground, low, high = _color(value), _color(dark), _color(light)
    if ground is None or low is None or high is None:
        return MISSING
    base = _luminance(ground)
    return dark if _ratio(base, _luminance(low)) >= _ratio(base, _luminance(high)) else light


def _luminance(color: Rgba) -> float:
    """Return the relative luminance of WCAG 2."""
    linear = [
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4
        for one in (channel / 255 for channel in color[:3])
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _ratio(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


COLORS.add(
    *("lighten", "color, amount", "The colour with more lightness (HSL).", _shifted(1)),
    Example("{{ '#1d4ed8' | lighten: 0.2 }}", "#6f90ec"),
    literals={0: _fault},
)
COLORS.add(
    *("darken", "color, amount", "The colour with less lightness (HSL).", _shifted(-1)),
    Example("{{ accent | darken: 20 }}", "#112e7e", data={"accent": "#1d4ed8"}),
    literals={0: _fault},
)
COLORS.add(
    "mix",
    "color, other, [amount]",
    "A colour between two, halfway when no amount is given.",
    _mix,
    Example("{{ mix('red', 'blue') }}", "#800080"),
    Example("{{ 'white' | mix: '#1d4ed8', 0.1 }}", "#e8edfb"),
    literals={0: _fault, 1: _fault},
)
COLORS.add(
    *("alpha", "color, amount", "The colour, so much opaque: 0 is clear.", _alpha),
    Example("{{ '#1d4ed8' | alpha: 0.5 }}", "#1d4ed880"),
    aliases="opacity",
    literals={0: _fault},
)
COLORS.add(
    "contrast",
    "color, [dark], [light]",
    "Which of two colours is easier to read on it (WCAG 2); black or white when not given.",
    _contrast,
    Example("{{ '#1d4ed8' | contrast }}", "#ffffff"),
    Example("{{ contrast('gold', '#111827', 'white') }}", "#111827"),
    literals={0: _fault, 1: _fault, 2: _fault},
)
