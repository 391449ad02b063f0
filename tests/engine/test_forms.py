from __future__ import annotations

import pytest

from vips_render.errors import ExpressionError
from vips_render.expr.text import compile_text
from vips_render.expr.values import Evaluation
from vips_render.limits import Limits


def say(source: str, locale: str = "en", **data: object) -> object:
    return compile_text(source, Limits()).run(Evaluation(data, 1.8e9, "Europe/Berlin", locale))


@pytest.mark.parametrize(
    ("form", "result"),
    [
        ("YYYY-MM-DD", "2026-03-22"),
        ("MMM D, YYYY", "Mar 22, 2026"),
        ("dddd, MMMM Do", "Sunday, March 22nd"),
        ("ddd D/M/YY", "Sun 22/3/26"),
        ("h:mm A [on] D", "3:04 PM on 22"),
        ("d 'of' MMMM y", "22 of March 2026"),
        ("EEEE, d. MMM", "Sunday, 22. Mar"),
        ("yMMMMd", "March 22, 2026"),
        ("HH:mm", "15:04"),
        (" long ", "March 22, 2026"),
        ("", "Mar 22, 2026"),
    ],
)
def test_forms_mean_what_people_write(form: str, result: str) -> None:
    """Days and years in JavaScript's letters are no days of the year and years of the week."""
    assert say("{{ d | date: form }}", d="2026-03-22T15:04:00", form=form) == result


def test_a_place_in_a_row_is_written_in_the_locale() -> None:
    """`Do` follows the language as `ordinal` does."""
    assert say("{{ '2026-03-01' | date: 'Do MMMM' }}", "fr") == "1er mars"
    assert say("{{ '2026-03-02' | date: 'Do MMMM' }}", "ar-EG") == "٢. مارس"


def test_moments_of_a_csv_file_are_moments() -> None:
    """Seconds and milliseconds are taken as text too; eight digits are a day."""
    source = "{{ d | date: 'y-MM-dd HH:mm' }}"
    assert say(source, d="1772323200") == say(source, d=1772323200) == "2026-03-01 01:00"
    assert say(source, d="1772323200000") == "2026-03-01 01:00"
    assert say(source, d="20260301") == "2026-03-01 00:00"
    assert say("{{ d | date: form }}", d="2026-03-01") == "Mar 1, 2026"
    assert say("{{ add_days(d, n) ?? 'none' }}", d="2026-03-01") == "none"


@pytest.mark.parametrize(
    ("source", "column", "says"),
    [
        ("{{ d | date: 'fancy' }}", 14, "'f' stands for no part of a date"),
        ("{{ d | date: 'Long' }}", 14, "'o' stands"),
        ("{{ d | time: 'short', 'Berlin' }}", 23, "'Berlin' is no time zone"),
        ("{{ add_days(d, 1, 'CEST+1') }}", 19, "no time zone"),
        ("{{ d | number: 'german' }}", 16, "'german' is no locale"),
        ("{{ d | currency: 'EUR', 2, 'deutsch' }}", 28, "no locale"),
        ("{{ d | ordinal: 'no such' }}", 17, "no locale"),
    ],
)
def test_what_is_written_out_is_checked_before_anything_is_drawn(
    source: str, column: int, says: str
) -> None:
    """A form, zone or locale that is none is a fault of the document."""
    with pytest.raises(ExpressionError, match=says) as caught:
        compile_text(source, Limits())
    assert caught.value.column == column


@pytest.mark.parametrize(
    "source",
    [
        "{{ d | date: 'full', 'Etc/UTC' }}",
        "{{ d | date: 'd. MMMM', '' }}",
        "{{ d | number: '2', 'pt-BR' }}",
        "{{ d | number: 'zh-Hant-TW', 1 }}",
    ],
)
def test_what_is_right_is_not_refused(source: str) -> None:
    """Zones, locales and digits in any order compile."""
    compile_text(source, Limits())
