from __future__ import annotations

import inspect
import sys
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.law import hold_law
from vips_render.errors import ExpressionError, LimitExceeded
from vips_render.expr.explain import explain
from vips_render.expr.functions import NAMES
from vips_render.expr.text import compile_text, literal_source
from vips_render.expr.values import MISSING, Evaluation
from vips_render.limits import Limits

LIMITS = Limits()
DATA = {
    "name": "Ada",
    "empty": "",
    "nothing": None,
    "zero": 0,
    "price": 12.5,
    "user": {"first name": "Ada", "tags": ["a", "b"], "deep": {"er": 1}},
    "list": [1, 2.0, "x", None, True],
}


def value_of(source: str, **values: object) -> object:
    return compile_text(source, LIMITS).evaluate({**DATA, **values})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("plain } text {", "plain } text {"),
        ("", ""),
        ("{{ name }}", "Ada"),
        ("{{name}}", "Ada"),
        ("Hi {{ name }}, {{name}}!", "Hi Ada, Ada!"),
        ("{{ price }}", 12.5),
        (" {{ price }}", " 12.5"),
        ("{{ 2.0 }} {{ 3 }}", "2 3"),
        ("{{ true }}", True),
        ("{{ null }}x", "x"),
        ("{{ list }}!", "1, 2, x, , true!"),
        ("{{ user }}!", "!"),
        ("{{ user['first name'] }}", "Ada"),
        ("{{ user.tags[1] }}", "b"),
        ("{{ user.deep.er }}", 1),
        ("{{ user.tags[zero] }}", "a"),
        ("{{ user.tags[9] }}", MISSING),
        ("{{ user.tags[true] }}", MISSING),
        ("{{ user.nope.nope[0] }}", MISSING),
        ("{{ name.length }}", MISSING),
        ("{{ nope }}", MISSING),
        ("[{{ nope }}]", "[]"),
        ("{{ nope ?? name }}", "Ada"),
        ("{{ nothing ?? nope ?? 'x' }}", "x"),
        ("{{ empty ?? 'x' }}", ""),
        ("{{ zero ?? 'x' }}", 0),
        ("{{ nope ?? nothing }}", MISSING),
        ("{{ empty | default:'x' }}", "x"),
        ("{{ zero | default:'x' }}", 0),
        ("{{ default(nope, 'x') }}", "x"),
        ("{{ nope | default('x') }}", "x"),
        ("{{ nope ?? empty | default:'x' }}", "x"),
        ("{{ nope | default:nothing | default:'y' }}", "y"),
        ("{{ (nope ?? user).tags[0] }}", "a"),
        ("{{ '}}' }}", "}}"),
        ("{{ '{{' }}", "{{"),
        (r"{{ 'it\'s\n\\' }}", "it's\n\\"),
        ('{{ "a\'b" }}', "a'b"),
    ],
)
def test_an_expression_means_what_it_says(source: str, value: object) -> None:
    """One pair of braces alone keeps its type; everything else is prose."""
    found = value_of(source)
    assert found == value
    assert type(found) is type(value)


def test_reads_are_the_roots_with_their_columns() -> None:
    """An expression knows each variable it names, and where."""
    expression = compile_text("{{ a.b }} {{ c[d] ?? default(a, e) }}", LIMITS)
    assert expression.reads == {"a", "c", "d", "e"}
    assert expression.mentions == (("a", 4), ("c", 14), ("d", 16), ("a", 30), ("e", 33))


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("{{ " + "(" * 40 + "a" + ")" * 40 + " }}", LimitExceeded),
        ("{{ " + "a[" * 40 + "0" + "]" * 40 + " }}", LimitExceeded),
        ("{{ a " + "| default:1 " * 40 + "}}", LimitExceeded),
        ("{{ " + "default(" * 40 + "a" + ",1)" * 40 + " }}", LimitExceeded),
        ("x" * 9000, LimitExceeded),
        ("{{ " + "1" * 40 + " }}", ExpressionError),
    ],
)
def test_what_nests_or_grows_past_its_budget_is_refused(
    source: str, error: type[Exception]
) -> None:
    """Depth and length are bounded when a text is compiled."""
    with pytest.raises(error):
        compile_text(source, LIMITS)


