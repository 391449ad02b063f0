"""Draw an order: gather its pictures, wait for a painter, paint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from cachetools import TTLCache

from cache import Entry, Key, Made, etag_of
from origin.children.calls import Picture, paint
from origin.children.child import Child
from origin.children.errors import ChildCrashed, ChildTimeout
from origin.fetch.assets import Asset
from origin.fetch.gather import Assets
from origin.pipeline.admission import Admission, Overloaded
from origin.pipeline.order import Order
from vips_render.errors import LimitExceeded, PaintError
from vips_render.scene.assets import AssetNeed

TRANSIENT_S = 2.0
"""How long a picture that fell short is kept in memory, so that a burst draws it once."""


AGAIN_S = 0.8
"""What a new painter and a picture take; with less left before the deadline nothing is retried."""

FELLED = 2
"""Painters that may fall under one order within `FELLED_S`; then it is not drawn for so long."""

FELLED_S = 60.0
FELLED_KEYS = 1_000


Report = Callable[[str, Sequence[Mapping[str, object]]], None]
"""Takes a template's name and what a painter has to say of its texts."""


@dataclass(slots=True)
class Stages:
    """Milliseconds per stage, filled in as they pass."""

    ms: dict[str, float] = field(default_factory=dict)

    def add(self, stages: Mapping[str, float]) -> None:
        """Take over the stages of a child."""
        self.ms.update(stages)

    def since(self, name: str, started_s: float) -> None:
        """Note a stage that began at `started_s` of the running loop and ends now."""
        self.ms[name] = (asyncio.get_running_loop().time() - started_s) * 1000


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each stage may take, in seconds.

    `paint_s` is when a painter counts as hung and is killed. It is not the caller's deadline: a
    picture that comes too late for one open is in the cache for the next.
    """

    assets_s: float = 1.5
    paint_s: float = 2.5


class Drawing:
    """The miss path, up to the entry that the cache keeps."""

    def __init__(
        self,
        assets: Assets,
        painter: Child,
        admission: Admission,
        *,
        patience: Patience,
        now: Callable[[], float],
        report: Report = lambda template, reports: None,
    ) -> None:
        self._assets = assets
        self._painter = painter
        self._admission = admission
        self._patience = patience
        self._now = now
        self._report = report
        self._felled: TTLCache[Key, int] = TTLCache(FELLED_KEYS, FELLED_S)

    async def draw(
        self, order: Order, *, until: float, background: bool = False, stages: Stages | None = None
    ) -> Made:
        """Return the picture; what its layers lack is drawn by their fallbacks and noted.

        Args:
            until: the running loop's time after which nobody waits for it.
            background: nobody waits at all; refused whenever somebody else is waiting.

        Raises:
            Overloaded: no painter would be free in time.
            ChildError: the painter died or hung.
            RenderError: the engine cannot draw it.
        """
        stages = stages or Stages()
        loop = asyncio.get_running_loop()
        started = loop.time()
        needs = order.needs
        async with self._held(order, needs, until) as assets:
            stages.since("assets", started)
            started = loop.time()
            async with self._admission.turn(until=until, background=background):
                stages.since("queue", started)
                try:
                    picture = await self._painted(order, assets)
                except ChildCrashed:
                    # Mostly the machine's fault, not the picture's; a new painter is on its way.
                    if background or loop.time() + AGAIN_S > until:
                        raise
                    picture = await self._painted(order, assets)
        stages.add(picture.stage_ms)
        self._report(order.edition.name, picture.reports)
        return self._made(order, needs, assets, picture)

    async def _painted(self, order: Order, assets: Mapping[str, Asset]) -> Picture:
        """Paint; an order under which painters fell is refused for a while.

        Once may be the machine's fault. Drawn again and again it would starve everybody else.
        """
        if self._felled.get(order.key, 0) >= FELLED:
            raise ChildTimeout("this picture brought painters down a moment ago")
        try:
            return await paint_order(self._painter, order, assets, timeout_s=self._patience.paint_s)
        except (ChildTimeout, ChildCrashed):
            self._felled[order.key] = self._felled.get(order.key, 0) + 1
            raise

    def _held(
        self, order: Order, needs: Sequence[AssetNeed], until: float
    ) -> AbstractAsyncContextManager[Mapping[str, Asset]]:
        """Gather the order's pictures, and hold their pixels inside the block."""
        left_s = until - asyncio.get_running_loop().time()
        edition = order.edition
        return self._assets.held(
            needs,
            deadline_s=max(0.0, min(self._patience.assets_s, left_s)),
            local=edition.asset,
            scope=edition.digest if edition.version is not None else "",
        )

    def _made(
        self,
        order: Order,
        needs: Sequence[AssetNeed],
        assets: Mapping[str, Asset],
        picture: Picture,
    ) -> Made:
        notes, is_lasting = shortfall(needs, assets)
        until = [order.fresh_until, *(asset.fresh_until for asset in assets.values())]
        now = self._now()
        entry = Entry(
            body=picture.body,
            media_type=picture.media_type,
            etag=etag_of(picture.body),
            made_at=now,
            fresh_until=min((moment for moment in until if moment is not None), default=None),
            tag=order.edition.name,
            notes=notes,
        )
        if is_lasting:
            return Made(entry)
        return Made(entry, store=False, keep_s=TRANSIENT_S)


async def paint_order(
    painter: Child, order: Order, assets: Mapping[str, Asset], *, timeout_s: float
) -> Picture:
    """Have a painter draw an order with the pictures that could be had.

    Raises:
        ChildError: the painter died or hung.
        RenderError: the engine cannot draw it.
    """
    bitmaps = {
        source: (asset.digest, asset.bitmap)
        for source, asset in assets.items()
        if asset.bitmap is not None
    }
    fonts = [
        (font.family, str(font.path), font.weight, font.italic) for font in order.edition.fonts
    ]
    return await paint(painter, order.wire, order.output, bitmaps, fonts=fonts, timeout_s=timeout_s)


def shortfall(
    needs: Sequence[AssetNeed], assets: Mapping[str, Asset]
) -> tuple[tuple[str, ...], bool]:
    """Return what pictures fell short, as `reason:layer`, and whether that will stay so.

    What a fallback lacks for good is part of the picture already. What it lacks for now is named,
    and the picture is not kept.
    """
    layers = {need.source: need.layer for need in reversed(needs)}
    spare = {need.source for need in needs} - {need.source for need in needs if not need.fallback}
    fell_short = [
        (f"{asset.reason}:{layers[source]}", asset.permanent)
        for source, asset in assets.items()
        if asset.reason is not None and not (source in spare and asset.permanent)
    ]
    return tuple(note for note, _ in fell_short), all(stays for _, stays in fell_short)


def reason_of(failure: Exception) -> str:
    """Name a failure of `Drawing.draw` in a word for headers and metrics."""
    match failure:
        case Overloaded():
            return "overload"
        case ChildTimeout():
            return "painter-timeout"
        case PaintError():
            return f"paint:{failure.layer}"
        case LimitExceeded():
            return "too-large"
        case _:
            return "painter"
