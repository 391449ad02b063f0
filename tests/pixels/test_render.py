from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.pixels.easel import PAPER, RED, quarters, text
from vips_render.encode.save import encode
from vips_render.errors import RenderError
from vips_render.output import Format, Output
from vips_render.pixels.fonts import FontLibrary
from vips_render.render import render
from vips_render.scene.model import Box, ImageLayer, Scene, ShapeLayer, Solid

FORMATS: tuple[Format, ...] = ("png", "jpeg", "webp", "avif")
DOT = ShapeLayer("dot", Box(10, 10, 30, 20), "ellipse", fill=Solid(RED))


def card(name: str = "Anna") -> Scene:
    layers = (
        ImageLayer("photo", Box(0, 0, 60, 80), "a"),
        text(f"Hello, {name}", Box(64, 10, 130, 40), 20, fit="shrink"),
        DOT,
    )
    return Scene(200, 80, PAPER, layers)


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_the_file_is_what_was_asked_for(wheels: FontLibrary, kind: Format, scale: int) -> None:
    """Format, media type and size follow the output; another decoder agrees."""
    rendered = render(card(), {"a": quarters()}, Output(kind, scale=scale), wheels)
    image = opened(rendered.body)
    assert image.format == kind.upper()
    assert image.size == (200 * scale, 80 * scale)
    assert rendered.media_type == f"image/{kind}"
    assert set(rendered.stage_ms) == {"plan", "paint", "encode"}
    assert [report.layer for report in rendered.reports] == ["text"]


@pytest.mark.parametrize("kind", FORMATS)
def test_same_scene_same_bytes(wheels: FontLibrary, kind: Format) -> None:
    """Whatever was drawn between, in whatever order."""
    bitmaps = {"a": quarters()}
    first = render(card(), bitmaps, Output(kind), wheels).body
    for name in ("Bo", "漢字", "Zoë 👩"):
        render(card(name), bitmaps, Output(kind, scale=2), wheels)
    assert render(card(), bitmaps, Output(kind), wheels).body == first


def test_png_holds_exactly_what_was_painted(wheels: FontLibrary) -> None:
    """Opaque pictures are RGB, others RGBA with straight alpha."""
    opaque = render(card(), {"a": quarters()}, Output("png"), wheels).body
    assert opened(opaque).mode == "RGB"
    rng = np.random.default_rng(7)
    pixels = rng.integers(0, 256, (13, 17, 4), dtype=np.uint8)
    assert (np.asarray(opened(encode(pixels, Output("png")))) == pixels).all()
    pixels[..., 3] = 255
    assert (np.asarray(opened(encode(pixels, Output("png")))) == pixels[..., :3]).all()


def test_transparency_lives_where_the_format_can(wheels: FontLibrary) -> None:
    """All but JPEG keep alpha; JPEG shows white paper."""
    scene = Scene(50, 40, None, (DOT,))
    for output in (Output("png"), Output("webp"), Output("avif")):
        image = opened(render(scene, {}, output, wheels).body)
        assert image.mode == "RGBA"
        assert np.asarray(image)[0, 0, 3] == 0
        assert np.asarray(image)[20, 25, 3] == 255
    jpeg = np.asarray(opened(render(scene, {}, Output("jpeg", 95), wheels).body))
    assert jpeg[0, 0].min() >= 253
    assert jpeg[20, 25].tolist() == pytest.approx([255, 0, 0], abs=6)


@pytest.mark.parametrize("kind", ["jpeg", "webp", "avif"])
def test_more_quality_is_more_bytes(wheels: FontLibrary, kind: Format) -> None:
    """The quality counts, also at its bounds."""
    bitmaps = {"a": quarters()}
    sizes = [len(render(card(), bitmaps, Output(kind, q), wheels).body) for q in (1, 40, 82, 100)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)


@pytest.mark.parametrize("kind", FORMATS)
def test_files_carry_no_metadata(wheels: FontLibrary, kind: Format) -> None:
    """No profile, no EXIF, no comment, no software name."""
    image = opened(render(card(), {"a": quarters()}, Output(kind), wheels).body)
    kept = set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
    assert kept <= {"loop", "background", "timestamp", "duration"}
    assert not image.getexif()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (17, 1), (13, 31)])
@pytest.mark.parametrize("kind", FORMATS)
def test_odd_sizes_are_written(wheels: FontLibrary, kind: Format, size: tuple[int, int]) -> None:
    """One pixel and prime widths included."""
    scene = Scene(*size, PAPER, (DOT,))
    assert opened(render(scene, {}, Output(kind), wheels).body).size == size


@pytest.mark.parametrize("kind", ["webp", "avif"])
def test_what_a_format_cannot_hold_is_refused(kind: Format) -> None:
    """WebP ends at 16,383 pixels a side, AVIF one further; the fault is ours and names it."""
    with pytest.raises(RenderError, match=kind):
        encode(np.full((1, 16_400, 4), 255, dtype=np.uint8), Output(kind))
