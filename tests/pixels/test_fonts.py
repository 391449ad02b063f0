from __future__ import annotations

import shutil
from dataclasses import replace
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont
from fontTools.ttLib.tables.TupleVariation import TupleVariation

from tests.cache.worlds import full_folder
from tests.pixels.conftest import wheel_dir
from tests.pixels.easel import drawn, ink_box, text
from vips_render.errors import AssetError, RenderError
from vips_render.pixels import fonts as fonts_module
from vips_render.pixels.fonts import DEFAULT_FAMILY, FontLibrary
from vips_render.pixels.ownfonts import OwnFont, write_whole
from vips_render.pixels.paint import paint
from vips_render.scene.model import Box, TextLayer
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


def leaning_font(tag: str, ends: tuple[float, float, float]) -> bytes:
    """Build a variable font of one stem: 200 wide, 300 when bold, its top 200 to the right."""
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "l"])
    font.setupCharacterMap({ord("l"): "l"})
    font.setupGlyf({".notdef": bar(0, 0), "l": bar(0, 200)})
    font.setupHorizontalMetrics({".notdef": (500, 0), "l": (500, 0)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Leaning", "styleName": "Regular"})
    font.setupFvar([("wght", 400, 400, 700, "Weight"), (tag, *ends, "Slant")], [])
    # Corners from the bottom left, clockwise; then four points that say where the glyph ends.
    rest = [(0, 0)] * 4
    side = (0, 1, 1) if ends[2] else (-1, -1, 0)
    wide = TupleVariation({"wght": (0, 1, 1)}, [(0, 0), (0, 0), (100, 0), (100, 0), *rest])
    lean = TupleVariation({tag: side}, [(0, 0), (200, 0), (200, 0), (0, 0), *rest])
    font.setupGvar({"l": [wide, lean]})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    font.setupPost()
    file = BytesIO()
    font.font.save(file)
    return file.getvalue()


def packed(path: Path, flavor: str) -> bytes:
    font = TTFont(path)
    font.flavor = flavor
    file = BytesIO()
    font.save(file)
    return file.getvalue()


def hamburg(family: str, weight: int = 400) -> TextLayer:
    return text("Hamburg", Box(0, 0, 200, 40), 30, family, weight=weight)


def layered_font(character: str, palette: list[tuple[float, float, float, float]]) -> bytes:
    """Build a font of one emoji: one upright bar per colour, side by side."""
    font = FontBuilder(1000, isTTF=True)
    layers = [f"layer{index}" for index in range(len(palette))]
    names = [".notdef", "emoji", *layers]
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(character): "emoji"})
    step = 800 // len(palette)
    bars = {name: bar(index * step, step) for index, name in enumerate(layers)}
    font.setupGlyf({".notdef": bar(0, 0), "emoji": bar(0, 800), **bars})
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    for index, name in enumerate(layers):
        font.font["hmtx"][name] = (1000, index * step)
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Layers", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    font.setupPost()
    font.setupCOLR({"emoji": [(name, index) for index, name in enumerate(layers)]}, version=0)
    font.setupCPAL([palette])
    file = BytesIO()
    font.font.save(file)
    return file.getvalue()


def bar(left: int, width: int) -> object:
    pen = TTGlyphPen(None)
    if width:
        pen.moveTo((left, 0))
        pen.lineTo((left, 800))
        pen.lineTo((left + width, 800))
        pen.lineTo((left + width, 0))
        pen.closePath()
    return pen.glyph()


def test_a_font_that_is_away_is_drawn_as_it_was(tmp_path: Path, wheels: FontLibrary) -> None:
    """A disk that went away costs no face that was drawn before; one never seen is missing."""
    source = next(path for path in wheels.files if path.name == "Manrope-Bold.ttf")
    file = tmp_path / "brand.ttf"
    file.write_bytes(source.read_bytes())
    library = FontLibrary([source.parent], tmp_path / "home")
    named = library.adopt([OwnFont("Brand", file)])
    file.unlink()
    assert library.adopt([OwnFont("Brand", file)]) == named
    with pytest.raises(AssetError):
        library.adopt([OwnFont("Other", file)])
