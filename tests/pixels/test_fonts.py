from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cache.worlds import full_folder
from tests.pixels.conftest import wheel_dir
from tests.pixels.easel import drawn, ink_box, text
from tests.pixels.fontmaking import hamburg, layered_font, packed
from vips_render.errors import RenderError
from vips_render.pixels.fonts import DEFAULT_FAMILY, FontLibrary
from vips_render.pixels.ownfonts import OwnFont, write_whole
from vips_render.pixels.paint import paint
from vips_render.scene.model import Box
from vips_render.scene.resolve import resolve
from vips_render.template.parse import parse_template

SOURCE = wheel_dir("font_source_sans_pro")
HANKEN = wheel_dir("font_hanken_grotesk")
MANROPE = wheel_dir("font_manrope")


@pytest.mark.parametrize(
    ("family", "weight", "italic", "file"),
    [
        ("Hanken Grotesk", 300, False, "HankenGrotesk-Light.otf"),
        ("Hanken Grotesk", 400, False, "HankenGrotesk-Regular.otf"),
        ("Hanken Grotesk", 500, False, "HankenGrotesk-Medium.otf"),
        ("hanken grotesk", 600, False, "HankenGrotesk-SemiBold.otf"),
        ("Hanken Grotesk", 700, False, "HankenGrotesk-Bold.otf"),
        ("Hanken Grotesk", 900, False, "HankenGrotesk-Bold.otf"),
        ("Hanken Grotesk", 450, False, "HankenGrotesk-Medium.otf"),
        ("Hanken Grotesk", 100, False, "HankenGrotesk-Light.otf"),
        ("Hanken Grotesk", 500, True, "HankenGrotesk-MediumItalic.otf"),
        ("Manrope", 400, False, "Manrope-Regular.ttf"),
        ("Manrope", 600, False, "Manrope-SemiBold.ttf"),
        ("Manrope", 800, False, "Manrope-ExtraBold.ttf"),
        ("Manrope", 650, False, "Manrope-VariableFont_wght.ttf"),
        ("Manrope", 700, True, "Manrope-Bold.ttf"),
        ("Source Sans Pro", 400, False, "SourceSansPro-Regular.otf"),
        ("Source Sans Pro", 600, True, "SourceSansPro-SemiboldIt.otf"),
        ("sans-serif", 900, False, "SourceSansPro-Black.otf"),
    ],
)
def test_the_right_file_is_chosen(
    wheels: FontLibrary, family: str, weight: int, italic: bool, file: str
) -> None:
    """Family, weight and slant lead to one file, as CSS matches them; case does not matter."""
    choice = wheels.choose((family,), weight=weight, italic=italic)
    assert choice.faces[0].path.name == file
    assert choice.unknown == ()


def test_heavier_weights_leave_more_ink(wheels: FontLibrary) -> None:
    """The chosen face is the one that is drawn, and a variable one takes every weight between."""
    box = Box(0, 0, 300, 60)
    ink = [
        int(
            (
                255
                - drawn(wheels, text("Hamburg", box, 48, "Manrope", weight=w), size=(300, 60))
                .pixels[..., 0]
                .astype(int)
            ).sum()
        )
        for w in (400, 450, 500, 550, 600, 650, 700, 750, 800)
    ]
    assert ink == sorted(ink)
    assert len(set(ink)) == len(ink)


def test_an_unknown_family_is_never_silent(wheels: FontLibrary) -> None:
    """The default face is drawn, and the report names what was asked for."""
    choice = wheels.choose(("Nope", "Nada"))
    assert choice.faces[0].family == DEFAULT_FAMILY
    assert choice.unknown == ("Nope", "Nada")
    painted = drawn(wheels, text("x", Box(0, 0, 50, 50), 20, "Nope"))
    assert painted.reports[0].unknown_families == ("Nope",)


def test_families_are_tried_in_order(wheels: FontLibrary) -> None:
    """The first known family is the primary one; the others serve what it lacks."""
    choice = wheels.choose(("Nope", "Manrope", "Hanken Grotesk"))
    assert [face.family for face in choice.faces] == ["Manrope", "Hanken Grotesk"]


def test_a_library_without_fonts_is_refused(tmp_path: Path) -> None:
    """A picture without fonts would be an empty picture."""
    with pytest.raises(RenderError, match="no fonts in"):
        FontLibrary([tmp_path / "none", tmp_path], tmp_path)


def test_files_that_are_no_fonts_are_passed_over(tmp_path: Path) -> None:
    """One broken file does not keep the others from being used."""
    shutil.copy(SOURCE / "SourceSansPro-Regular.ttf", tmp_path / "good.ttf")
    (tmp_path / "bad.ttf").write_bytes(b"not a font")
    (tmp_path / "bad.woff2").write_bytes(b"wOF2 not a font")
    library = FontLibrary([tmp_path], tmp_path / "home")
    assert library.families == (DEFAULT_FAMILY,)


