"""Make text safe to draw: what a recipient's name holds can neither break nor turn a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

ELLIPSIS = "…"

_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_BIDI_EMBEDDINGS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def paragraphs(text: str) -> list[str]:
    """Split text at its line ends and drop what cannot be drawn.

    Control characters, lone surrogates and bidi embeddings go (direction comes from the content,
    and an unclosed override would turn what follows); tabs become spaces.
    """
    return [_drawable(line) for line in _LINE_ENDS.split(text)]


def paragraphs_of(text: str, voices: Sequence[int]) -> list[tuple[str, list[int]]]:
    """Do the same with a text each of whose characters has a voice."""
    found: list[tuple[str, list[int]]] = []
    start = 0
    for end, after in [*(match.span() for match in _LINE_ENDS.finditer(text)), (len(text), 0)]:
        kept = [index for index in range(start, end) if _drawable(text[index])]
        line = "".join(_drawable(text[index]) for index in kept)
        found.append((line, [voices[index] for index in kept]))
        start = after
    return found


def _drawable(line: str) -> str:
    # What is printable is neither a control character nor a formatting one.
    if line.isprintable():
        return line
    return "".join(filter(_is_drawable, line.replace("\t", " ")))


def _is_drawable(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in _BIDI_EMBEDDINGS
