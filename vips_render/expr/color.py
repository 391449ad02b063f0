"""Read CSS colours: names, hex, `rgb()`, `rgba()`, `hsl()`, `hsla()`.

Follows CSS Color Level 4 for these forms, old (commas) and new (spaces, `/ alpha`) alike. Lives
with the language because documents, variables and colour functions all read colours.
"""

from __future__ import annotations

import colorsys
import math
import re
from functools import lru_cache

Rgba = tuple[int, int, int, int]
"""Red, green, blue, alpha, each 0-255, straight (not premultiplied)."""

_CSS_NAMES = """
aliceblue:f0f8ff antiquewhite:faebd7 aqua:00ffff aquamarine:7fffd4 azure:f0ffff beige:f5f5dc
bisque:ffe4c4 black:000000 blanchedalmond:ffebcd blue:0000ff blueviolet:8a2be2 brown:a52a2a
burlywood:deb887 cadetblue:5f9ea0 chartreuse:7fff00 chocolate:d2691e coral:ff7f50
cornflowerblue:6495ed cornsilk:fff8dc crimson:dc143c cyan:00ffff darkblue:00008b darkcyan:008b8b
darkgoldenrod:b8860b darkgray:a9a9a9 darkgreen:006400 darkgrey:a9a9a9 darkkhaki:bdb76b
darkmagenta:8b008b darkolivegreen:556b2f darkorange:ff8c00 darkorchid:9932cc darkred:8b0000
darksalmon:e9967a darkseagreen:8fbc8f darkslateblue:483d8b darkslategray:2f4f4f
darkslategrey:2f4f4f darkturquoise:00ced1 darkviolet:9400d3 deeppink:ff1493 deepskyblue:00bfff
dimgray:696969 dimgrey:696969 dodgerblue:1e90ff firebrick:b22222 floralwhite:fffaf0
forestgreen:228b22 fuchsia:ff00ff gainsboro:dcdcdc ghostwhite:f8f8ff gold:ffd700
goldenrod:daa520 gray:808080 green:008000 greenyellow:adff2f grey:808080 honeydew:f0fff0
hotpink:ff69b4 indianred:cd5c5c indigo:4b0082 ivory:fffff0 khaki:f0e68c lavender:e6e6fa
lavenderblush:fff0f5 lawngreen:7cfc00 lemonchiffon:fffacd lightblue:add8e6 lightcoral:f08080
lightcyan:e0ffff lightgoldenrodyellow:fafad2 lightgray:d3d3d3 lightgreen:90ee90 lightgrey:d3d3d3
lightpink:ffb6c1 lightsalmon:ffa07a lightseagreen:20b2aa lightskyblue:87cefa
lightslategray:778899 lightslategrey:778899 lightsteelblue:b0c4de lightyellow:ffffe0 lime:00ff00
limegreen:32cd32 linen:faf0e6 magenta:ff00ff maroon:800000 mediumaquamarine:66cdaa
mediumblue:0000cd mediumorchid:ba55d3 mediumpurple:9370db mediumseagreen:3cb371
mediumslateblue:7b68ee mediumspringgreen:00fa9a mediumturquoise:48d1cc mediumvioletred:c71585
midnightblue:191970 mintcream:f5fffa mistyrose:ffe4e1 moccasin:ffe4b5 navajowhite:ffdead
navy:000080 oldlace:fdf5e6 olive:808000 olivedrab:6b8e23 orange:ffa500 orangered:ff4500
orchid:da70d6 palegoldenrod:eee8aa palegreen:98fb98 paleturquoise:afeeee palevioletred:db7093
papayawhip:ffefd5 peachpuff:ffdab9 peru:cd853f pink:ffc0cb plum:dda0dd powderblue:b0e0e6
purple:800080 rebeccapurple:663399 red:ff0000 rosybrown:bc8f8f royalblue:4169e1
saddlebrown:8b4513 salmon:fa8072 sandybrown:f4a460 seagreen:2e8b57 seashell:fff5ee sienna:a0522d
silver:c0c0c0 skyblue:87ceeb slateblue:6a5acd slategray:708090 slategrey:708090 snow:fffafa
springgreen:00ff7f steelblue:4682b4 tan:d2b48c teal:008080 thistle:d8bfd8 tomato:ff6347
turquoise:40e0d0 violet:ee82ee wheat:f5deb3 white:ffffff whitesmoke:f5f5f5 yellow:ffff00
yellowgreen:9acd32
"""
_NAMES = dict(pair.split(":") for pair in _CSS_NAMES.split())

_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)")
_PART = re.compile(r"([+-]?(?:[0-9]{1,6}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}))(%|deg|grad|rad|turn)?")
_TURNS = {"": 1 / 360, "deg": 1 / 360, "grad": 1 / 400, "rad": 1 / math.tau, "turn": 1.0}
_COLOR_CHARS = 100


def read_color(text: str) -> Rgba | None:
    """Return the colour that `text` names, or None when it names none."""
    return _read(text) if len(text) <= _COLOR_CHARS else None


@lru_cache(maxsize=2048)
def _read(text: str) -> Rgba | None:
    word = text.strip().lower()
    if word == "transparent":
        return (0, 0, 0, 0)
    if word in _NAMES:
        word = f"#{_NAMES[word]}"
    if _HEX.fullmatch(word):
        return _from_hex(word[1:])
    if match := _FUNCTION.fullmatch(word):
        return _from_function(match.group(1), match.group(2))
    return None


def _from_hex(digits: str) -> Rgba:
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, alpha = bytes.fromhex(digits.ljust(8, "f"))
    return red, green, blue, alpha


def _from_function(name: str, inside: str) -> Rgba | None:
    parts = _parts(inside)
    if parts is None:
        return None
    (first, unit), second, third, *rest = parts
    alpha = _channel(*rest[0], 1) if rest else 255
    if name == "rgb":
        if unit not in ("", "%"):
            return None
        channels = [_channel(first, unit, 255), _channel(*second, 255), _channel(*third, 255)]
        return channels[0], channels[1], channels[2], alpha
    turn = _TURNS.get(unit)
    if turn is None:
        return None
    # CSS reads a bare number in hsl() as a percentage, so both spellings divide by 100.
    light, saturation = (min(max(part[0] / 100, 0), 1) for part in (third, second))
    red, green, blue = colorsys.hls_to_rgb(first * turn % 1.0, light, saturation)
    return _byte(red), _byte(green), _byte(blue), alpha


def _parts(inside: str) -> list[tuple[float, str]] | None:
    """Read three or four numbers with their units; only the first may be an angle."""
    words = inside.split(",") if "," in inside else inside.replace("/", " / ").split()
    if "/" in words:
        if len(words) != 5 or words[3] != "/":
            return None
        words = [*words[:3], words[4]]
    matches = [_PART.fullmatch(word.strip()) for word in words]
    read = [(float(match[1]), match[2] or "") for match in matches if match]
    if len(read) != len(words) or len(read) not in (3, 4):
        return None
    return None if any(unit not in ("", "%") for _, unit in read[1:]) else read


def _channel(value: float, unit: str, full: int) -> int:
    """Return a byte for `value`, whose full strength is 100 % or `full`."""
    return _byte(value / (100 if unit == "%" else full))


def _byte(fraction: float) -> int:
    return int(min(max(fraction, 0.0), 1.0) * 255 + 0.5)
