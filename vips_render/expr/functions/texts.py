"""Functions that change text."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from unicodedata import normalize

from vips_render.errors import LimitExceeded
from vips_render.expr.arithmetic import number_of, size_of
from vips_render.expr.functions.function import Example, Rows, whole_of
from vips_render.expr.graphemes import grapheme_ends
from vips_render.expr.locales import asked, language_of, writing_of
from vips_render.expr.values import MISSING, Evaluation, listed_within, text_of

TEXTS = Rows("Text", "Letters are what readers count as one, so that emoji and accents stay whole.")

_TURKIC = ("tr", "az")
_GREEK_TONOS = "\u0301"
_WORD = re.compile(r"\S+")
_BEFORE_LETTERS = re.compile(r"[\W_]*")


def upper(text: str, locale: str) -> str:
    """Return `text` in capitals as its language writes them."""
    language = language_of(locale)
    if language in _TURKIC:
        text = text.replace("i", "İ")
    if language == "el":
        text = normalize("NFC", normalize("NFD", text).replace(_GREEK_TONOS, ""))
    return text.upper()


def lower(text: str, locale: str) -> str:
    """Return `text` in small letters as its language writes them."""
    text = text.replace("İ", "i")  # or else a dot is left over
    if language_of(locale) in _TURKIC:
        text = text.replace("I", "ı")  # noqa: RUF001 - Turkish has two letters i
    return text.lower()


def capital(text: str, locale: str) -> str:
    """Return `text` with its first letter a capital, the rest as it is."""
    start = _BEFORE_LETTERS.match(text).end()  # type: ignore[union-attr] # it matches any text
    letters = 2 if language_of(locale) == "nl" and text[start : start + 2].lower() == "ij" else 1
    first = text[start : start + letters]
    titled = first.title() if letters == 1 else ""
    made = titled if len(titled) > 1 else upper(first, locale)
    return text[:start] + made + text[start + letters :]


def letters_of(run: Evaluation, text: str) -> list[str]:
    """Return the letters (extended grapheme clusters) of `text`."""
    run.spend(len(text) // 8)
    if text.isascii():
        return list(text.replace("\r\n", "\n"))
    whole = text.encode(errors="ignore").decode()  # ICU takes no lone surrogates
    return [whole[start:end] for start, end in pairwise([0, *grapheme_ends(whole)])]


def _cased(change: Callable[[str, str], str]) -> Callable[..., object]:
    def cased(run: Evaluation, text: object) -> object:
        whole = text_of(run, text)
        run.spend(len(whole) // 16)
        return change(whole, run.locale)

    return cased


def _title_case(run: Evaluation, text: object) -> object:
    whole = lower(text_of(run, text), run.locale)
    run.spend(len(whole) // 4)
    return _WORD.sub(lambda word: capital(word[0], run.locale), whole)


def _trim(run: Evaluation, text: object) -> object:
    return text_of(run, text).strip()


def _truncate(run: Evaluation, text: object, length: object, end: object = "…") -> object:
    whole = text_of(run, text)
    if number_of(length) is None:
        return whole
    letters, most = letters_of(run, whole), max(whole_of(length), 0)
    if len(letters) <= most:
        return "".join(letters)
    tail = letters_of(run, text_of(run, end))[:most]
    return "".join(letters[: most - len(tail)]).rstrip() + "".join(tail)


def _replace(run: Evaluation, text: object, found: object, by: object) -> object:
    whole, part, new = (text_of(run, value) for value in (text, found, by))
    if not part:
        return whole
    if len(whole) + whole.count(part) * (len(new) - len(part)) > run.most_chars:
        raise LimitExceeded(f"a text grows past {run.most_chars} characters")
    return whole.replace(part, new)


def _split(run: Evaluation, text: object, by: object = " ") -> object:
    whole, separator = text_of(run, text), text_of(run, by)
    parts = whole.split(separator) if separator else letters_of(run, whole)
    listed_within(run, parts)
    return parts


def _padded(*, at_start: bool) -> Callable[..., object]:
    def padded(run: Evaluation, text: object, length: object, fill: object = " ") -> object:
        whole, filler = text_of(run, text), letters_of(run, text_of(run, fill))
        letters = letters_of(run, whole)
        lacking = whole_of(length, most=run.most_chars + 1) - len(letters)
        if lacking <= 0 or not filler:
            return whole
        widest = max(len(letter) for letter in filler)
        if len(whole) + lacking * widest > run.most_chars:
            raise LimitExceeded(f"a text grows past {run.most_chars} characters")
        run.spend(lacking // 4)
        padding = "".join(filler[index % len(filler)] for index in range(lacking))
        return padding + whole if at_start else whole + padding

    return padded


def _repeat(run: Evaluation, text: object, count: object) -> object:
    whole = text_of(run, text)
    times = max(whole_of(count), 0)
    if len(whole) * times > run.most_chars:
        raise LimitExceeded(f"a text grows past {run.most_chars} characters")
    return whole * times


def _starts_with(run: Evaluation, text: object, start: object) -> object:
    return text_of(run, text).startswith(text_of(run, start))


def _ends_with(run: Evaluation, text: object, end: object) -> object:
    return text_of(run, text).endswith(text_of(run, end))


def _pluralise(run: Evaluation, count: object, *forms: object) -> object:
    number = number_of(count)
    if number is None:
        return MISSING
    rule = writing_of(run.locale).locale.plural_form
    shown = number if isinstance(count, str) or number != int(number) else int(number)
    category = asked(rule, size_of(shown))
    known = [name for name in _CATEGORIES if name in rule.tags or name == "other"]
    if len(forms) == 2:
        return forms[category != "one"]
    place = known.index(category) if category in known else len(known) - 1
    return forms[min(place, len(forms) - 1)]


_CATEGORIES = ("zero", "one", "two", "few", "many", "other")

TEXTS.add(
    *("uppercase", "text", "The text in capitals.", _cased(upper)),
    *(Example("{{ 'straße' | uppercase }}", "STRASSE"),),
    *(Example("{{ 'izmir' | uppercase }}", "İZMİR", locale="tr"),),
    aliases="upper",
    reads_locale=True,
)
TEXTS.add(
    *("lowercase", "text", "The text in small letters.", _cased(lower)),
    Example("{{ 'ADA' | lowercase }}", "ada"),
    aliases="lower",
    reads_locale=True,
)
TEXTS.add(
    *("capitalize", "text", "The text with a capital at its start.", _cased(capital)),
    *(Example("{{ 'ijsland is groot' | capitalize }}", "IJsland is groot", locale="nl"),),
    aliases="capitalise",
    reads_locale=True,
)
TEXTS.add(
    *("title_case", "text", "The text with a capital at the start of each word.", _title_case),
    Example("{{ 'your YEAR in review' | title_case }}", "Your Year In Review"),
    aliases="titleCase",
    reads_locale=True,
)
TEXTS.add(
    *("trim", "text", "The text without space at its ends.", _trim),
    Example("{{ '  Ada ' | trim }}", "Ada"),
)
TEXTS.add(
    "truncate",
    "text, letters, [end]",
    "At most so many letters, the end included, which is `…` when not given.",
    _truncate,
    Example("{{ 'Wolfeschlegelsteinhausen' | truncate: 8 }}", "Wolfesc…"),
    Example("{{ '👩‍🚀👩‍🚀👩‍🚀' | truncate: 2, '' }}", "👩‍🚀👩‍🚀"),
)
TEXTS.add(
    *("replace", "text, part, by", "The text with every `part` replaced.", _replace),
    Example("{{ '2026-11-20' | replace: '-', '/' }}", "2026/11/20"),
)
TEXTS.add(
    "split",
    "text, [separator]",
    "The parts between separators, as a list; a space when not given, letters when empty.",
    _split,
    Example("{{ split('Ada Lovelace')[0] }}", "Ada"),
)
TEXTS.add(
    *(
        "pad_start",
        "text, letters, [fill]",
        "The text filled up at its start.",
        _padded(at_start=True),
    ),
    Example("{{ 7 | pad_start: 3, '0' }}", "007"),
    aliases="padStart",
)
TEXTS.add(
    *(
        "pad_end",
        "text, letters, [fill]",
        "The text filled up at its end.",
        _padded(at_start=False),
    ),
    Example("{{ 'Tea' | pad_end: 6, '.' }}", "Tea..."),
    aliases="padEnd",
)
TEXTS.add(
    *("repeat", "text, times", "The text so many times.", _repeat),
    Example("{{ '★' | repeat: stars }}", "★★★★", data={"stars": 4}),
)
TEXTS.add(
    *("starts_with", "text, start", "Whether the text starts so.", _starts_with),
    Example("{{ 'signet' | starts_with: 'sig' }}", "true"),
    aliases="startsWith",
)
TEXTS.add(
    *("ends_with", "text, end", "Whether the text ends so.", _ends_with),
    Example("{{ 'signet' | ends_with: 'net' }}", "true"),
    aliases="endsWith",
)
TEXTS.add(
    "pluralise",
    "number, one, other, [form], [form], [form], [form]",
    "The word that goes with a number. Write the forms that the language has, in the order zero, "
    "one, two, few, many, other; two are always one and other.",
    _pluralise,
    Example("{{ n }} {{ n | pluralise: 'point', 'points' }}", "1 point", data={"n": 1}),
    Example("{{ pluralise(3, 'балл', 'балла', 'баллов') }}", "балла", locale="ru"),
    aliases="pluralize plural",
    reads_locale=True,
)
