from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Signet


def test_a_text_is_evaluated_and_each_step_is_told(tmp_path: Path, signet: Signet) -> None:
    """The value goes to standard output alone; the way to it is told beside."""
    data = tmp_path / "sample.json"
    data.write_text('{"price": 1234.5}')
    text = "{{ price * 0.9 | currency: 'EUR' }}"
    said = signet("expr", text, "--data", str(data), "--locale", "de")
    assert (said.status, said.out) == (0, "1.111,05\u00a0€\n")
    assert [line.split("  ")[1] for line in said.err.splitlines()] == [
        "price",
        "price * 0.9",
        "price * 0.9 | currency: 'EUR'",
    ]
    assert said.err.splitlines()[1].endswith("1111.05")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ [1, 2.5, 'a', null] }}", '[1,2.5,"a",null]'),
        ("{{ nope }}", "(missing)"),
        ("{{ 1 < 2 }}", "true"),
        ("{{ 18446744073709551616 }}", "18446744073709551616"),
        ("Hi {{ nope }}!", "Hi !"),
    ],
)
def test_a_value_is_told_as_what_it_is(text: str, value: str, signet: Signet) -> None:
    """Text stands as it is, all else as JSON."""
    assert signet("expr", text).out == f"{value}\n"


def test_a_fault_is_pointed_at(signet: Signet) -> None:
    """A caret stands below the column that the message names, whatever stands before it."""
    said = signet("expr", "値段\nは{{ price | curency: 'EUR' }}")
    assert said.status == 1
    assert said.err.splitlines() == [
        "error: column 16: there is no function 'curency'; did you mean 'currency'?",
        "  は{{ price | curency: 'EUR' }}",
        "               ^",
    ]


def test_every_fault_is_pointed_at(signet: Signet) -> None:
    """Whoever mends a text sees all there is to mend."""
    said = signet("expr", "{{ a + }}\n{{ b | upr }}")
    assert said.err.splitlines() == [
        "error: column 8: something is missing before '}}'",
        "  {{ a + }}",
        "         ^",
        "  column 18: there is no function 'upr'; did you mean 'upper'?",
        "  {{ b | upr }}",
        "         ^",
    ]


def test_a_name_without_value_and_the_clock_are_told(signet: Signet) -> None:
    """A slip in a name is noticed, and a value that will change says when."""
    said = signet("expr", "{{ frist_name }}", "--var", "first_name=Ada")
    assert "no value for frist_name; did you mean first_name?" in said.err
    assert "no value for now; 'now' in quotes is the clock" in signet("expr", "{{ now }}").err
    said = signet(
        *("expr", "{{ 'now' | date: 'EEEE' }}", "--now", "2026-11-20T12:00:00Z"),
        *("--timezone", "Asia/Tokyo"),
    )
    assert said.out == "Friday\n"
    assert "holds until 2026-11-20T15:00:00Z" in said.err


@pytest.mark.parametrize(
    ("content", "says"), [("[1]", "must be a JSON object"), ("{", "no JSON at line 1")]
)
def test_data_that_is_none_is_refused(
    content: str, says: str, tmp_path: Path, signet: Signet
) -> None:
    """A file that holds no object ends the command with a sentence."""
    (tmp_path / "x.json").write_text(content)
    said = signet("expr", "{{ a }}", "--data", str(tmp_path / "x.json"))
    assert said.status == 1
    assert says in said.err
    assert signet("expr", "{{ a }}", "--now", "soon").status == 2
