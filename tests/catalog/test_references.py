from __future__ import annotations

import pytest

from origin.catalog.references import asset_references, font_references
from tests.catalog.documents import document, image, text


@pytest.mark.parametrize(
    ("source", "fits", "fits_not"),
    [
        ("assets/hero.jpg", "assets/hero.jpg", "assets/heroxjpg"),
        ("assets/flags/{{ country }}.png", "assets/flags/de.png", "assets/flags/de/x.png"),
        ("{{ badge ?? 'assets/none.png' }}", "assets/none.png", "assets/none"),
        ('{{ badge | default:"assets/none.png" }}', "assets/none.png", "assets/some.png"),
    ],
)
def test_a_local_source_names_the_files_it_can_become(
    source: str, fits: str, fits_not: str
) -> None:
    """Literals, texts quoted in expressions, and names with a hole are all found."""
    (reference,) = asset_references(document(layers=[image("a", source)]))
    assert reference.pointer == "/layers/0/source"
    assert reference.pattern.fullmatch(fits)
    assert not reference.pattern.fullmatch(fits_not)


@pytest.mark.parametrize(
    "source",
    ["https://cdn.example.com/x.png", "{{ avatar }}", "https://cdn.example.com/{{ id }}.png", ""],
)
def test_a_source_elsewhere_is_no_local_file(source: str) -> None:
    """Remote pictures and values of variables are not looked for in the directory."""
    assert asset_references(document(layers=[image("a", source)])) == ()


def test_pictures_are_found_wherever_a_document_can_name_one() -> None:
    """Nested layers, fallbacks, layouts and defaults all count, each with its pointer."""
    nested = image("outer", "{{ avatar }}") | {"fallback": {"kind": "image", "source": "assets/b"}}
    found = asset_references(
        document(
            layers=[{"kind": "group", "name": "g", "layers": [image("i", "assets/a"), nested]}],
            layouts={"wide/er": {"layers": {"i": {"source": "assets/c"}}}},
            variables={
                "avatar": {"type": "image", "default": "assets/d"},
                "words": {"type": "text", "default": "assets/not-a-picture"},
            },
        )
    )
    assert {reference.pointer: reference.text for reference in found} == {
        "/layers/0/layers/0/source": "assets/a",
        "/layers/0/layers/1/fallback/source": "assets/b",
        "/layouts/wide~1er/layers/i/source": "assets/c",
        "/variables/avatar/default": "assets/d",
    }


def test_each_family_is_found_with_its_own_pointer() -> None:
    """A list of families is a list of names that all must resolve; an expression is none."""
    layers = [text("a", "x", ["Inter", "Noto Sans"]), text("b", "x", "{{ family }}")]
    layers[0]["font"] |= {"weight": 700, "italic": True}
    found = font_references(document(layers=layers))
    assert [(f.family, f.weight, f.italic, f.pointer) for f in found] == [
        ("Inter", 700, True, "/layers/0/font/family/0"),
        ("Noto Sans", 700, True, "/layers/0/font/family/1"),
    ]


def test_families_that_follow_are_needed_in_each_look() -> None:
    """Whatever text lacks a character; and they are no families of a text without fonts."""
    layers = [text("a", "x", "Inter"), text("b", "x", "{{ family }}"), text("c", "x", "Inter")]
    layers[1]["font"] |= {"weight": 700}
    more = {"fallback_families": ["Noto Sans", "Brand"]}
    found = font_references(document(layers=layers) | more)
    assert [(f.family, f.weight) for f in found if f.pointer == "/fallback_families/0"] == [
        ("Noto Sans", 400),
        ("Noto Sans", 700),
    ]
    assert {f.family for f in found} == {"Inter", "Noto Sans", "Brand"}
    assert font_references(document(layers=[]) | more) == ()


def test_a_weight_that_an_expression_decides_is_any_weight() -> None:
    """What may be drawn in any weight brings every face of its family."""
    layer = text("a", "x")
    layer["font"]["weight"] = "{{ weight }}"
    (found,) = font_references(document(layers=[layer]))
    assert found.weight is None


def test_markup_asks_for_every_face_of_a_family() -> None:
    """What `**bold**` and `*italic*` draw must be in the published version too."""
    font = {"family": "Inter", "weight": 400}
    layer = {"kind": "text", "name": "a", "text": "**x**", "font": font}
    (plain,) = font_references(document(layers=[layer]))
    (marked,) = font_references(document(layers=[{**layer, "markup": True}]))
    assert (plain.weight, plain.italic) == (400, False)
    assert (marked.weight, marked.italic) == (None, None)
