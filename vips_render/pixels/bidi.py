"""Find the direction of every character, and the order that a line shows its runs in.

The Unicode bidirectional algorithm (UAX #9) for text without explicit embeddings, overrides and
isolates, which `markup` takes out: rules W1-W7, N0-N2, I1-I2, L1 and L2. No package on PyPI gives
levels (python-bidi reorders the text itself, which shaping must not see).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_OPENING = "([{⟨⟦⟪⟬〈《「『【〔〖〘〚（［｛｟｢༺༼᚛⁅⁽₍"  # noqa: RUF001 - Unicode's own
_CLOSING = ")]}⟩⟧⟫⟭〉》」』】〕〗〙〛）］｝｠｣༻༽᚜⁆⁾₎"  # noqa: RUF001 - Unicode's own
_CLOSES = dict(zip(_OPENING, _CLOSING, strict=True))
_MOST_OPEN = 63
"""UAX #9 BD16 gives up beyond this many open brackets."""

_ASCII_LETTER = re.compile("[A-Za-z]")
_NEUTRAL = frozenset({"B", "S", "WS", "ON"})
_RIGHT = frozenset({"R", "EN", "AN"})


def first_direction(text: str) -> str | None:
    """Return `ltr` or `rtl` by the first strong character (P2), None without one."""
    if text.isascii():
        return "ltr" if _ASCII_LETTER.search(text) else None
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return None


def levels_of(text: str, *, rtl: bool) -> list[int]:
    """Return the embedding level of every character of a paragraph; odd runs right to left."""
    base = int(rtl)
    if not rtl and (not text or max(text) < "\u0590"):
        return [0] * len(text)
    types = [unicodedata.bidirectional(character) or "L" for character in text]
    _resolve_weak(types, "R" if rtl else "L")
    _resolve_brackets(text, types, "R" if rtl else "L")
    _resolve_neutral(types, "R" if rtl else "L")
    return [_level(kind, base) for kind in types]


def visual_order(levels: Sequence[int]) -> list[int]:
    """Return the indexes of runs from left to right (L2)."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return order


def _level(kind: str, base: int) -> int:
    if base == 0:
        return {"L": 0, "R": 1}.get(kind, 2)
    return {"R": 1}.get(kind, 2)


def _resolve_weak(types: list[str], edge: str) -> None:
    """Apply W1 to W7 in place."""
    before, strong = edge, edge
    for index, kind in enumerate(types):
        if kind in ("NSM", "BN"):
            kind = before
        elif kind == "EN" and strong == "AL":
            kind = "AN"
        if kind in ("L", "R", "AL"):
            strong = kind
        types[index] = before = kind
    types[:] = ["R" if kind == "AL" else kind for kind in types]
    for index in range(1, len(types) - 1):
        left, kind, right = types[index - 1 : index + 2]
        if left == right and (
            (kind == "ES" and left == "EN") or (kind == "CS" and left in ("EN", "AN"))
        ):
            types[index] = left
    _join_terminators(types)
    strong = edge
    for index, kind in enumerate(types):
        if kind in ("ES", "ET", "CS"):
            types[index] = "ON"
        elif kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            types[index] = "L"


def _join_terminators(types: list[str]) -> None:
    """Let signs such as % and € next to a number be part of it (W5)."""
    for order in (range(1, len(types)), range(len(types) - 2, -1, -1)):
        step = 1 if order.step > 0 else -1
        for index in order:
            if types[index] == "ET" and types[index - step] == "EN":
                types[index] = "EN"


def _resolve_brackets(text: str, types: list[str], edge: str) -> None:
    """Give both brackets of a pair one direction (N0)."""
    for opened, closed in _pairs(text, types):
        inside = {_strong(kind) for kind in types[opened + 1 : closed]} - {None}
        if edge in inside:
            direction = edge
        elif inside:
            strongs = (_strong(kind) for kind in reversed(types[:opened]))
            before = next((kind for kind in strongs if kind), edge)
            direction = before if before in inside else edge
        else:
            continue
        types[opened] = types[closed] = direction


def _pairs(text: str, types: list[str]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []
    for index, character in enumerate(text):
        if types[index] != "ON":
            continue
        if character in _CLOSES:
            if len(waiting) == _MOST_OPEN:
                break
            waiting.append((_CLOSES[character], index))
            continue
        for depth in range(len(waiting) - 1, -1, -1):
            if waiting[depth][0] == character:
                pairs.append((waiting[depth][1], index))
                del waiting[depth:]
                break
    return sorted(pairs)


def _strong(kind: str) -> str | None:
    return "R" if kind in _RIGHT else kind if kind == "L" else None


def _resolve_neutral(types: list[str], edge: str) -> None:
    """Let neutrals between equals follow them, and others the paragraph (N1, N2)."""
    index = 0
    while index < len(types):
        if types[index] not in _NEUTRAL:
            index += 1
            continue
        end = index
        while end < len(types) and types[end] in _NEUTRAL:
            end += 1
        left = (_strong(types[index - 1]) or edge) if index else edge
        right = (_strong(types[end]) or edge) if end < len(types) else edge
        types[index:end] = [left if left == right else edge] * (end - index)
        index = end
