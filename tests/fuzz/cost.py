"""Look for texts whose steps cost too much: `python -m tests.fuzz.cost --seconds 60 --seed 1`.

A budget in steps bounds time only if no step takes long. Random calls of all functions, within
each other and on the longest data that is allowed, run until their budget is used up; the dearest
are printed with their CPU time. A full budget should take about a tenth of a second.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from contextlib import suppress

from vips_render.errors import RenderError
from vips_render.expr.functions import FUNCTIONS
from vips_render.expr.text import compile_text
from vips_render.expr.values import Evaluation
from vips_render.limits import Limits

TURNS = "{{ for turn in numbers }}{{ if %s == 1 }}{{ endif }}{{ endfor }}"
DATA: dict[str, object] = {
    "letters": "a" * 7000,
    "emoji": "é🏳️‍🌈" * 900,
    "greek": "ΆΝΝΑ " * 1500,
    "words": "a b " * 1900,
    "dashes": "a-'" * 2600,
    "digits": "0." + "1" * 15,
    "numbers": [1.5] * 990,
    "names": ["ab cd"] * 990,
    "objects": [{"a": 1, "b": "x"}] * 990,
    "table": [[1] * 90] * 90,
    "written": "[" + "1," * 3000 + "1]",
    "moment": "2026-03-01T10:00:00Z",
    "zone": "America/New_York",
    "locale": "ar-EG",
    "whole": 7,
    "price": 123456.789,
}
WORDS = [
    *(*DATA, "missing", "1", "0", "-3", "9999", "2.5", "''", "'a'", "'EUR'", "'de'", "'full'"),
    *("'narrow'", "'yMMMMEEEEd'", "'YYYY-MM-DD zzzz'"),
]
LOCALES = ("en", "de", "ar-EG", "el", "tr", "ja")
SIGNS = ("+", "-", "*", "/", "%", "==", "<", "??", "and")
PRINTED = 10


def main() -> None:
    """Search for as long as asked."""
    reader = argparse.ArgumentParser(prog="python -m tests.fuzz.cost")
    reader.add_argument("--seconds", type=float, default=60)
    reader.add_argument("--seed", type=int)
    options = reader.parse_args()
    chance = random.Random(options.seed)
    dearest: list[tuple[float, str]] = []
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        source = TURNS % some_value(chance, 3)
        dearest.append((cpu_ms(source, chance.choice(LOCALES)), source))
        dearest = sorted(dearest, reverse=True)[:PRINTED]
    for ms, source in dearest:
        sys.stdout.write(f"{ms:6.0f} ms  {source}\n")


def some_value(chance: random.Random, depth: int) -> str:
    """Return a word, a call or an operation."""
    if depth == 0 or chance.random() < 0.4:
        return chance.choice(WORDS)
    if chance.random() < 0.2:
        sides = some_value(chance, depth - 1), some_value(chance, depth - 1)
        return f"({sides[0]} {chance.choice(SIGNS)} {sides[1]})"
    function = chance.choice(list(FUNCTIONS.values()))
    most = min(function.largest, function.smallest + 2)
    count = chance.randint(function.smallest, most)
    given = ", ".join(some_value(chance, depth - 1) for _ in range(count))
    return f"{function.name}({given})"


def cpu_ms(source: str, locale: str) -> float:
    """Return what it takes to evaluate a text, be it to the end of its budget."""
    try:
        expression = compile_text(source, Limits())
    except RenderError:
        return 0.0
    run = Evaluation(DATA, 1.8e9, "Europe/Berlin", locale)
    started = time.process_time()
    with suppress(RenderError):  # the budget is there to be used up
        expression.run(run)
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    main()
