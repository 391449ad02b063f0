"""Write to the terminal: results to standard output, everything else to standard error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

# rich takes longer to load than most commands take to run, so it comes where it is needed.

PIPE_WIDTH = 160
"""Columns of a table when nobody says how wide the screen is: a pipe or a file."""


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def say(line: str) -> None:
    """Write one line of result, exactly as it is: no colour, no wrapping."""
    sys.stdout.write(f"{line}\n")


def tell(line: str) -> None:
    """Write one line to the person, who may be watching while results go to a file."""
    sys.stderr.write(f"{_harmless(line)}\n")


def tell_error(message: str, hint: str = "") -> None:
    """Write what went wrong, then what to do about it."""
    from rich.text import Text

    console = error_console()
    console.print(
        Text("error: ", style="bold red").append(_harmless(message), style="not bold default")
    )
    for line in hint.splitlines():
        console.print(Text(f"  {_harmless(line)}"))


def _harmless(line: str) -> str:
    """Spell control characters out: names out of a file must not steer the terminal."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", line)


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table to standard output; long cells fold, none is cut."""
    from rich.table import Table
    from rich.text import Text

    console = _console(stderr=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def show_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Write names with their values, one below the other."""
    from rich.table import Table
    from rich.text import Text

    console = _console(stderr=False)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=18)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(Text(name, style="bold"), Text(value))
    console.print(table)


def error_console() -> Console:
    """Return a console on standard error; plain when that is no terminal."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(
        stderr=stderr, width=width, highlight=False, markup=False, emoji=False, soft_wrap=stderr
    )


def counted(number: int, noun: str) -> str:
    """Spell a number of things: `1 row`, `2 rows`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
