"""Functions for days, moments and spans of time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from vips_render.expr.arithmetic import number_of
from vips_render.expr.forms import NAMED, PLACED, RUNS, as_cldr, form_fault
from vips_render.expr.functions.function import CLOCK, Example, Rows, whole_of
from vips_render.expr.functions.numbers import ordinal_of
from vips_render.expr.locales import asked, writing_of
from vips_render.expr.moments import (
    IMPOSSIBLE,
    midnight,
    moment_fault,
    moment_of,
    next_change,
    now_in,
    start_of,
    zone_fault,
    zone_for,
    zone_of,
)
from vips_render.expr.values import MISSING, Evaluation, text_of

DATES = Rows(
    "Dates and times",
    "A date is text in ISO 8601 or a number of seconds since 1970. `'now'`, written out, is the "
    "moment of opening: the picture is drawn anew when what it shows of that has changed. Without "
    "a zone of its own a moment is in the zone of the link.",
)

_SKELETON = re.compile(r"[A-Za-z]+")
_PATTERN_CHARS = 60
_KIN = {"M": "M", "L": "M", "E": "E", "e": "E", "c": "E"}
_NAME_LETTERS = 3
_ZONE_NAMES = re.compile(r"z+|v+|V+")
_ZONE_STEPS = 60
"""Babel takes most of a millisecond to find the name of a zone."""


def _year(run: Evaluation) -> object:
    now = now_in(run, zone_of(run.timezone))
    return MISSING if now is None or not _hold(run, now, "y") else now.year


def _hold(run: Evaluation, now: datetime, pattern: str) -> bool:
    """Note until when a pattern shows the same of the clock; False at the end of the calendar."""
    try:
        moment = next_change(now, pattern)
    except IMPOSSIBLE:
        return False
    if moment is not None:
        run.holds_until(moment)
    return True


def _date(run: Evaluation, value: object, form: object = "medium", zone: object = "") -> object:
    return _written(run, value, form, zone, is_time=False)


def _time(run: Evaluation, value: object, form: object = "short", zone: object = "") -> object:
    return _written(run, value, form, zone, is_time=True)


def _written(
    run: Evaluation, value: object, form: object, zone: object, *, is_time: bool
) -> object:
    from babel.dates import format_datetime

    there = zone_for(run, zone)
    moment = now_in(run, there) if value is CLOCK else moment_of(value, there)
    wanted = text_of(run, form).strip() or ("short" if is_time else "medium")
    if moment is None or len(wanted) > _PATTERN_CHARS:
        return MISSING
    if wanted not in NAMED:
        run.spend(len(wanted) + _ZONE_STEPS * len(_ZONE_NAMES.findall(wanted)))
    writing = writing_of(run.locale)
    pattern = asked(_pattern, run.locale, wanted, is_time)
    if not isinstance(pattern, str) or (
        value is CLOCK and not (isinstance(moment, datetime) and _hold(run, moment, pattern))
    ):
        return MISSING
    exact = moment if isinstance(moment, datetime) else start_of(moment, there)
    text = writing(format_datetime, exact, pattern, tzinfo=there)
    if PLACED not in pattern or not isinstance(text, str):
        return text
    return text.replace(
        writing.numerals(str(exact.day)) + PLACED, ordinal_of(run.locale, exact.day)
    )


@lru_cache(maxsize=256)
def _pattern(tag: str, form: str, is_time: bool) -> str:
    """Return the pattern of CLDR: of a length, of letters alone in the locale's order, as given.

    To find the nearest to letters that the locale has no pattern for takes up to a millisecond.
    """
    from babel.dates import match_skeleton

    locale, wanted = writing_of(tag).locale, as_cldr(form)
    if form in NAMED:
        formats = locale.time_formats if is_time else locale.date_formats
        return str(formats[form].pattern)
    if _SKELETON.fullmatch(wanted):
        known = locale.datetime_skeletons
        found = wanted if wanted in known else match_skeleton(wanted, known)
        if found is not None:
            return _widened(str(known[found].pattern), wanted)
    return wanted


def _widened(pattern: str, wanted: str) -> str:
    """Write names of months and days as long as `wanted` has them: CLDR lists one length only."""
    asked_for = {_KIN.get(run[0][0], run[0][0]): len(run[0]) for run in RUNS.finditer(wanted)}

    def widen(run: re.Match[str]) -> str:
        letter, length = run[0][0], len(run[0])
        if letter not in _KIN or length < _NAME_LETTERS:
            return run[0]
        return letter * max(asked_for.get(_KIN[letter], length), _NAME_LETTERS)

    return RUNS.sub(widen, pattern)


def _add_days(run: Evaluation, value: object, days: object, zone: object = "") -> object:
    there = zone_for(run, zone)
    now = now_in(run, there)
    moment = now.date() if value is CLOCK and now else moment_of(value, there)
    if moment is None or number_of(days) is None:
        return MISSING
    try:
        later = moment + timedelta(days=whole_of(days, most=4_000_000))
        if value is CLOCK and now:
            run.holds_until(midnight(now, 1))
        return later.isoformat()
    except IMPOSSIBLE:
        return MISSING


DATES.add(
    "date",
    "date, [form], [zone]",
    "The day as the locale writes it. The form is `short`, `medium` (when not given), `long` or "
    "`full`, letters of CLDR such as `yMMMMd` in the locale's order, or a pattern such as "
    "`d MMM y`. `YYYY`, `D`, `Do`, `dddd`, `A` and `[words]` are read as in JavaScript's "
    "libraries.",
    _date,
    Example("{{ '2026-03-01' | date }}", "Mar 1, 2026"),
    Example("{{ '2026-03-01' | date: 'full' }}", "Sonntag, 1. März 2026", locale="de"),
    Example("{{ '2026-03-01' | date: 'MMMd' }}", "1 mars", locale="fr"),
    Example("{{ '2026-03-01' | date: 'MMMM Do, YYYY' }}", "March 1st, 2026"),
    Example("{{ 'now' | date: 'EEEE' }}", "Friday"),
    reads_locale=True,
    moments=(0,),
    literals={0: moment_fault, 1: form_fault, 2: zone_fault},
)
DATES.add(
    "time",
    "date, [form], [zone]",
    "The time of the day as the locale writes it; forms as in `date`, `short` when not given.",
    _time,
    Example("{{ '2026-03-01T18:30:00Z' | time: 'short', 'Europe/Berlin' }}", "19:30", locale="de"),
    Example("{{ '2026-03-01T18:30:00' | time: 'HH:mm' }}", "18:30"),
    reads_locale=True,
    moments=(0,),
    literals={0: moment_fault, 1: form_fault, 2: zone_fault},
)
DATES.add(
    *("add_days", "date, days, [zone]", "The date so many days later.", _add_days),
    Example("{{ add_days('now', 7) | date: 'MMMMd' }}", "November 27"),
    aliases="addDays",
    reads_locale=True,
    moments=(0,),
    literals={0: moment_fault, 2: zone_fault},
)
DATES.add(
    *("year", "", "The current year in the link's time zone.", _year),
    Example("© {{ year() }}", "© 2026"),
    reads_clock=True,
    reads_locale=True,
)
