"""Know characters that need another font: emoji, what draws nothing, and who is asked first."""

from __future__ import annotations

import unicodedata
from typing import Literal

Kind = Literal["emoji", "wide", "other"]

_HAN_BY_LANGUAGE = {"zh": "sc", "yue": "hk", "ko": "kr", "ja": "jp"}
_HAN_BY_PART = {"hans": "sc", "hk": "hk", "mo": "hk", "hant": "tc", "tw": "tc"}
"""Subtags of BCP 47 to the suffix of the Noto CJK families; of those of Chinese the first counts
that a tag has, so that Hong Kong comes before the traditional script in which it writes."""

_PREFERRED = ("source sans pro", "noto sans", "inter", "noto sans arabic", "noto sans hebrew")
"""Plain faces of running text before all others."""

_ODD = ("mono", "display", "serif", "rashi", "looped", "unjoined", "signwriting", "music")
"""Words of family names that do not sit well inside a sans-serif text."""

_EMOJI_FAMILIES = ("noto color emoji", "apple color emoji", "twemoji")

_IGNORABLE = frozenset("\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff")

_EARLY_EMOJI = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽"
    "✅✊✋✨❌❎❓❔❕❗\N{HEAVY PLUS SIGN}\N{HEAVY MINUS SIGN}➗➰➿⬛⬜⭐⭕"
)
"""Emoji_Presentation below U+1F000 (Unicode 16, emoji-data.txt)."""


def is_ignorable(character: str) -> bool:
    """Tell whether a character draws nothing by itself and needs no glyph."""
    return character in _IGNORABLE or "\U000e0000" <= character <= "\U000e0fff"


def wants_emoji(cluster: str) -> bool:
    """Tell whether a grapheme is meant as a colour picture (UTS #51, presentation style)."""
    if "\ufe0e" in cluster:
        return False
    return (
        "\ufe0f" in cluster
        or "\u20e3" in cluster
        or cluster[0] in _EARLY_EMOJI
        or "\U0001f000" <= cluster[0] <= "\U0001fbff"
    )


def kind_of(cluster: str) -> Kind:
    """Tell which families should be asked first for a grapheme.

    Punctuation of East Asia is in many fonts, narrow and misplaced; its own fonts come first.
    """
    if wants_emoji(cluster):
        return "emoji"
    return "wide" if unicodedata.east_asian_width(cluster[0]) in "WF" else "other"


def family_rank(name: str, lang: str, kind: Kind) -> tuple[int, int, str]:
    """Sort families: the lower, the sooner one is asked for a missing character.

    Args:
        name: the family; compared without regard to case.
        lang: BCP 47 tag of the text, for Han characters; Japanese shapes when it says nothing.
    """
    name = name.casefold()
    if name in _EMOJI_FAMILIES:
        return (-1 if kind == "emoji" else 5), 0, name
    if name in _PREFERRED:
        return 1, _PREFERRED.index(name), name
    if " cjk " in name:
        first = 0 if kind == "wide" else 3
        return first + 4 * _is_odd(name), int(not name.endswith(_han_suffix(lang))), name
    if name.startswith("noto sans"):
        return 2 + 4 * _is_odd(name), 0, name
    return 8 + _is_odd(name), 0, name


def _is_odd(name: str) -> bool:
    return any(word in name for word in _ODD)


def _han_suffix(lang: str) -> str:
    language, *parts = lang.casefold().replace("_", "-").split("-")
    if language in ("zh", "yue"):
        for part, suffix in _HAN_BY_PART.items():
            if part in parts:
                return suffix
    return _HAN_BY_LANGUAGE.get(language, "jp")
