"""Turn pixels into the bytes of a file."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyvips

from vips_render.encode.avif import encode_avif
from vips_render.encode.jpeg import encode_jpeg
from vips_render.encode.png import encode_png
from vips_render.encode.webp import encode_webp
from vips_render.errors import RenderError
from vips_render.output import Output

Pixels = npt.NDArray[np.uint8]


def encode(pixels: Pixels, output: Output) -> bytes:
    """Encode straight sRGB pixels, height x width x 4; the same pixels give the same bytes.

    Opaque pictures are written without alpha. JPEG has none, so transparent ones are put on white.

    Raises:
        RenderError: the format cannot hold them (WebP ends at 16,383 pixels a side, AVIF at
            16,384).
    """
    if output.format == "png":
        return encode_png(pixels, output.scale)
    image = _image(pixels)
    try:
        quality = min(max(1, output.quality), 100)
        if output.format == "webp":
            return encode_webp(image, quality)
        if output.format == "avif":
            return encode_avif(image, quality)
        return encode_jpeg(_on_white(image) if image.hasalpha() else pixels, quality)
    except pyvips.Error as fault:
        raise RenderError(f"these pixels cannot be written as {output.format}") from fault


def _on_white(image: pyvips.Image) -> Pixels:
    opaque: Pixels = image.flatten(background=[255, 255, 255]).bandjoin(255).numpy()
    return opaque


def _image(pixels: Pixels) -> pyvips.Image:
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels).data
    image = pyvips.Image.new_from_memory(data, width, height, 4, "uchar")
    image = image.copy(interpretation="srgb")
    return image.extract_band(0, n=3) if pixels[..., 3].min() == 255 else image
