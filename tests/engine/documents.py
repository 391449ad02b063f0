"""A document with one of everything, shared by the tests of the pure engine."""

from __future__ import annotations

from typing import Any

CARD: dict[str, Any] = {
    "name": "card",
    "canvas": {"width": 600, "height": 200, "background": "#ffffff"},
    "variables": {
        "name": {"type": "text", "default": "friend", "max_length": 20, "open": True},
        "avatar": {"type": "image", "hosts": ["cdn.example.com"], "open": True},
        "score": {"type": "number", "min": 0, "max": 100, "default": 50},
    },
    "fonts": [{"family": "Brand", "file": "fonts/brand.ttf"}],
    "layers": [
        {
            "name": "backdrop",
            "kind": "shape",
            "box": {"x": 0, "y": 0, "width": 600, "height": 200},
            "fill": {
                "linear": {
                    "angle": 90,
                    "stops": [{"offset": 0, "color": "navy"}, {"offset": 1, "color": "#0af"}],
                }
            },
            "radius": [1, 2, 3, 4],
        },
        {
            "name": "title",
            "kind": "text",
            "text": "Hi {{ name }}",
            "font": {"family": ["Brand", "Inter"], "size": 40, "weight": 700},
            "color": "white",
            "box": {"x": 10.5, "y": 10, "width": 300, "height": 50},
        },
        {
            "name": "portrait",
            "kind": "image",
            "source": "{{ avatar }}",
            "mask": "circle",
            "box": {"x": 500, "y": 20, "width": 80, "height": 80},
            "fallback": {
                "name": "initials",
                "kind": "text",
                "text": "{{ name }}",
                "font": {"family": "Inter", "size": 30},
            },
        },
        {
            "name": "badge",
            "kind": "group",
            "opacity": 0.5,
            "layers": [
                {
                    "name": "points",
                    "kind": "text",
                    "text": "{{ score }} points",
                    "font": {"family": "Inter", "size": 20},
                    "box": {"x": 10, "y": 100, "width": "{{ score }}", "height": 30},
                },
                {
                    "name": "dot",
                    "kind": "shape",
                    "shape": "ellipse",
                    "fill": "{{ 'red' }}",
                    "box": {"x": 5, "y": 100, "width": 5, "height": 5},
                },
            ],
        },
    ],
    "layouts": {"square": {"width": 300, "height": 300, "layers": {"title": {"font.size": 20}}}},
    "expired": "square",
    "alt": "A card for {{ name }}",
}
