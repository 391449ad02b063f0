"""Draw the pictures of the pages from documents that a reader can see.

    python -m tests.docs.drawing        draws docs/images/ anew

A picture belongs to the document of its name: `docs/images/NAME.json`, or the last block of
docs/templates.md that says `"name": "NAME"`.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from origin.config import Settings, font_dirs
from tests.docs.pages import DESIGN, ROOT, blocks_of
from vips_render.limits import Limits
from vips_render.output import Output
from vips_render.pixels.decode import decode
from vips_render.pixels.fonts import FontLibrary
from vips_render.render import Rendered, render
from vips_render.runtime import start_libvips
from vips_render.scene.assets import asset_needs
from vips_render.scene.resolve import resolve
from vips_render.template.parse import parse_template
from vips_render.template.variables import fill

IMAGES = ROOT / "docs" / "images"
ASSETS = ROOT / "examples" / "templates"
ON_THE_PAGE = ("card",)
SUFFIX_OF = {"png": "png", "jpeg": "jpg", "webp": "webp", "avif": "avif"}


@cache
def fonts() -> FontLibrary:
    """Register the fonts that a service on this machine would have."""
    home = Path(tempfile.gettempdir()) / "signet-docs-fonts"  # made only if a font is packed
    return FontLibrary(font_dirs(Settings.load({"templates": ASSETS})), home)


def documents() -> dict[str, str]:
    """Return the document of every picture by name."""
    found = {path.stem: path.read_text() for path in sorted(IMAGES.glob("*.json"))}
    for block in blocks_of(DESIGN):
        for name in ON_THE_PAGE:
            if block.code.startswith(f'{{\n  "name": "{name}"'):
                found[name] = block.code
    return found


def draw(document: str) -> tuple[str, Rendered]:
    """Return the suffix of a document's own format, and its picture drawn with its defaults."""
    start_libvips()
    template = parse_template(document)
    scene = resolve(template, fill(template, {}, {}).values).scene
    bitmaps = {
        need.source: decode(
            (ASSETS / need.source).read_bytes(), Limits(), need.width, need.height, need.fit
        )
        for need in asset_needs(scene)
    }
    chosen = template.output
    return SUFFIX_OF[chosen.format], render(
        scene, bitmaps, Output(chosen.format, chosen.quality), fonts()
    )


if __name__ == "__main__":
    for name, document in documents().items():
        suffix, drawn = draw(document)
        (IMAGES / f"{name}.{suffix}").write_bytes(drawn.body)
