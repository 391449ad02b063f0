from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from origin.catalog.drafts import DOCUMENT_BYTES
from origin.cli.app import run
from tests.docs.drawing import IMAGES, SUFFIX_OF, documents, draw
from tests.docs.pages import DESIGN, Block, blocks_of, prose_of, tables_of
from vips_render.expr.text import compile_text
from vips_render.limits import Limits
from vips_render.template.parse import parse_template
from vips_render.template.schema import template_schema

BLOCKS = tuple(blocks_of(DESIGN))
SESSIONS = [(before, block) for before, block in pairwise(BLOCKS) if block.language == "console"]
FAULTY = [pair for pair in SESSIONS if "signet templates check" in pair[1].code]
(TRIED,) = [block for _, block in SESSIONS if "signet templates try" in block.code]
(DRAWN,) = [block for _, block in SESSIONS if "signet render" in block.code]
SOUND = [
    block
    for block in BLOCKS
    if block.language == "json" and block not in [document for document, _ in FAULTY]
]
DOCUMENTS = documents()
SHOWING = DESIGN.read_text() + (DESIGN.parent / "text.md").read_text()
CARD = json.loads(DOCUMENTS["card"])
TABLES = tables_of(DESIGN)
NOUNS = template_schema()["$defs"] | {"Template": template_schema()}
EXPRESSIONS = [
    source.replace("\\|", "|")
    for source in dict.fromkeys(re.findall(r"`([^`]*\{\{[^`]*\}\}[^`]*)`", prose_of(DESIGN)))
    if "…" not in source
]
OPENED = ("Font", "Stroke", "Shadow", "Highlight", "Border", "Focus", "Box")
LAYERS = ("TextLayer", "ImageLayer", "ShapeLayer", "GroupLayer")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with an empty templates directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "templates" / "assets").mkdir(parents=True)
    return tmp_path


