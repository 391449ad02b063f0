from __future__ import annotations

import base64
from pathlib import Path

import numpy as np

from tests.demo.chromium import Page, open_page
from tests.encode.test_jpeg_tiles import artwork, by_libvips
from vips_render.encode.jpeg_tiles import Pixels
from vips_render.encode.partial import encoder_for
from vips_render.output import Output
from vips_render.scene.model import Box

BOXES = (Box(-5, 20, 60, 33), Box(150, 90, 40, 200), Box(160, 100, 90, 11))
"""Over two edges, and over each other."""

SEEN = """
(async () => {
  const bitmap = await createImageBitmap(await (await fetch("%s")).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  return [bitmap.width, bitmap.height,
    [...context.getImageData(0, 0, bitmap.width, bitmap.height).data]];
})()
"""


def repainted(shared: Pixels) -> Pixels:
    """Paint other pixels in the boxes."""
    picture, other = shared.copy(), 255 - shared
    other[..., 3] = 255
    for box in BOXES:
        rows = slice(max(box.top, 0), box.top + box.height)
        columns = slice(max(box.left, 0), box.left + box.width)
        picture[rows, columns] = other[rows, columns]
    return picture


async def shown(page: Page, media_type: str, file: bytes) -> Pixels:
    """Return the pixels that the browser sees in a file."""
    url = f"data:{media_type};base64,{base64.b64encode(file).decode()}"
    width, height, values = await page.run(SEEN % url)
    return np.array(values, np.uint8).reshape(height, width, 4)


async def test_chromium_shows_what_was_painted(tmp_path: Path) -> None:
    """Shared and personal parts in one file: PNG pixel by pixel, JPEG as libvips reads it.

    Decoders may round colours apart by a little. Where alpha is between, a browser's canvas does
    not tell the pixels exactly, so it is 0 or 255.
    """
    shared = artwork(211, 157, 1)
    holed = shared.copy()
    holed[60:80] = 0
    async with open_page(tmp_path / "profile") as page:
        for canvas, is_opaque in ((shared, True), (holed, False)):
            output, picture = Output("png"), repainted(canvas)
            file = encoder_for(canvas, output, is_opaque=is_opaque).finish(picture, BOXES)
            assert (await shown(page, output.media_type, file) == picture).all()
        for quality in (60, 95):
            output, picture = Output("jpeg", quality), repainted(shared)
            file = encoder_for(shared, output, is_opaque=True).finish(picture, BOXES)
            seen = await shown(page, output.media_type, file)
            assert np.abs(seen[..., :3].astype(int) - by_libvips(file)).max() <= 2
