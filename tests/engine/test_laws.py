"""Laws that hold for any document and any values, drawn by hypothesis."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.documents import CARD
from tests.engine.scenes import every_layer
from vips_render.errors import TemplateError
from vips_render.scene.assets import asset_needs
from vips_render.scene.model import GroupLayer, ImageLayer, Layer
from vips_render.scene.resolve import resolve
from vips_render.scene.wire import SceneReader, dump_scene, load_scene
from vips_render.template.edit import edit
from vips_render.template.parse import parse_template
from vips_render.template.sources import is_source

VALUES = ["x", "y", "z"]
EXPRESSIONS = st.sampled_from(
    ["{{ x }}", "{{ y.a[0] }}", "{{ z ?? x }}", "a {{ y }} b", "{{ x | default:'red' }}", "{{ 1 }}"]
)


def either(*literals: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(literals) | EXPRESSIONS


def parts(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


NUMBERS = either(0, 1, 0.5)
COLORS = either("red", "#12345678", "hsl(90 50% 50%)", "transparent")
BOXES = parts({"width": either(0, 3, 40.5), "height": either(7, 100)}, x=either(-5, 2.5), y=NUMBERS)
STOPS = st.lists(parts({"offset": NUMBERS, "color": COLORS}), min_size=2, max_size=3)
FILLS = (
    COLORS
    | parts({"linear": parts({"stops": STOPS}, angle=either(-90, 720))})
    | parts({"radial": parts({"stops": STOPS}, x=NUMBERS, radius=either(0.5, 2))})
)
RADII = either(0, 5, 900) | st.lists(either(0, 12), min_size=4, max_size=4)
BORDERS = st.none() | parts({}, width=either(0, 2), color=COLORS)
COMMON = {"visible": either(True, False), "opacity": NUMBERS, "rotation": either(-30, 400)}
FONTS = parts(
    {"family": either("Inter") | st.lists(either("A"), min_size=1, max_size=2), "size": either(9)},
    weight=either(700),
    italic=either(True),
    min_size=either(12),
)
TEXTS = parts(
    {"kind": st.just("text"), "text": either("Hi", "", "a\nb"), "font": FONTS},
    color=COLORS,
    align=either("end", "center"),
    line_height=either(1.5),
    max_lines=either(2),
    lang=either("ja"),
    **COMMON,
)
SHAPES = parts(
    {"kind": st.just("shape")},
    shape=either("line", "ellipse"),
    fill=FILLS,
    border=BORDERS,
    radius=RADII,
    **COMMON,
)


def nested(layers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw pictures and groups over layers; boxes are added where they are due."""
    images = parts(
        {"kind": st.just("image"), "source": either("a.png", "https://a.org/b.png", "")},
        fit=either("contain"),
        mask=either("circle"),
        radius=RADII,
        border=BORDERS,
        focus=parts({}, x=NUMBERS),
        fallback=st.none() | layers,
        **COMMON,
    )
    groups = parts(
        {"kind": st.just("group"), "layers": st.lists(layers, max_size=3)},
        clip=either(True),
        **COMMON,
    )
    return images | groups


LAYERS = st.lists(st.recursive(TEXTS | SHAPES, nested, max_leaves=5), max_size=4)


