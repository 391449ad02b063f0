from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from origin.children.calls import Picture, draws, paint
from origin.children.child import Child, python_argv
from origin.children.errors import ChildCrashed, ChildFault, ChildTimeout
from origin.children.frames import Frame
from vips_render.bitmap import Bitmap
from vips_render.errors import AssetError, LimitExceeded, RenderError
from vips_render.output import Output
from vips_render.scene.model import (
    Box,
    Font,
    ImageLayer,
    Layer,
    Scene,
    ShapeLayer,
    Solid,
    TextLayer,
)
from vips_render.scene.wire import dump_scene

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"], loop_scope="module")

WHITE = Solid((255, 255, 255, 255))
BLACK = (0, 0, 0, 255)
PNG = Output("png")
RED = Bitmap(2, 2, bytes((255, 0, 0, 255)) * 4)
BLUE = Bitmap(2, 2, bytes((0, 0, 255, 255)) * 4)
LONG_S = 60.0


def _faces(package: str) -> list[Path]:
    found = [Path(str(file.locate())) for file in files(package) or () if file.suffix == ".ttf"]
    assert found
    return sorted(found)


def _painter(home: Path, *arguments: str) -> Child:
    fonts = _faces("font-source-sans-pro")[0].parent
    argv = python_argv(
        "origin.children.painter", "--home", str(home), "--fonts", str(fonts), *arguments
    )
    return Child(argv, env={"MALLOC_ARENA_MAX": "2", "VIPS_CONCURRENCY": "1"}, name="painter")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def painter(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Child]:
    home = tmp_path_factory.mktemp("home")
    child = _painter(home, "--memory-bytes", str(2 * 1024**3))
    yield child
    await child.close()


def _scene(*layers: Layer, width: int = 40, height: int = 20) -> Scene:
    return Scene(width, height, WHITE, layers)


def _text(text: str, *families: str) -> TextLayer:
    return TextLayer("name", Box(0, 0, 40, 20), text, Font(families), 12, BLACK)


def _image(source: str) -> ImageLayer:
    return ImageLayer("avatar", Box(0, 0, 10, 10), source)


async def _paint(painter: Child, scene: Scene, output: Output = PNG, **more: Any) -> Picture:
    bitmaps = more.pop("bitmaps", {})
    return await paint(painter, dump_scene(scene), output, bitmaps, timeout_s=LONG_S, **more)


@pytest.mark.parametrize(
    ("output", "start"),
    [
        (PNG, b"\x89PNG"),
        (Output("jpeg", quality=70), b"\xff\xd8\xff"),
        (Output("webp", scale=2), b"RIFF"),
        (Output("avif", scale=2), b"\0\0\0\x1cftypavif"),
    ],
    ids=["png", "jpeg", "webp", "avif"],
)
async def test_scene_becomes_a_file(painter: Child, output: Output, start: bytes) -> None:
    """A painter draws what it is sent in the format that is asked for, and reports on its texts."""
    picture = await _paint(painter, _scene(_text("Anna")), output)
    assert picture.body.startswith(start)
    assert picture.media_type == output.media_type
    assert [report["layer"] for report in picture.reports] == ["name"]
    assert set(picture.stage_ms) == {"plan", "paint", "encode"}


async def test_hello_names_the_engine(painter: Child) -> None:
    """What a painter is goes into cache keys, so it says so first; two of a kind say the same."""
    hello = await painter.warm()
    assert len(hello["engine"]) == 32
    assert hello["libvips"].startswith("8.")
    assert "Source Sans Pro" in hello["families"]
    assert await draws(painter, timeout_s=LONG_S)


async def test_same_scene_same_bytes_whatever_was_drawn_before(
    painter: Child, tmp_path: Path
) -> None:
    """A painter's past leaves no trace in its pictures."""
    scene = _scene(_text("Anna"), _image("a"))
    bitmaps = {"a": ("red", RED)}
    first = await _paint(painter, scene, bitmaps=bitmaps)
    await _paint(painter, _scene(_text("Bob"), _image("a")), bitmaps={"a": ("blue", BLUE)})
    again = await _paint(painter, scene, bitmaps=bitmaps)
    other = _painter(tmp_path / "other")
    try:
        elsewhere = await _paint(other, scene, bitmaps=bitmaps)
    finally:
        await other.close()
    assert first.body == again.body == elsewhere.body


async def _needs(painter: Child, bitmaps: dict[str, tuple[str, Bitmap]]) -> list[str]:
    """Paint with these bitmaps and return the digests that the painter had to be sent."""
    by_digest = dict(bitmaps.values())
    asked: list[str] = []

    def reply(frame: Frame) -> tuple[dict[str, Any], Sequence[bytes]] | None:
        if "need" not in frame.header:
            return None
        asked.extend(frame.header["need"])
        sent = [by_digest[digest] for digest in frame.header["need"]]
        sizes = [
            [digest, bitmap.width, bitmap.height]
            for digest, bitmap in zip(frame.header["need"], sent, strict=True)
        ]
        return {"op": "assets", "bitmaps": sizes}, [bitmap.pixels for bitmap in sent]

    scene = _scene(*(replace(_image(source), name=source) for source in bitmaps))
    request = {
        "op": "paint",
        "output": {"format": "png", "quality": 80, "scale": 1},
        "assets": {source: digest for source, (digest, _) in bitmaps.items()},
        "fonts": [],
    }
    answer = await painter.call(request, [dump_scene(scene)], timeout_s=LONG_S, reply=reply)
    assert answer.header["media_type"] == "image/png"
    return asked


