from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from tests.engine.documents import CARD
from vips_render.errors import RenderError
from vips_render.scene.assets import sources_in
from vips_render.scene.model import (
    Box,
    Font,
    GroupLayer,
    ImageLayer,
    Layer,
    LinearGradient,
    Scene,
    Solid,
    Stop,
    TextLayer,
)
from vips_render.scene.plan import shared_key
from vips_render.scene.resolve import resolve
from vips_render.scene.wire import SceneReader, dump_scene, layer_line, load_scene
from vips_render.template.parse import parse_template

BOX = Box(0, 0, 40, 20)
TEXT = TextLayer("name", BOX, "a", Font(("BRAND sans", "Inter")), 12, (0, 0, 0, 255))
VALUES = {"name": "Ada\nLovelace", "score": 70, "avatar": "https://cdn.example.com/ada.png"}


def card(name: str = "Ada") -> Scene:
    return resolve(parse_template(CARD), {**VALUES, "name": name}).scene


def nested(text: TextLayer) -> Scene:
    picture = ImageLayer("avatar", BOX, "a.png", fallback=text)
    bare = ImageLayer("bare", BOX, "a.png")
    layers: tuple[Layer, ...] = (text, picture, bare)
    return Scene(40, 20, None, (*layers, GroupLayer("group", BOX, layers)))


def test_a_dumped_scene_loads_to_the_same_scene() -> None:
    """Loading is the exact inverse of dumping, whatever was dumped and loaded before."""
    reader = SceneReader()
    for one in (card(), card("Bo\n"), nested(TEXT), card(), replace(card(), layers=())):
        for loaded in (load_scene(dump_scene(one)), reader.read(dump_scene(one))):
            assert loaded == one
            assert dump_scene(loaded) == dump_scene(one)


def test_a_scene_travels_as_lines() -> None:
    """The canvas comes first, and each layer is one line, whatever its text."""
    canvas, *lines = dump_scene(card("Ada\nBo")).split(b"\n")
    assert list(orjson.loads(canvas)) == ["width", "height", "background", "personal"]
    assert [orjson.loads(line)["name"] for line in lines] == [
        "backdrop",
        "title",
        "portrait",
        "badge",
    ]


def test_what_is_shared_is_read_once() -> None:
    """Static layers of two recipients are one object, personal ones are not."""
    reader = SceneReader()
    ours, theirs = reader.read(dump_scene(card("Ada"))), reader.read(dump_scene(card("Ada")))
    assert ours.layers[0] is theirs.layers[0]
    assert ours.background is theirs.background
    assert ours.layers[1] is not theirs.layers[1]


def test_a_reader_keeps_no_more_than_its_bytes() -> None:
    """Past the bound it starts anew, and a line that is larger is never kept."""
    line = len(layer_line(TEXT))
    reader = SceneReader(kept_bytes=line * 3)
    texts = [replace(TEXT, text=letter) for letter in "abcdefgh"]
    for text in texts:
        assert reader.read(dump_scene(Scene(40, 20, None, (text,)))).layers == (text,)
    large = dump_scene(Scene(40, 20, None, (replace(TEXT, text="a" * line * 3),)))
    assert reader.read(large).layers[0] is not reader.read(large).layers[0]
    assert reader.read(large) == load_scene(large)


def test_own_names_reach_every_text() -> None:
    """Families are renamed wherever a text may stand, in any spelling, and nothing else is."""
    own = nested(replace(TEXT, font=Font(("Brand Sans 12", "Inter"))))
    reader = SceneReader({"Brand Sans": "Brand Sans 12"})
    for _ in range(2):
        renamed = reader.read(dump_scene(nested(TEXT)))
        assert renamed == own
        assert [layer_line(layer) for layer in renamed.layers] == [
            layer_line(layer) for layer in own.layers
        ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"width":1,"height":1,"background":null}',
        b'{"width":1,"height":1,"background":{},"personal":false}',
        dump_scene(card()).split(b"\n")[1],
        dump_scene(card()) + b"\n",
        dump_scene(card()) + b"\n{}",
        dump_scene(card()) + b"\n" + dump_scene(card()),
        dump_scene(card()).replace(b'"opacity"', b'"opacities"'),
        dump_scene(card()).replace(b'"left"', b'"right"'),
        dump_scene(card()).replace(b'"kind":"text"', b'"kind":"next"'),
    ],
)
def test_other_bytes_are_no_scene(data: bytes) -> None:
    """What is never written is refused with the engine's own error, by a used reader too."""
    reader = SceneReader()
    reader.read(dump_scene(card()))
    for _ in range(2):
        with pytest.raises(RenderError):
            reader.read(data)


def test_equal_layers_have_equal_lines() -> None:
    """A line depends on what the layer is, not on how it came about, and survives no change."""
    assert layer_line(TEXT) == layer_line(replace(TEXT)) == orjson.dumps(TEXT)
    assert layer_line(replace(TEXT, text="b")) != layer_line(TEXT)
    kept = load_scene(dump_scene(Scene(40, 20, None, (TEXT,)))).layers[0]
    assert (kept, hash(kept), layer_line(kept)) == (TEXT, hash(TEXT), layer_line(TEXT))


def test_a_shared_key_is_that_of_what_is_shared() -> None:
    """Equal for two recipients, in two processes too; another static layer or canvas changes it."""
    key = shared_key(card("Ada"))
    assert key == shared_key(card("Bo")) == shared_key(load_scene(dump_scene(card("Cy"))))
    assert {key: 1}[shared_key(SceneReader().read(dump_scene(card())))] == 1
    scene = card()
    first, *rest = scene.layers
    stops = (Stop(0.0, (0, 0, 0, 255)), Stop(1.0, (1, 1, 1, 255)))
    others = [
        replace(scene, width=1),
        replace(scene, background=None),
        replace(scene, background=Solid((1, 2, 3, 255))),
        replace(scene, background=LinearGradient(0.0, stops)),
        replace(scene, layers=(replace(first, opacity=0.5), *rest)),
        replace(scene, layers=tuple(rest)),
        replace(scene, layers=(*rest, first)),
    ]
    assert len({key, *map(shared_key, others)}) == len(others) + 1


def test_sources_are_those_of_every_picture_in_a_layer() -> None:
    """Nested pictures and fallbacks count, empty sources do not."""
    reserve = ImageLayer("r", BOX, "b.png")
    image = ImageLayer("i", BOX, "a.png", fallback=reserve)
    group = GroupLayer("g", BOX, (TEXT, image, ImageLayer("e", BOX, "")))
    assert [sources_in(layer) for layer in (TEXT, reserve, group, group)] == [
        (),
        ("b.png",),
        ("a.png", "b.png"),
        ("a.png", "b.png"),
    ]
    assert layer_line(group) == orjson.dumps(replace(group))
