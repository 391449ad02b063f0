from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from origin.cli.status import MEANINGS, Status
from tests.cli.conftest import Signet
from tests.cli.reference import PAGE, commands, help_of, page

COMMANDS = list(commands())


def test_the_page_says_what_the_help_says() -> None:
    """docs/cli.md is the help; `python -m tests.cli.reference` writes it anew."""
    assert PAGE.read_text() == page()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command) or "signet")
def test_every_command_shows_how_it_is_used(command: tuple[str, ...]) -> None:
    """A command has an example, and every option says what it does."""
    said = help_of(command)
    assert re.search(r"^  (Examples?|First steps):$", said, re.MULTILINE) or command in {
        ("keys",),
        ("templates",),
    }
    options = said.partition("\nOptions:\n")[2].partition("\nCommands:\n")[0]
    for name in re.findall(r"^  (-.*?)(?:  |$)", options, re.MULTILINE):
        described = re.search(rf"^  {re.escape(name)}\s+\S", options, re.MULTILINE)
        assert described, f"{name} has no help"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command) or "signet")
def test_every_example_is_understood(desk: Path, signet: Signet, command: tuple[str, ...]) -> None:
    """No example names a command or an option that is not there."""
    for line in help_of(command).splitlines():
        words = shlex.split(line, comments=True) if line.startswith("    signet ") else []
        name = tuple(words[1:3]) if tuple(words[1:3]) in COMMANDS else tuple(words[1:2])
        known = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", help_of(name)) if words else []
        for option in (word for word in words if word.startswith("-") and word != "-"):
            assert option in known, line


def test_every_status_is_documented() -> None:
    """A script may rely on each of them, so each has a meaning that is written down."""
    assert set(MEANINGS) == set(Status)
    for status in Status:
        assert f"{status.value} " in help_of(())


def test_no_command_shows_the_help(signet: Signet) -> None:
    """Whoever types `signet` alone learns what there is."""
    said = signet()
    assert said.status == 2
    assert "Usage: signet" in said.out + said.err


