"""Make a plain picture out of nothing: the last step of the ladder.

Drawn by Pillow inside the web worker, so that it needs no painter, no font, no disk and no libvips.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from PIL import Image

from vips_render.output import Format

Rgb = tuple[int, int, int]

DEFAULT_SIZE = (600, 200)
"""Size when no template says one: a common email banner."""

DEFAULT_COLOR: Rgb = (238, 240, 243)
"""A light grey that neither shouts in a light inbox nor glares in a dark one."""


@lru_cache(maxsize=64)
def neutral_picture(width: int, height: int, output_format: Format, color: Rgb) -> bytes:
    """Return a picture of one colour, `width x height` pixels, in `output_format`."""
    # One palette entry: a PNG of any size stays under a few kB and costs a millisecond.
    if output_format == "png":
        image = Image.new("P", (width, height), 0)
        image.putpalette(list(color))
    else:
        image = Image.new("RGB", (width, height), color)
    body = BytesIO()
    if output_format == "webp":
        # One colour needs no search, and the default's takes 120 ms.
        image.save(body, format="WEBP", lossless=True, quality=0, method=0)
    elif output_format == "avif":
        # Nor here: the default's takes four times as long.
        image.save(body, format="AVIF", speed=10, max_threads=1)
    else:
        image.save(body, format=output_format.upper())
    return body.getvalue()