def test_long_flat_chains_are_no_nesting() -> None:
    """A long path and a long list of alternatives cost no depth."""
    assert value_of("{{ a" + ".b" * 2000 + " }}") is MISSING
    assert value_of("{{ a" + " ?? a" * 1000 + " ?? 1 }}") == 1


def test_evaluation_is_bounded_in_steps_and_characters() -> None:
    """A text that takes too many steps or grows too long stops with our own error."""
    with pytest.raises(LimitExceeded, match="steps"):
        compile_text("{{ a ?? a ?? a ?? 1 }}", Limits(expression_steps=2))
    with pytest.raises(LimitExceeded, match="steps"):
        value_of("{{ for x in many }}{{ for y in many }}{{ endfor }}{{ endfor }}", many=[1] * 999)
    with pytest.raises(LimitExceeded, match="characters"):
        value_of("{{ name }}{{ name }}", name="x" * 5000)
    with pytest.raises(LimitExceeded, match="number"):
        value_of("{{ name }}!", name=10**5000)


WORDS = "{{ }} ( ) [ ] . , : | ? ?? ' \" \\ + - * / % == < >= && || ! and or not a b 1 2.5 'x'"
BLOCKS = "{{ if a }} {{ elif b }} {{ else }} {{ endif }} {{ for x in a }} {{ endfor }} {{ x }}"
FRAGMENTS = st.sampled_from([*WORDS.split(), *BLOCKS.split("  "), "true", "null", "#", "é", "\n"])
VALUES = st.sampled_from(
    [
        "a",
        "b",
        "a.x",
        "b[0]",
        "0.1",
        "1e3",
        "-2",
        "99999999",
        "''",
        "'now'",
        "'é👩‍🚀'",
        "[a, 1]",
        "c",
    ]
)


