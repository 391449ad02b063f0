"""Start libvips once, with everything closed that a picture could abuse.

The process should have VIPS_CONCURRENCY=1 in its environment before: libvips reads it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pyvips

from vips_render.errors import RenderError

FLOOR = (8, 18, 3)
"""The oldest libvips with the loader fixes of June 2026 (heif limits, out-of-bounds reads)."""

DENIED = (
    "VipsForeignLoadCsv",
    "VipsForeignLoadMatrix",
    "VipsForeignLoadRaw",
    "VipsForeignLoadVips",
)
"""Closed by name as well: libvips does not flag `matrixload` as untrusted."""

DRAWING = (
    "signet",
    "pyvips",
    "pyvips-binary",
    "numpy",
    "pillow",
    "isal",
    "zlib-ng",
    "orjson",
    "cachetools",
    "uharfbuzz",
    "icu4py",
    "fonttools",
    "brotli",
)
"""The distributions whose change may change a pixel, a byte or a font."""


class UnsafeRuntime(RenderError):  # noqa: N818 - reads as a claim where it is raised
    """libvips cannot be made safe here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What was started: libvips' version, and the loaders that were seen to be closed."""

    libvips: str
    closed: tuple[str, ...]


@cache
def start_libvips(*, draws: bool = True) -> Runtime:
    """Switch the operation cache off, close the untrusted loaders, and prove it.

    Calling it again costs nothing.

    Args:
        draws: open SVG again, for documents that `vips_render.pixels.svg` has written itself.
            A process that only decodes needs none.

    Raises:
        UnsafeRuntime: libvips is older than `FLOOR`, or a closed loader still opens.
    """
    found = tuple(pyvips.version(part) for part in range(3))
    if found < FLOOR:
        raise UnsafeRuntime(f"libvips {found} is older than {FLOOR}: upgrade pyvips-binary")
    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    pyvips.operation_block_set("VipsForeignLoadSvg", not draws)
    for operation in DENIED:
        pyvips.operation_block_set(operation, True)
    return Runtime(libvips=".".join(map(str, found)), closed=_proven_closed())


def _proven_closed() -> tuple[str, ...]:
    """Try one harmless document per closed loader; each must be refused."""
    attempts = {
        "csv": ("csvload_source", b"1,2\n"),
        "matrix": ("matrixload_source", b"1 1\n1\n"),
        "vips": ("vipsload_source", b"\x08\xf2\xa6\xb6" + bytes(60)),
    }
    for name, (loader, data) in attempts.items():
        source = pyvips.Source.new_from_memory(data)
        try:
            pyvips.Operation.call(loader, source)
        except pyvips.Error as refusal:
            if "blocked" in str(refusal):
                continue
        raise UnsafeRuntime(f"libvips still opens {name} files: its build cannot block operations")
    return tuple(attempts)


def engine_digest(font_files: Iterable[Path], source: Path = Path(__file__).parent) -> str:
    """Name the engine: pictures of equal scenes are equal bytes while this stays the same.

    Covers every file of our own code, the libraries that draw, encode and read fonts, and every
    font file by its size and its table directory, which carries a checksum per table; packed
    fonts, whose directory carries none, whole.

    Args:
        source: where our code is.
    """
    digest = hashlib.blake2b(digest_size=16)
    for package in DRAWING:
        digest.update(f"{package} {version(package)}\n".encode())
    for path in sorted(source.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(source)} {len(content)}\n".encode() + content)
    for path in sorted(font_files, key=lambda file: file.name):
        with path.open("rb") as file:
            head = file.read(4096)
            if head.startswith((b"wOFF", b"wOF2")):
                head += file.read()
        digest.update(f"{path.name} {path.stat().st_size}\n".encode() + head)
    return digest.hexdigest()
