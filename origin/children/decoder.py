"""Decode pictures of strangers, in a process that holds nothing and may be killed.

Run as `python -m origin.children.decoder --memory-bytes N`.
"""

from __future__ import annotations

import argparse
import resource

from origin.children.frames import Frame
from origin.children.mainloop import Answer, claim_pipes, serve, settle
from vips_render.errors import AssetError
from vips_render.limits import Limits
from vips_render.pixels.decode import decode
from vips_render.runtime import start_libvips

PLENTY_PX = 4_000_000
SPARE = 16
"""A picture may have so many times the area of its box: `cover` keeps all of a panorama."""


def answer(frame: Frame) -> Answer:
    """Decode one picture to the size that its box needs."""
    header = frame.header
    width, height = header["max_width"], header["max_height"]
    bitmap = decode(frame.blobs[0], Limits(), width, height, header["fit"])
    if bitmap.width * bitmap.height > max(PLENTY_PX, SPARE * width * height):
        # One pixel high and millions wide: no box needs it, and every hop would have to carry it.
        raise AssetError("too-large", "the picture's shape is too far from its box's")
    return {"width": bitmap.width, "height": bitmap.height}, [bitmap.pixels]


def main() -> None:
    """Decode until the parent goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory-bytes", type=int, default=0, help="bound of the address space")
    arguments = parser.parse_args()
    pipes = claim_pipes()
    settle(arguments.memory_bytes)
    # What decodes strangers' bytes writes no file, whatever they make it do.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    serve(pipes, {"libvips": start_libvips(draws=False).libvips}, answer)


if __name__ == "__main__":
    main()
