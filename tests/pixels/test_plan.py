from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.pixels.test_paint import BACKGROUNDS, BITMAPS, LAYERS, SIDE
from vips_render.bitmap import Bitmap
from vips_render.output import Format, Output
from vips_render.pixels.backdrop import disjoint
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.paint import paint
from vips_render.pixels.patch import is_empty, overlap
from vips_render.render import Engine
from vips_render.scene.model import Box, Fill, ImageLayer, Layer, Scene, ShapeLayer, Solid

NAMED = {
    source: replace(bitmap, digest=f"digest of {source}") for source, bitmap in BITMAPS.items()
}
OUTPUTS = st.builds(
    Output,
    st.sampled_from(["png", "jpeg", "webp", "avif"]),
    st.sampled_from([1, 60, 82, 95]),
    st.sampled_from([1, 2]),
)


@st.composite
def scenes(draw: st.DrawFn, layers: tuple[Layer, ...] | None = None) -> Scene:
    """Draw a scene some of whose layers are personal."""
    found = draw(LAYERS) if layers is None else layers
    marked = tuple(
        replace(layer, name=str(place), personal=draw(st.booleans()))
        for place, layer in enumerate(found)
    )
    return Scene(SIDE, SIDE, draw(BACKGROUNDS), marked, draw(st.booleans()))


def pixels_of(png: bytes) -> np.ndarray:
    """Decode to height x width x 4, straight."""
    return np.asarray(Image.open(BytesIO(png)).convert("RGBA"), dtype=float)


def premultiplied(pixels: np.ndarray) -> np.ndarray:
    """Weigh colours by their alpha: what is transparent has none to compare."""
    found = pixels.copy()
    found[..., :3] *= found[..., 3:] / 255
    return found


@settings(deadline=None, max_examples=60)
@given(scene=scenes(), scale=st.sampled_from([1, 2]))
def test_a_planned_picture_is_the_plain_one(fonts: FontLibrary, scene: Scene, scale: int) -> None:
    """Shared part and patches give what painting bottom to top gives, within 1 of 255."""
    rendered = Engine(fonts).render(scene, NAMED, Output("png", scale=scale))
    plain = paint(scene, NAMED, scale, fonts).pixels.astype(float)
    difference = premultiplied(pixels_of(rendered.body)) - premultiplied(plain)
    # Straight colours are whole numbers: half a step may go each way on top.
    assert np.abs(difference).max() <= 2


@settings(deadline=None, max_examples=40)
@given(pictures=st.lists(st.tuples(scenes(), OUTPUTS), min_size=1, max_size=5))
def test_bytes_do_not_depend_on_what_came_before(
    fonts: FontLibrary, pictures: list[tuple[Scene, Output]]
) -> None:
    """An engine that has drawn others, kept or evicted them, gives the bytes of a new one."""
    used = Engine(fonts, plans_bytes=600_000, patches_bytes=60_000)
    for _ in range(2):
        for scene, output in pictures:
            fresh = Engine(fonts).render(scene, NAMED, output)
            again = used.render(scene, NAMED, output)
            assert again.body == fresh.body
            assert again.reports == fresh.reports


@settings(deadline=None, max_examples=25)
@given(scene=scenes(), scale=st.sampled_from([1, 2]))
def test_two_decoders_agree_on_a_spliced_file(fonts: FontLibrary, scene: Scene, scale: int) -> None:
    """Pillow and libvips read the same pixels out of PNG and JPEG."""
    kinds: tuple[Format, ...] = ("png", "jpeg")
    for kind in kinds:
        body = Engine(fonts).render(scene, NAMED, Output(kind, scale=scale)).body
        one = np.asarray(Image.open(BytesIO(body)).convert("RGBA"))
        other = pyvips.Image.new_from_buffer(body, "")
        other = other if other.hasalpha() else other.bandjoin(255)
        assert (one == other.numpy()).all()


BARS = st.lists(
    st.builds(
        ShapeLayer,
        st.just("bar"),
        st.builds(
            Box, st.integers(-8, 60), st.integers(-8, 60), st.integers(0, 30), st.integers(0, 60)
        ),
        st.just("rectangle"),
        fill=st.builds(Solid, st.sampled_from([(250, 250, 250, 230), (9, 80, 7, 90)])),
        opacity=st.sampled_from([1.0, 1.0, 1.0, 0.6]),
        personal=st.just(True),
    ),
    min_size=6,
    max_size=6,
)


@settings(deadline=None, max_examples=60)
@given(
    below=st.tuples(*(scenes() for _ in range(2))),
    bars=st.tuples(BARS, BARS),
    background=BACKGROUNDS,
    scale=st.sampled_from([1, 2]),
)
def test_bars_look_as_if_drawn_one_by_one(
    fonts: FontLibrary,
    below: tuple[Scene, Scene],
    bars: tuple[list[ShapeLayer], list[ShapeLayer]],
    background: Fill | None,
    scale: int,
) -> None:
    """Many boxes of one see-through colour lie right on what is there, whoever came before."""
    engine, output = Engine(fonts), Output("png", scale=scale)
    static = below[0].layers
    for under, above in zip(below, bars, strict=True):
        own = tuple(replace(layer, personal=True) for layer in under.layers)
        scene = Scene(SIDE, SIDE, background, (*own, *static, *above), personal=False)
        body = engine.render(scene, NAMED, output).body
        assert body == Engine(fonts).render(scene, NAMED, output).body
        plain = paint(scene, NAMED, scale, fonts).pixels.astype(float)
        difference = premultiplied(pixels_of(body)) - premultiplied(plain)
        assert np.abs(difference).max() <= 2


def test_pictures_without_a_name_are_drawn_each_time(fonts: FontLibrary) -> None:
    """Other pixels under the same source, both without a digest, never show the first ones."""
    engine = Engine(fonts)
    layer = ImageLayer("photo", Box(0, 0, 8, 8), "a")
    for color in ((255, 0, 0, 255), (0, 0, 255, 255)):
        bitmap = Bitmap(1, 1, bytes(color))
        for personal in (True, False):
            scene = Scene(8, 8, None, (replace(layer, personal=personal),))
            body = engine.render(scene, {layer.source: bitmap}, Output("png")).body
            assert tuple(pixels_of(body)[4, 4]) == color


BOXES = st.lists(
    st.builds(
        Box, *(st.integers(-5, 40) for _ in range(2)), *(st.integers(0, 12) for _ in range(2))
    ),
    max_size=12,
)


@given(boxes=BOXES)
def test_disjoint_boxes_cover_all_and_never_overlap(boxes: list[Box]) -> None:
    """No pixel is finished twice, none is forgotten."""
    found = disjoint(boxes)
    for place, box in enumerate(found):
        assert all(is_empty(overlap(box, other)) for other in found[place + 1 :])
    for box in boxes:
        if not is_empty(box):
            assert any(overlap(box, around) == box for around in found)


def test_many_pictures_are_those_of_single_calls(fonts: FontLibrary) -> None:
    """`render_many` shares work, not pixels."""
    rows = [Scene(40, 30, None, ()), Scene(30, 40, None, ())]
    engine, output = Engine(fonts), Output("png")
    many = [rendered.body for rendered in engine.render_many(rows, {}, output)]
    assert many == [Engine(fonts).render(scene, {}, output).body for scene in rows]
