from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vips_render.errors import ExpressionError, LimitExceeded
from vips_render.expr.text import compile_text, literal_source
from vips_render.expr.values import MISSING
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


WORDS = "{{ }} ( ) [ ] . , : | ?? ' \" \\ a b default year 1 2.5 'x' true null if for # é 😀"
FRAGMENTS = st.sampled_from([*WORDS.split(), "\n"])
SOURCES = st.text(max_size=80) | st.lists(FRAGMENTS, max_size=40).map(" ".join)
ANY_DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.binary(max_size=4)
    | st.just(object()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(source=SOURCES, values=st.dictionaries(st.sampled_from("ab"), ANY_DATA))
def test_any_text_and_any_data_give_a_value_or_our_own_error(
    source: str, values: dict[str, Any]
) -> None:
    """Nothing but the language's two errors ever leaves it, and its columns lie in the text."""
    try:
        compile_text(source, LIMITS).evaluate(values)
    except ExpressionError as error:
        assert 1 <= error.column <= len(source) + 1
    except LimitExceeded:
        pass


@given(text=st.text(alphabet="{} 'a\"\\", max_size=30) | st.text(max_size=30))
def test_a_literal_source_gives_its_text(text: str) -> None:
    """Any text can be written so that it means itself."""
    assert compile_text(literal_source(text), LIMITS).evaluate({}) == text
