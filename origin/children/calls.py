"""Ask a child for what it is there for: a painter for a picture, a decoder for pixels.

Errors of the engine are raised here as they were raised in the child.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from origin.children.child import Child
from origin.children.errors import ChildFault
from origin.children.frames import Frame
from vips_render.bitmap import Bitmap
from vips_render.errors import AssetError, LimitExceeded, PaintError, RenderError
from vips_render.output import Output


@dataclass(frozen=True, slots=True)
class Picture:
    """What a painter made of a scene.

    `reports` are the engine's notes on layers (shrunk, clipped, missing glyphs) as plain data,
    `stage_ms` the milliseconds of its stages.
    """

    body: bytes
    media_type: str
    reports: tuple[dict[str, Any], ...] = ()
    stage_ms: Mapping[str, float] = field(default_factory=dict)


async def paint(
    painter: Child,
    scene: bytes,
    output: Output,
    bitmaps: Mapping[str, tuple[str, Bitmap]],
    *,
    fonts: Sequence[tuple[str, str] | tuple[str, str, int | None, bool | None]] = (),
    timeout_s: float,
) -> Picture:
    """Draw a scene in a painter.

    Args:
        scene: the scene on the wire, as `vips_render.scene.wire.dump_scene` writes it.
        bitmaps: by source, the digest of a picture and its pixels. The painter keeps pixels by
            digest, so mostly the digests alone are sent.
        fonts: family and file of the fonts that the template's version brings along, and where
            the file does not say them, weight and slant.

    Raises:
        ChildError: no answer, see `origin.children.errors`.
        RenderError: the engine refuses; a `PaintError` names the layer.
    """
    by_digest = dict(bitmaps.values())

    def reply(frame: Frame) -> tuple[dict[str, Any], list[bytes]] | None:
        if "need" not in frame.header:
            return None
        wanted = [(digest, by_digest[digest]) for digest in frame.header["need"]]
        sizes = [[digest, bitmap.width, bitmap.height] for digest, bitmap in wanted]
        return {"op": "assets", "bitmaps": sizes}, [bitmap.pixels for _, bitmap in wanted]

    request = {
        "op": "paint",
        "output": {"format": output.format, "quality": output.quality, "scale": output.scale},
        "assets": {source: digest for source, (digest, _) in bitmaps.items()},
        "fonts": list(fonts),
    }
    answer = await painter.call(request, [scene], timeout_s=timeout_s, reply=reply)
    header = _checked(answer, blobs=1)
    return Picture(
        answer.blobs[0], header["media_type"], tuple(header["reports"]), header["stage_ms"]
    )


async def decode(
    decoder: Child, data: bytes, *, max_width: int, max_height: int, fit: str, timeout_s: float
) -> Bitmap:
    """Turn bytes from anywhere into pixels, no more of them than the box needs.

    Raises:
        ChildError: no answer; the picture may be the cause.
        AssetError: no picture, too large, or broken.
    """
    request = {"op": "decode", "max_width": max_width, "max_height": max_height, "fit": fit}
    answer = await decoder.call(request, [data], timeout_s=timeout_s)
    header = _checked(answer, blobs=1)
    bitmap = Bitmap(header["width"], header["height"], answer.blobs[0])
    if bitmap.width < 1 or len(bitmap.pixels) != bitmap.width * bitmap.height * 4:
        raise ChildFault("a decoder's pixels do not fill the size that it names")
    return bitmap


async def draws(painter: Child, *, timeout_s: float) -> bool:
    """Say whether a painter draws a pixel: readiness by doing."""
    answer = await painter.call({"op": "ping"}, timeout_s=timeout_s)
    return answer.header.get("drawn") is True


def _checked(answer: Frame, *, blobs: int) -> dict[str, Any]:
    header = answer.header
    if "error" not in header:
        if len(answer.blobs) != blobs:
            raise ChildFault(f"an answer with {len(answer.blobs)} blobs where {blobs} belong")
        return header
    error, message = str(header["error"]), str(header.get("message", ""))
    match error:
        case "internal":
            raise ChildFault(message)
        case "paint":
            raise PaintError(str(header.get("layer", "")), message)
        case "limit":
            raise LimitExceeded(message)
        case "render":
            raise RenderError(message)
        case _:
            raise AssetError(error, message)
