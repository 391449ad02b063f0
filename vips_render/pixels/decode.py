"""Decode pictures of strangers into plain sRGB pixels.

Meant for a process that may be killed and holds no keys. The loader is chosen by our own reading of
the first bytes, never by libvips' sniffing; nothing but PNG, JPEG, WebP and GIF is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyvips

from vips_render.bitmap import Bitmap
from vips_render.errors import AssetError
from vips_render.limits import Limits
from vips_render.scene.model import ImageFit

_TURNED = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap width and height."""

_SPARE = 2
"""Shrink on load leaves this many times the wanted size, so that the last step can filter well."""


def decode(
    data: bytes,
    limits: Limits,
    max_width: int = 0,
    max_height: int = 0,
    fit: ImageFit = "cover",
) -> Bitmap:
    """Decode the first frame, upright, as 8-bit sRGB with straight alpha.

    Args:
        max_width, max_height: the box that it will fill, in output pixels; a larger picture is
            shrunk to what the box needs, a smaller one stays. 0 keeps the picture's own size.
        fit: `cover` keeps enough for both sides of the box, `contain` for the tighter one.

    Raises:
        AssetError: `not-a-picture` (another format or none), `too-large` (bytes, or pixels by its
            header, before any is decoded), `broken` (damaged or cut short).
    """
    if len(data) > limits.asset_bytes:
        raise AssetError("too-large", f"{len(data)} bytes are more than {limits.asset_bytes}")
    load = _loader(data)
    try:
        header = load(data)
        _check_area(header, limits)
        width, height = _upright_size(header)
        ratio = _ratio(width, height, max_width, max_height, fit)
        image = _loaded(load, data, ratio)
        image = _resized(image, width, height, ratio)
        image = _srgb(image.copy_memory().autorot())  # turning reads rows out of order
        pixels = image.write_to_memory()
    except pyvips.Error as fault:
        # libvips' text may belong to another failure: its error buffer is shared.
        raise AssetError("broken", "the picture is damaged or cut short") from fault
    return Bitmap(image.width, image.height, pixels)


Loader = Callable[..., Any]


def _loader(data: bytes) -> Loader:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _strict(pyvips.Image.pngload_buffer)
    if data.startswith(b"\xff\xd8\xff"):
        return _strict(pyvips.Image.jpegload_buffer)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _strict(pyvips.Image.gifload_buffer)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _strict(pyvips.Image.webpload_buffer)
    raise AssetError("not-a-picture", "not a PNG, JPEG, WebP or GIF file")


def _strict(load: Loader) -> Loader:
    return lambda data, **options: load(data, access="sequential", fail_on="truncated", **options)


def _check_area(header: pyvips.Image, limits: Limits) -> None:
    fields = header.get_fields()
    frames = header.get("n-pages") if "n-pages" in fields else 1
    area = header.width * header.height * frames
    if area > limits.asset_area_px:
        raise AssetError("too-large", f"{area} pixels are more than {limits.asset_area_px}")


def _upright_size(header: pyvips.Image) -> tuple[int, int]:
    fields = header.get_fields()
    orientation = header.get("orientation") if "orientation" in fields else 1
    if orientation in _TURNED:
        return header.height, header.width
    return header.width, header.height


def _ratio(width: int, height: int, max_width: int, max_height: int, fit: ImageFit) -> float:
    """Return wanted over actual size, at most 1."""
    sides = [
        wanted / actual for wanted, actual in ((max_width, width), (max_height, height)) if wanted
    ]
    if not sides:
        return 1.0
    return min(1.0, max(sides) if fit == "cover" else min(sides))


def _loaded(load: Loader, data: bytes, ratio: float) -> pyvips.Image:
    """Load at a fraction where the format can decode less: JPEG by 2, 4 or 8, WebP by any."""
    if data.startswith(b"\xff\xd8\xff"):
        shrink = next((by for by in (8, 4, 2) if 1 / ratio >= by * _SPARE), 1)
        return load(data, shrink=shrink)
    if data.startswith(b"RIFF") and ratio * _SPARE < 1:
        return load(data, scale=ratio * _SPARE)
    return load(data)


def _resized(image: pyvips.Image, width: int, height: int, ratio: float) -> pyvips.Image:
    """Shrink what was loaded to the wanted size; `width` and `height` are of the upright whole."""
    if ratio >= 1:
        return image
    upright = _upright_size(image) == (image.width, image.height)
    whole = (width, height) if upright else (height, width)
    wide, high = (max(1, round(side * ratio)) for side in whole)
    alpha = image.hasalpha()
    format_ = image.format
    if alpha:
        image = image.premultiply()
    image = image.resize(wide / image.width, vscale=high / image.height)
    return image.unpremultiply().cast(format_) if alpha else image


def _srgb(image: pyvips.Image) -> pyvips.Image:
    """Convert to 8-bit sRGB with alpha, through the picture's own profile when it has one."""
    alpha = image[image.bands - 1] if image.hasalpha() else None
    color = image[: image.bands - 1] if alpha is not None else image
    if alpha is not None and alpha.format == "ushort":
        alpha = alpha >> 8
    color = _through_profile(color)
    if color.interpretation != "srgb" or color.format != "uchar":
        color = color.colourspace("srgb").cast("uchar")
    if color.bands == 1:
        color = color.bandjoin([color, color])
    return color.bandjoin(255 if alpha is None else alpha.cast("uchar")).cast("uchar")


def _through_profile(color: pyvips.Image) -> pyvips.Image:
    has_profile = "icc-profile-data" in color.get_fields()
    if color.interpretation == "cmyk":
        return color.icc_transform("srgb", embedded=has_profile, input_profile="cmyk", depth=8)
    if not has_profile:
        return color
    try:
        return color.icc_transform("srgb", embedded=True, depth=8).copy_memory()
    except pyvips.Error:  # a profile that does not suit its picture: the numbers count
        return color
