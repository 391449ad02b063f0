"""Write docs/functions.md from the table of functions: `python -m tests.docs.functions`."""

from __future__ import annotations

import json
from pathlib import Path

from vips_render.expr.functions import KINDS, Example, Function

PAGE = Path(__file__).resolve().parents[2] / "docs" / "functions.md"

INTRO = """# Functions

Everything that `{{ … }}` in a [template](templates.md#expressions) can call. Each may be written as
a call, `{{ truncate(title, 20) }}`, or behind a pipe, `{{ title | truncate: 20 }}`: what stands
before the pipe is the first argument. Arguments in `[ ]` may be left out.

A function gets what is missing and gives nothing, so that `default` behind it steps in; the ones
under [Values](#values) are asked about it instead. No value makes a function fail. Numbers, dates
and words are written in the locale of the link, or else of the template, or else in English.

Try one: `signet expr "{{ 1234.5 | currency: 'EUR' }}" --locale de`.

`python -m tests.docs.functions` writes this page anew. Its examples are tests; their clock stands
at noon of Friday, 20 November 2026, UTC.
"""


def page() -> str:
    """Return the whole page."""
    parts = [INTRO]
    parts += [
        f"- [{rows.title}](#{_anchor(rows.title)}): {_links(tuple(rows))}\n" for rows in KINDS
    ]
    parts.insert(1, "\n")
    for rows in KINDS:
        parts.append(f"\n## {rows.title}\n\n{rows.about}\n")
        parts += [_section(function) for function in rows.values()]
    return "".join(parts)


def _links(names: tuple[str, ...]) -> str:
    return ", ".join(f"[`{name}`](#{_anchor(name)})" for name in names)


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def _section(function: Function) -> str:
    call = f"`{function.name}({function.parameters})`"
    also = ", ".join(f"`{name}`" for name in function.aliases)
    lines = [f"\n### {function.name}\n", f"{call}: {function.says}"]
    if also:
        lines[-1] += f" Also {also}."
    if function.reads_clock:
        lines[-1] += " Reads the clock."
    lines += ["", "| Write | Get |", "|---|---|"]
    lines += [f"| {_cell(_written(example))} | {_got(example)} |" for example in function.examples]
    return "\n".join(lines) + "\n"


def _written(example: Example) -> str:
    return f"`{example.source}`"


def _got(example: Example) -> str:
    result = example.result.replace("\u00a0", " ").replace("\u202f", " ")
    given = [
        f"`{name}` is `{json.dumps(value, ensure_ascii=False)}`"
        for name, value in example.data.items()
    ]
    if example.locale != "en":
        given.append(f"locale `{example.locale}`")
    return _cell(f"`{result}`" + (f", where {', '.join(given)}" if given else ""))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
