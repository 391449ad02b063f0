"""Lay the demo's pictures side by side for the README.

make demo ONCE=1
.venv/bin/python examples/draw_overview.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "demo-output"
OVERVIEW = ROOT / "docs" / "images" / "examples.jpg"

SIZE = (1600, 720)
GROUND = (241, 242, 245)
PLACES = {
    "renewal-banner.png": (48, 195, 660),
    "year-in-review.jpg": (756, 56, 342),
    "referral-poster.jpg": (1146, 105, 406),
}
"""Left, top and width of each picture on the sheet."""


def main() -> None:
    """Write the sheet."""
    sheet = Image.new("RGB", SIZE, GROUND)
    shadows = Image.new("L", SIZE, 0)
    small: list[tuple[Image.Image, tuple[int, int]]] = []
    for name, (left, top, width) in PLACES.items():
        picture = Image.open(PICTURES / name).convert("RGB")
        height = round(picture.height * width / picture.width)
        small.append((picture.resize((width, height), Image.Resampling.LANCZOS), (left, top)))
        box = (left, top + 10, left + width, top + height + 10)
        ImageDraw.Draw(shadows).rectangle(box, fill=70)
    sheet.paste((30, 34, 60), mask=shadows.filter(ImageFilter.GaussianBlur(18)))
    for picture, place in small:
        sheet.paste(picture, place)
    OVERVIEW.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(OVERVIEW, quality=84, optimize=True, progressive=True)


if __name__ == "__main__":
    main()
