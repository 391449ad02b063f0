"""Know the fonts that painters know, without a painter."""

from __future__ import annotations

from collections.abc import Iterator

from origin.catalog.fonts import ServiceFonts
from origin.catalog.references import FontReference
from origin.config import Settings, font_dirs
from vips_render.pixels.fonts import FontLibrary
from vips_render.runtime import engine_digest


def font_library(settings: Settings) -> FontLibrary:
    """Register the fonts that painters register."""
    return FontLibrary(font_dirs(settings), settings.unpacked_fonts_dir)


def service_fonts(settings: Settings) -> ServiceFonts:
    """Look fonts up where painters do."""
    return ServiceFonts(font_library(settings), settings.unpacked_fonts_dir)


def engine_here(settings: Settings) -> str:
    """Name what would draw, as a painter does in its hello."""
    return engine_digest(font_library(settings).files)


def families_in(fonts: ServiceFonts) -> Iterator[tuple[str, str, str]]:
    """Give each family with its weights and whether it has an italic, in words."""
    for family in fonts.families:
        faces = fonts.faces(FontReference(family, None, None, ""))
        weights = sorted({face.weights for face in faces if face.is_variable})
        if not weights:
            weights = sorted({face.weights for face in faces})
        shown = (f"{low} to {high}" if low < high else str(low) for low, high in weights)
        yield family, ", ".join(shown), "yes" if any(face.italic for face in faces) else ""