def whole(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document that a block stands for: itself, the card with it, or it alone."""
    if "canvas" in part:
        return dict(part)
    rest: dict[str, Any] = {"layers": [part]} if "kind" in part else dict(part)
    variables = {"accent": {"type": "color"}, **CARD["variables"], **rest.pop("variables", {})}
    return {**CARD, "variables": variables, **rest}


@pytest.mark.parametrize("block", SOUND, ids=str)
def test_every_document_on_the_page_is_sound(block: Block) -> None:
    """What a reader copies passes the check; a part passes within the card."""
    parse_template(whole(json.loads(block.code)))


@pytest.mark.parametrize(("document", "session"), FAULTY, ids=str)
def test_every_fault_is_told_as_the_page_says(
    document: Block, session: Block, desk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The command writes exactly the quoted lines, and ends with status 1."""
    command, _, quoted = session.code.partition("\n")
    arguments = shlex.split(command)[2:]
    (desk / "templates" / f"{arguments[-1]}.json").write_text(document.code)
    assert run(arguments) == 1
    said = capfd.readouterr()
    assert said.out + said.err == quoted


def test_the_report_is_what_render_says(desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The quoted command draws the card and says what the page says; sizes and times may vary."""
    (desk / "templates" / "card.json").write_text(DOCUMENTS["card"])
    command, _, quoted = DRAWN.code.partition("\n")
    assert run(shlex.split(command)[2:]) == 0
    numbers = re.compile(r"[0-9.]+ (kB|ms)")
    assert numbers.sub(r"N \1", capfd.readouterr().out) == numbers.sub(r"N \1", quoted)


def test_the_trial_is_told_as_the_page_says(desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The command writes the quoted table and leaves the picture that the page names."""
    (desk / "templates" / "card.json").write_text(DOCUMENTS["card"])
    command, _, quoted = TRIED.code.partition("\n")
    assert run(shlex.split(command)[2:]) == 0
    said = capfd.readouterr().out.splitlines()
    assert [line.rstrip() for line in said] == quoted.splitlines()
    (named,) = re.findall(r"`(tried/\S+)`", DESIGN.read_text())
    assert (desk / named).is_file()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_picture_is_drawn_from_its_document(name: str) -> None:
    """`python -m tests.docs.drawing` draws what the page shows, in less than 40 kB."""
    suffix, drawn = draw(DOCUMENTS[name])
    shown = (IMAGES / f"{name}.{suffix}").read_bytes()
    assert len(shown) < 40_000
    assert f"](images/{name}.{suffix})" in SHOWING
    now, then = (
        np.asarray(Image.open(io.BytesIO(file)).convert("RGB")).astype(int)
        for file in (drawn.body, shown)
    )
    assert now.shape == then.shape
    assert np.abs(now - then).mean() < 2


def test_no_picture_is_left_over() -> None:
    """Every picture of the pages about templates and text has its document."""
    drawn = {f"images/{name}" for name in DOCUMENTS}
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\.\w+\)", SHOWING)
    assert set(shown) == drawn
    assert set(SUFFIX_OF) == {"png", "jpeg", "webp", "avif"}


def properties(noun: str) -> dict[str, tuple[str, str]]:
    """Return each property of a noun with its default and range as the page writes them.

    Objects that belong to one layer are opened up (`font.size`); a range is empty where the schema
    knows less than the page says.
    """
    found: dict[str, tuple[str, str]] = {}
    needed = NOUNS[noun].get("required", [])
    for name, schema in NOUNS[noun]["properties"].items():
        if name == "$schema":
            continue
        default = "**required**" if name in needed else _default(schema)
        kind, own = _kind(schema)
        found[name] = default, kind
        if own in OPENED and (noun, own) != ("GroupLayer", "Box"):
            if own == "Focus":
                del found[name]
            found |= {f"{name}.{inner}": cells for inner, cells in properties(own).items()}
    return found


def _default(schema: Mapping[str, Any]) -> str:
    value = schema.get("default")
    if value is None:
        return "none"
    if value == "":
        return "empty"
    if isinstance(value, float):
        return f"`{value:g}`"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def _kind(schema: Mapping[str, Any]) -> tuple[str, str]:
    """Return the words for what a schema allows, and the name of the object that it is."""
    options = [one for one in _options(schema) if one != {"type": "string", "pattern": r"\{\{"}]
    if len(options) == 1:
        return _simple(options[0])
    words = [_simple(one) for one in options]
    names = [name for _, name in words]
    if "LinearFill" in names:
        return "colour or gradient", ""
    if len(names) == 4 and names[0].endswith("Fallback"):
        return "a layer without `box`", ""
    single, many = options
    several = "four of them" if many["minItems"] == many["maxItems"] else _list(many)
    return f"{_simple(single)[0] or 'text'}, or {several}", ""


def _options(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in schema.get("anyOf") or schema.get("oneOf") or [schema]:
        if "anyOf" in one or "oneOf" in one:
            yield from _options(one)
        elif one.get("type") != "null":
            yield one


def _list(schema: Mapping[str, Any]) -> str:
    return f"a list of {schema['minItems']} to {schema['maxItems']}"


def _simple(schema: Mapping[str, Any]) -> tuple[str, str]:
    if "$ref" in schema:
        return "object", schema["$ref"].rpartition("/")[2]
    kind = schema.get("type")
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"]), ""
    if kind == "boolean":
        return "`true`, `false`", ""
    if kind in ("number", "integer"):
        least, most = schema.get("minimum"), schema.get("maximum")
        whole = "whole, " if kind == "integer" else ""
        if most is None:
            return (f"{whole}from {least:g}" if least is not None else "number"), ""
        return f"{whole}{least:g} to {most:g}", ""
    if kind == "array":
        return _list(schema).removeprefix("a ") if "maxItems" in schema else "list", ""
    return ("object" if kind == "object" else ""), ""


def expected(noun: str) -> dict[str, tuple[str, str]]:
    """Return the rows that the table of a noun must have; what all share is in a table above."""
    if noun == "Layer":
        common = properties("TextLayer")
        kinds = [f"`{NOUNS[layer]['properties']['kind']['const']}`" for layer in LAYERS]
        rows = {name: cells for name, cells in common.items() if _is_shared(name)}
        return rows | {"kind": (rows["kind"][0], ", ".join(sorted(kinds, key=KINDS.index)))}
    if noun == "Declared":
        return {name: cells for name, cells in properties("DateVariable").items() if name != "type"}
    rows = properties(noun)
    if noun in LAYERS:
        own_box = noun == "GroupLayer"
        return {
            name: cells
            for name, cells in rows.items()
            if not _is_shared(name) or (own_box and name == "box")
        }
    if noun.endswith("Variable"):
        return {
            name: cells
            for name, cells in rows.items()
            if name not in ("type", *properties("DateVariable"))
        }
    return rows


KINDS = ["`text`", "`shape`", "`image`", "`group`"]


def _is_shared(name: str) -> bool:
    return name in ("name", "kind", "visible", "opacity", "rotation") or name.startswith("box")


@pytest.mark.parametrize("noun", TABLES)
def test_each_table_has_each_property_and_no_other(noun: str) -> None:
    """Name, default and range of every property are those of the JSON Schema."""
    rows = TABLES[noun]
    wanted = expected(noun)
    assert set(rows) == set(wanted)
    for name, (default, kind) in wanted.items():
        shown, allowed, *_ = rows[name]
        assert (name, shown) == (name, default)
        assert allowed, f"{name} says nothing of what is allowed"
        if kind and not allowed.startswith(kind):
            assert (name, allowed) == (name, kind)


def test_every_object_of_the_schema_has_its_table() -> None:
    """A new noun of the document cannot come without a word on the page."""
    opened = {*OPENED, "LinearFill", "RadialFill"}
    plain = {"BooleanVariable", "ColorVariable", "DateVariable", "ListVariable", "ObjectVariable"}
    stand_ins = {name for name in NOUNS if name.endswith("Fallback")}
    assert set(NOUNS) - opened - plain - stand_ins | {"Layer", "Declared"} == set(TABLES)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_fallback_is_its_layer_without_the_box(layer: str) -> None:
    """So that the page may say it in half a sentence."""
    whole_layer = dict(NOUNS[layer]["properties"])
    del whole_layer["box"]
    assert NOUNS[layer.replace("Layer", "Fallback")]["properties"] == whole_layer


def test_the_page_names_every_type() -> None:
    """What the variables can be is on the page; the functions have a page of their own."""
    page = DESIGN.read_text()
    for noun in NOUNS:
        if noun.endswith("Variable"):
            kind = NOUNS[noun]["properties"]["type"]["const"]
            assert re.search(rf"^\| `{kind}` \| .* \| .* \|$", page, re.M), kind


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_every_expression_on_the_page_is_of_the_language(source: str) -> None:
    """What the page shows between braces compiles."""
    compile_text(source, Limits())


def test_the_limits_are_those_of_the_engine() -> None:
    """The table at the end says what `vips_render.limits` says."""
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \|$", DESIGN.read_text().partition("## Limits")[2], re.M
    )
    said, limits = dict(rows), Limits()
    picture = f"{limits.asset_bytes >> 20} MiB, {limits.asset_area_px // 10**6} million px"
    assert said["side of the canvas"] == f"{limits.canvas_px} px"
    assert (
        said["area of the canvas, after scaling"] == f"{limits.canvas_area_px // 10**6} million px"
    )
    assert said["layers, nested ones included"] == str(limits.layers)
    assert said["groups in groups"] == str(limits.depth)
    assert said["characters of a drawn text"] == str(limits.text_chars)
    assert said["characters of a text with `{{ … }}`"] == str(limits.expression_chars)
    assert said["items of a list in `{{ … }}`"] == str(limits.expression_items)
    assert said["blocks or parentheses in each other"] == str(limits.expression_depth)
    assert said["a picture"] == picture
    assert said["a document"] == f"{DOCUMENT_BYTES >> 20} MiB"
