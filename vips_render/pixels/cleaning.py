"""Make text safe to draw: what a recipient's name holds can neither break nor turn a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

ELLIPSIS = "…"
SOFT_HYPHEN = "\u00ad"
"""Where a word may be broken; it is seen only there."""

_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_BIDI_EMBEDDINGS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def paragraphs(text: str, voices: Sequence[int] = ()) -> list[tuple[str, Sequence[int]]]:
    """Split text at its line ends and drop what cannot be drawn.

    Control characters, lone surrogates and bidi embeddings go (direction comes from the content,
    and an unclosed override would turn what follows); tabs become spaces.

    Args:
        voices: of the characters; none where all look alike.

    Returns:
        Each paragraph, and the voices of what is left of it.
    """
    # What is printable is neither a line end, a control character nor a formatting one.
    if text.isprintable():
        return [(text, voices)]
    found: list[tuple[str, Sequence[int]]] = []
    start = 0
    for end, after in [*(match.span() for match in _LINE_ENDS.finditer(text)), (len(text), 0)]:
        line, spoken = text[start:end], voices[start:end]
        if not line.isprintable():
            kept = [index for index, character in enumerate(line) if _is_drawable(character)]
            line = "".join([line[index] for index in kept]).replace("\t", " ")
            spoken = [spoken[index] for index in kept] if spoken else ()
        found.append((line, spoken))
        start = after
    return found


def _is_drawable(character: str) -> bool:
    if character in _BIDI_EMBEDDINGS:
        return False
    return character == "\t" or unicodedata.category(character) not in ("Cc", "Cs")
