"""Functions for days, moments and spans of time."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from vips_render.expr.arithmetic import number_of, size_of
from vips_render.expr.functions.function import CLOCK, Example, Rows, text_of, whole_of
from vips_render.expr.locales import asked, language_of, locale_of
from vips_render.expr.moments import (
    IMPOSSIBLE,
    Moment,
    midnight,
    moment_of,
    next_change,
    now_in,
    rung_of,
    start_of,
    zone_of,
)
from vips_render.expr.values import MISSING, Evaluation

if TYPE_CHECKING:
    from babel import Locale

DATES = Rows(
    "Dates and times",
    "A date is text in ISO 8601 or a number of seconds since 1970. `'now'`, written out, is the "
    "moment of opening: the picture is drawn anew when what it shows of that has changed. Without "
    "a zone of its own a moment is in the zone of the link.",
)

_NAMED = ("short", "medium", "long", "full")
_SKELETON = re.compile(r"[A-Za-z]+")
_PATTERN_CHARS = 60
_RUNS = re.compile(r"'[^']*'|([A-Za-z])\1*")
_KIN = {"M": "M", "L": "M", "E": "E", "e": "E", "c": "E"}
_NAME_LETTERS = 3
_LONGEST_S = 10**12
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_WITHIN = {"hours": 24, "minutes": 60, "seconds": 60}
_NEAR_DAYS = {
    "en": ("yesterday", "today", "tomorrow"),
    "de": ("gestern", "heute", "morgen"),
    "fr": ("hier", "aujourd’hui", "demain"),  # noqa: RUF001 - as French writes it
    "es": ("ayer", "hoy", "mañana"),
    "it": ("ieri", "oggi", "domani"),
    "pt": ("ontem", "hoje", "amanhã"),
    "nl": ("gisteren", "vandaag", "morgen"),
    "sv": ("i går", "i dag", "i morgon"),
    "da": ("i går", "i dag", "i morgen"),
    "nb": ("i går", "i dag", "i morgen"),
    "no": ("i går", "i dag", "i morgen"),
    "fi": ("eilen", "tänään", "huomenna"),
    "pl": ("wczoraj", "dzisiaj", "jutro"),
    "cs": ("včera", "dnes", "zítra"),
    "ru": ("вчера", "сегодня", "завтра"),
    "uk": ("учора", "сьогодні", "завтра"),
    "tr": ("dün", "bugün", "yarın"),  # noqa: RUF001 - Turkish has two letters i
    "ja": ("昨日", "今日", "明日"),
    "zh": ("昨天", "今天", "明天"),
    "ko": ("어제", "오늘", "내일"),
}


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

    there = _zone(run, zone)
    moment = now_in(run, there) if value is CLOCK else moment_of(value, there)
    wanted = text_of(run, form)
    if moment is None or len(wanted) > _PATTERN_CHARS:
        return MISSING
    locale = locale_of(run.locale)
    pattern = asked(_pattern, locale, wanted, is_time)
    if not isinstance(pattern, str) or (
        value is CLOCK and not (isinstance(moment, datetime) and _hold(run, moment, pattern))
    ):
        return MISSING
    exact = moment if isinstance(moment, datetime) else start_of(moment, there)
    return asked(format_datetime, exact, pattern, tzinfo=there, locale=locale)


def _pattern(locale: Locale, wanted: str, is_time: bool) -> str:
    """Return the pattern of CLDR: of a length, of letters alone in the locale's order, as given."""
    from babel.dates import match_skeleton

    if wanted in _NAMED:
        formats = locale.time_formats if is_time else locale.date_formats
        return str(formats[wanted].pattern)
    if _SKELETON.fullmatch(wanted):
        known = locale.datetime_skeletons
        found = wanted if wanted in known else match_skeleton(wanted, known)
        if found is not None:
            return _widened(str(known[found].pattern), wanted)
    return wanted


def _widened(pattern: str, wanted: str) -> str:
    """Write names of months and days as long as `wanted` has them: CLDR lists one length only."""
    asked_for = {_KIN.get(run[0][0], run[0][0]): len(run[0]) for run in _RUNS.finditer(wanted)}

    def widen(run: re.Match[str]) -> str:
        letter, length = run[0][0], len(run[0])
        if letter not in _KIN or length < _NAME_LETTERS:
            return run[0]
        return letter * max(asked_for.get(_KIN[letter], length), _NAME_LETTERS)

    return _RUNS.sub(widen, pattern)


def _zone(run: Evaluation, zone: object) -> tzinfo:
    return zone_of(zone if isinstance(zone, str) and zone else run.timezone)


def _relative(run: Evaluation, value: object, zone: object = "") -> object:
    there = _zone(run, zone)
    now, moment = now_in(run, there), moment_of(value, there)
    if now is None or moment is None:
        return MISSING
    try:
        if isinstance(moment, datetime):
            return _in_seconds(run, moment.timestamp())
        return _in_days(run, (moment - now.date()).days, now)
    except IMPOSSIBLE:
        return MISSING


def _in_days(run: Evaluation, days: int, now: datetime) -> object:
    rung = rung_of(abs(days), in_days=True)
    ahead = days - rung.low + 1 if days > 0 else rung.high + days
    run.holds_until(midnight(now, max(ahead, 1)))
    near = _NEAR_DAYS.get(language_of(run.locale))
    if near and abs(days) < 2:
        return near[days + 1]
    return _distance(run, rung.unit, rung.amount, is_ahead=days > 0)


def _in_seconds(run: Evaluation, moment: float) -> object:
    is_ahead = moment > run.now
    distance = math.ceil(moment - run.now) if is_ahead else math.floor(run.now - moment)
    rung = rung_of(distance, in_days=False)
    run.holds_until(moment - rung.low + 1 if is_ahead else moment + rung.high)
    return _distance(run, rung.unit, rung.amount, is_ahead=is_ahead)


