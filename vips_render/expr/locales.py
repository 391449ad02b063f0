"""Find the locale that a result is written in, and ask Babel without trusting it.

Babel takes 30 ms to load and a megabyte for each locale, so it is loaded when the first result is
written, and no more than `LOCALES` are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from vips_render.expr.arithmetic import WIDE
from vips_render.expr.values import MISSING, Evaluation, Missing, as_number

if TYPE_CHECKING:
    from babel import Locale

LOCALES = 32
ENGLISH = "en"
_TAG_CHARS = 40
_LOADING_STEPS = 1_000
"""A locale that is not at hand takes 5 to 10 ms to load."""

_TAG = re.compile(r"(?:[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*)?")
_ASKED_FOR = re.compile(r"-u-(?:[a-z0-9]+-)*?nu-([a-z]+)")
_ZEROS = {
    "arab": "\u0660",
    "arabext": "\u06f0",
    "beng": "\u09e6",
    "deva": "\u0966",
    "mymr": "\u1040",
    "thai": "\u0e50",
    "tibt": "\u0f20",
}

T = TypeVar("T")


class Writing(NamedTuple):
    """How a locale writes: its numbering system by CLDR's name, and what 0 to 9 become."""

    locale: Locale
    numbering: str
    digits: dict[int, int]

    def __call__(self, function: Callable[..., str], *given: object, **named: object) -> object:
        """Return what a function of Babel writes, in the locale's digits; missing for nothing."""
        text = asked(function, *given, locale=self.locale, **named)
        return self.numerals(text) if isinstance(text, str) else text

    def numerals(self, text: str) -> str:
        """Return `text` with the digits of the locale."""
        return text.translate(self.digits) if self.digits else text


@lru_cache(maxsize=LOCALES)
def writing_of(tag: str) -> Writing:
    """Return how the locale of a BCP 47 tag writes: the nearest that CLDR knows, or English.

    Digits are those of the locale, unless the tag asks for others: `ar-EG-u-nu-latn`.
    """
    from babel import localedata

    if len(localedata._cache) > LOCALES:
        # Babel keeps every locale that was ever asked for; links may ask for hundreds.
        localedata._cache.clear()
        writing_of.cache_clear()
    tag = tag.replace("_", "-") if len(tag) <= _TAG_CHARS else ""
    locale = _nearest(tag)
    wanted = _ASKED_FOR.search(tag.lower())
    numbering = wanted[1] if wanted else locale.default_numbering_system
    if numbering not in _ZEROS:
        return Writing(locale, "latn", {})
    zero = ord(_ZEROS[numbering])
    return Writing(locale, numbering, {ord("0") + digit: zero + digit for digit in range(10)})


def writing_for(run: Evaluation, tag: str) -> Writing:
    """Return how a locale writes that is not that of the evaluation, for what it takes to load."""
    if tag != run.locale and tag not in run.locales:
        run.spend(_LOADING_STEPS)
        run.locales.add(tag)
    return writing_of(tag)


def _nearest(tag: str) -> Locale:
    from babel import Locale

    parts = tag.split("-")
    while parts:
        try:
            return Locale.parse("-".join(parts), sep="-")
        except Exception:
            # Unknown in this form: a shorter one may be known. Babel raises what it likes.
            parts.pop()
    return Locale.parse(ENGLISH)


def locale_fault(value: object) -> str:
    """Return what is wrong with a locale, or a number in its place, that is written out."""
    if not isinstance(value, str) or as_number(value) is not None or _TAG.fullmatch(value):
        return ""
    return f"{value!r} is no locale; write one such as 'de' or 'pt-BR'"


def language_of(tag: str) -> str:
    """Return the language of a tag in lower case; English when it is empty."""
    return tag.replace("_", "-").partition("-")[0].lower() or ENGLISH


def asked(function: Callable[..., T], *given: object, **named: object) -> T | Missing:
    """Call a function of Babel; missing when it refuses, in whatever way it does."""
    with localcontext(WIDE):
        try:
            return function(*given, **named)
        except Exception:
            # Babel has no errors of its own: strange arguments end in a dozen kinds of them.
            return MISSING


def enumerated(locale: Locale, texts: list[str], *styles: str) -> str:
    """Return several texts as one, by the first of CLDR's styles that the locale has.

    Babel repeats the second of two where a style has no pattern of its own for two, and refuses
    where it has none for the first of many: CLDR leaves out what another style says.
    """
    if len(texts) < 2:
        return "".join(texts)
    known = [locale.list_patterns[style] for style in styles if style in locale.list_patterns]

    def pattern(*places: str) -> str:
        return next((one[place] for one in known for place in places if place in one), "{0}, {1}")

    if len(texts) == 2:
        return pattern("2", "end").format(*texts)
    found = pattern("start").format(*texts[:2])
    middle = pattern("middle")
    for text in texts[2:-1]:
        found = middle.format(found, text)
    return pattern("end").format(found, texts[-1])
