from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import pyvips

from tests.pixels.conftest import wheel_dir
from vips_render.runtime import DENIED, engine_digest, start_libvips

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
