"""Functions for spans of time: how far, how long, how much is left."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo

from vips_render.expr.arithmetic import number_of, size_of
from vips_render.expr.functions.function import Example, Rows, whole_of
from vips_render.expr.functions.words import NEAR_DAYS
from vips_render.expr.locales import Writing, enumerated, language_of, writing_of
from vips_render.expr.moments import (
    IMPOSSIBLE,
    Moment,
    midnight,
    moment_fault,
    moment_of,
    now_in,
    rung_of,
    start_of,
    zone_for,
)
from vips_render.expr.values import MISSING, Evaluation

SPANS = Rows(
    "Spans of time",
    "Dates are given as above. A day without a time begins at midnight in the zone of the link.",
)

_LONGEST_S = 10**12
_UNIT_STEPS = 5
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_WITHIN = {"hours": 24, "minutes": 60, "seconds": 60}
_LENGTHS = {
    "long": ("long", "short", "narrow"),
    "short": ("short", "narrow", "long"),
    "narrow": ("narrow", "short", "long"),
}
"""Where CLDR has no form of a length of its own, the next one does."""


def _relative(run: Evaluation, value: object, zone: object = "") -> object:
    there = zone_for(run, zone)
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
    language = language_of(run.locale)
    is_latin = "latn" in run.locale.lower()
    near = NEAR_DAYS.get(f"{language}-latn" if is_latin else "", NEAR_DAYS.get(language))
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
    return writing_of(run.locale)(
        format_timedelta,
        timedelta(seconds=seconds if is_ahead else -seconds),
        granularity=unit,
        threshold=10**12,
        add_direction=True,
    )


def _deadline(run: Evaluation, value: object, zone: object = "") -> float | None:
    there = zone_for(run, zone)
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
    number = number_of(seconds)
    if number is None or size_of(number) > _LONGEST_S:
        return MISSING
    left = int(size_of(number))
    parts = {name: _part(name, left) for name in _SECONDS}
    counted = [(name, count) for name, count in parts.items() if count] or [("seconds", 0)]
    lengths = _LENGTHS.get(style if isinstance(style, str) else "", _LENGTHS["long"])
    writing = writing_of(run.locale)
    texts = [
        _counted(writing, count, f"duration-{name[:-1]}", lengths)
        for name, count in counted[: max(whole_of(most, otherwise=2), 1)]
    ]
    run.spend(len(texts) * _UNIT_STEPS)
    joint = "unit" if lengths[0] == "long" else f"unit-{lengths[0]}"
    return enumerated(writing.locale, texts, joint, "unit-short", "standard")


def _counted(writing: Writing, count: object, unit: str, lengths: tuple[str, ...]) -> str:
    from babel.units import format_unit

    texts = (writing(format_unit, count, unit, length) for length in lengths)
    return next((text for text in texts if isinstance(text, str) and unit not in text), str(count))


SPANS.add(
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
    literals={0: moment_fault},
)
SPANS.add(
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
    literals={0: moment_fault},
)
SPANS.add(
    "duration",
    "seconds, [parts], [style]",
    "A span of time in its largest units, two when not given; the style is `long`, `short` or "
    "`narrow`.",
    _duration,
    Example("{{ 7500 | duration }}", "2 hours, 5 minutes"),
    Example("{{ hours * 3600 | duration: 1 }}", "3 Tage", locale="de", data={"hours": 80}),
    reads_locale=True,
)
