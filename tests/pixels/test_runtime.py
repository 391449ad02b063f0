from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import pyvips

from tests.pixels.conftest import wheel_dir
from vips_render.runtime import DENIED, DRAWING, engine_digest, start_libvips

ENGINE = Path(__file__).resolve().parents[2] / "vips_render"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'
FONT = wheel_dir("font_manrope") / "Manrope-Bold.ttf"


@pytest.mark.parametrize(
    ("loader", "data"),
    [
        ("csvload_source", b"1,2\n"),
        ("matrixload_source", b"1 1\n1\n"),
        ("vipsload_source", b"\x08\xf2\xa6\xb6" + bytes(60)),
    ],
)
def test_loaders_that_strangers_could_abuse_are_closed(loader: str, data: bytes) -> None:
    """Even when they are called by name."""
    start_libvips()
    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Operation.call(loader, pyvips.Source.new_from_memory(data))


def test_raw_files_are_closed(tmp_path: Path) -> None:
    """A file of plain numbers is no picture either."""
    start_libvips()
    path = tmp_path / "pixels.raw"
    path.write_bytes(bytes(16))
    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Image.rawload(str(path), 4, 4, 1)


def test_only_svg_is_opened_again() -> None:
    """Shapes are drawn from SVG that we write; starting twice changes nothing."""
    runtime = start_libvips()
    assert start_libvips() is runtime
    assert pyvips.Image.svgload_buffer(SVG).width == 4
    assert set(runtime.closed) == {"csv", "matrix", "vips"}
    assert len(DENIED) == 4


def test_a_process_that_only_decodes_opens_no_svg() -> None:
    """Where strangers' bytes are, not even our own SVG is read."""
    code = (
        "import pyvips; from vips_render.runtime import start_libvips; start_libvips(draws=False)\n"
        f"try: pyvips.Image.svgload_buffer({SVG!r})\n"
        "except pyvips.Error as refusal: raise SystemExit('blocked' not in str(refusal))\n"
        "raise SystemExit(2)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_operation_is_kept() -> None:
    """What one recipient's picture needed is not held for the next."""
    start_libvips()
    pyvips.Image.black(10, 10).invert()
    assert pyvips.cache_get_size() == 0


def test_the_engine_is_named_by_what_draws(tmp_path: Path) -> None:
    """Equal fonts give an equal name in any order, one changed font another."""
    other = tmp_path / FONT.name
    data = bytearray(FONT.read_bytes())
    other.write_bytes(data)
    assert engine_digest([FONT]) == engine_digest([other])
    data[40] ^= 1
    other.write_bytes(data)
    assert engine_digest([FONT]) != engine_digest([other])
    assert engine_digest([FONT]) != engine_digest([])


def test_a_packed_font_is_named_by_all_of_it(tmp_path: Path) -> None:
    """The directory of a WOFF2 has no checksums: its last byte counts too."""
    path = tmp_path / "web.woff2"
    path.write_bytes(b"wOF2" + bytes(9_000))
    before = engine_digest([path])
    path.write_bytes(b"wOF2" + bytes(8_999) + b"x")
    assert engine_digest([path]) != before


def test_our_own_code_names_the_engine(tmp_path: Path) -> None:
    """Who changes a painter never sees pictures of the painter before, wherever the code lies."""
    code = tmp_path / "code"
    shutil.copytree(ENGINE, code, ignore=shutil.ignore_patterns("__pycache__"))
    assert engine_digest([], code) == engine_digest([])
    painter = code / "pixels" / "text.py"
    painter.write_text(painter.read_text() + "\n")
    changed = engine_digest([], code)
    assert changed != engine_digest([])
    painter.rename(painter.with_name("words.py"))
    assert engine_digest([], code) not in {changed, engine_digest([])}


def test_every_library_that_draws_names_the_engine() -> None:
    """A library that painters or encoders import is part of the name, by its distribution."""
    drawing = [*(ENGINE / "pixels").rglob("*.py"), *(ENGINE / "encode").rglob("*.py")]
    imported = set()
    for path in (*drawing, ENGINE / "render.py", ENGINE / "runtime.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    strangers = imported - sys.stdlib_module_names - {"vips_render"}
    made_by = packages_distributions()
    assert strangers >= {"numpy", "pyvips", "fontTools"}
    unnamed = {name for name in strangers if made_by[name][0].lower() not in DRAWING}
    assert unnamed == set()
