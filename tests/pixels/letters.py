"""Golden scenes of what a document says of letters, read from documents."""

from __future__ import annotations

from typing import Any

from vips_render.scene.model import Scene
from vips_render.scene.resolve import resolve
from vips_render.template.parse import parse_template


def _document(width: int, height: int, *layers: dict[str, Any], **more: Any) -> Scene:
    canvas = {"width": width, "height": height, "background": "white"}
    parts = [
        {"name": str(number), "kind": "text", "color": "#1c1e2e"} | layer
        for number, layer in enumerate(layers)
    ]
    template = parse_template({"name": "golden", "canvas": canvas, "layers": parts, **more})
    return resolve(template, {}).scene


def written() -> Scene:
    """What a document says of letters: case, figures, features, markup, styles."""

    def line(words: str, left: int, top: int, size: int = 20, **found: Any) -> dict[str, Any]:
        font = {"family": "Source Sans Pro", "size": size} | found.pop("font", {})
        box = {"x": left, "y": top, "width": 225, "height": 28}
        return {"text": words, "font": font, "box": box, **found}

    styles = {
        "wide": {"letter_spacing": 6, "size": 0.8},
        "tight": {"letter_spacing": -0.8, "weight": 900, "color": "crimson"},
    }
    return _document(
        *(470, 132),
        line("straße und ijsland", 10, 4, case="upper"),
        line("ijsland IĞDIR", 240, 4, case="title", lang="nl"),
        line("IĞDIR izmir", 10, 34, case="lower", lang="tr"),
        line("izmir άνοιξη", 240, 34, case="upper", lang="tr"),
        line("1101 2088 office", 10, 64, font={"family": "Manrope", "figures": "tabular"}),
        line(
            "1101 2088 office", 240, 64, font={"family": "Manrope", "features": ["-liga", "-kern"]}
        ),
        line(
            "**Bold** *slant* [wide]{wide} [tight **x**]{tight}", 10, 98, markup=True, styles=styles
        ),
        line("a [nested [is *so*]{tight} on]{wide} b", 240, 98, markup=True, styles=styles),
    )


def scripts() -> Scene:
    """Scripts in one line with Latin, both directions, Han by language, sequences of emoji."""

    def line(words: str, left: int, top: int, **found: Any) -> dict[str, Any]:
        box = {"x": left, "y": top, "width": 225, "height": 30}
        return {
            "text": words,
            "font": {"family": "Source Sans Pro", "size": 20},
            "box": box,
            **found,
        }

    thai = "ประเทศไทยมีอาหารอร่อยมาก"
    rows = [
        line("دعوة 12.5% لـ John (VIP)", 10, 4), line("שלום John, 50% הנחה!", 240, 4),
        line("Ada עברית عربي 漢字", 10, 34),
        line("مرحبا ABC", 240, 34, letter_spacing=4, align="end"),
        line("हिन्दी क्षत्रिय বাংলা", 10, 64), line("தமிழ் 한국어 ไทยกำ", 240, 64),
        *(line("直骨誤海", 10 + 115 * place, 94, lang=lang)
          for place, lang in enumerate(("zh-Hans", "zh-Hant", "ja", "ko"))),
        line("A 🇩🇪 🏴󠁧󠁢󠁳󠁣󠁴󠁿 👩🏽‍💻 👍🏿 x", 10, 124), line("1️⃣ # ❤️ ❤︎ 👩‍❤️‍👨 ☺", 240, 124),
        line(thai, 10, 154) | {"box": {"x": 10, "y": 154, "width": 130, "height": 60}},
        line("日本語の「文章」です。", 160, 154, lang="ja")
        | {"box": {"x": 160, "y": 154, "width": 110, "height": 60}},
        line("مرحبا بالعالم هذا نص طويل", 290, 154, stroke={"width": 2, "color": "#fde047"})
        | {"box": {"x": 290, "y": 154, "width": 170, "height": 60}},
    ]  # fmt: skip
    return _document(470, 220, *rows)
