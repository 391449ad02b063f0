from __future__ import annotations

import shutil
from dataclasses import replace
from io import BytesIO
from itertools import product
from pathlib import Path

import pytest
from fontTools.ttLib import TTCollection, TTFont
from PIL import Image

from tests.pixels.conftest import wheel_dir
from tests.pixels.easel import drawn, ink_box, text
from tests.pixels.fontmaking import hamburg, leaning_font, packed, pictured_font
from vips_render.errors import AssetError
from vips_render.pixels import fonts as fonts_module
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.ownfonts import OwnFont
from vips_render.scene.model import Box

SOURCE = wheel_dir("font_source_sans_pro")
HANKEN = wheel_dir("font_hanken_grotesk")
MANROPE = wheel_dir("font_manrope")


def test_a_changed_file_is_another_font(wheels: FontLibrary, tmp_path: Path) -> None:
    """A designer who puts another file in a font's place sees that one, and the old one again."""
    path = tmp_path / "brand.ttf"
    fonts = [OwnFont("Brand", path)]
    widths = []
    names = []
    for style in ("ExtraLight", "ExtraBold", "ExtraLight"):
        path.write_bytes((MANROPE / f"Manrope-{style}.ttf").read_bytes())
        names.append(wheels.adopt(fonts)["Brand"])
        widths.append(ink_box(drawn(wheels, hamburg(names[-1]), size=(200, 40)).pixels).width)
    assert widths[0] < widths[1]
    assert (names[0], widths[0]) == (names[2], widths[2])


def test_a_font_that_is_away_is_drawn_as_it_was_last(wheels: FontLibrary, tmp_path: Path) -> None:
    """While the templates' disk is gone a template goes on; a font never seen is missing."""
    path = tmp_path / "brand.ttf"
    fonts = [OwnFont("Brand", path)]
    names = []
    for style in ("ExtraLight", "ExtraBold"):
        path.write_bytes((MANROPE / f"Manrope-{style}.ttf").read_bytes())
        names.append(wheels.adopt(fonts))
    path.unlink()
    assert wheels.adopt(fonts) == names[-1] != names[0]
    with pytest.raises(AssetError, match="Brand"):
        wheels.adopt([OwnFont("Brand", path, weight=300)])


def test_a_font_is_drawn_as_it_was_when_it_was_named(wheels: FontLibrary, tmp_path: Path) -> None:
    """Whatever becomes of a draft's file, a name stands for the bytes that it was made of."""
    path = tmp_path / "brand.ttf"
    shutil.copy(MANROPE / "Manrope-Bold.ttf", path)
    name = wheels.adopt([OwnFont("Brand", path)])["Brand"]
    path.write_bytes(b"")
    expected = drawn(wheels, hamburg("Manrope", weight=700), size=(200, 40)).pixels
    assert (drawn(wheels, hamburg(name), size=(200, 40)).pixels == expected).all()


def test_documents_fonts_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a draft's font is saved, only the last few of its kind stay registered."""
    source = SOURCE / "SourceSansPro-Regular.ttf"
    monkeypatch.setattr(fonts_module, "_OWN_BYTES", 3 * (source.stat().st_size + 2_000))
    library = FontLibrary([SOURCE], tmp_path / "home")
    shared = set(library.files)
    path = tmp_path / "brand.ttf"
    names = []
    for number in range(6):
        path.write_bytes(source.read_bytes() + bytes([number]))
        names.append(library.adopt([OwnFont("Brand", path)])["Brand"])
        drawn(library, hamburg(names[-1]), size=(200, 40))
    known = [name for name in names if not library.choose((name,)).unknown]
    assert known == names[3:]
    assert set(library.files) == shared | {path}
    assert library.adopt([OwnFont("Brand", path)])["Brand"] == names[-1]


