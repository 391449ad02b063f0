"""Draw one picture, or many side by side, and say of each what became of it."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeRemainingColumn

from origin.catalog.catalog import Catalog
from origin.children.errors import ChildError
from origin.cli.columns import match_columns, values_of
from origin.cli.easel import Easel
from origin.cli.files import refuse_unwritable, whole_file
from origin.cli.ordering import Order
from origin.cli.rows import Row, open_rows, read_csv, read_ndjson
from origin.cli.screen import counted, error_console, say, tell
from origin.cli.status import CommandFailed, Status
from origin.config import Settings
from vips_render.errors import RenderError

Made = TypeVar("Made")

IN_FLIGHT = 2
"""Pictures on their way per painter: one is painted while the next gathers its pictures."""

_CSV = frozenset({".csv", ".tsv", ".txt"})
_UNSAFE = re.compile(r"[^\w.-]+")
_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows to draw: where they are, where pictures go, which column names them (else the line)."""

    data: Path
    directory: Path
    column: str = ""
    texts: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """One picture: a file of so many bytes after so many milliseconds, or a fault."""

    where: str
    size_bytes: int = 0
    took_ms: float = 0.0
    notes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    fault: str = ""

    def told(self, *, texts: bool) -> str:
        """Read as a line of the report, and with `texts` as one more for each text."""
        return "\n  ".join([str(self), *self.texts]) if texts else str(self)

    def __str__(self) -> str:
        """Read as one line of the report."""
        if self.fault:
            return f"{self.where}: {self.fault}"
        facts = f"{self.where}  {self.size_bytes / 1000:.1f} kB  {self.took_ms:.0f} ms"
        return f"{facts}  {'; '.join(self.notes)}" if self.notes else facts


async def draw_one(
    catalog: Catalog, settings: Settings, order: Order, output: Path, *, texts: bool = False
) -> None:
    """Draw one picture into the file `output`.

    Args:
        texts: say of each text what became of it.

    Raises:
        ValueRefused, RenderError, ChildError, OSError: there is no picture, and why.
    """
    order.filled({})
    refuse_unwritable(output)
    async with Easel(catalog, settings) as easel:
        say((await _drawn(easel, order, {}, output)).told(texts=texts))


async def draw_rows(catalog: Catalog, settings: Settings, order: Order, batch: Batch) -> None:
    """Draw a picture per row into the folder of the batch.

    Raises:
        CommandFailed: the rows cannot be read, or some of them gave no picture.
    """
    cores = len(os.sched_getaffinity(0))
    good = bad = 0
    with open_rows(batch.data) as file:
        rows, used = _read(file, order, batch)
        make_folder(batch.directory)
        async with Easel(catalog, settings, painters=cores) as easel:
            works = (
                _row_drawn(easel, order, row, used, path)
                for row, path in _placed(rows, batch, order.link.extension)
            )
            with shown_progress(lambda: _lines(batch.data)) as (progress, bar):
                async for done in side_by_side(works, cores * IN_FLIGHT):
                    (tell if done.fault else say)(done.told(texts=batch.texts))
                    progress.advance(bar)
                    good, bad = good + (not done.fault), bad + bool(done.fault)
    if bad:
        drawn = counted(good, "picture")
        raise CommandFailed(f"{counted(bad, 'row')} without a picture, {drawn} drawn")
    tell(f"{counted(good, 'picture')} drawn")


async def side_by_side(
    works: Iterator[Coroutine[Any, Any, Made]], limit: int
) -> AsyncIterator[Made]:
    """Run so many works at once, take up the next when there is room, and give what is done."""
    waiting: set[asyncio.Task[Made]] = set()
    for work in works:
        waiting.add(asyncio.create_task(work))
        if len(waiting) >= limit:
            finished, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                yield task.result()
    for last in asyncio.as_completed(waiting):
        yield await last


async def _row_drawn(
    easel: Easel, order: Order, row: Row, used: tuple[str, ...], path: Path
) -> Done:
    """Draw one row; whatever is wrong with it is its own affair."""
    where = f"line {row.line}"
    if row.fault:
        return Done(where, fault=row.fault)
    try:
        return await _drawn(easel, order, values_of(row, used), path)
    except (RenderError, ChildError, OSError) as error:
        return Done(where, fault=str(error) or type(error).__name__)


async def _drawn(easel: Easel, order: Order, values: Mapping[str, object], path: Path) -> Done:
    started = time.perf_counter()
    link = replace(order.link, variables=order.filled(values))
    drawn = await easel.draw(easel.order(order.edition, link))
    await asyncio.to_thread(_write, path, drawn.body)
    took_ms = (time.perf_counter() - started) * 1000
    return Done(str(path), len(drawn.body), took_ms, drawn.notes, drawn.texts)


def _write(path: Path, body: bytes) -> None:
    with whole_file(path) as fresh:
        fresh.write_bytes(body)


def _read(file: TextIO, order: Order, batch: Batch) -> tuple[Iterator[Row], tuple[str, ...]]:
    """Return the rows, and which of their columns or members are variables."""
    name = str(batch.data)
    if batch.data.suffix not in _CSV:
        variables = order.edition.template.variables
        used = tuple(variable for variable in variables if variable not in order.values)
        return _noting_unused(read_ndjson(file, name), {*used, batch.column}), used
    sheet = read_csv(file, name)
    if batch.column and batch.column not in sheet.columns:
        raise typer.BadParameter(f"{name} has no column {batch.column!r}", param_hint="--name")
    return sheet.rows, match_columns(order, sheet.columns, name)


def _noting_unused(rows: Iterator[Row], used: set[str]) -> Iterator[Row]:
    """Pass rows on, and tell the person of each member that is no variable when it first comes."""
    for row in rows:
        if unused := sorted(row.values.keys() - used):
            tell(f"line {row.line}: not used: {', '.join(unused)}")
            used.update(unused)
        yield row


def make_folder(path: Path) -> None:
    """Have a folder for pictures; end the command when it cannot be one."""
    if path.exists() and not path.is_dir():
        hint = "name a folder for the pictures"
        raise CommandFailed(f"{path} is a file", hint=hint, status=Status.USAGE)
    path.mkdir(parents=True, exist_ok=True)


def _placed(rows: Iterator[Row], batch: Batch, extension: str) -> Iterator[tuple[Row, Path]]:
    """Give each row its file; one that would overwrite another's carries its line as well."""
    taken: set[str] = set()
    for row in rows:
        given = row.values.get(batch.column)
        stem = _UNSAFE.sub("_", "" if given is None else str(given))[:_NAME_CHARS].strip(".")
        line = f"{row.line:07d}"
        if not stem or stem.casefold() in taken:
            stem = f"{stem}-{line}" if stem else line
        taken.add(stem.casefold())
        yield row, batch.directory / f"{stem}.{extension}"


@contextmanager
def shown_progress(total: Callable[[], int | None]) -> Iterator[tuple[Progress, TaskID]]:
    """Show a bar on a terminal; nothing elsewhere, where it would be noise."""
    console = error_console()
    progress = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
        # Lines for a pipe stay in the pipe; on the terminal they go above the bar.
        redirect_stdout=sys.stdout.isatty(),
    )
    with progress:
        yield progress, progress.add_task("", total=total() if console.is_terminal else None)


def _lines(data: Path) -> int | None:
    """Count the lines of a file; about its rows, and near enough for a bar."""
    if not data.is_file():
        return None
    with data.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
