"""Name the file format of a picture and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal["png", "jpeg", "webp", "avif"]

EXTENSIONS: dict[str, Format] = {
    "png": "png",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "webp": "webp",
    "avif": "avif",
}
"""File extension to format; the media type always follows the extension."""

EXTENSION_OF: dict[Format, Literal["png", "jpg", "webp", "avif"]] = {
    "png": "png",
    "jpeg": "jpg",
    "webp": "webp",
    "avif": "avif",
}
"""The extension that a file of a format gets."""

MEDIA_TYPES: dict[Format, str] = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
}

DEFAULT_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Output:
    """What is made of the pixels.

    Attributes:
        format: png, jpeg, webp or avif.
        quality: 1-100, on one scale for jpeg, webp and avif; ignored by png.
        scale: 1-4; pixels per layout pixel, 2 for retina screens.
    """

    format: Format
    quality: int = DEFAULT_QUALITY
    scale: int = 1

    @property
    def media_type(self) -> str:
        """The Content-Type of the bytes."""
        return MEDIA_TYPES[self.format]