def calls_of(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Give calls and operations that are well made, with arguments of any kind."""
    signs = st.sampled_from(["+", "-", "*", "/", "%", "==", "<", "??", "and", "or"])
    return (
        st.tuples(st.sampled_from(sorted(NAMES)), st.lists(inner, max_size=4)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        )
        | st.tuples(inner, signs, inner).map(lambda parts: f"({' '.join(parts)})")
        | st.tuples(inner, inner, inner).map(lambda parts: "({} ? {} : {})".format(*parts))
    )


CALLS = st.recursive(VALUES, calls_of, max_leaves=8)
SOURCES = (
    st.text(max_size=80)
    | st.lists(FRAGMENTS, max_size=40).map(" ".join)
    | CALLS.map("{{{{ {} }}}}".format)
    | CALLS.map("{{{{ for c in a }}}}{{{{ {} }}}}{{{{ endfor }}}}".format)
)
ANY_DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20)
    | st.binary(max_size=4)
    | st.dates().map(str)
    | st.datetimes().map(str)
    | st.just(object()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
    ),
    max_leaves=10,
)
CIRCUMSTANCES = st.fixed_dictionaries(
    {
        "locale": st.sampled_from(["", "en", "de", "tr", "ar-EG", "ru", "ja", "he", "zz-Zzzz"]),
        "timezone": st.sampled_from(["", "Asia/Tokyo", "America/New_York", "../x", "\x00"]),
        "now": st.floats(1e9, 3e9) | st.floats(),
    }
)


@settings(max_examples=400)
@given(
    source=SOURCES,
    values=st.dictionaries(st.sampled_from("ab"), ANY_DATA),
    circumstances=CIRCUMSTANCES,
)
def test_any_text_and_any_data_give_a_value_or_our_own_error(
    source: str, values: dict[str, Any], circumstances: dict[str, Any]
) -> None:
    """Nothing but the language's two errors ever leaves it, and its columns lie in the text."""
    hold_law(source, values, **circumstances)


HOSTILE = [
    "{{ " + "(" * 31 + "a" + ")" * 31 + " }}",
    "{{ " + "-" * 7000 + "1 }}",
    "{{ " + "not " * 1900 + "1 }}",
    "{{ " + "!" * 7000 + "1 }}",
    "{{ 1" + "+1" * 3900 + " }}",
    "{{ 1" + " or 0 and 1" * 700 + " }}",
    "{{ a" + "?a:a" * 900 + " }}",
    "{{ " + "1?" * 31 + "1" + ":1" * 31 + " }}",
    "{{ " + "[" * 31 + "]" * 31 + " }}",
    "{{ " + "1 or 1 and not 1 < 1 + 1 * (" * 31 + "1" + ")" * 31 + " }}",
    "{{ if 1 }}" * 32 + "{{ " + "(1 + 1 * " * 31 + "1" + ")" * 31 + " }}" + "{{ endif }}" * 32,
    "{{ " + "1 or 1 and not 1 < 1 + 1 * -abs(" * 31 + "1" + ")" * 31 + " }}",
    "{{ 9" + " * 99999999999999999999" * 300 + " }}",
    "{{ 0.1" + " * 0.000000000000001" * 300 + " }}",
    "{{ 1 / 3" + " * 99999999999999.9" * 300 + " }}",
    "{{ 'x' | repeat: 9999999999 }}",
    "{{ 'x' | pad_start: 99999999999999999999999 }}",
    "{{ 'x' | pad_end: 7999, '👩‍🚀' }}",
    "{{ 'x' | repeat: 8000 | replace: 'x', 'yyyyyyyyy' }}",
    "{{ 'x' | repeat: 8000 | replace: '', 'y' }}",
    "{{ 'x' | repeat: 8000 | split: '' }}",
    "{{ range(-9999, 9999) }}",
    "{{ for x in range(1, 999) }}{{ for y in range(1, 999) }}{{ x }}{{ endfor }}{{ endfor }}",
    "{{ for x in range(1, 999) }}{{ 'x' | repeat: 8000 | uppercase | truncate: 1 }}{{ endfor }}",
    "{{ round(a, 99999999999999999999) }}{{ round(0.1, -999) }}",
    "{{ 1e }}",
    "{{ parse_json(" + "'" + "[" * 3000 + "]" * 3000 + "') | json }}",
    "{{ date('2026-03-01', '" + "y" * 59 + "') }}",
    "{{ date('9999-12-31T23:59:59-12:00') }}{{ date('0001-01-01T00:00:00+12:00') }}",
    "{{ '9999-12-31' | relative }}{{ countdown(-99999999999) }}{{ add_days('9999-12-31', 1) }}",
    "{{ date(" + "9" * 30 + ") }}{{ date(-1) }}{{ date(1e9) }}",
    "{{ currency(1, 'ZZZ') }}{{ currency(" + "9" * 29 + " * 1.5, 'EUR', 15) }}",
    "{{ compact(" + "9" * 29 + ") }}{{ compact(0.00000000001) }}{{ ordinal(1.5) }}",
]


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_made_to_break_the_language_does_not(source: str) -> None:
    """Deep, long, large and repeated: each gives a value or stops within its budget."""
    circumstances: dict[str, Any] = {"locale": "en", "timezone": "", "now": 1.8e9}
    hold_law(source, {"a": [1] * 999}, **circumstances)


def test_the_deepest_text_leaves_half_of_the_stack() -> None:
    """A text within the limits is compiled and run far from the end of Python's own stack."""
    level = "0 or 1 and not 1 < 1 + 1 * -abs("
    blocks = "{{ if 1 }}" * 32, "{{ endif }}" * 32
    expression = "{{ " + level * 12 + "1" + ")" * 12 + " }}"
    parentheses = "{{ " + "0 or 1 and not 1 < 1 + 1 * (" * 14 + "((((1" + ")" * 18 + " }}"
    limit, used = sys.getrecursionlimit(), len(inspect.stack(0))
    for source in (expression, parentheses):
        sys.setrecursionlimit(used + 500)
        try:
            assert explain(source.join(blocks), Evaluation({}), LIMITS).value == "true"
        finally:
            sys.setrecursionlimit(limit)


def test_data_that_nests_without_end_is_no_danger() -> None:
    """Whatever looks into data looks no deeper than it may."""
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    for source in ("json(a)", "a == b", "contains(a, b)", "length(a)", "a", "join(a)"):
        with suppress(LimitExceeded):
            value_of(f"{{{{ {source} }}}}", a=deep, b=[*deep])


@given(text=st.text(alphabet="{} 'a\"\\", max_size=30) | st.text(max_size=30))
def test_a_literal_source_gives_its_text(text: str) -> None:
    """Any text can be written so that it means itself."""
    assert compile_text(literal_source(text), LIMITS).evaluate({}) == text
