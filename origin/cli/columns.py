"""Match the columns of a sheet to the variables of a template, and say what does not match."""

from __future__ import annotations

from collections.abc import Mapping

from origin.cli.ordering import Order
from origin.cli.rows import Row
from origin.cli.screen import tell
from origin.cli.status import CommandFailed
from origin.cli.words import did_you_mean

LINK_COLUMN = "signet_url"
"""Where `signet sign --data` puts the link of a row."""


def match_columns(order: Order, columns: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return the columns that are variables, and tell the person about all others.

    A variable that has a value by --var, or is left open, takes none from a column.

    Raises:
        CommandFailed: no column of the sheet `name` is a variable, or a required one has none.
    """
    variables = order.edition.template.variables
    fixed = {*order.values, *order.link.open}
    used = tuple(column for column in columns if column in variables and column not in fixed)
    absent = [variable for variable in variables if variable not in {*used, *fixed}]
    others = [column for column in columns if column and column not in {*used, LINK_COLUMN}]
    if not used:
        raise CommandFailed(
            f"{name}: no column is a variable of {order.edition.name}",
            hint=f"rename columns to: {', '.join(variables) or 'it has no variables'}",
        )
    required = [
        variable
        for variable in absent
        if variables[variable].required and variables[variable].default is None
    ]
    if required:
        close = filter(None, (did_you_mean(variable, others) for variable in required))
        raise CommandFailed(
            f"{name}: no column for the required {', '.join(required)}",
            hint="\n".join(["rename a column to it, or give it by --var", *close]),
        )
    tell(f"columns used: {', '.join(used)}")
    if others:
        tell(f"columns not used: {', '.join(others)}")
    if absent:
        tell(f"variables without a column, drawn with their defaults: {', '.join(absent)}")
    return used


def values_of(row: Row, used: tuple[str, ...]) -> Mapping[str, object]:
    """Return what a row gives; an empty value gives nothing, so that the default is drawn."""
    given = {name: row.values.get(name) for name in used}
    return {name: value for name, value in given.items() if value not in (None, "")}
