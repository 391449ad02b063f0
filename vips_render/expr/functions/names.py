"""Functions for the names of people."""

from __future__ import annotations

import re

from vips_render.expr.functions.function import Example, Rows, whole_of
from vips_render.expr.functions.texts import capital, letters_of, lower, upper
from vips_render.expr.locales import language_of
from vips_render.expr.values import MISSING, Evaluation, text_of

NAMES_OF_PEOPLE = Rows("Names", "Names come in every spelling; what is spelt well stays as it is.")

_PARTICLES = frozenset(
    [
        *("van", "der", "den", "de", "von", "zu", "zum", "zur", "vom", "la", "las", "los", "le"),
        *("du", "da", "das", "dos", "di", "del", "della", "dello", "degli", "e", "y", "und", "of"),
        *("bin", "bint", "ibn", "al", "el", "ten", "ter", "te", "'t", "op"),
    ]
)
_SURELY = frozenset(("van", "von", "de", "vom", "zu", "op", "in"))
_MAC = re.compile(r"mc(?=[^\W\d_]{2})")
_ROMAN = frozenset(("ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii"))
_TITLES = frozenset(("dr", "mr", "mrs", "ms", "mx", "prof", "sir", "frau", "herr", "mme"))
_SUFFIXES = _ROMAN | {"jr", "sr", "phd", "md"}
_SPACES = re.compile(r"(\s+)")
_JOINTS = re.compile(r"([-'’ʼ.])")  # noqa: RUF001 - apostrophes as people type them
_APOSTROPHES = "'’ʼ"  # noqa: RUF001 - likewise


def _initials(run: Evaluation, name: object, most: object = 2) -> object:
    words = [word for word in text_of(run, name).split() if word[0].isalnum()]
    if len(words) > 2 and words[0].lower().rstrip(".") in _TITLES:
        del words[0]
    if len(words) > 2 and words[-1].lower().rstrip(".") in _SUFFIXES:
        del words[-1]
    if not words:
        return MISSING
    count = min(max(whole_of(most, otherwise=2), 1), len(words))
    chosen = [*words[: count - 1], words[-1]] if count > 1 else words[:1]
    firsts = [letters_of(run, word[:64])[0] for word in chosen]
    return upper("".join(firsts), run.locale)


def _possessive(run: Evaluation, name: object) -> object:
    whole = text_of(run, name).rstrip()
    if not whole:
        return MISSING
    end = whole[-1].lower()
    match language_of(run.locale):
        case "en":
            return whole + ("’" if end == "s" else "’s")  # noqa: RUF001 - a typographer's apostrophe
        case "de":
            return whole + ("’" if end in "sßxz" else "s")  # noqa: RUF001 - likewise
        case "nl":
            mark = "’" if end in "sxz" else "’s" if end in "aiouy" else "s"  # noqa: RUF001 - likewise
            return whole + mark
        case "da" | "nb" | "no" | "nn":
            return whole + ("’" if end in "sxz" else "s")  # noqa: RUF001 - likewise
        case "sv":
            return whole + ("" if end in "sxz" else "s")
    return whole


def _name_case(run: Evaluation, name: object) -> object:
    text = text_of(run, name)
    if text not in (lower(text, run.locale), upper(text, run.locale)):
        return text
    run.spend(len(text))
    parts = _SPACES.split(lower(text, run.locale))
    words = parts[::2]
    last = len(words) - 1
    parts[::2] = [
        word if _is_particle(words, place, last) else _named(word, run.locale)
        for place, word in enumerate(words)
    ]
    return "".join(parts)


def _is_particle(words: list[str], place: int, last: int) -> bool:
    """Tell whether a word is one that stays small: not at the end, at the start only in a pair."""
    if place == last or words[place] not in _PARTICLES:
        return False
    return place > 0 or (words[0] in _SURELY and words[1] in _PARTICLES and last > 1)


def _named(word: str, locale: str) -> str:
    if word in _ROMAN:
        return word.upper()
    parts = _JOINTS.split(word)
    for place in range(0, len(parts), 2):
        is_after_apostrophe = place > 0 and parts[place - 1] in _APOSTROPHES
        if is_after_apostrophe and (len(parts[place]) < 2 or len(parts[place - 2]) > 2):
            continue
        parts[place] = _with_mac(parts[place], locale)
    return "".join(parts)


def _with_mac(part: str, locale: str) -> str:
    if _MAC.match(part):
        return "Mc" + capital(part[2:], locale)
    return capital(part, locale)


NAMES_OF_PEOPLE.add(
    "initials",
    "name, [letters]",
    "The first letters of the first words and the last, two when not given.",
    _initials,
    Example("{{ 'Ada King Lovelace' | initials }}", "AL"),
    Example("{{ initials('Ada King Lovelace', 3) }}", "AKL"),
    Example("{{ initials('Dr. Martin King Jr.') }}", "MK"),
    reads_locale=True,
)
NAMES_OF_PEOPLE.add(
    "possessive",
    "name",
    "The name as an owner's, in English, German, Dutch and the Scandinavian languages; elsewhere "
    "as it is.",
    _possessive,
    Example("{{ 'Ada' | possessive }} year", "Ada’s year"),  # noqa: RUF001 - a typographer's apostrophe
    Example("{{ 'Hans' | possessive }} Jahr", "Hans’ Jahr", locale="de"),  # noqa: RUF001 - likewise
    reads_locale=True,
)
NAMES_OF_PEOPLE.add(
    "name_case",
    "name",
    "A name that is all small letters or all capitals as people write it.",
    _name_case,
    Example("{{ 'RONALD MCDONALD' | name_case }}", "Ronald McDonald"),
    Example("{{ 'jan van der berg' | name_case }}", "Jan van der Berg"),
    Example('{{ "anne-marie o\'hara" | name_case }}', "Anne-Marie O'Hara"),
    aliases="nameCase",
    reads_locale=True,
)
