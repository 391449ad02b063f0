"""Write a text in capitals, in small letters, or with capitals at the starts of its words."""

from __future__ import annotations

import re

from vips_render.expr.functions.texts import capital, lower, upper
from vips_render.scene.model import LetterCase

_WORD = re.compile("[^\\s\ufdd0-\ufdef]\\S*")
"""The marks of markup are no letters, though a word may begin behind one."""


def cased(text: str, case: LetterCase, lang: str) -> str:
    """Return a text in the letter case of a layer, as its language writes it.

    Args:
        lang: BCP 47; decides about Turkish i, Greek accents and Dutch ij. German ß has the
            capitals SS in every language, and a Greek sigma that ends a word its own small form.
    """
    match case:
        case "upper":
            return upper(text, lang)
        case "lower":
            return lower(text, lang)
        case "title":
            return _WORD.sub(lambda word: capital(word[0], lang), lower(text, lang))
        case _:
            return text
