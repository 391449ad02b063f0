"""Write docs/cli.md from the help texts: `python -m tests.cli.reference`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer
from typer.testing import CliRunner

from origin.cli.app import build_app
from origin.cli.status import MEANINGS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"

INTRO = """# The command line

`signet` signs links, publishes templates, draws pictures into files and runs the service. This
page is what `--help` says, command by command; `python -m tests.cli.reference` writes it anew.

Results go to standard output, plain: no colour, no wrapping, fit for pipes. Everything said to a
person goes to standard error, and says what to do.

## Exit statuses

| Status | Meaning |
|---|---|
"""


def commands() -> Iterator[tuple[str, ...]]:
    """Give every command line that has a help text, the plain `signet` first."""
    yield ()
    group = typer.main.get_command(build_app())
    for name, command in getattr(group, "commands", {}).items():
        yield (name,)
        yield from ((name, below) for below in getattr(command, "commands", {}))


def help_of(command: tuple[str, ...]) -> str:
    """Return what `--help` says, 100 columns wide."""
    told = CliRunner().invoke(
        build_app(), [*command, "--help"], prog_name="signet", terminal_width=100
    )
    assert told.exit_code == 0, told.output
    return "\n".join(line.rstrip() for line in told.output.strip().splitlines())


def page() -> str:
    """Return the whole page."""
    parts = [INTRO]
    parts += [f"| {status.value} | {meaning} |\n" for status, meaning in MEANINGS.items()]
    for command in commands():
        title = " ".join(("signet", *command))
        parts.append(f"\n## `{title}`\n\n```text\n{help_of(command)}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
