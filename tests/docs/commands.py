"""Find the `signet` command lines of a page, and parse them as the real program would."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from origin.cli.app import build_app
from tests.docs.pages import blocks_of, prose_of

SHELLS = ("sh", "bash", "console")
_LINE = re.compile(r"(^|[ (])signet ")
_EXAMPLE = re.compile(r"^ +([A-Z_]+=\S*)?signet ")
_ENDS = frozenset({"|", ">", ">>", "<", "&&", "||", ";", "&"})
_IN_PROSE = re.compile(r"`(?:[A-Z_]+=\S+ )?signet ([^`]+)`")
_MADE_UP = re.compile(r"…|\.\.\.|\|")


def lines_of(page: Path) -> Iterator[tuple[str, ...]]:
    """Yield the arguments of each command line in the shell blocks of a page."""
    for block in blocks_of(page):
        # Help texts stand in blocks of plain text, with examples that are lines of their own.
        wanted = _LINE if block.language in SHELLS else _EXAMPLE
        for line in block.code.replace("\\\n", " ").splitlines():
            if wanted.search(line):
                yield from _commands_in(re.sub(r"\s#\s.*", "", line))


def _commands_in(line: str) -> Iterator[tuple[str, ...]]:
    """Cut a line of shell at its operators; brackets of `$(…)` are operators, too."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters = ""
    lexer.wordchars += "…@:=,*%#"
    found: list[str] | None = None
    for word in lexer:
        if word == "signet" and not found:
            found = []
        elif found is not None and (word in _ENDS or set(word) <= set("()<>|&;")):
            yield tuple(found)
            found = None
        elif found is not None:
            found.append(word)
    if found is not None:
        yield tuple(found)


def mentions_of(page: Path) -> Iterator[tuple[str, ...]]:
    """Yield the arguments of each `signet …` in the prose of a page; it may leave out a part."""
    for words in _IN_PROSE.findall(prose_of(page)):
        yield tuple(words.split())


def parse(arguments: tuple[str, ...]) -> None:
    """Parse a command line, and run nothing.

    Raises:
        Exception: what the program itself would end with, naming what it does not know.
    """
    command, rest = _found(arguments)
    if "--help" in rest or "-h" in rest:
        return
    context = command.make_context("signet", list(rest))
    if hasattr(command, "commands"):
        command.resolve_command(context, list(rest))


def unknown_in(arguments: tuple[str, ...]) -> str:
    """Name the first command or option that a mention makes up; empty when there is none."""
    command, rest = _found(arguments)
    if hasattr(command, "commands") and rest and not _MADE_UP.search(rest[0]):
        return rest[0] if not rest[0].startswith("-") else ""
    known = {name for parameter in command.params for name in parameter.opts}
    given = [word.partition("=")[0] for word in rest if word.startswith("-") and word != "-"]
    return next((name for name in given if name not in known | {"--help", "-h"}), "")


def _found(arguments: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """Walk down to the command that is meant; the rest is its own."""
    command: Any = typer.main.get_command(build_app())
    for index, word in enumerate(arguments):
        below = getattr(command, "commands", {})
        if word not in below:
            return command, arguments[index:]
        command = below[word]
    return command, ()
