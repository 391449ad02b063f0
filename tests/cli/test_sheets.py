from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from origin.cli.rows import read_csv, read_ndjson
from origin.cli.status import CommandFailed
from origin.urls.keyring import KeyRing
from origin.urls.link import Link
from origin.urls.path import read
from tests.cli.conftest import Said, Signet


def link_of(desk: Path, url: str) -> Link:
    """Read a signed link."""
    return read(urlsplit(url).path, KeyRing.load(desk / "signet-keys.json")).link


def signed(
    signet: Signet, desk: Path, content: str, *arguments: str
) -> tuple[Said, list[list[str]]]:
    """Sign a sheet and read what came out."""
    (desk / "rows.csv").write_bytes(content.encode())
    said = signet("sign", "card", "--data", "rows.csv", *arguments)
    delimiter = ";" if ";" in content else ","
    return said, list(csv.reader(io.StringIO(said.out, newline=""), delimiter=delimiter))


def test_every_row_gets_its_link_and_keeps_its_columns(desk: Path, signet: Signet) -> None:
    """Columns are matched by name, the rest is kept, and what is not used is said."""
    said, rows = signed(
        signet, desk, "email,first_name,points\na@x,Ada,7\nb@x,Bo,8\n", "--recipient", "email"
    )
    assert said.status == 0
    assert rows[0] == ["email", "first_name", "points", "signet_url"]
    assert [row[:3] for row in rows[1:]] == [["a@x", "Ada", "7"], ["b@x", "Bo", "8"]]
    first, second = (link_of(desk, row[3]) for row in rows[1:])
    assert first.variables == {"first_name": "Ada", "points": 7}
    assert (first.recipient, second.recipient) == ("a@x", "b@x")
    assert "columns used: first_name, points" in said.err
    assert "columns not used: email" in said.err
    assert "defaults: code" in said.err
    assert "2 rows signed" in said.err


def test_bad_rows_are_named_by_line_and_stop_nobody(desk: Path, signet: Signet) -> None:
    """Each fault is said with its line; the row stays with an empty link; the status tells."""
    content = 'first_name,points\nAda,7\n"Bo\nb",many\nCy\nDi,1,2\nEd,9\n'
    said, rows = signed(signet, desk, content)
    assert said.status == 1
    assert "rows.csv line 3: points" in said.err
    assert "rows.csv line 5: 1 cells under 2 columns" in said.err
    assert "rows.csv line 6: 3 cells under 2 columns" in said.err
    assert "3 rows not signed" in said.err
    links = [row[2] if len(row) > 2 else None for row in rows[1:]]
    assert [bool(link) for link in links] == [True, False, False, True, True]
    assert rows[4] == ["Di", "1", "2"]
    assert link_of(desk, rows[5][2]).variables == {"first_name": "Ed", "points": 9}


def test_an_empty_cell_is_the_default(desk: Path, signet: Signet) -> None:
    """A recipient without a name gets the template's own words, not a gap."""
    _, rows = signed(signet, desk, "first_name,points\n,7\n")
    assert link_of(desk, rows[1][2]).variables == {"points": 7}


def test_a_value_by_option_holds_for_all_rows(desk: Path, signet: Signet) -> None:
    """--var fixes a variable, --open leaves it; neither takes a column any more."""
    content = "first_name,points\nAda,7\n"
    _, rows = signed(signet, desk, content, "--var", "code=XYZ", "--open", "first_name")
    parts = urlsplit(rows[1][2])
    assert link_of(desk, parts.path).variables == {"points": 7, "code": "XYZ"}
    assert parts.path.startswith("/o/")
    said, rows = signed(signet, desk, "first_name,code\nAda,XYZ\n", "--var", "code=AAA")
    assert link_of(desk, rows[1][2]).variables == {"first_name": "Ada", "code": "AAA"}
    assert "columns not used: code" in said.err


@pytest.mark.parametrize(
    "content",
    [
        "\ufefffirst_name;points\r\nAda;7\r\n",
        "first_name,points\nAda,7\n",
        "first_name\tpoints\nAda\t7\n",
        '"first_name","points"\r\n"Ada","7"\r\n',
    ],
    ids=["excel", "plain", "tabs", "quoted"],
)
def test_a_sheet_comes_back_in_its_own_dialect(desk: Path, signet: Signet, content: str) -> None:
    """Byte order mark, delimiter and line ends are those of the file that came in."""
    (desk / "rows.csv").write_bytes(content.encode())
    said = signet("sign", "card", "--data", "rows.csv", "-o", "out.csv")
    assert (said.status, said.out) == (0, "")
    out = (desk / "out.csv").read_bytes().decode()
    end = "\r\n" if "\r\n" in content else "\n"
    assert out.startswith("\ufeff") == content.startswith("\ufeff")
    assert out.count(end) == out.count("\n") == 2
    delimiter = next(mark for mark in ";\t," if mark in content)
    assert out.removeprefix("\ufeff").startswith(delimiter.join(("first_name", "points", "sig")))


