"""Sign a sheet: every row keeps its columns and gets its link in `signet_url`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import typer

from origin.cli.columns import LINK_COLUMN, match_columns, values_of
from origin.cli.files import refuse_unwritable, whole_file
from origin.cli.ordering import Order
from origin.cli.rows import BOM, Row, Sheet, open_rows, read_csv
from origin.cli.screen import counted, tell
from origin.cli.status import CommandFailed
from origin.urls.errors import UrlError
from origin.urls.path import Signer
from vips_render.errors import ValueRefused

_SHOWN_FAULTS = 50
"""Rows reported one by one; a wrong column would scroll a million of them past."""


def sign_sheet(
    order: Order, signer: Signer, data: Path, output: Path | None, *, recipient_column: str
) -> None:
    """Sign every row of the file `data` into `output`, or to standard output.

    Raises:
        CommandFailed: the sheet cannot be used, or (at the end) some rows could not be signed.
    """
    name = "standard input" if data == Path("-") else str(data)
    if output is not None:
        refuse_unwritable(output)
    with open_rows(data) as file:
        sheet = read_csv(file, name)
        used = match_columns(order, sheet.columns, name)
        if recipient_column and recipient_column not in sheet.columns:
            raise typer.BadParameter(
                f"{name} has no column {recipient_column!r}", param_hint="--recipient"
            )
        signed = faulty = 0
        with _writing(output, sheet) as target:
            writer = csv.writer(target, delimiter=sheet.delimiter, lineterminator=sheet.line_end)
            writer.writerow(_with_link(sheet.columns, sheet.columns, LINK_COLUMN))
            for row in sheet.rows:
                url, fault = _signed(order, signer, row, used, recipient_column)
                writer.writerow(_with_link(sheet.columns, row.cells, url))
                signed += not fault
                faulty += bool(fault)
                if fault and faulty <= _SHOWN_FAULTS:
                    tell(f"{name} line {row.line}: {fault}")
    if faulty:
        more = f" ({faulty - _SHOWN_FAULTS} not shown)" if faulty > _SHOWN_FAULTS else ""
        raise CommandFailed(
            f"{counted(faulty, 'row')} not signed{more}, {signed} signed",
            hint=f"their {LINK_COLUMN} is empty; mend them and sign again",
        )
    tell(f"{counted(signed, 'row')} signed")


def _signed(
    order: Order, signer: Signer, row: Row, used: tuple[str, ...], recipient_column: str
) -> tuple[str, str]:
    """Return the link of a row, or why there is none."""
    if row.fault:
        return "", row.fault
    values = values_of(row, used)
    recipient = str(row.values[recipient_column]) if recipient_column else ""
    try:
        return order.url(signer, values, recipient=recipient), ""
    except (ValueRefused, UrlError) as error:
        return "", str(error)


def _with_link(columns: tuple[str, ...], cells: tuple[str, ...], link: str) -> list[str]:
    """Put the link into its column: the last one, or the one that an earlier run made."""
    row = [*cells, *[""] * (len(columns) - len(cells))]
    if LINK_COLUMN in columns:
        row[columns.index(LINK_COLUMN)] = link
    elif len(cells) <= len(columns):
        row.append(link)
    return row


@contextmanager
def _writing(output: Path | None, sheet: Sheet) -> Iterator[TextIO]:
    """Open where rows go; a file appears when it is complete, even over the one that is read."""
    if output is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr] # a TextIOWrapper
        sys.stdout.write(BOM if sheet.has_bom else "")
        yield sys.stdout
        return
    with whole_file(output) as fresh, fresh.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM if sheet.has_bom else "")
        yield file
