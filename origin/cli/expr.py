"""`signet expr`: try a text of the language, and see how it comes to its value."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import orjson
import typer

from origin.cli.options import Locale, Timezone, Variables, read_variables
from origin.cli.screen import say, tell
from origin.cli.status import CommandFailed
from origin.cli.words import did_you_mean
from vips_render.errors import ExpressionError
from vips_render.expr.arithmetic import plain
from vips_render.expr.explain import Explained, explain
from vips_render.expr.functions import NOW
from vips_render.expr.values import MISSING, Evaluation, as_text
from vips_render.limits import Limits

_SHOWN_CHARS = 60


def expr(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="such as '{{ price * 0.9 }}'")],
    *,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="variables as a JSON object; - for stdin"),
    ] = None,
    var: Variables = [],  # noqa: B006 - typer reads the default and hands out copies
    locale: Locale = "",
    timezone: Timezone = "",
    now: Annotated[
        str, typer.Option("--now", metavar="TIME", help="such as 2026-11-20T12:00:00Z; else now")
    ] = "",
) -> None:
    """Evaluate a text with {{ … }} and show each step.

    Prints the value; the steps, in the order in which they are taken, go to standard error, as do
    variables without a value and the moment at which the value changes, if it reads the clock.

    \b
    Examples:
      signet expr "{{ 1234.5 | currency: 'EUR' }}" --locale de
      signet expr "Hi {{ first_name | default: 'there' }}" --var first_name=Ada
      signet expr "{{ countdown(end).days }}" --data sample.json --now 2026-11-20T12:00:00Z
    """
    values = {**_read_data(data), **read_variables(var)}
    run = Evaluation(values, _moment(now), timezone, locale)
    try:
        explained = explain(text, run, Limits())
    except ExpressionError as error:
        hints = [_pointed(text, error.column)]
        for other in error.others:
            hints += [f"column {other.column}: {other.message}", _pointed(text, other.column)]
        raise CommandFailed(
            f"column {error.column}: {error.message}", hint="\n".join(hints)
        ) from error
    _tell_steps(explained)
    _tell_unknown(explained, values)
    if run.fresh_until is not None:
        tell(f"holds until {_written(run.fresh_until)}")
    say(as_text(explained.value) if isinstance(explained.value, str) else shown(explained.value))


def shown(value: object) -> str:
    """Return a value as JSON writes it, or as the word for none."""
    if value is MISSING:
        return "(missing)"
    if isinstance(value, Decimal):
        return as_text(value)
    try:
        return orjson.dumps(value, default=plain).decode()
    except TypeError:  # orjson.JSONEncodeError: whole numbers beyond 64 bits
        return as_text(value)


def _read_data(file: Path | None) -> dict[str, object]:
    if file is None:
        return {}
    content = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
    try:
        values = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise CommandFailed(f"{file}: no JSON at {where}: {error.msg}") from error
    if not isinstance(values, dict):
        raise CommandFailed(f"{file}: must be a JSON object", hint='such as {"price": 12.5}')
    return values


def _moment(text: str) -> float:
    if not text:
        return time.time()
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(
            f"{text!r}: write a time such as 2026-11-20T12:00:00Z", param_hint="--now"
        ) from error


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def _pointed(text: str, column: int) -> str:
    """Return the line of a column with a caret below it."""
    from rich.cells import cell_len

    before = text[: column - 1].rpartition("\n")[2]
    line = before + text[column - 1 :].partition("\n")[0]
    return f"{line}\n{' ' * cell_len(before)}^"


def _tell_steps(explained: Explained) -> None:
    parts = [" ".join(step.source.split()) for step in explained.steps]
    width = min(max(map(len, parts), default=0), _SHOWN_CHARS)
    for part, step in zip(parts, explained.steps, strict=True):
        tell(f"  {_short(part):<{width}}  {_short(shown(step.value))}")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"


def _tell_unknown(explained: Explained, values: dict[str, object]) -> None:
    for name in dict.fromkeys(name for name, _ in explained.expression.mentions):
        if name not in values:
            meant = did_you_mean(name, values) if name != NOW else "'now' in quotes is the clock"
            tell(f"no value for {name}" + (f"; {meant}" if meant else ""))