def named(layers: list[dict[str, Any]], boxes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return copies with unique names and, but for fallbacks, boxes."""
    count = 0

    def finish(layer: dict[str, Any], *, is_fallback: bool) -> dict[str, Any]:
        nonlocal count
        count += 1
        layer = {**layer, "name": f"layer {count}"}
        if not is_fallback:
            layer["box"] = boxes[count % len(boxes)]
        if "layers" in layer:
            layer["layers"] = [finish(inner, is_fallback=False) for inner in layer["layers"]]
        if layer.get("fallback"):
            layer["fallback"] = finish(layer["fallback"], is_fallback=True)
        return layer

    return [finish(layer, is_fallback=False) for layer in layers]


DOCUMENTS = st.builds(
    lambda layers, boxes, background: {
        "name": "any",
        "canvas": {"width": 50, "height": 40, "background": background},
        "variables": {name: {"type": "text"} for name in VALUES},
        "layers": named(layers, boxes),
        "layouts": {"wide": {"width": 90}},
    },
    LAYERS,
    st.lists(BOXES, min_size=1, max_size=3),
    st.none() | FILLS,
)
SCALARS = (
    st.sampled_from(["red", "0.5", "12", "no", "circle", "https://a.org/x.png", "{{ x }}", ""])
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
)
DATA = st.dictionaries(
    st.sampled_from(VALUES),
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.just("a"), inner, max_size=1)
        ),
        max_leaves=4,
    ),
)
RELAXED = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)


@RELAXED
@given(document=DOCUMENTS, values=DATA, locale=st.text(max_size=5), now=st.floats())
def test_any_values_resolve_to_a_scene_that_travels(
    document: dict[str, Any], values: dict[str, object], locale: str, now: float
) -> None:
    """Resolving never raises; the scene is literal, bounded, and survives the wire exactly."""
    template = parse_template(document)
    assert parse_template(template.data) == template
    found = resolve(template, values, locale=locale, timezone=locale, now=now).scene
    sent = dump_scene(found)
    reader = SceneReader(kept_bytes=500)
    for loaded in (load_scene(sent), reader.read(sent), reader.read(sent)):
        assert loaded == found
        assert dump_scene(loaded) == sent
    again = resolve(template, values, locale=locale, timezone=locale, now=now).scene
    assert (again, dump_scene(again)) == (found, sent)
    for layer in every_layer(found.layers):
        hold_to_bounds(layer)
    for need in asset_needs(found):
        assert is_source(need.source)


def hold_to_bounds(layer: Layer) -> None:
    assert 0 < layer.opacity <= 1
    assert 0 <= layer.rotation < 360
    assert 0 <= layer.box.width <= 20_000
    assert isinstance(layer.box.left, int)
    if isinstance(layer, GroupLayer):
        assert layer.layers
    if isinstance(layer, ImageLayer):
        assert layer.source or layer.fallback


@RELAXED
@given(document=DOCUMENTS, ours=DATA, theirs=DATA, locale=st.sampled_from(["", "ja", "de"]))
def test_what_is_not_personal_is_the_same_for_everybody(
    document: dict[str, Any], ours: dict[str, object], theirs: dict[str, object], locale: str
) -> None:
    """Two recipients' scenes differ in personal layers only."""
    template = parse_template(document)
    scenes = [resolve(template, ours).scene, resolve(template, theirs, locale=locale).scene]
    shared = [[layer for layer in one.layers if not layer.personal] for one in scenes]
    assert shared[0] == shared[1]
    for one in scenes:
        named = {layer.name for layer in every_layer(one.layers) if layer.personal}
        assert named <= template.personal


@RELAXED
@given(document=DOCUMENTS, ours=DATA, theirs=DATA)
def test_what_was_resolved_before_changes_nothing(
    document: dict[str, Any], ours: dict[str, object], theirs: dict[str, object]
) -> None:
    """Scene and problems are those of a template that nobody has used yet."""
    used, fresh = parse_template(document), parse_template(document)
    resolve(used, theirs)
    resolve(used, ours)
    assert resolve(used, ours) == resolve(fresh, ours)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | EXPRESSIONS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "kind", "layers", "text", "box", "fill", "linear", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [place]
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            found.extend(places(item, (*place, key)))
    return found


PLACES = [place for place in places(CARD) if place]


@RELAXED
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=3))
def test_any_damage_to_a_document_gives_a_template_or_placed_faults(
    changes: list[tuple[tuple[str | int, ...], Any]],
) -> None:
    """Whatever stands in a document, reading gives a template or faults, one set per place."""
    document: Any = copy.deepcopy(CARD)
    for place, value in changes:
        here = document
        for key in place[:-1]:
            here = here[key] if _has(here, key) else {}
        if _has(here, place[-1]):
            here[place[-1]] = value
    try:
        template = parse_template(document)
    except TemplateError as error:
        assert error.faults
        assert all(fault.message and fault.pointer[:1] in ("", "/") for fault in error.faults)
        assert len(set(error.faults)) == len(error.faults)
    else:
        resolve(template, {})


def _has(value: Any, key: str | int) -> bool:
    if isinstance(value, dict):
        return key in value
    return isinstance(value, list) and isinstance(key, int) and key < len(value)


CHANGES = st.dictionaries(
    st.sampled_from(["title", "backdrop", "portrait", "initials", "badge", "dot", "nope"]),
    st.dictionaries(
        st.sampled_from(["text", "fill", "font.size", "box.x", "fill.linear.stops.0.color", "kind"])
        | st.text(alphabet="abfilot.01", max_size=8),
        JSON,
        max_size=3,
    ),
    max_size=3,
)


@RELAXED
@given(changes=CHANGES, layout=st.sampled_from(["", "square"]))
def test_any_modification_gives_a_template_or_our_own_error(
    changes: dict[str, dict[str, Any]], layout: str
) -> None:
    """Modifications come from outside; they edit, or they are refused with faults below `/m`."""
    try:
        edited = edit(parse_template(CARD), layout=layout, modifications=changes)
    except TemplateError as error:
        assert all(fault.pointer.startswith("/m") for fault in error.faults), error.faults
    else:
        resolve(edited, {})