def test_signing_again_replaces_the_links(desk: Path, signet: Signet) -> None:
    """A sheet may be signed over itself; it never grows a second column of links."""
    (desk / "rows.csv").write_text("first_name,signet_url,points\nAda,old,7\n")
    said = signet("sign", "card", "--data", "rows.csv", "-o", "rows.csv")
    assert said.status == 0
    rows = list(csv.reader(io.StringIO((desk / "rows.csv").read_text())))
    assert rows[0] == ["first_name", "signet_url", "points"]
    assert link_of(desk, rows[1][1]).variables == {"first_name": "Ada", "points": 7}
    assert sorted(path.name for path in desk.glob("*.csv*")) == ["rows.csv"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "first line must name the columns"),
        (b"\n\n", "first line must name the columns"),
        (b"first_name,first_name\nA,B\n", "two columns are called"),
        (b"name,email\nA,B\n", "first_name, points, code"),
        (b"first_name\nJos\xe9\n", "iconv"),
        (b"\xff\xfef\x00i\x00", "UTF-8"),
    ],
    ids=["empty", "blank", "twice", "no-variable", "latin-1", "utf-16"],
)
def test_a_sheet_that_cannot_be_used_says_why(
    desk: Path, signet: Signet, content: bytes, why: str
) -> None:
    """Nothing is signed by guessing."""
    (desk / "rows.csv").write_bytes(content)
    said = signet("sign", "card", "--data", "rows.csv", "-o", "out.csv")
    assert said.status == 1
    assert why in said.err
    assert not (desk / "out.csv").exists()


def test_a_missing_sheet_or_column_is_a_matter_of_usage(desk: Path, signet: Signet) -> None:
    """The command line named something that is not there."""
    assert signet("sign", "card", "--data", "none.csv").status == 2
    (desk / "rows.csv").write_text("first_name\nAda\n")
    assert signet("sign", "card", "--data", "rows.csv", "--recipient", "id").status == 2
    assert signet("sign", "card", "--data", "rows.csv", "--esp", "braze").status == 2


def test_rows_stream_through_a_pipe(desk: Path) -> None:
    """The first link comes out before the last row has gone in."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "origin", "sign", "card", "--data", "-"],
        cwd=desk,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        row = b"x" * 20 + b",7\n"
        process.stdin.write(b"first_name,points\n" + row * 500)
        process.stdin.flush()
        assert process.stdout.readline() == b"first_name,points,signet_url\n"
        assert b"/i/card/1/" in process.stdout.readline()
        process.stdin.close()
        assert sum(1 for _ in process.stdout) == 499
    assert process.returncode == 0


CELLS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20) | st.sampled_from(
    ["a,b", 'say "hi"', "two\nlines", "semi;colon", " edge ", "\u200f"]
)


@given(cells=st.lists(CELLS, min_size=1, max_size=5))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_cell_is_changed(desk: Path, signet: Signet, cells: list[str]) -> None:
    """Whatever a sheet holds beside its variables comes back the same, quoted as needed."""
    others = [f"c{number}" for number in range(len(cells))]
    content = io.StringIO(newline="")
    csv.writer(content).writerows([["first_name", *others], ["Ada", *cells]])
    said, _ = signed(signet, desk, content.getvalue())
    assert said.status == 0
    rows = list(csv.reader(io.StringIO(said.out, newline="")))
    assert rows[1][:-1] == ["Ada", *cells]


def test_json_lines_are_rows_too() -> None:
    """Objects are rows by line; anything else is a fault of its line alone."""
    lines = io.StringIO('\ufeff{"a": 1}\n\n[1]\n{"a"\n{"a": 2}\n')
    rows = list(read_ndjson(lines, "rows"))
    assert [(row.line, dict(row.values), bool(row.fault)) for row in rows] == [
        (1, {"a": 1}, False),
        (3, {}, True),
        (4, {}, True),
        (5, {"a": 2}, False),
    ]


def test_a_heading_of_one_column_is_a_sheet() -> None:
    """No delimiter at all is a sheet of one column; one in quotes is none."""
    sheet = read_csv(io.StringIO('"a;b,c"\nx\n'), "rows")
    assert sheet.columns == ("a;b,c",)
    with pytest.raises(CommandFailed):
        read_csv(io.StringIO(" , \n"), "rows")
