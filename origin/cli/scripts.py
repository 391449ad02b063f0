"""List the scripts that recipients' names are written in, with the package that brings a font."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """A script, a character that every font of it has, and Debian's package with such a font."""

    name: str
    sample: str
    package: str = "fonts-noto-core"
    lang: str = ""


SCRIPTS = (
    Script("Latin", "a"),
    Script("Greek", "\u03b1"),
    Script("Cyrillic", "\u0430"),
    Script("Armenian", "\u0561"),
    Script("Georgian", "\u10d0"),
    Script("Hebrew", "\u05d0"),
    Script("Arabic", "\u0639"),
    Script("Devanagari", "\u0905"),
    Script("Bengali", "\u0985"),
    Script("Gurmukhi", "\u0a05"),
    Script("Gujarati", "\u0a85"),
    Script("Tamil", "\u0b85"),
    Script("Telugu", "\u0c05"),
    Script("Kannada", "\u0c85"),
    Script("Malayalam", "\u0d05"),
    Script("Sinhala", "\u0d85"),
    Script("Thai", "\u0e01"),
    Script("Lao", "\u0e81"),
    Script("Khmer", "\u1780"),
    Script("Burmese", "\u1000"),
    Script("Ethiopic", "\u1200"),
    Script("Japanese", "\u3042", "fonts-noto-cjk", "ja"),
    Script("Korean", "\ud55c", "fonts-noto-cjk", "ko"),
    Script("Chinese, simplified", "\u6c49", "fonts-noto-cjk", "zh-Hans"),
    Script("Chinese, traditional", "\u6f22", "fonts-noto-cjk", "zh-Hant"),
    Script("emoji", "\U0001f389", "fonts-noto-color-emoji"),
)
