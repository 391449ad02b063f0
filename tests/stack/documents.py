"""Templates of the tests: small, so that a picture costs milliseconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CARD_PX = (240, 120)
OVER_PX = (160, 60)
PLAIN_PX = (200, 80)
FACE_PX = (120, 60)

FACE_BOX = {"x": 10, "y": 10, "width": 40, "height": 40}
FALLBACK_RGB = (0, 0, 255)
STOPS = [{"offset": 0, "color": "#ff0000"}, {"offset": 1, "color": "#0000ff"}]


def text(name: str, content: str, width: int, height: int) -> dict[str, Any]:
    """A line of text over the whole canvas."""
    return {
        "name": name,
        "kind": "text",
        "text": content,
        "box": {"x": 0, "y": 0, "width": width, "height": height},
        "font": {"family": "Source Sans Pro", "size": 20},
    }


def shown(name: str, **more: Any) -> dict[str, Any]:
    """A layer that shows the picture of the variable `avatar`."""
    return {"name": name, "kind": "image", "source": "{{ avatar }}", "box": FACE_BOX, **more}


CARD: dict[str, Any] = {
    "name": "card",
    "canvas": {"width": CARD_PX[0], "height": CARD_PX[1], "background": "#ffffff"},
    "variables": {
        "first_name": {"type": "text", "default": "there", "max_length": 12, "open": True},
        "points": {"type": "number", "default": 7, "min": 0, "max": 100, "open": True},
        "note": {"type": "text", "default": ""},
    },
    "layers": [text("hello", "{{ first_name }} {{ points }} {{ note }}", *CARD_PX)],
    "layouts": {
        "over": {
            "width": OVER_PX[0],
            "height": OVER_PX[1],
            "background": "#dddddd",
            "layers": {"hello": {"text": "{{ first_name }}, it is over"}},
        }
    },
    "expired": "over",
}
"""Two open slots, and a layout for links that have lapsed."""

PLAIN: dict[str, Any] = {
    "name": "plain",
    "canvas": {"width": PLAIN_PX[0], "height": PLAIN_PX[1], "background": "#ffeecc"},
    "variables": {"first_name": {"type": "text", "default": "there", "open": True}},
    "layers": [text("hello", "{{ first_name }}", *PLAIN_PX)],
}
"""Has nothing for a link that has lapsed."""

FACE: dict[str, Any] = {
    "name": "face",
    "canvas": {"width": FACE_PX[0], "height": FACE_PX[1], "background": "#ffffff"},
    "variables": {"avatar": {"type": "image"}, "first_name": {"type": "text", "default": ""}},
    "layers": [
        shown(
            "avatar",
            fallback={"kind": "shape", "name": "no", "shape": "rectangle", "fill": "#0000ff"},
        ),
        text("hello", "{{ first_name }}", *FACE_PX),
    ],
}
"""A picture from elsewhere, blue where it cannot be had."""

BARE: dict[str, Any] = {**FACE, "name": "bare", "layers": [shown("Gesicht, groß")]}
"""A picture from elsewhere without a fallback, in a layer that no header can name as it is."""

POSTER_PX = (500, 500)
POSTER: dict[str, Any] = {
    "name": "poster",
    "canvas": {"width": 500, "height": 500, "background": "#ffffff"},
    "variables": {"first_name": {"type": "text", "default": ""}},
    "layers": [
        *(
            {
                "name": f"glow-{number}",
                "kind": "shape",
                "shape": "ellipse",
                "box": {"x": 0, "y": 0, "width": 500, "height": 500},
                "opacity": 0.5,
                "fill": {"linear": {"angle": 60 * number, "stops": STOPS}},
            }
            for number in range(3)
        ),
        text("hello", "{{ first_name }}", *POSTER_PX),
    ],
}
"""Takes tens of milliseconds to draw."""

LARGE_PX = (2000, 1010)
LARGE: dict[str, Any] = {
    "name": "large",
    "canvas": {"width": LARGE_PX[0], "height": LARGE_PX[1], "background": "#112233"},
    "variables": {},
    "layers": [],
}
"""Four times its size is more than the engine draws."""

EVERYTHING = (LARGE, CARD, PLAIN, FACE, BARE, POSTER)


def write(directory: Path, *documents: dict[str, Any]) -> None:
    """Write documents as drafts."""
    directory.mkdir(parents=True, exist_ok=True)
    for document in documents:
        (directory / f"{document['name']}.json").write_text(json.dumps(document))
