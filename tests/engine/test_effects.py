from __future__ import annotations

import pytest

from tests.engine.test_casing import layer_of
from vips_render.errors import TemplateError
from vips_render.scene.model import (
    Effects,
    Highlight,
    LinearGradient,
    Shadow,
    Stop,
    Stroke,
)

BLUE = (0, 0, 255, 255)


def test_plain_text_has_no_effects() -> None:
    """Nothing to see is nothing: no width, no colour."""
    assert layer_of().effects is None
    assert layer_of(stroke={"width": 0}).effects is None
    assert layer_of(shadow={"color": "transparent"}).effects is None


def test_effects_are_resolved_with_their_defaults() -> None:
    """Each property may be an expression."""
    found = layer_of(
        color={"linear": {"angle": "{{ 90 }}", "stops": [
            {"offset": 0, "color": "blue"}, {"offset": 1, "color": "{{ 'blue' }}"}
        ]}},
        stroke={"width": "{{ 1 + 2 }}", "color": "blue"},
        shadow={"color": "blue", "x": "{{ 4 }}"},
        highlight={"color": "{{ 'blue' }}", "radius": 8},
    )  # fmt: skip
    assert found.effects == Effects(
        LinearGradient(90.0, (Stop(0.0, BLUE), Stop(1.0, BLUE))),
        Stroke(3.0, BLUE),
        Shadow(4.0, 2.0, 4.0, BLUE),
        Highlight(BLUE, 4.0, 8.0),
    )
    assert found.color == (0, 0, 0, 255)


def test_faults_of_effects_name_the_place() -> None:
    """Pointers lead into the objects."""
    with pytest.raises(TemplateError) as raised:
        layer_of(
            color={"linear": {"stops": []}},
            stroke={"widht": 2},
            shadow={"blur": -1},
            highlight={"padding": 2},
        )
    assert {fault.pointer for fault in raised.value.faults} == {
        "/layers/0/color/linear/stops",
        "/layers/0/stroke/widht",
        "/layers/0/shadow/blur",
        "/layers/0/highlight/color",
    }
