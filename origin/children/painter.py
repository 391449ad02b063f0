"""Draw scenes, in a process that may be killed.

Run as `python -m origin.children.painter --home DIR --fonts DIR… --memory-bytes N
--bitmap-cache-bytes N`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from origin.children.frames import Frame, FrameError
from origin.children.mainloop import (
    Answer,
    Pipes,
    claim_pipes,
    give_back_memory,
    serve,
    settle,
)
from vips_render.bitmap import Bitmap
from vips_render.errors import RenderError
from vips_render.output import Output
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.ownfonts import OwnFont
from vips_render.render import Engine
from vips_render.runtime import engine_digest, start_libvips
from vips_render.scene.model import Box, Font, Scene, Solid, TextLayer
from vips_render.scene.wire import SceneReader

PING_LAYER = TextLayer("ping", Box(0, 0, 8, 8), "i", Font(()), 8, (0, 0, 0, 255))
PING = Scene(8, 8, Solid((255, 255, 255, 255)), (PING_LAYER,))
"""The smallest picture that needs everything: libvips, a font and an encoder."""

LETTERS = ("Aé", "Ωώ", "Жй", "漢", "かカ", "한", "عر", "א", "क्ष", "ก", "😀")
"""A letter or two of the scripts that names are written in.

The first one of a script opens a face and reads its tables: 30 ms for Han, 100 ms for all.
"""

BITMAP_CACHE_BYTES = 64 * 1024 * 1024

READERS = 16
"""Readers of scenes that are kept: one for templates without own fonts, one for each set of them.

Two templates may both bring a "Brand Sans", and each means its own.
"""


class Easel:
    """What a painter keeps between two scenes: fonts, static layers, the pictures seen last."""

    def __init__(self, pipes: Pipes, fonts: FontLibrary, cache_bytes: int) -> None:
        self._pipes = pipes
        self._fonts = fonts
        self._engine = Engine(fonts)
        self._bitmaps: LRUCache[str, Bitmap] = LRUCache(
            cache_bytes, getsizeof=lambda bitmap: len(bitmap.pixels)
        )
        self._readers: LRUCache[tuple[tuple[str, str], ...], SceneReader] = LRUCache(READERS)
        self._has_planned = False

    def answer(self, frame: Frame) -> Answer:
        """Do what the parent asks."""
        match frame.header["op"]:
            case "paint":
                return self._paint(frame.header, frame.blobs[0])
            case "ping":
                return {"drawn": bool(self.ping())}, []
        raise FrameError("a painter paints and answers a ping, nothing else")

    def ping(self) -> bytes:
        """Draw the smallest picture."""
        return self._engine.render(PING, {}, Output("png")).body

    def warm(self) -> None:
        """Draw letters of the common scripts, so that no first name in one waits for its face."""
        for letters in LETTERS:
            layer = replace(PING_LAYER, text=letters)
            # A broken font of one script must not cost the others, nor the start.
            with suppress(RenderError):
                self._engine.render(replace(PING, layers=(layer,)), {}, Output("png"))

    def tidy(self) -> None:
        """Give back what the drawing of a plan took beside the plan."""
        if self._has_planned:
            self._has_planned = False
            give_back_memory()

    def _paint(self, header: dict[str, Any], wire: bytes) -> Answer:
        own = tuple(OwnFont(family, Path(file), *style) for family, file, *style in header["fonts"])
        scene = self._reader(self._fonts.adopt(own) if own else {}).read(wire)
        digests: dict[str, str] = header["assets"]
        known = self._at_hand(set(digests.values()))
        bitmaps = {source: known[digest] for source, digest in digests.items()}
        rendered = self._engine.render(scene, bitmaps, Output(**header["output"]))
        self._has_planned |= "plan" in rendered.stage_ms
        return {
            "media_type": rendered.media_type,
            "reports": rendered.reports,
            "stage_ms": rendered.stage_ms,
        }, [rendered.body]

    def _reader(self, families: Mapping[str, str]) -> SceneReader:
        key = tuple(families.items())
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = SceneReader(families)
        return reader

    def _at_hand(self, digests: set[str]) -> dict[str, Bitmap]:
        """Return the bitmaps; the parent is asked for those that were not kept."""
        known = {digest: self._bitmaps[digest] for digest in digests if digest in self._bitmaps}
        if needed := sorted(digests - known.keys()):
            self._pipes.write({"need": needed})
            answer = self._pipes.read()
            if answer is None:
                raise SystemExit
            for (digest, width, height), pixels in zip(
                answer.header["bitmaps"], answer.blobs, strict=True
            ):
                known[digest] = bitmap = Bitmap(width, height, pixels, digest)
                if len(pixels) <= self._bitmaps.maxsize:
                    self._bitmaps[digest] = bitmap
        return known


def main() -> None:
    """Draw until the parent goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="where fonts are unpacked")
    parser.add_argument("--fonts", type=Path, nargs="+", required=True, help="where fonts are")
    parser.add_argument("--memory-bytes", type=int, default=0, help="bound of the address space")
    parser.add_argument("--bitmap-cache-bytes", type=int, default=BITMAP_CACHE_BYTES)
    parser.add_argument("--tray", type=int, default=-1, help="descriptor of shared memory")
    arguments = parser.parse_args()
    pipes = claim_pipes(arguments.tray)
    settle(arguments.memory_bytes)
    fonts = FontLibrary(arguments.fonts, arguments.home)
    runtime = start_libvips()
    easel = Easel(pipes, fonts, arguments.bitmap_cache_bytes)
    easel.ping()  # whoever says hello has drawn
    easel.warm()
    hello = {
        "engine": engine_digest(fonts.files),
        "libvips": runtime.libvips,
        "families": fonts.families,
    }
    give_back_memory()
    serve(pipes, hello, easel.answer, easel.tidy)


if __name__ == "__main__":
    main()
