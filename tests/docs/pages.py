"""Read the pages of the project: their code blocks, commands, links and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
DESIGN = ROOT / "docs" / "templates.md"

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<code>.*?)^ *```$", re.M | re.S)
_TABLE = re.compile(r"<!-- properties: (?P<noun>\w+) -->\n\n(?P<rows>(?:\|.*\n)+)")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language and what is in it, without its indent."""

    page: Path
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page in their order."""
    content = page.read_text()
    for match in _BLOCK.finditer(content):
        line = content.count("\n", 0, match.start()) + 1
        code = re.sub(f"^{match['indent']}", "", match["code"], flags=re.M)
        yield Block(page, line, match["language"], code)


def prose_of(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _BLOCK.sub("", page.read_text())


def tables_of(page: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the marked tables of a page: noun to property to its further cells."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for table in _TABLE.finditer(page.read_text()):
        rows = [
            tuple(cell.strip() for cell in _CELL.split(line)[1:-1])
            for line in table["rows"].splitlines()[2:]
        ]
        found[table["noun"]] = {row[0].strip("`"): row[1:] for row in rows}
        assert len(found[table["noun"]]) == len(rows), f"{table['noun']} names a property twice"
    return found
