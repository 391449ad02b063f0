from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from origin.pipeline.neutral import neutral_picture
from vips_render.output import MEDIA_TYPES, Format


@pytest.mark.parametrize("output_format", MEDIA_TYPES)
@pytest.mark.parametrize("size", [(1, 1), (599, 201), (2400, 1200)])
def test_a_neutral_picture_has_size_format_and_colour(
    output_format: Format, size: tuple[int, int]
) -> None:
    """What stands in for a picture decodes to one colour in its size and format."""
    image = Image.open(io.BytesIO(neutral_picture(*size, output_format, (200, 40, 90))))
    assert image.format == output_format.upper()
    assert image.size == size
    pixels = np.asarray(image.convert("RGB"), dtype=int)
    assert abs(pixels - (200, 40, 90)).max() <= 3