@pytest.mark.parametrize("flavor", ["woff", "woff2"])
def test_packed_fonts_are_unpacked(tmp_path: Path, flavor: str) -> None:
    """WOFF and WOFF2 draw what the plain file draws."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    (folder / f"web.{flavor}").write_bytes(packed(MANROPE / "Manrope-Bold.ttf", flavor))
    library = FontLibrary([folder], tmp_path / "home")
    plain = FontLibrary([MANROPE], tmp_path / "home")
    layer = hamburg("Manrope", weight=700)
    ours = drawn(library, layer, size=(200, 40)).pixels
    assert library.families == ("Manrope",)
    assert (ours == drawn(plain, layer, size=(200, 40)).pixels).all()


@pytest.mark.parametrize("flavor", ["woff", "woff2"])
def test_packed_fonts_are_drawn_without_a_disk(tmp_path: Path, flavor: str) -> None:
    """Where nothing can be unpacked to, the same face is drawn from memory, anybody's alike."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    path = folder / f"web.{flavor}"
    path.write_bytes(packed(MANROPE / "Manrope-Bold.ttf", flavor))
    home = tmp_path / "home"
    home.write_text("no directory")
    library, plain = FontLibrary([folder], home), FontLibrary([MANROPE], tmp_path / "other")
    own = library.adopt([OwnFont("Brand", path)])["Brand"]
    expected = drawn(plain, hamburg("Manrope", weight=700), size=(200, 40)).pixels
    assert library.families == ("Manrope",)
    for family in ("Manrope", own):
        assert (
            drawn(library, hamburg(family, weight=700), size=(200, 40)).pixels == expected
        ).all()


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """A disk that is full is not filled further by what was half written."""
    with full_folder(tmp_path) as folder:
        before = sorted(folder.iterdir())
        with pytest.raises(OSError, match=r"No space|too large"):
            write_whole(folder / "a.font", bytes(100_000))
        assert sorted(folder.iterdir()) == before


def test_a_document_says_which_families_follow(fonts: FontLibrary) -> None:
    """Before those of the machine, and in its order."""
    document: dict[str, Any] = {
        "name": "d",
        "canvas": {"width": 200, "height": 60},
        "layers": [{
            "name": "t", "kind": "text", "text": "AԱ", "font": {"family": "Manrope", "size": 40},
            "box": {"width": 200, "height": 60},
        }],
    }  # fmt: skip
    painted = []
    for more in ([], ["DejaVu Serif", "DejaVu Sans"], ["Nope", "DejaVu Sans"]):
        resolved = resolve(parse_template(document | {"fallback_families": more}), {}).scene
        painted.append(paint(resolved, {}, 1, fonts))
    by_layer = text("AԱ", Box(0, 0, 200, 60), 40, "Manrope", "DejaVu Serif")
    asked = drawn(fonts, by_layer, size=(200, 60), background=None).pixels
    assert (painted[1].pixels == asked).all()
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (painted[one].pixels != painted[other].pixels).any()
    assert painted[2].reports[0].unknown_families == ("Nope",)


@pytest.mark.parametrize(
    ("character", "lang", "family"),
    [
        ("ع", "", "Noto Sans Arabic"),
        ("ש", "", "Noto Sans Hebrew"),
        ("अ", "", "Noto Sans Devanagari"),
        ("ไ", "", "Noto Sans Thai"),
        ("漢", "", "Noto Sans CJK JP"),
        ("。", "", "Noto Sans CJK JP"),
        ("漢", "zh-Hans", "Noto Sans CJK SC"),
        ("漢", "zh-TW", "Noto Sans CJK TC"),
        ("漢", "zh_TW", "Noto Sans CJK TC"),
        ("漢", "zh-Hant-HK", "Noto Sans CJK HK"),
        ("漢", "zh-Hans-HK", "Noto Sans CJK SC"),
        ("漢", "yue", "Noto Sans CJK HK"),
        ("漢", "kok", "Noto Sans CJK JP"),
        ("한", "ko", "Noto Sans CJK KR"),
    ],
)
def test_each_script_finds_its_plain_face(
    fonts: FontLibrary, character: str, lang: str, family: str
) -> None:
    """Fallback takes the sans-serif face of the script, and Han by the language."""
    like = fonts.choose(("Source Sans Pro",)).faces[0]
    kind = "wide" if character in "漢。한" else "other"
    face = fonts.fallback(character, like, weight=400, lang=lang, kind=kind)  # type: ignore[arg-type] # literal
    assert face is not None
    assert face.family == family


def test_layered_colour_fonts_are_painted(wheels: FontLibrary, tmp_path: Path) -> None:
    """Glyphs of colour layers (COLR) come in their palette's colours, transparency included."""
    path = tmp_path / "colour.ttf"
    path.write_bytes(layered_font("\U0001f600", [(1, 0, 0, 1), (0, 0, 1, 0.5)]))
    name = wheels.adopt([OwnFont("Layers", path)])["Layers"]
    layer = text("\U0001f600", Box(0, 0, 100, 100), 80, name, line_height=1.0)
    pixels = drawn(wheels, layer, size=(100, 100)).pixels
    ink = ink_box(pixels)
    left = pixels[ink.top + 5, ink.left + 5].tolist()
    right = pixels[ink.top + 5, ink.left + ink.width - 6].tolist()
    assert left == pytest.approx([255, 0, 0, 255], abs=2)
    assert right == pytest.approx([127, 127, 255, 255], abs=2)
