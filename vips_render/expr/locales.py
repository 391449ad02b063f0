"""Find the locale that a result is written in, and ask Babel without trusting it.

Babel takes 30 ms to load and a megabyte for each locale, so it is loaded when the first result is
written, and no more than `LOCALES` are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from vips_render.expr.arithmetic import WIDE
from vips_render.expr.values import MISSING, Missing

if TYPE_CHECKING:
    from babel import Locale

LOCALES = 32
ENGLISH = "en"
_TAG_CHARS = 40

T = TypeVar("T")


@lru_cache(maxsize=LOCALES)
def locale_of(tag: str) -> Locale:
    """Return the locale of a BCP 47 tag, the nearest that CLDR knows, English for none."""
    from babel import Locale, localedata

    if len(localedata._cache) > LOCALES:
        # Babel keeps every locale that was ever asked for; links may ask for hundreds.
        localedata._cache.clear()
        locale_of.cache_clear()
    parts = tag.replace("_", "-").split("-") if len(tag) <= _TAG_CHARS else []
    while parts:
        try:
            return Locale.parse("-".join(parts), sep="-")
        except Exception:
            # Unknown in this form: a shorter one may be known. Babel raises what it likes.
            parts.pop()
    return Locale.parse(ENGLISH)


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
