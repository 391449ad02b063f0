"""What a text may cost is counted in steps, so what costs more takes more of them."""

from __future__ import annotations

import pytest

from vips_render.errors import LimitExceeded
from vips_render.expr.text import compile_text
from vips_render.expr.values import Evaluation
from vips_render.limits import Limits

EACH = "{{ for x in xs }}%s{{ endfor }}"


def steps_of(source: str, **data: object) -> int:
    """Return how many steps a text takes; more than the budget for one that is stopped."""
    run = Evaluation(data, 0, "UTC", "en")
    expression = compile_text(source, Limits())
    try:
        expression.run(run)
    except LimitExceeded:
        assert run.steps_left < 0
    return Limits().expression_steps - run.steps_left


@pytest.mark.parametrize(
    ("source", "data", "least"),
    [
        ("{{ xs + '' }}", {"xs": [None] * 900}, 900),
        ("{{ join(xs, '') }}", {"xs": [[None] * 60] * 60}, 3600),
        ("{{ xs }}!", {"xs": [None] * 900}, 900),
        ("{{ x | name_case }}", {"x": "a-'" * 2000}, 6000),
        ("{{ x | title_case }}", {"x": "a " * 4000}, 1000),
        ("{{ x | uppercase }}", {"x": "x" * 8000}, 600),
        ("{{ 1 | number: x }}", {"x": "de"}, 1000),
        ("{{ 1 | ordinal: x }}", {"x": "de"}, 1000),
        ("{{ x | date: 'EEEEdMMMM' }}", {"x": "2026-03-01"}, 14),
        ("{{ x | time: 'z v V' }}", {"x": "2026-03-01T10:00:00Z"}, 180),
        ("{{ 98765 | duration: 4 }}", {}, 25),
        ("{{ 7 | pad_start: 4001 }}", {}, 1000),
    ],
)
def test_what_takes_long_takes_steps(source: str, data: dict[str, object], least: int) -> None:
    """Long text, long lists, locales to load and names of zones are no single step."""
    assert steps_of(source, **data) >= least


def test_few_locales_are_loaded_for_one_picture() -> None:
    """A list of locales in the data cannot keep a worker busy with loading them."""
    from babel import localedata

    tags = [tag.replace("_", "-") for tag in localedata.locale_identifiers()]
    run = Evaluation({"xs": tags[:900]}, 0, "UTC", "en")
    with pytest.raises(LimitExceeded, match="steps"):
        compile_text(EACH % "{{ 1 | number: x }}", Limits()).run(run)
    assert len(run.locales) <= 10
    own = Evaluation({"xs": ["en"] * 900}, 0, "UTC", "en")
    assert compile_text(EACH % "{{ 1 | number: x }}", Limits()).run(own) == "1" * 900


def test_all_texts_of_a_picture_share_a_budget() -> None:
    """Many texts, each within its own, are stopped together; a stopped one has had its share."""
    busy = compile_text(EACH % "{{ x * x ? '' : '' }}", Limits())
    run = Evaluation({"xs": [1] * 900}, picture_steps=20_000)
    cost = steps_of(EACH % "{{ x * x ? '' : '' }}", xs=[1] * 900)
    for _ in range(20_000 // cost):
        busy.run(run)
    for _ in range(2):
        with pytest.raises(LimitExceeded, match="steps"):
            busy.run(run)
    assert compile_text("{{ xs[0] }}!", Limits()).run(run) == "1!"


def test_lists_in_prose_are_counted_too() -> None:
    """A text without calls and loops may still write out lists."""
    told = compile_text("{{ xs }}{{ xs }}!", Limits())
    run = Evaluation({"xs": [None] * 900}, picture_steps=4_000)
    assert told.run(run) == told.run(run)
    with pytest.raises(LimitExceeded, match="steps"):
        told.run(run)


def test_long_lists_are_not_written_out() -> None:
    """A list beyond the budget is refused before a text is made of it."""
    with pytest.raises(LimitExceeded, match="items"):
        compile_text("{{ xs }}!", Limits()).run(Evaluation({"xs": [None] * 1001}))
    with pytest.raises(LimitExceeded, match="items"):
        compile_text("{{ xs + '' }}", Limits()).run(Evaluation({"xs": [None] * 1001}))


def test_text_that_is_too_long_for_a_number_is_none() -> None:
    """A megabyte of space before a digit is not gone through."""
    compiled = compile_text("{{ x * 2 ?? 'none' }}", Limits())
    assert compiled.run(Evaluation({"x": " " * 40 + "4.5" + "\n"})) == 9
    assert compiled.run(Evaluation({"x": " " * 200 + "4"})) == "none"
    asked = compile_text("{{ x ? 'yes' : 'no' }}", Limits())
    assert asked.run(Evaluation({"x": " " * 40 + "FALSE"})) == "no"
    assert asked.run(Evaluation({"x": " " * 200 + "false"})) == "yes"
