from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vips_render.expr.text import compile_text
from vips_render.expr.values import Evaluation
from vips_render.limits import Limits

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo"]
SOURCES = [
    "{{ 'now' | date }}",
    "{{ 'now' | date: 'full' }}",
    "{{ 'now' | date: 'MMMM y' }}",
    "{{ 'now' | date: 'EEEE' }}",
    "{{ 'now' | time }}",
    "{{ 'now' | time: 'HH:mm:ss' }}",
    "{{ 'now' | time: 'H' }}",
    "{{ add_days('now', 3) }}",
    "{{ year() }}",
    "{{ end | relative }}",
    "{{ day | relative }}",
    "{{ countdown(end).days }}",
    "{{ countdown(end).hours }} {{ countdown(end).minutes }}",
    "{{ countdown(end).total_hours }}",
    "{{ countdown(end).seconds }}",
    "{{ if countdown(end).is_over }}over{{ else }}on{{ endif }}",
    "{{ json(countdown(end)) }}",
]
END = datetime(2026, 11, 20, 18, 30, tzinfo=UTC).timestamp()
NEAR = st.integers(-200_000, 200_000) | st.integers(-(10**8), 10**8)


def seen(source: str, now: float, timezone: str) -> tuple[object, float | None]:
    """Return what a text says at a moment, and until when."""
    run = Evaluation({"end": "2026-11-20T18:30:00Z", "day": "2026-11-20"}, now, timezone, "en")
    return compile_text(source, Limits()).run(run), run.fresh_until


@settings(max_examples=300)
@given(
    source=st.sampled_from(SOURCES),
    ahead=NEAR,
    fraction=st.sampled_from([0, 0, 0.25, 0.999]),
    timezone=st.sampled_from(ZONES),
    share=st.floats(0, 1, exclude_max=True),
)
def test_what_reads_the_clock_holds_exactly_as_long_as_it_says(
    source: str, ahead: int, fraction: float, timezone: str, share: float
) -> None:
    """At every moment before it says the same, and at that moment something else."""
    now = END - ahead + fraction
    value, until = seen(source, now, timezone)
    if until is None:
        assert seen(source, now + 10**9, timezone) == (value, None)
        return
    assert until > now
    between = min(now + (until - now) * share, until - 0.001)  # clocks are read in microseconds
    assert seen(source, between, timezone) == (value, until)
    assert seen(source, until, timezone)[0] != value


def test_a_deadline_is_counted_down_to_its_second() -> None:
    """The last second is over when the deadline is reached, neither before nor after."""
    source = "{{ countdown(end).days }}:{{ countdown(end).hours }}:{{ countdown(end).minutes }}"
    assert seen(source, END - 90_061, "UTC")[0] == "1:1:1"
    assert seen("{{ countdown(end).seconds }}", END - 0.5, "UTC") == (1, END)
    assert seen("{{ countdown(end).seconds }}", END, "UTC") == (0, None)
    assert seen("{{ countdown(end).is_over }}", END - 7, "UTC") == (False, END)
    assert seen("{{ countdown(end).is_over }}", END, "UTC") == (True, None)
    assert seen("{{ countdown('2026-11-20').is_over }}", END, "Pacific/Honolulu")[0] is True


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (59, "in 59 seconds"),
        (60, "in 1 minute"),
        (3599, "in 59 minutes"),
        (86_400, "in 1 day"),
        (7 * 86_400 - 1, "in 6 days"),
        (7 * 86_400, "in 1 week"),
        (30 * 86_400, "in 1 month"),
        (365 * 86_400, "in 1 year"),
        (-1, "1 second ago"),
        (-7200, "2 hours ago"),
        (-40 * 86_400, "1 month ago"),
    ],
)
def test_a_moment_is_told_in_the_unit_that_suits_it(ahead: int, says: str) -> None:
    """The largest unit that fits, whole ones only."""
    assert seen("{{ end | relative }}", END - ahead, "UTC")[0] == says


def test_days_are_counted_by_the_calendar_of_the_zone() -> None:
    """Tomorrow begins at midnight where the reader is, an hour's change of clocks or not."""
    evening = datetime(2026, 11, 19, 23, 30, tzinfo=UTC).timestamp()
    assert seen("{{ day | relative }}", evening, "UTC") == ("tomorrow", evening + 1800)
    assert seen("{{ day | relative }}", evening, "Europe/Berlin")[0] == "today"
    before = datetime(2026, 10, 24, 23, tzinfo=UTC).timestamp()  # 25 hours before midnight there
    assert seen("{{ 'now' | date }}", before, "Europe/Berlin") == (
        "Oct 25, 2026",
        before + 24 * 3600,
    )


def test_only_now_written_out_is_the_clock() -> None:
    """Data that says "now" is no date, and an expression that does not say it reads no clock."""
    assert not compile_text("{{ end | date }}", Limits()).reads_clock
    assert compile_text("{{ 'now' | date }}", Limits()).reads_clock
    run = Evaluation({"end": "now"}, END, "UTC", "en")
    assert compile_text("[{{ end | date }}]", Limits()).run(run) == "[]"
    assert compile_text("{{ uppercase('now') }}", Limits()).evaluate({}) == "NOW"
