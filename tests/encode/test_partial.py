from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.encode.test_jpeg_tiles import artwork, by_djpeg, by_libvips, noise
from tests.encode.test_png_bands import decoded_by_libvips, decoded_by_pillow
from vips_render.encode.jpeg_tiles import Pixels
from vips_render.encode.partial import encoder_for
from vips_render.output import Output
from vips_render.scene.model import Box

Picture = tuple[Pixels, list[Box]]

SIDE = st.one_of(st.sampled_from([1, 2, 15, 16, 17, 97, 193]), st.integers(1, 300))
BOXES = st.lists(
    st.builds(Box, *[st.integers(-40, 320)] * 2, *[st.integers(-5, 90)] * 2), max_size=24
)


def repainted(shared: Pixels, boxes: list[Box], seed: int) -> Picture:
    """Paint noise in boxes, transparent where what is shared is."""
    picture, other = shared.copy(), noise(shared.shape[1], shared.shape[0], seed)
    if shared[..., 3].min() == 255:
        other[..., 3] = 255
    for box in boxes:
        rows = slice(max(box.top, 0), max(box.top + box.height, box.top, 0))
        columns = slice(max(box.left, 0), max(box.left + box.width, box.left, 0))
        picture[rows, columns] = other[rows, columns]
    return picture, boxes


def finished(shared: Pixels, output: Output, pictures: list[Picture]) -> list[bytes]:
    """Finish pictures one after another with one encoder."""
    encoder = encoder_for(shared, output, is_opaque=bool(shared[..., 3].min() == 255))
    return [encoder.finish(*picture) for picture in pictures]


@settings(max_examples=40)
@given(SIDE, SIDE, st.lists(BOXES, min_size=1, max_size=4), st.booleans(), st.integers(1, 4))
def test_png_pictures_know_nothing_of_each_other(
    width: int, height: int, boxes: list[list[Box]], opaque: bool, scale: int
) -> None:
    """Twenty boxes or none, one after another or alone: the same bytes, and the painted pixels."""
    shared = artwork(width, height, 1) if opaque else noise(width, height, 0)
    pictures = [repainted(shared, some, seed) for seed, some in enumerate(boxes, 2)]
    files = finished(shared, output := Output("png", scale=scale), pictures)
    assert files[::-1] == finished(shared, output, pictures[::-1])
    for file, (picture, _) in zip(files, pictures, strict=True):
        expected = picture if shared[..., 3].min() < 255 else picture[..., :3]
        assert (decoded_by_pillow(file) == expected).all()
        assert (decoded_by_libvips(file) == expected).all()


@settings(max_examples=40)
@given(SIDE, SIDE, st.lists(BOXES, min_size=1, max_size=4), st.integers(1, 100))
def test_jpeg_pictures_know_nothing_of_each_other(
    width: int, height: int, boxes: list[list[Box]], quality: int
) -> None:
    """The same for JPEG of both kinds of colour: what boxes leave alone stays as it was."""
    shared = artwork(width, height, 1)
    pictures = [repainted(shared, some, seed) for seed, some in enumerate(boxes, 2)]
    files = finished(shared, output := Output("jpeg", quality), pictures)
    assert files[::-1] == finished(shared, output, pictures[::-1])
    for file, (picture, _) in zip(files, pictures, strict=True):
        assert (by_libvips(file) == by_djpeg(file)).all()
        (whole,) = finished(np.zeros_like(shared), output, [(picture, [Box(0, 0, width, height)])])
        assert file == whole
