"""Draw the golden pictures again: `python -m tests.regenerate_goldens`, then look at each one."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.pixels.goldens import BORROWED, FOLDER, SCENES, library, picture_of
from vips_render.runtime import start_libvips


def main() -> None:
    """Write every scene into `tests/golden/`."""
    start_libvips()
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        own, all_fonts = library(Path(home)), library(Path(home), Path("/usr/share/fonts"))
        for name in SCENES:
            fonts = all_fonts if name in BORROWED else own
            (FOLDER / f"{name}.png").write_bytes(picture_of(name, fonts))


if __name__ == "__main__":
    main()