async def test_pixels_are_sent_once(painter: Child) -> None:
    """A painter keeps pictures by digest and asks only for those that it has not seen."""
    assert await _needs(painter, {"a": ("new", RED)}) == ["new"]
    assert await _needs(painter, {"b": ("new", RED)}) == []
    assert await _needs(painter, {"a": ("new", RED), "b": ("newer", BLUE)}) == ["newer"]


async def test_kept_pixels_are_bounded(tmp_path: Path) -> None:
    """Beyond its bound a painter forgets the oldest; one too large is used and not kept."""
    painter = _painter(tmp_path, "--bitmap-cache-bytes", "20")
    large = Bitmap(3, 3, bytes(36))
    try:
        assert await _needs(painter, {"a": ("red", RED)}) == ["red"]
        assert await _needs(painter, {"a": ("blue", BLUE)}) == ["blue"]
        assert await _needs(painter, {"a": ("red", RED), "b": ("large", large)}) == ["large", "red"]
        assert await _needs(painter, {"a": ("large", large)}) == ["large"]
        assert await _needs(painter, {"a": ("red", RED)}) == []
    finally:
        await painter.close()


async def test_own_fonts_are_used_by_the_scene_that_brings_them(painter: Child) -> None:
    """A version's own font draws its texts, and no other template sees it."""
    file = str(_faces("font-manrope")[0])
    scene = _scene(_text("Anna", "Brand"))
    plain = await _paint(painter, scene)
    own = await _paint(painter, scene, fonts=[("Brand", file)])
    declared = await _paint(painter, scene, fonts=[("Brand", file, 400, False)])
    after = await _paint(painter, scene)
    assert plain.reports[0]["unknown_families"] == ["Brand"]
    assert own.reports[0]["unknown_families"] == []
    assert declared.reports[0]["unknown_families"] == []
    assert own.body != plain.body == after.body


async def test_font_that_is_none_is_an_answer(painter: Child, tmp_path: Path) -> None:
    """A file that is no font is refused by name, and the painter lives."""
    file = tmp_path / "font.ttf"
    file.write_bytes(b"not a font")
    await painter.warm()
    starts = painter.starts
    with pytest.raises(AssetError):
        await _paint(painter, _scene(_text("Anna", "Brand")), fonts=[("Brand", str(file))])
    assert (await _paint(painter, _scene(_text("Anna")))).body
    assert painter.starts == starts


async def test_refusals_of_the_engine_are_raised_here(painter: Child) -> None:
    """What the engine refuses in a painter is the same error on this side, not a crash."""
    await painter.warm()
    starts = painter.starts
    with pytest.raises(LimitExceeded):
        await _paint(painter, _scene(width=30_000, height=30_000))
    with pytest.raises(RenderError, match="no scene"):
        await paint(painter, b"{}", PNG, {}, timeout_s=LONG_S)
    with pytest.raises(ChildFault):
        await _paint(painter, _scene(), Output("gif"))  # type: ignore[arg-type] # nothing writes it
    answer = await painter.call({"op": "sing"}, timeout_s=LONG_S)
    assert answer.header["error"] == "internal"
    assert painter.starts == starts


@pytest.mark.parametrize("stop_first", [True, False], ids=["at-work", "between-two"])
async def test_killed_painter_is_replaced(painter: Child, stop_first: bool) -> None:
    """A SIGKILL, also in the middle of a picture, is told to its caller; the next one is drawn."""
    await painter.warm()
    process_id = painter.process_id
    assert process_id is not None
    scene = _scene(_text("Anna"), ShapeLayer("dot", Box(0, 0, 9, 9), "ellipse", WHITE))
    before = await _paint(painter, scene)
    if stop_first:
        os.kill(process_id, signal.SIGSTOP)
        at_work = asyncio.create_task(_paint(painter, scene))
        await asyncio.sleep(0.05)
        os.kill(process_id, signal.SIGKILL)
        with pytest.raises(ChildCrashed):
            await at_work
    else:
        os.kill(process_id, signal.SIGKILL)
        async with asyncio.timeout(LONG_S):
            while painter.process_id is not None:
                await asyncio.sleep(0.01)
    assert (await _paint(painter, scene)).body == before.body


async def test_hung_painter_is_killed_and_replaced(painter: Child) -> None:
    """A painter that does not answer in time is ended from without, whatever it is doing."""
    await painter.warm()
    process_id = painter.process_id
    assert process_id is not None
    os.kill(process_id, signal.SIGSTOP)
    with pytest.raises(ChildTimeout):
        await paint(painter, dump_scene(_scene()), PNG, {}, timeout_s=0.1)
    assert (await _paint(painter, _scene())).body
    assert painter.process_id != process_id


async def test_painter_without_fonts_does_not_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A picture without fonts is an empty picture: the log says so instead."""
    argv = python_argv("origin.children.painter", "--home", str(tmp_path), "--fonts", str(tmp_path))
    bare = Child(argv, env={}, name="painter")
    try:
        with pytest.raises(ChildCrashed):
            await bare.warm()
        assert "no fonts in" in caplog.text
    finally:
        await bare.close()
