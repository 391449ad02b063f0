"""Name the file format of a picture and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal["png", "jpeg", "webp"]

EXTENSIONS: dict[str, Format] = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp"}
"""File extension to format; the media type always follows the extension."""

EXTENSION_OF: dict[Format, Literal["png", "jpg", "webp"]] = {
    "png": "png",
    "jpeg": "jpg",
    "webp": "webp",
}
"""The extension that a file of a format gets."""

MEDIA_TYPES: dict[Format, str] = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
}

DEFAULT_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Output:
    """What is made of the pixels.

    Attributes:
        format: png, jpeg or webp.
        quality: 1-100; used by jpeg and webp, ignored by png.
        scale: 1-4; pixels per layout pixel, 2 for retina screens.
    """

    format: Format
    quality: int = DEFAULT_QUALITY
    scale: int = 1

    @property
    def media_type(self) -> str:
        """The Content-Type of the bytes."""
        return MEDIA_TYPES[self.format]
