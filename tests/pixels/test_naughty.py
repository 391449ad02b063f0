from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from tests.pixels.naughty import STRINGS, TEMPLATE, picture_of
from vips_render.pixels.fonts import FontLibrary


@pytest.mark.timeout(600)
def test_every_naughty_string_gives_a_picture(fonts: FontLibrary) -> None:
    """As name, as headline and in an open slot: a whole picture, and its three texts reported."""
    assert len(STRINGS) == 485
    for string in STRINGS:
        drawn = picture_of(string, fonts)
        image = Image.open(BytesIO(drawn.body))
        image.load()
        assert image.size == (TEMPLATE.canvas.width, TEMPLATE.canvas.height)
        layers = {report.layer for report in drawn.reports}
        assert {"name", "slot"} <= layers, string
        assert not any(report.clipped for report in drawn.reports), string