def test_the_command_is_installed_under_both_names(desk: Path) -> None:
    """`signet` and `python -m origin` are one program."""
    for program in (
        [str(Path(sys.executable).parent / "signet")],
        [sys.executable, "-m", "origin"],
    ):
        done = subprocess.run(
            [*program, "keys", "revoke", "k9"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 4
        assert done.stdout == ""
        assert done.stderr.startswith("error: ")
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "needless"),
    [
        (["sign", "card"], {"aiohttp", "rich", "pyvips", "numpy", "cache", "gunicorn"}),
        (["keys", "new"], {"aiohttp", "rich", "pyvips", "vips_render.template.model"}),
    ],
)
def test_a_command_loads_only_what_it_needs(
    desk: Path, arguments: list[str], needless: set[str]
) -> None:
    """Scripts sign one link per call, so what serves and draws stays on the shelf."""
    program = (
        "import sys; from origin.cli.app import run; "
        f"run({arguments}); print(*(set(sys.modules) & {needless}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == ""


def test_a_reader_that_has_seen_enough_is_no_fault(desk: Path) -> None:
    """`signet … | head` ends quietly."""
    (desk / "rows.csv").write_text("first_name\n" + "Ada\n" * 5_000)
    command = [sys.executable, "-m", "origin", "sign", "card", "--data", "rows.csv"]
    process = subprocess.Popen(
        command, cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert process.stdout.readline() == "first_name,signet_url\n"
        process.stdout.close()
        said = process.stderr.read()
    assert "Traceback" not in said
    assert "Exception" not in said


def test_an_interrupt_ends_with_its_own_status(desk: Path) -> None:
    """Ctrl-C ends with 130 and no traceback, and leaves no half file."""
    # Tests that run in the background of a shell have inherited that SIGINT is ignored.
    listening = ["env", "--default-signal=INT", sys.executable]
    command = [*listening, "-m", "origin", "sign", "card", "--data", "-", "-o", "out.csv"]
    process = subprocess.Popen(
        command, cwd=desk, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stderr is not None
    with process:
        process.stdin.write("first_name\n" + "Ada\n" * 5_000)
        process.stdin.flush()
        assert "columns used" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert not list(desk.glob("*out.csv*"))


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `signet` is the program under test."""
    program = f'signet() {{ {shlex.quote(sys.executable)} -m origin "$@"; }}; {command}'
    return subprocess.run(["/bin/sh", "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("signet sign card > /dev/full", 4),
        ("signet sign card --data rows.csv > /dev/full", 4),
        ("signet templates list > /dev/full", 4),
        ("signet sign card >&-", 0),
        ("signet sign card --data rows.csv >&- 2>&-", 0),
        ("signet sign nope 2>&-", 1),
        ("signet sign card --data - <&-", 1),
        ("PYTHONIOENCODING=ascii signet sign --help", 0),
        ("PYTHONIOENCODING=ascii signet templates check Été", 1),
    ],
)
def test_streams_of_any_make_are_borne(desk: Path, command: str, status: int) -> None:
    """Full, closed or of another encoding: a sentence and a status."""
    (desk / "rows.csv").write_text("first_name\nAda\n")
    done = shell(command)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if "/dev/full" in command:
        assert "error: No space left on device" in done.stderr


def test_what_is_no_file_is_written_to_and_not_replaced(desk: Path) -> None:
    """A pipe with a name stays one, and its reader gets the rows; so would a device."""
    (desk / "rows.csv").write_text("first_name\nAda\n")
    os.mkfifo(desk / "pipe")
    done = shell("cat pipe > got.csv & signet sign card --data rows.csv -o pipe && wait")
    assert done.returncode == 0
    assert (desk / "pipe").is_fifo()
    assert (desk / "got.csv").read_text().startswith("first_name,signet_url\nAda,http")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("sign", "card", "--data", "rows.csv", "-o", "."), 2, "name a file"),
        (("sign", "card", "--data", "rows.csv", "-o", ""), 2, "name a file"),
        (("sign", "card", "--data", "rows.csv", "-o", "no/x.csv"), 4, "no directory no"),
        (("sign", "card", "--data", "open.csv"), 1, "a quote that nobody closes"),
        (("sign", "card", "--timezone", "Mars/Phobos"), 2, "such as Europe/Oslo"),
        (("sign", "card", "--timezone", "../../etc/passwd"), 2, "such as Europe/Oslo"),
        (("sign", "card", "--campaign", "\udcff"), 1, "error: "),
        (("sign", "\udcff"), 1, "a name has a-z"),
        (("verify", "http://[::1/x"), 3, "bad-path"),
        (("verify", "\udcff"), 3, "bad-path"),
        (("purge", "a/b/c"), 1, "neither a template name nor a signed link"),
        (("render", "card", "-o", "."), 2, "name a file"),
        (("render", "card", "-o", "no/x.png"), 4, "no directory no"),
        (("render", "card", "-o", "rows.csv", "--data", "rows.csv"), 2, "name a folder"),
    ],
    ids=lambda value: " ".join(map(repr, value)) if isinstance(value, tuple) else None,
)
def test_odd_arguments_are_answered_in_words(
    desk: Path, signet: Signet, arguments: tuple[str, ...], status: int, says: str
) -> None:
    """Whatever is typed, the answer says what to do; nothing ends in a traceback."""
    (desk / "rows.csv").write_text("first_name\nAda\n")
    (desk / "open.csv").write_text('first_name\n"' + "x" * 200_000)
    said = signet(*arguments)
    assert said.status == status
    assert says in said.err


def test_names_out_of_a_file_do_not_steer_the_terminal(desk: Path, signet: Signet) -> None:
    """A column's name may hold an escape sequence; it is spelled out."""
    (desk / "rows.csv").write_text("first_name,\x1b[2Jteam\nAda,x\n")
    said = signet("sign", "card", "--data", "rows.csv")
    assert said.status == 0
    assert "columns not used: \\x1b[2Jteam" in said.err


def test_nothing_is_coloured_in_a_pipe(desk: Path, signet: Signet) -> None:
    """Results and errors are plain where no terminal is."""
    for arguments in (("keys", "list"), ("templates", "list"), ("verify", "/i/x")):
        said = signet(*arguments)
        assert "\x1b" not in said.out + said.err


def test_arguments_that_are_no_utf8_are_refused(desk: Path) -> None:
    """A name in another encoding is a sentence, not a crash."""
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"origin", b"sign", b"card", b"--var", b"first_name=\xff"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert done.returncode in (1, 2)
    assert b"Traceback" not in done.stderr
