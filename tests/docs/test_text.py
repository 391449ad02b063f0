from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.docs.drawing import documents, fonts
from vips_render.pixels.paint import paint
from vips_render.runtime import start_libvips
from vips_render.scene.model import Scene, ShapeLayer, TextLayer
from vips_render.scene.resolve import resolve
from vips_render.template.parse import parse_template

SHEET = documents()["scripts"]


@pytest.fixture(scope="module")
def sheet() -> Scene:
    """The scene of the sheet of scripts."""
    start_libvips()
    return resolve(parse_template(SHEET), {}).scene


def names_of(scene: Scene) -> list[TextLayer]:
    return [
        layer
        for layer in scene.layers
        if isinstance(layer, TextLayer) and layer.name.startswith("name-")
    ]


def test_no_script_of_the_sheet_lacks_a_glyph(sheet: Scene) -> None:
    """Drawn with the fonts of this machine, at the size that was asked for."""
    reports = [one for one in paint(sheet, {}, 1, fonts()).reports if one.layer.startswith("name")]
    assert len(reports) == len(json.loads(SHEET)["layers"]) // 2 - 2 == 16
    for report in reports:
        assert not report.missing
        assert not (report.shrunk or report.clipped or report.ellipsised)


def test_the_names_of_a_row_stand_on_its_rule(sheet: Scene) -> None:
    """An H before each name ends where the red line begins, as it does alone."""
    rules = [layer.box.top for layer in sheet.layers if isinstance(layer, ShapeLayer)]
    for number, layer in enumerate(names_of(sheet)):
        marked = replace(layer, text=f"H{layer.text}", lang=layer.lang, box=replace(layer.box))
        wide = replace(marked, box=replace(layer.box, width=300))
        pixels = paint(Scene(700, sheet.height, None, (wide,)), {}, 1, fonts()).pixels
        stem = pixels[..., 3][:, layer.box.left + 2 : layer.box.left + 5]
        assert int(np.flatnonzero(stem.max(axis=1) > 200)[-1]) + 1 == rules[number // 4]
