"""Make text safe to draw: composed, without control characters, no longer than allowed."""

from __future__ import annotations

import re
from unicodedata import is_normalized, normalize

from vips_render.expr.graphemes import grapheme_ends

_NEW_LINE = re.compile(r"\r\n|[\r\x85\u2028\u2029]")
_DROPPED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_CLUSTER_CHARS = 64


def clean_text(text: str, most_chars: int) -> str:
    """Return `text` in NFC, at most `most_chars` characters, every line break as a newline.

    Control characters, lone surrogates and byte order marks are dropped, a tab becomes a space.
    """
    if text.isascii() and text.isprintable() and len(text) <= most_chars:
        return text
    is_plain = text.replace("\n", "").isprintable() and is_normalized("NFC", text)
    if is_plain and len(text) <= most_chars:
        return text
    # Composing never makes 4 characters out of more than 12, so the rest need not be looked at.
    text = text[: most_chars * 4 + _CLUSTER_CHARS]
    text = _DROPPED.sub("", _NEW_LINE.sub("\n", text).replace("\t", " "))
    return cut_text(normalize("NFC", text), most_chars)


def cut_text(text: str, most_chars: int) -> str:
    """Return the start of `text`, at most `most_chars` characters, no letter cut in two.

    Letters are extended grapheme clusters (UAX 29); one longer than 64 characters may be cut.
    """
    if len(text) <= most_chars:
        return text
    start = max(most_chars - _CLUSTER_CHARS, 0)
    window = text[start : most_chars + 1]
    fitting = [end for end in grapheme_ends(window) if start + end <= most_chars]
    return text[: start + fitting[-1] if fitting else most_chars]
