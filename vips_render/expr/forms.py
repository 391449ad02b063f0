"""Read the forms of dates: CLDR's letters, and those of JavaScript's libraries where they differ.

`YYYY-MM-DD` is what people write. To CLDR it is the year of the week and the day of the year,
which nobody wants on a picture.
"""

from __future__ import annotations

import re

NAMED = ("short", "medium", "long", "full")
RUNS = re.compile(r"'[^']*'|([A-Za-z])\1*")
"""Quoted words, and letters that stand for something."""

PLACED = "\ue000"
"""Stands behind a day that is written as a place in a row: `Do`."""

_WRITTEN = re.compile(r"'[^']*'|\[([^\]]*)\]|Do|([A-Za-z])\2*")
_LETTERS = frozenset("GyYuUQqMLwWdDFgEecabBhHKkmsSAzZOvVXx")
_MEANT = {"Y": "y", "D": "d", "A": "a"}


def as_cldr(form: str) -> str:
    """Return a form in CLDR's letters; words in square brackets are taken as they are."""
    return _WRITTEN.sub(_translated, form)


def _translated(found: re.Match[str]) -> str:
    part, words, letter = found[0], found[1], found[2]
    if words is not None:
        return "'" + words.replace("'", "''") + "'" if words else ""
    if part == "Do":
        return f"d'{PLACED}'"
    if letter == "d" and len(part) > 2:
        return "E" * len(part)
    return _MEANT.get(letter, letter) * len(part) if letter else part


def form_fault(form: object) -> str:
    """Return what is wrong with a form that is written out; empty when nothing is."""
    if not isinstance(form, str) or form in NAMED:
        return ""
    strange = [run[0] for run in RUNS.finditer(as_cldr(form)) if run[1] and run[1] not in _LETTERS]
    if not strange:
        return ""
    return f"{strange[0]!r} stands for no part of a date; write words in quotes: \"d 'of' MMMM\""
