"""The whole engine on one screen: a scene and its pictures become the bytes of a file.

    resolve (vips_render.scene) → gather (by the caller) → plan → paint → encode

A plan is drawn and encoded once: everything that no recipient changes. Per picture only the
personal layers are painted, and only the parts of the file that they touch are encoded. The engine
does no fetching: whoever calls it brings the pictures that `scene.assets` asks for.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter

from cachetools import LRUCache

from vips_render.bitmap import Bitmap
from vips_render.encode.partial import Encoder, encoder_for
from vips_render.encode.save import encode
from vips_render.limits import Limits
from vips_render.output import Output
from vips_render.pixels.fonts import FontLibrary
from vips_render.pixels.paint import Drawn, Painter, paint
from vips_render.pixels.patch import on_white, straightened
from vips_render.pixels.plan import Shared, draw_personal, draw_shared, in_paint_order
from vips_render.pixels.shelf import PatchShelf, digests_in
from vips_render.pixels.text import TextReport
from vips_render.scene.assets import sources_in
from vips_render.scene.model import Box, Layer, Scene
from vips_render.scene.plan import shared_key

PLANS_BYTES = 128 * 1024 * 1024
"""Three plans of a full-screen story at scale 1 take 75 MB, as PNG 94 MB."""

PATCHES_BYTES = 24 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished picture.

    Attributes:
        reports: what became of each text layer, in paint order.
        stage_ms: time per stage; says how, never what. `plan` is there when it was drawn now.
    """

    body: bytes
    media_type: str
    reports: tuple[TextReport, ...]
    stage_ms: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A plan ready for pictures: its shared pixels, and the file that they make."""

    shared: Shared
    encoder: Encoder

    @property
    def size_bytes(self) -> int:
        """What is held."""
        return self.shared.backdrop.size_bytes + self.encoder.size_bytes


class Engine:
    """Draw scenes with one set of fonts, and keep what they share, bounded in bytes.

    Whether something was kept shows in the time, never in the bytes. Not for several threads.
    """

    def __init__(
        self,
        fonts: FontLibrary,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        plans_bytes: int = PLANS_BYTES,
        patches_bytes: int = PATCHES_BYTES,
    ) -> None:
        self._fonts = fonts
        self._limits = limits
        self._plans: LRUCache[Hashable, Prepared] = LRUCache(
            plans_bytes, getsizeof=lambda prepared: prepared.size_bytes
        )
        self._shelf = PatchShelf(patches_bytes)

    def render(self, scene: Scene, bitmaps: Mapping[str, Bitmap], output: Output) -> Rendered:
        """Draw and encode a scene: same scene, same pictures, same fonts, same bytes.

        Args:
            bitmaps: pictures by `ImageLayer.source`; where one is missing the fallback is drawn.

        Raises:
            RenderError: the canvas is too large, or a layer cannot be drawn or written.
        """
        if scene.personal:
            return self._unplanned(scene, bitmaps, output)
        started = perf_counter()
        painter = Painter(bitmaps, self._fonts, output.scale)
        prepared, is_new = self._prepared(scene, painter, output)
        planned = perf_counter()

        def draw(layer: Layer, window: Box) -> Drawn:
            return self._shelf.draw(painter, layer, window)

        pieces, reports = draw_personal(scene, output.scale, draw)
        with prepared.shared.backdrop.finished(pieces) as (canvas, boxes):
            painted = perf_counter()
            body = prepared.encoder.finish(canvas, boxes)
        encoded = perf_counter()
        stages = {"paint": painted - planned, "encode": encoded - painted}
        if is_new:
            stages["plan"] = planned - started
        told = in_paint_order(prepared.shared.reports, reports)
        return _rendered(body, told, output, stages)

    def render_many(
        self, scenes: Iterable[Scene], bitmaps: Mapping[str, Bitmap], output: Output
    ) -> Iterator[Rendered]:
        """Draw scenes one after another; those of one plan share all that `render` keeps."""
        for scene in scenes:
            yield self.render(scene, bitmaps, output)

    def prepare(self, scene: Scene, bitmaps: Mapping[str, Bitmap], output: Output) -> None:
        """Draw and encode what a scene shares with others, so that the first need not wait.

        Raises:
            RenderError: as `render`.
        """
        if not scene.personal:
            self._prepared(scene, Painter(bitmaps, self._fonts, output.scale), output)

    def _unplanned(self, scene: Scene, bitmaps: Mapping[str, Bitmap], output: Output) -> Rendered:
        """Draw and encode the whole: under a background of its own a picture shares nothing."""
        started = perf_counter()
        whole = paint(scene, bitmaps, output.scale, self._fonts, self._limits)
        painted = perf_counter()
        body = encode(whole.pixels, output)
        stages = {"paint": painted - started, "encode": perf_counter() - painted}
        return _rendered(body, whole.reports, output, stages)

    def _prepared(self, scene: Scene, painter: Painter, output: Output) -> tuple[Prepared, bool]:
        key = _shared_key(scene, painter.bitmaps, output)
        known = None if key is None else self._plans.get(key)
        if known is not None:
            return known, False
        see_through = on_white if output.format == "jpeg" else straightened
        shared = draw_shared(scene, painter, self._limits, see_through)
        encoder = encoder_for(shared.backdrop.shared, output, is_opaque=shared.is_opaque)
        prepared = Prepared(shared, encoder)
        if key is not None and prepared.size_bytes <= self._plans.maxsize:
            self._plans[key] = prepared
        return prepared, True


def render(
    scene: Scene,
    bitmaps: Mapping[str, Bitmap],
    output: Output,
    fonts: FontLibrary,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Rendered:
    """Draw one picture and keep nothing; see `Engine.render`."""
    return Engine(fonts, limits).render(scene, bitmaps, output)


def _rendered(
    body: bytes, reports: tuple[TextReport, ...], output: Output, stages: Mapping[str, float]
) -> Rendered:
    stage_ms = {name: seconds * 1000 for name, seconds in stages.items()}
    return Rendered(body, output.media_type, reports, stage_ms)


def _shared_key(scene: Scene, bitmaps: Mapping[str, Bitmap], output: Output) -> Hashable | None:
    """Return what the shared part is made of; None when a picture in it has no name."""
    pictures: list[tuple[str, ...]] = []
    for layer in scene.layers:
        if not layer.personal and sources_in(layer):
            digests = digests_in(layer, bitmaps)
            if digests is None:
                return None
            pictures.append(digests)
    return shared_key(scene), tuple(pictures), output
