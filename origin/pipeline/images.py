"""The use case on one page: a signed URL becomes a picture, whatever has failed behind it.

target ─ read ─► link + slots ─ edition, order ─► key ─ cache ─► hit: entry
                                                       └ miss: gather, paint, encode
                                                       └ trouble: the ladder
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from cache import Cache, Made, Outcome
from origin.catalog.errors import TamperedVersion, UnknownTemplate, UnknownVersion
from origin.children.errors import ChildError
from origin.metrics import Metrics
from origin.pipeline.admission import Overloaded
from origin.pipeline.aside import Aside
from origin.pipeline.drawing import TRANSIENT_S, Drawing, Stages, reason_of
from origin.pipeline.keeping import Keeping, keeping_of
from origin.pipeline.ladder import Ladder, Step
from origin.pipeline.order import Order, Orders
from origin.pipeline.served import Served
from origin.urls.errors import LinkMalformed, LinkRefused
from origin.urls.keyring import KeyRing
from origin.urls.link import Link, SignedRequest
from origin.urls.path import read
from vips_render.errors import RenderError

MARGIN_S = 0.15
"""Kept back from the deadline for stepping down and sending."""

CATALOG_THREADS = 4
"""Enough to read some templates at once; a templates disk that hangs blocks these and no others."""


@dataclass(frozen=True, slots=True)
class Open:
    """One request on its way: what it asks, by when, and what was measured."""

    link: Link
    until: float
    stages: Stages


class Pipeline:
    """What delivery asks for pictures; see `origin.pipeline.served.Images`."""

    def __init__(
        self,
        ring: Callable[[], KeyRing],
        orders: Orders,
        cache: Cache,
        drawing: Drawing,
        ladder: Ladder,
        *,
        metrics: Metrics,
        deadline_s: float,
        now: Callable[[], float],
    ) -> None:
        self._ring = ring
        self._orders = orders
        self._cache = cache
        self._drawing = drawing
        self._ladder = ladder
        self._metrics = metrics
        self._deadline_s = deadline_s
        self._now = now
        self._aside = Aside(CATALOG_THREADS, "catalog")

    async def close(self) -> None:
        """End the threads; what hangs on a disk is left behind."""
        self._aside.close()
        self._ladder.close()

    async def image_for(self, target: str) -> Served:
        """Return the picture of a signed URL; raises only `LinkRefused`."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        until = started + self._deadline_s - MARGIN_S
        stages = Stages()
        try:
            request = read(target, self._ring())
        except LinkMalformed as fault:
            link = Link(fault.template, fault.version, extension=fault.extension)
            return await self._instead(Open(link, until, stages), fault.reason, draw=True)
        stages.since("link", started)
        self._count_notes(request)
        return await self._serve(request, Open(request.link, until, stages))

    async def neutral(self, target: str, reason: str) -> Served:
        """Return a plain picture; of the right size where the link can be read."""
        try:
            link: Link | None = read(target, self._ring()).link
        except LinkMalformed as fault:
            link = Link(fault.template, fault.version, extension=fault.extension)
        except LinkRefused:
            link = None
        return _degraded(await self._ladder.neutral(link), reason, Stages())

    async def _serve(self, request: SignedRequest, opened: Open) -> Served:
        loop = asyncio.get_running_loop()
        link, now = request.link, self._now()
        expired = link.expired(now)
        started = loop.time()
        try:
            order = await self._ordered(request, opened.until, now, expired=expired)
            opened.stages.since("resolve", started)
            if order is None:
                return await self._instead(opened, "expired", draw=True)
            started = loop.time()
            async with asyncio.timeout_at(opened.until):
                outcome = await self._drawn(order, opened)
            opened.stages.since("cache", started)
        except TimeoutError:
            return await self._instead(opened, "deadline", draw=False)
        except UnknownTemplate:
            return await self._instead(opened, "unknown-template", draw=True)
        except (UnknownVersion, TamperedVersion):
            return await self._instead(opened, "unknown-version", draw=True)
        except (RenderError, OSError):
            return await self._instead(opened, "template", draw=True)
        self._count(order, outcome, link.campaign)
        served = self._served(order, outcome, opened)
        if expired:
            return replace(
                served, degraded=("expired", *served.degraded), store=False, immutable=False
            )
        return served

    async def _ordered(
        self, request: SignedRequest, until: float, now: float, *, expired: bool
    ) -> Order | None:
        """Resolve the request; None when it has lapsed and its template has nothing for that."""
        link = request.link
        edition = self._orders.at_hand(link)
        if edition is None:
            async with asyncio.timeout_at(until):
                edition = await self._aside(self._orders.edition, link.template, link.version)
        self._ladder.remember(edition)
        if expired and edition.template.expired is None:
            return None
        layout = edition.template.expired if expired else link.layout
        make = partial(self._orders.order, edition, link, request.slots, now=now, layout=layout)
        # A layout or a modification may have to be compiled first, for milliseconds.
        if not layout and not link.modifications:
            return make()
        async with asyncio.timeout_at(until):
            return await self._aside(make)

    async def _drawn(self, order: Order, opened: Open) -> Outcome:
        async def make() -> Made:
            try:
                return await self._drawing.draw(order, until=opened.until, stages=opened.stages)
            except (Overloaded, ChildError, RenderError) as failure:
                if isinstance(failure, Overloaded):
                    self._metrics.shed(failure.reason)
                step = await self._ladder.step_down(opened.link, until=opened.until, draw=False)
                entry = replace(step.entry, notes=(reason_of(failure),))
                return Made(entry, store=False, keep_s=TRANSIENT_S)

        async def renew() -> Made:
            until = asyncio.get_running_loop().time() + self._deadline_s
            return await self._drawing.draw(order, until=until, background=True)

        return await self._cache.get_or_make(order.key, make, renew=renew)

    async def _instead(self, opened: Open, reason: str, *, draw: bool) -> Served:
        until = opened.until + MARGIN_S / 3
        step = await self._ladder.step_down(opened.link, until=until, draw=draw)
        return _degraded(step, reason, opened.stages)

    def _served(self, order: Order, outcome: Outcome, opened: Open) -> Served:
        link, edition = opened.link, order.edition
        entry = outcome.entry
        lasting = not outcome.transient and not outcome.stale
        keeping = Keeping()
        if lasting:
            keeping = keeping_of(
                pinned=link.version != "latest",
                draft=edition.version is None,
                fresh_until=entry.fresh_until,
                expires=link.expires,
                # Later than when the link was read: what was drawn in between has aged too.
                now=self._now(),
            )
        return Served(
            entry=entry,
            cache=_cache_status(outcome),
            degraded=("stale", *entry.notes) if outcome.stale else entry.notes,
            store=lasting,
            immutable=keeping.immutable,
            max_age_s=keeping.max_age_s,
            stale_s=keeping.stale_s,
            stage_ms=opened.stages.ms,
            template=edition.name,
            version="draft" if edition.version is None else str(edition.version),
        )

    def _count(self, order: Order, outcome: Outcome, campaign: str) -> None:
        state = "transient" if outcome.transient else "stale" if outcome.stale else "fresh"
        self._metrics.picture(outcome.source, state)
        if outcome.source == "collapsed":
            self._metrics.coalesced()
        for problem in order.problems:
            self._metrics.slot_note(problem.reason, campaign)

    def _count_notes(self, request: SignedRequest) -> None:
        for seen in request.slot_notes:
            self._metrics.slot_note(seen.note.value, request.link.campaign)


def _degraded(step: Step, reason: str, stages: Stages) -> Served:
    edition = step.edition
    return Served(
        entry=step.entry,
        cache="fwd=bypass",
        degraded=(reason, *step.entry.notes),
        store=False,
        stage_ms=stages.ms,
        template=edition.name if edition else "",
        version=str(edition.version or "draft") if edition else "",
    )


def _cache_status(outcome: Outcome) -> str:
    """Say in RFC 9211's words how our own cache dealt with it."""
    if outcome.source == "made":
        return "fwd=miss" if outcome.transient else "fwd=miss; stored"
    if outcome.source == "collapsed":
        return "fwd=miss; collapsed"
    return f"hit; detail={outcome.source}"
