"""Read the open slots of a link from a query that a mailer has assembled.

The query is not signed and mailers encode differently or not at all, so it is read tolerantly:

- `&` and `&amp;` separate, but only in front of `key=`; any other one belongs to the value that
  it stands in (`name=Tom & Jerry`).
- `+` and `%20` are spaces; broken escapes stay as they are (`100% cotton`).
- Bytes that are not UTF-8 are read as Windows-1252, which is what "Latin-1" means on the web.
- A value that is nothing but escapes after one decoding was encoded twice, and is decoded again.
- HTML entities with their semicolon become characters; `AT&T` has none.
- The first of a repeated slot wins: the sender wrote the front of the query, and what hops and
  trackers append must not override it.

What is left is NFC without control characters, or None when it says nothing.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import unquote, unquote_to_bytes

from origin.urls.link import Note, SlotNote
from origin.urls.mergetags import is_merge_tag, is_placeholder, is_raw_merge_tag

QUERY_BYTES = 4_096
"""Longest query that is read; past it every slot is missing, as half a value would be worse."""

_TIMES = 3  # how often a value may have been escaped on its way; each further hop is a mistake

_separator = re.compile(r"(&(?:amp;|#0*38;|#[xX]0*26;)*)")
_key = re.compile(r"([A-Za-z_][A-Za-z0-9_.%\[\]-]*)=").match
_only_escapes = re.compile(r"(?:[!-$&-~]|%[0-9A-Fa-f]{2})+").fullmatch
_entity = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_breaks = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
# Controls, zero-width spaces, and the marks that reverse the text behind them. Joiners and
# direction marks stay: Persian, Indic names and emoji need them.
_unprintable = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)


def read_slots(
    query: bytes, names: Sequence[str]
) -> tuple[dict[str, str | None], tuple[SlotNote, ...]]:
    """Return the text of every slot in `names`, None where it is missing, and what was odd.

    Never raises. A note occurs at most once per slot, in the order of first sight.

    Args:
        query: what stood behind the `?`, undecoded.
    """
    slots: dict[str, str | None] = dict.fromkeys(names)
    if len(query) > QUERY_BYTES:
        return slots, (SlotNote("", Note.QUERY_TOO_LONG),)
    notes: dict[SlotNote, None] = {}
    found: set[str] = set()
    for name, raw in _split(query.decode("latin-1"), slots.keys()):
        if name is None:
            notes[SlotNote("", Note.UNKNOWN_SLOT)] = None
        elif name in found:
            notes[SlotNote(name, Note.REPEATED)] = None
        else:
            found.add(name)
            slots[name], seen = read_value(raw)
            notes.update(dict.fromkeys(SlotNote(name, note) for note in seen))
    notes.update(dict.fromkeys(SlotNote(name, Note.ABSENT) for name in slots if name not in found))
    return slots, tuple(notes)


def read_value(raw: str) -> tuple[str | None, list[Note]]:
    """Decode one raw value, bytes standing for characters below 256, and judge it."""
    if is_raw_merge_tag(raw):
        return None, [Note.MERGE_TAG]
    text, notes = _decode(raw)
    if not text:
        return None, [*notes, Note.EMPTY]
    if is_placeholder(text):
        return None, [*notes, Note.PLACEHOLDER]
    if is_merge_tag(text):
        return None, [*notes, Note.MERGE_TAG]
    return text, notes


def _split(query: str, names: Collection[str]) -> Iterator[tuple[str | None, str]]:
    """Yield raw values by slot name; None names a key that is no open slot."""
    pieces = ["", *_separator.split(query)]  # separator, segment, separator, segment, …
    name: str | None = None
    value = ""
    pending = ""
    started = False
    for separator, segment in zip(pieces[::2], pieces[1::2], strict=True):
        match = _key(segment)
        if match:
            if started:
                yield name, value
            key = unquote(match[1])
            name, value, pending = (key if key in names else None), segment[match.end() :], ""
            started = True
        elif segment:
            # Separators at the end of a value are no part of it, those within are.
            value += pending + separator + segment
            started, pending = True, ""
        else:
            pending += separator
    if started:
        yield name, value


def _decode(raw: str) -> tuple[str, list[Note]]:
    notes: list[Note] = []
    if not raw.isascii():
        notes.append(Note.RAW_BYTES)
    data = unquote_to_bytes(raw.replace("+", " ").encode("latin-1"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "ignore")
        notes.append(Note.LATIN_1)
    text, was_encoded_again = _peel_escapes(text)
    if was_encoded_again:
        notes.append(Note.DOUBLE_ENCODED)
    text, was_html = _peel_entities(text)
    if was_html:
        notes.append(Note.HTML_ESCAPED)
    tidy = _breaks.sub(" ", text)
    printable = _unprintable.sub("", tidy)
    if printable != text:
        notes.append(Note.CONTROL_CHARACTERS)
    return unicodedata.normalize("NFC", printable).strip(), notes


def _peel_escapes(text: str) -> tuple[str, bool]:
    peeled = False
    for _ in range(_TIMES - 1):
        if "%" not in text or not _only_escapes(text):
            break
        try:
            text = unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
        except UnicodeDecodeError:
            break
        peeled = True
    return text, peeled


def _peel_entities(text: str) -> tuple[str, bool]:
    peeled = False
    for _ in range(_TIMES):
        plain = _entity.sub(lambda match: html.unescape(match[0]), text)
        if plain == text:
            break
        text, peeled = plain, True
    return text, peeled
