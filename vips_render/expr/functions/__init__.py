"""The one table of functions; pipes and calls both look here."""

from __future__ import annotations

from vips_render.expr.functions.colors import COLORS
from vips_render.expr.functions.dates import DATES
from vips_render.expr.functions.function import CLOCK, NOW, Example, Function, Rows
from vips_render.expr.functions.lists import LISTS
from vips_render.expr.functions.logic import LOGIC
from vips_render.expr.functions.names import NAMES_OF_PEOPLE
from vips_render.expr.functions.numbers import NUMBERS
from vips_render.expr.functions.spans import SPANS
from vips_render.expr.functions.texts import TEXTS

__all__ = ["CLOCK", "FUNCTIONS", "KINDS", "NAMES", "NOW", "Example", "Function", "Rows"]

KINDS: tuple[Rows, ...] = (NUMBERS, DATES, SPANS, TEXTS, NAMES_OF_PEOPLE, LISTS, LOGIC, COLORS)
"""The functions by what they are for, in the order of the reference."""

FUNCTIONS: dict[str, Function] = {
    name: function for rows in KINDS for name, function in rows.items()
}

NAMES: dict[str, str] = {
    name: function.name
    for function in FUNCTIONS.values()
    for name in (function.name, *function.aliases)
}
"""Every spelling that is taken, with the function's own name."""
