"""Draw the golden pictures again: `python -m tests.regenerate_goldens`, then look at each one."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.pixels.goldens import FOLDER, SCENES, library, picture_of
from vips_render.runtime import start_libvips


def main() -> None:
    """Write every scene into `tests/golden/`."""
    start_libvips()
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        fonts = library(Path(home))
        for name in SCENES:
            (FOLDER / f"{name}.png").write_bytes(picture_of(name, fonts))


if __name__ == "__main__":
    main()
