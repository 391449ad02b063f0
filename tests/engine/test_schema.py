from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # publishes no types

from tests.engine.documents import CARD
from vips_render.template.schema import template_schema

JUDGE = Draft202012Validator(template_schema())


def test_the_schema_is_one_of_its_dialect() -> None:
    """An independent validator accepts the schema itself."""
    Draft202012Validator.check_schema(template_schema())


def test_a_sound_document_passes_the_schema() -> None:
    """What the parser takes, an editor with the schema takes."""
    assert list(JUDGE.iter_errors({"$schema": "signet.json", **CARD})) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("colour", 1),
        ("name", "Hello World"),
        ("layers/0/kind", "blob"),
        ("layers/0/opacity", "half"),
        ("layers/1/align", "middle"),
        ("layers/1/font", {"family": "Inter"}),
        ("layers/3/layers/1/fill", 3),
        ("variables/score/type", "zip"),
        ("variables/score/max_length", 3),
    ],
)
def test_what_the_parser_refuses_by_shape_the_schema_refuses(place: str, value: Any) -> None:
    """Wrong shapes are seen while typing."""
    document = copy.deepcopy(CARD)
    *way, last = place.split("/")
    here: Any = document
    for key in way:
        here = here[int(key)] if isinstance(here, list) else here[key]
    here[last] = value
    assert not JUDGE.is_valid(document)


def test_the_schema_tells_people_what_properties_mean() -> None:
    """Descriptions reach the editor."""
    font = template_schema()["$defs"]["Font"]["properties"]
    assert "400 is regular" in font["weight"]["description"]


def test_the_schema_tells_editors_where_colours_stand() -> None:
    """The format of a colour is `color`, for the pickers of editors."""
    nouns = template_schema()["$defs"]
    for literal, _ in (nouns[noun]["properties"]["color"]["anyOf"] for noun in ("Border", "Stop")):
        assert literal == {"type": "string", "format": "color"}
