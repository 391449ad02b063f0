from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition, FontFile
from origin.catalog.publish import Published, publish
from origin.catalog.references import FontReference


def document(name: str = "card", **changes: Any) -> dict[str, Any]:
    """A small good document; `changes` replace its members."""
    return {
        "name": name,
        "canvas": {"width": 200, "height": 100, "background": "#ffffff"},
        "variables": {
            "first_name": {"type": "text", "default": "there", "open": True},
            "country": {"type": "text", "default": "de"},
        },
        "layers": [
            image("hero", "assets/hero.jpg"),
            text("hello", "Hi {{ first_name }}"),
        ],
    } | changes


def image(name: str, source: str) -> dict[str, Any]:
    """An image layer."""
    return {"name": name, "kind": "image", "source": source, "box": BOX}


def text(name: str, content: str, family: str | list[str] = "Inter") -> dict[str, Any]:
    """A text layer."""
    return {
        "name": name,
        "kind": "text",
        "text": content,
        "box": BOX,
        "font": {"family": family, "size": 20},
    }


BOX = {"x": 0, "y": 0, "width": 200, "height": 100}


def write(root: Path, written: dict[str, Any]) -> Path:
    """Write a document as its draft."""
    path = root / f"{written['name']}.json"
    path.write_text(json.dumps(written))
    return path


def draw(edition: Edition) -> dict[str, bytes]:
    """Stand in for the engine, which the command line's tests use for real."""
    return {name: edition.document + name.encode() for name in ("png", "jpg", "webp", "avif")}


class OneFamily:
    """Know one family, Inter, in one file; `asked` is what was looked for, as family and weight."""

    families = ("Inter",)

    def __init__(self, file: Path) -> None:
        self.file = file
        self.asked: list[tuple[str, int | None]] = []

    def find(self, reference: FontReference) -> tuple[FontFile, ...]:
        self.asked.append((reference.family, reference.weight))
        known = reference.family == "Inter"
        return (FontFile("Inter", self.file, reference.weight),) if known else ()

    def is_font(self, path: Path) -> bool:
        return path.suffix == ".ttf"


def fonts_in(root: Path) -> OneFamily:
    """Know one family, Inter, in the file of `root`."""
    return OneFamily(root / "assets" / "brand.ttf")


def pictures(paths: Sequence[Path]) -> list[str]:
    """Know no picture but by its name."""
    return ["" if path.suffix in {".jpg", ".png"} else "none" for path in paths]


def published(catalog: Catalog, name: str = "card") -> Published:
    """Publish the draft of `name`."""
    return publish(catalog, name, fonts=fonts_in(catalog.root), pictures=pictures, draw=draw)
