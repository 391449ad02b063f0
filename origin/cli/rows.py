"""Read rows of data as spreadsheets and databases write them: CSV, or one JSON object per line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from origin.cli.status import CommandFailed, Status

BOM = "\ufeff"
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file.

    Attributes:
        line: the 1-based line it starts on.
        values: by column or member name; those of a CSV are texts.
        cells: the cells of a CSV as they stood; empty for JSON.
        fault: why the record cannot be used, or empty.
    """

    line: int
    values: Mapping[str, object] = field(default_factory=dict)
    cells: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open CSV file; `rows` reads one record at a time.

    Attributes:
        delimiter: comma, semicolon or tab, whichever the first line has most of.
        line_end: as in the first line.
        has_bom: the file begins with the byte order mark that Excel needs.
    """

    columns: tuple[str, ...]
    delimiter: str
    line_end: str
    has_bom: bool
    rows: Iterator[Row]


def open_rows(path: Path) -> TextIO:
    """Open a file of rows, `-` for standard input, as UTF-8 text with its line ends kept."""
    try:
        if path == Path("-"):
            return open(0, encoding="utf-8", newline="", closefd=False)
        return path.open(encoding="utf-8", newline="")
    except OSError as error:
        raise CommandFailed(
            f"{path}: {error.strerror}", hint="name a file of rows by --data", status=Status.USAGE
        ) from error


def read_csv(file: TextIO, name: str) -> Sheet:
    """Read the heading of a CSV file that messages call `name`.

    Raises:
        CommandFailed: no heading, a column twice, or (also while reading rows) no UTF-8.
    """
    lines = _lines(file, name)
    first = next(lines, "")
    heading = first.removeprefix(BOM)
    unquoted = "".join(heading.split('"')[::2])
    delimiter = max(_DELIMITERS, key=unquoted.count)
    records = _records(_chained(heading, lines), delimiter, name)
    columns = tuple(cell.strip() for cell in next(records, (1, []))[1])
    if not any(columns):
        raise CommandFailed(f"{name}: the first line must name the columns")
    for column in columns:
        if column and columns.count(column) > 1:
            raise CommandFailed(f"{name}: two columns are called {column!r}; rename one of them")
    rows = (_row(line, cells, columns) for line, cells in records if cells)
    line_end = "\r\n" if first.endswith("\r\n") else "\n"
    return Sheet(columns, delimiter, line_end, first.startswith(BOM), rows)


def read_ndjson(file: TextIO, name: str) -> Iterator[Row]:
    """Read one JSON object per line; empty lines are passed over.

    Raises:
        CommandFailed: while reading, no UTF-8.
    """
    for number, line in enumerate(_lines(file, name), start=1):
        text = line.removeprefix(BOM).strip()
        if not text:
            continue
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield Row(number, fault=f"not JSON: {error}")
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            yield Row(number, fault="not a JSON object")


def _row(line: int, cells: list[str], columns: tuple[str, ...]) -> Row:
    fault = ""
    if len(cells) != len(columns):
        fault = f"{len(cells)} cells under {len(columns)} columns"
    return Row(line, dict(zip(columns, cells, strict=False)), tuple(cells), fault)


def _records(lines: Iterator[str], delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Walk over the records with the line each starts on; a quoted cell may span lines."""
    reader = csv.reader(lines, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise CommandFailed(
            f"{name} line {line}: {error}", hint="is there a quote that nobody closes?"
        ) from error


def _lines(file: Iterable[str], name: str) -> Iterator[str]:
    try:
        yield from file
    except UnicodeDecodeError as error:
        raise CommandFailed(
            f"{name}: not UTF-8 text",
            hint="save it as UTF-8 CSV, or convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE",
        ) from error


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
