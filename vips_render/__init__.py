"""Turn a template document and variables into a scene, and a scene into a picture.

Only the pure nouns and verbs are named here; drawing is imported by name from
`vips_render.render`. Names load on first use, so that a painter, which needs scenes only, never
loads the document model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vips_render.bitmap import Bitmap
    from vips_render.errors import RenderError
    from vips_render.limits import Limits
    from vips_render.output import Output
    from vips_render.scene.model import Scene
    from vips_render.scene.resolve import resolve
    from vips_render.template.model import Template
    from vips_render.template.parse import parse_template

_HOMES = {
    "Bitmap": "bitmap",
    "Limits": "limits",
    "Output": "output",
    "RenderError": "errors",
    "Scene": "scene.model",
    "Template": "template.model",
    "parse_template": "template.parse",
    "resolve": "scene.resolve",
}

__all__ = [
    "Bitmap",
    "Limits",
    "Output",
    "RenderError",
    "Scene",
    "Template",
    "parse_template",
    "resolve",
]


def __getattr__(name: str) -> object:
    """Load a public name from the file that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'vips_render' has no attribute {name!r}")
    return getattr(import_module(f"vips_render.{_HOMES[name]}"), name)