def _distance(run: Evaluation, unit: str, count: int, *, is_ahead: bool) -> object:
    from babel.dates import TIMEDELTA_UNITS, format_timedelta

    sizes = dict(TIMEDELTA_UNITS)
    seconds = count * sizes[unit]
    return asked(
        format_timedelta,
        timedelta(seconds=seconds if is_ahead else -seconds),
        granularity=unit,
        threshold=10**12,
        add_direction=True,
        locale=locale_of(run.locale),
    )


def _deadline(run: Evaluation, value: object, zone: object = "") -> float | None:
    there = _zone(run, zone)
    moment = moment_of(value, there)
    try:
        return _exact(moment, there) if moment and now_in(run, there) else None
    except IMPOSSIBLE:
        return None


def _exact(moment: Moment, zone: tzinfo) -> float:
    return (moment if isinstance(moment, datetime) else start_of(moment, zone)).timestamp()


def _countdown(run: Evaluation, value: object, zone: object = "") -> object:
    deadline = _deadline(run, value, zone)
    if deadline is None:
        return MISSING
    left = max(math.ceil(deadline - run.now), 0)
    if left:
        run.holds_until(deadline - left + 1)
    return {name: _part(name, left) for name in (*_SECONDS, "total_hours", "is_over")}


def _countdown_part(run: Evaluation, value: object, *others: object) -> object:
    *zone, name = others
    deadline = _deadline(run, value, *zone)
    if deadline is None or not isinstance(name, str):
        return MISSING
    left = max(math.ceil(deadline - run.now), 0)
    if name == "is_over":
        if left:
            run.holds_until(deadline)
        return not left
    size = _SECONDS.get(name.removeprefix("total_"))
    if size is None or (name.startswith("total_") and name != "total_hours"):
        return MISSING
    low = left // size * size
    if low:
        run.holds_until(deadline - low + 1)
    return _part(name, left)


def _part(name: str, left: int) -> object:
    if name == "is_over":
        return not left
    count = left // _SECONDS[name.removeprefix("total_")]
    return count % _WITHIN[name] if name in _WITHIN else count


def _duration(run: Evaluation, seconds: object, most: object = 2, style: object = "long") -> object:
    from babel.lists import format_list
    from babel.units import format_unit

    number = number_of(seconds)
    if number is None or size_of(number) > _LONGEST_S:
        return MISSING
    left = int(size_of(number))
    length = style if style in ("short", "narrow") else "long"
    locale = locale_of(run.locale)
    parts = {name: _part(name, left) for name in _SECONDS}
    counted = [(name, count) for name, count in parts.items() if count] or [("seconds", 0)]
    texts = [
        str(asked(format_unit, count, f"duration-{name[:-1]}", length, locale=locale))
        for name, count in counted[: max(whole_of(most, otherwise=2), 1)]
    ]
    joint = "unit" if length == "long" else f"unit-{length}"
    return asked(format_list, texts, joint, locale=locale)


def _add_days(run: Evaluation, value: object, days: object, zone: object = "") -> object:
    there = _zone(run, zone)
    now = now_in(run, there)
    moment = now.date() if value is CLOCK and now else moment_of(value, there)
    if moment is None:
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
    "`d MMM y`.",
    _date,
    Example("{{ '2026-03-01' | date }}", "Mar 1, 2026"),
    Example("{{ '2026-03-01' | date: 'full' }}", "Sonntag, 1. März 2026", locale="de"),
    Example("{{ '2026-03-01' | date: 'MMMd' }}", "1 mars", locale="fr"),
    Example("{{ 'now' | date: 'EEEE' }}", "Friday"),
    reads_locale=True,
    moments=(0,),
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
)
DATES.add(
    "relative",
    "date, [zone]",
    "How far a day or moment is away.",
    _relative,
    Example("{{ '2026-11-23' | relative }}", "in 3 days"),
    Example("{{ '2026-11-19' | relative }}", "gestern", locale="de"),
    Example("{{ '2026-11-20T09:30:00Z' | relative }}", "2 hours ago"),
    aliases="relative_date relativeDate",
    reads_clock=True,
    reads_locale=True,
)
DATES.add(
    "countdown",
    "date, [zone]",
    "What is left until a day begins or a moment comes: `days`, `hours`, `minutes`, `seconds`, "
    "`total_hours`, `is_over`. The picture is drawn anew when the parts that it shows change.",
    _countdown,
    Example(
        "{{ countdown(end).days }} d {{ countdown(end).hours }} h",
        "2 d 6 h",
        data={"end": "2026-11-22T18:00:00Z"},
    ),
    Example("{{ if countdown('2026-11-01').is_over }}Too late{{ endif }}", "Too late"),
    reads_clock=True,
    reads_locale=True,
    member=_countdown_part,
)
DATES.add(
    "duration",
    "seconds, [parts], [style]",
    "A span of time in its largest units, two when not given; the style is `long`, `short` or "
    "`narrow`.",
    _duration,
    Example("{{ 7500 | duration }}", "2 hours, 5 minutes"),
    Example("{{ hours * 3600 | duration: 1 }}", "3 Tage", locale="de", data={"hours": 80}),
    reads_locale=True,
)
DATES.add(
    *("add_days", "date, days, [zone]", "The date so many days later.", _add_days),
    Example("{{ add_days('now', 7) | date: 'MMMMd' }}", "November 27"),
    aliases="addDays",
    reads_locale=True,
    moments=(0,),
)
DATES.add(
    *("year", "", "The current year in the link's time zone.", _year),
    Example("© {{ year() }}", "© 2026"),
    reads_clock=True,
    reads_locale=True,
)
