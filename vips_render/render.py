"""The whole engine on one screen: a scene and its pictures become the bytes of a file.

    resolve (vips_render.scene)  → gather (by the caller) → paint → encode

The engine does no fetching: whoever calls it brings the pictures that `scene.assets` asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

from vips_render.bitmap import Bitmap
from vips_render.encode.save import encode
from vips_render.limits import Limits
from vips_render.output import Output
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.paint import paint
from vips_render.pixels.text import TextReport
from vips_render.scene.model import Scene


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished picture.

    Attributes:
        reports: what became of each text layer.
        stage_ms: time per stage; says how, never what.
    """

    body: bytes
    media_type: str
    reports: tuple[TextReport, ...]
    stage_ms: dict[str, float]


def render(
    scene: Scene,
    bitmaps: Mapping[str, Bitmap],
    output: Output,
    fonts: FontLibrary,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Rendered:
    """Draw and encode a scene: same scene, same pictures, same fonts, same bytes.

    Args:
        bitmaps: pictures by `ImageLayer.source`; where one is missing the fallback is drawn.

    Raises:
        RenderError: the canvas is too large, or a layer cannot be drawn or written.
    """
    started = perf_counter()
    painted = paint(scene, bitmaps, output.scale, fonts, limits)
    painted_at = perf_counter()
    body = encode(painted.pixels, output)
    encoded_at = perf_counter()
    return Rendered(
        body=body,
        media_type=output.media_type,
        reports=painted.reports,
        stage_ms={
            "paint": (painted_at - started) * 1000,
            "encode": (encoded_at - painted_at) * 1000,
        },
    )