def test_two_versions_of_one_brand_font_never_meet(wheels: FontLibrary) -> None:
    """Documents that both bring a "Brand" each get their own file; equal files share a name."""
    thin = [OwnFont("Brand", MANROPE / "Manrope-ExtraLight.ttf")]
    bold = [OwnFont("Brand", MANROPE / "Manrope-ExtraBold.ttf")]
    one, other = wheels.adopt(thin)["Brand"], wheels.adopt(bold)["Brand"]
    assert one != other
    assert one == wheels.adopt(thin)["Brand"]
    box = Box(0, 0, 200, 60)
    widths = [
        ink_box(drawn(wheels, text("Hamburg", box, 40, name), size=(200, 60)).pixels).width
        for name in (one, other)
    ]
    assert widths[0] < widths[1]
    assert "Brand" not in wheels.families
    assert wheels.choose(("Brand",)).unknown == ("Brand",)


def test_a_document_may_say_which_weight_a_file_is(wheels: FontLibrary) -> None:
    """The document's word counts more than the file's."""
    fonts = [
        OwnFont("House", HANKEN / "HankenGrotesk-Light.otf", weight=400),
        OwnFont("House", HANKEN / "HankenGrotesk-Bold.otf", weight=700),
    ]
    name = wheels.adopt(fonts)["House"]
    assert wheels.choose((name,), weight=400).faces[0].path.name == "HankenGrotesk-Light.otf"
    assert wheels.choose((name,), weight=600).faces[0].path.name == "HankenGrotesk-Bold.otf"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"junk", "not-a-font"),
        (b"wOF2" + bytes(80), "not-a-font"),
        (b"wOFF" + b"\xff" * 80, "not-a-font"),
        (None, "missing"),
    ],
)
def test_a_font_that_cannot_be_used_is_refused(
    wheels: FontLibrary, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """Publishing a document learns at once that its font is no font."""
    path = tmp_path / "brand.woff2"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AssetError) as refused:
        wheels.adopt([OwnFont("Brand", path)])
    assert refused.value.reason == reason


def test_a_variable_font_is_slanted_by_its_axis(wheels: FontLibrary, tmp_path: Path) -> None:
    """`ital` and `slnt` alike, together with the weight, also where only one slant is asked for."""
    for tag, ends in (("ital", (0, 0, 1)), ("slnt", (-12, 0, 0))):
        path = tmp_path / f"{tag}.ttf"
        path.write_bytes(leaning_font(tag, ends))
        name = wheels.adopt([OwnFont(tag, path)])[tag]
        widths = {}
        for weight, italic in product((400, 700), (False, True)):
            plain = text("l", Box(20, 0, 180, 100), 80, name, weight=weight)
            layer = replace(plain, font=replace(plain.font, italic=italic))
            widths[weight, italic] = ink_box(drawn(wheels, layer, size=(200, 100)).pixels).width
        assert widths == {
            (400, False): 16, (700, False): 24, (400, True): 16 + 16, (700, True): 24 + 16,
        }  # fmt: skip
        only = wheels.adopt([OwnFont("Only", path, italic=True)])["Only"]
        face = wheels.choose((only,)).faces[0]
        assert (face.italic, face.weights, face.slant and face.slant[0]) == (True, (400, 700), tag)


def test_a_collection_brings_all_faces_of_its_first_family(
    wheels: FontLibrary, tmp_path: Path
) -> None:
    """Each in its weight and slant; what it holds of other families stays out."""
    files = [HANKEN / f"HankenGrotesk-{style}.otf" for style in ("Light", "Bold", "MediumItalic")]
    collection = TTCollection()
    collection.fonts = [TTFont(path) for path in (*files, MANROPE / "Manrope-Regular.ttf")]
    path = tmp_path / "brand.ttc"
    collection.save(path)
    name = wheels.adopt([OwnFont("Brand", path)])["Brand"]
    for weight, italic, file in ((300, False, 0), (400, False, 0), (700, False, 1), (500, True, 2)):
        (face,) = wheels.choose((name,), weight=weight, italic=italic).faces
        (own,) = wheels.choose(("Hanken Grotesk",), weight=face.weights[0], italic=italic).faces
        assert own.path == files[file]
        assert face.source.glyph_count == own.source.glyph_count
        assert (face.weights, face.italic) == (own.weights, own.italic)


