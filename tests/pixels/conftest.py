from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from vips_render.pixels.fonts import FontLibrary
from vips_render.runtime import start_libvips

WHEELS = ("font_source_sans_pro", "font_hanken_grotesk", "font_manrope")


def wheel_dir(package: str) -> Path:
    """Return where a font wheel keeps its files."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "files"


@pytest.fixture(scope="session", autouse=True)
def _runtime() -> None:
    start_libvips()


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> FontLibrary:
    """The fonts that come with the project alone."""
    return FontLibrary([wheel_dir(name) for name in WHEELS], tmp_path_factory.mktemp("fonts"))


@pytest.fixture(scope="session")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> FontLibrary:
    """The project's fonts, then the machine's."""
    directories = [*(wheel_dir(name) for name in WHEELS), Path("/usr/share/fonts")]
    return FontLibrary(directories, tmp_path_factory.mktemp("fonts"))
