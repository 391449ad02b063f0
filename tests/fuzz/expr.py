"""Look for a text that breaks the law of the language: `python -m tests.fuzz.expr --seconds 60`.

Atheris (libFuzzer) changes texts and data so that they reach new lines of `vips_render.expr`. What
it starts from are the examples of the function reference. The command ends with status 0 when the
time is over, and with a traceback and the input when the law is broken.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

SPELLINGS = """
{{ }} if else elif endif for in endfor and or not && || ! ?? ? : | ( ) [ ] , . + - * / % == != < <=
> >= 'now' true false null loop.index loop.last 0.1 1e9 -1 9999999999999999 '' 'a' 'EUR' 'short'
'yMMMd' 'Do' 'YYYY' '[x]' 'narrow' 'de' 'Europe/Berlin' '2026-03-01' '2026-03-01T18:00:00Z' #1d4ed8
"""
LOCALES = (
    *("", "en", "de", "tr", "ar-EG", "ru", "ja", "nl", "el", "he", "fa", "bn", "pt-BR"),
    *("ar-EG-u-nu-latn", "zz-Zzzz-99", "x" * 50),
)
ZONES = ("", "UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "../x", "\x00")
CLOCKS = (1.7e9, 0.0, -6e10, 2.5e11, -1e30, float("nan"), float("inf"), 1793448000.25)
PARTS = 3


def main() -> None:
    """Fuzz for as long as asked."""
    reader = argparse.ArgumentParser(prog="python -m tests.fuzz.expr")
    reader.add_argument("--seconds", type=int, default=60)
    reader.add_argument("--corpus", type=Path, help="keeps what was found interesting")
    options = reader.parse_args()
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit('the fuzzer is not installed: .venv/bin/pip install -e ".[fuzz]"')
    with atheris.instrument_imports(include=["vips_render.expr"], enable_loader_override=False):
        functions = importlib.import_module("vips_render.expr.functions")
        hold_law = importlib.import_module("tests.fuzz.law").hold_law
    place = Path(tempfile.mkdtemp(prefix="fuzz-expr-"))
    seeds = options.corpus or place / "corpus"
    seeds.mkdir(parents=True, exist_ok=True)
    _write_seeds(seeds, functions)
    words = [*SPELLINGS.split(), *functions.NAMES]
    (place / "words").write_text("".join(f"{json.dumps(word)}\n" for word in words))
    arguments = [
        *(sys.argv[0], str(seeds), f"-max_total_time={options.seconds}", "-max_len=500"),
        *(f"-dict={place / 'words'}", "-timeout=2", "-rss_limit_mb=1500", "-verbosity=0"),
        *(f"-artifact_prefix={place}/", "-print_final_stats=1"),
    ]
    atheris.Setup(arguments, _target(hold_law))
    atheris.Fuzz()


def _target(hold_law: Callable[..., None]) -> Callable[[bytes], None]:
    def one(data: bytes) -> None:
        """Read text, data as JSON and circumstances, separated by zero bytes."""
        text, values, rest = (*data.split(b"\0", PARTS - 1), b"", b"")[:PARTS]
        try:
            given = json.loads(values)
        except (ValueError, RecursionError):
            given = None
        pick = [*rest[:3], 0, 0, 0]
        hold_law(
            text.decode(errors="surrogateescape"),
            given if isinstance(given, dict) else {"a": given, "b": "Ada", "c": [1, 2.5]},
            locale=LOCALES[pick[0] % len(LOCALES)],
            timezone=ZONES[pick[1] % len(ZONES)],
            now=CLOCKS[pick[2] % len(CLOCKS)],
        )

    return one


def _write_seeds(folder: Path, functions: Any) -> None:
    examples = [example for row in functions.FUNCTIONS.values() for example in row.examples]
    for number, example in enumerate(examples):
        data = json.dumps(example.data).encode()
        (folder / f"example-{number}").write_bytes(example.source.encode() + b"\0" + data + b"\0")


if __name__ == "__main__":
    main()