def test_a_font_without_a_name_is_drawn(wheels: FontLibrary, tmp_path: Path) -> None:
    """The document names its fonts itself."""
    font = TTFont(MANROPE / "Manrope-Bold.ttf")
    del font["name"]
    font.save(tmp_path / "brand.ttf")
    name = wheels.adopt([OwnFont("Brand", tmp_path / "brand.ttf")])["Brand"]
    expected = drawn(wheels, hamburg("Manrope", weight=700), size=(200, 40)).pixels
    assert (drawn(wheels, hamburg(name), size=(200, 40)).pixels == expected).all()


@pytest.mark.parametrize("suffix", ["ttf", "otf", "woff", "woff2"])
def test_the_name_of_a_file_does_not_say_what_it_is(
    wheels: FontLibrary, tmp_path: Path, suffix: str
) -> None:
    """Its first bytes do: a WOFF2 that somebody called .ttf is drawn."""
    plain = (MANROPE / "Manrope-Bold.ttf").read_bytes()
    expected = drawn(wheels, hamburg("Manrope", weight=700), size=(200, 40)).pixels
    for content in (plain, packed(MANROPE / "Manrope-Bold.ttf", "woff2")):
        path = tmp_path / f"brand.{suffix}"
        path.write_bytes(content)
        name = wheels.adopt([OwnFont("Brand", path)])["Brand"]
        assert (drawn(wheels, hamburg(name), size=(200, 40)).pixels == expected).all()


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("kind", ["ttf", "otf", "woff", "woff2", "ttc"])
def test_a_font_that_is_cut_off_is_refused(
    wheels: FontLibrary, tmp_path: Path, kind: str, share: float
) -> None:
    """An upload that broke off would be drawn as blanks, or with other kerning, otherwise."""
    collection = TTCollection()
    collection.fonts = [TTFont(MANROPE / "Manrope-Regular.ttf")]
    whole = BytesIO()
    if kind == "ttc":
        collection.save(whole)
    elif kind == "otf":
        whole.write((HANKEN / "HankenGrotesk-Bold.otf").read_bytes())
    elif kind == "ttf":
        whole.write((MANROPE / "Manrope-Bold.ttf").read_bytes())
    else:
        whole.write(packed(MANROPE / "Manrope-Bold.ttf", kind))
    path = tmp_path / f"brand.{kind}"
    path.write_bytes(whole.getvalue()[: int(len(whole.getvalue()) * share)])
    with pytest.raises(AssetError) as refused:
        wheels.adopt([OwnFont("Brand", path)])
    assert refused.value.reason == "not-a-font"


def png(side: int) -> bytes:
    file = BytesIO()
    Image.new("RGBA", (side, side), (200, 0, 0, 255)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("picture", "is_seen"),
    [
        (png(136), True),
        (png(136)[:-30], False),
        (b"no picture at all", False),
        (png(1_100), False),
    ],
    ids=["whole", "cut off", "none", "a bomb"],
)
def test_emoji_of_own_fonts_are_drawn_or_left_out(
    wheels: FontLibrary, tmp_path: Path, picture: bytes, is_seen: bool
) -> None:
    """Whatever a font calls a picture, the text around it is drawn."""
    path = tmp_path / "pictured.ttf"
    path.write_bytes(pictured_font("\U0001f600", picture))
    family = wheels.adopt([OwnFont("Pictured", path)])["Pictured"]
    layer = text("a\U0001f600", Box(0, 0, 200, 60), 40, family)
    box = ink_box(drawn(wheels, layer, size=(200, 60)).pixels)
    assert (box.width > 40) == is_seen
    assert box.width > 10
