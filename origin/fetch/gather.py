"""Have every picture of a scene in time: from memory, from the template, or from elsewhere.

Nothing here raises for what a stranger's server does. Each picture ends as pixels or as a reason.
A download belongs to nobody who waits for it: one flight serves all callers, and goes on when they
have gone, so that the next ones find the picture.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from origin.children.calls import decode
from origin.children.child import Child
from origin.children.errors import ChildCrashed, ChildError, ChildFault
from origin.fetch.assets import Asset, Need, Want, absent, gone_stale, wants
from origin.fetch.breaker import Breaker
from origin.fetch.budget import ByteBudget, PixelBudget
from origin.fetch.client import Client, Fetched, Reserve
from origin.fetch.local import Local, at_hand, read_local
from origin.fetch.reasons import (
    BROKEN,
    CRASHED,
    EMPTY,
    FORBIDDEN,
    NETWORK,
    NOT_A_PICTURE,
    OVERLOAD,
    SERVER,
    TIMEOUT,
    TOO_LARGE,
    FetchFailed,
    Reason,
)
from origin.fetch.shelf import Key, Shelf, key_of
from vips_render.bitmap import Bitmap
from vips_render.errors import AssetError, LimitExceeded

_log = logging.getLogger(__name__)

Load = Callable[[Reserve], Awaitable[Fetched]]
Take = Callable[[Bitmap], None]

_HOST_FAILED = frozenset({TIMEOUT, NETWORK, SERVER})
_DECODE_REASONS = {"not-a-picture": NOT_A_PICTURE, "too-large": TOO_LARGE, "empty": EMPTY}


@dataclass(frozen=True, slots=True)
class AssetLimits:
    """What pictures from elsewhere may cost a worker.

    Attributes:
        asset_bytes: of one picture as it comes, decompressed.
        in_flight_bytes: of all downloads together.
        held_bytes: of the pixels of all orders that wait for a painter or are being drawn.
        memory_bytes: of the pixels that are kept.
        flights: pictures under way at once.
        download_s: until a download is given up, whoever waits for it.
        decode_s: until a decoder is killed.
        stale_wait_s: for a new copy while an old one could stand in.
    """

    asset_bytes: int = 16 * 1024 * 1024
    in_flight_bytes: int = 96 * 1024 * 1024
    held_bytes: int = 128 * 1024 * 1024
    memory_bytes: int = 64 * 1024 * 1024
    flights: int = 200
    download_s: float = 3.0
    decode_s: float = 2.0
    stale_wait_s: float = 0.3


class Assets:
    """The one door through which pictures come into a scene.

    Args:
        decoders: children that turn bytes into pixels; at least one.
        clock: seconds since the epoch.
        on_forbidden: called for each fetch that was refused for where it went.
    """

    def __init__(
        self,
        client: Client,
        decoders: Sequence[Child],
        *,
        clock: Callable[[], float],
        limits: AssetLimits | None = None,
        on_forbidden: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._decoders = tuple(decoders)
        self._clock = clock
        self._limits = limits or AssetLimits()
        self._on_forbidden = on_forbidden
        self._shelf = Shelf(self._limits.memory_bytes)
        self._budget = ByteBudget(self._limits.in_flight_bytes)
        self._pixels = PixelBudget(self._limits.held_bytes)
        self._breaker = Breaker(asyncio.get_running_loop().time)
        self._flights: dict[Key, asyncio.Task[Asset]] = {}

    @asynccontextmanager
    async def held(
        self,
        needs: Iterable[Need],
        *,
        deadline_s: float,
        local: Local | None = None,
        scope: str = "",
    ) -> AsyncIterator[dict[str, Asset]]:
        """Gather for the block, at whose end the pixels are let go.

        However many orders wait for a painter, their pixels stay within `held_bytes`: what would
        go beyond is `asset-overload`.
        """
        with self._pixels.hold() as take:
            yield await self.gather(
                needs, deadline_s=deadline_s, local=local, scope=scope, take=take
            )

    async def gather(
        self,
        needs: Iterable[Need],
        *,
        deadline_s: float,
        local: Local | None = None,
        scope: str = "",
        take: Take = lambda _: None,
    ) -> dict[str, Asset]:
        """Return what became of each source within `deadline_s`.

        For callers who bound how many orders they draw at once; others use `held`. Pictures of
        fallbacks are fetched alongside, but waited for, and returned, only when a picture that
        they may stand in for is not there.

        Args:
            local: reads the assets of the template.
            scope: names an immutable set of local assets, such as a published version's digest,
                so that they need not be read again; empty when they may change.
            take: called with the pixels of each picture; may refuse them by FetchFailed.
        """
        deadline = _now() + deadline_s
        found: dict[str, Asset] = {}
        first: list[tuple[str, asyncio.Task[Asset]]] = []
        spare: list[tuple[str, asyncio.Task[Asset]]] = []
        for want in wants(needs):
            asset = None if want.fallback else self._on_shelf(want, scope)
            if asset is not None:
                found[want.source] = self._with_taken(asset, take)
                continue
            task = asyncio.create_task(self._taken(want, deadline, local, scope, take))
            (spare if want.fallback else first).append((want.source, task))
        try:
            for source, task in first:
                found[source] = await task
            if any(asset.bitmap is None for asset in found.values()):
                for source, task in spare:
                    found[source] = await task
            return found
        finally:
            # Their flights go on; only the waiting ends.
            for _, task in (*first, *spare):
                task.cancel()

    async def close(self) -> None:
        """Give up what is under way."""
        flights = tuple(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _taken(
        self, want: Want, deadline: float, local: Local | None, scope: str, take: Take
    ) -> Asset:
        return self._with_taken(await self._one(want, deadline, local, scope), take)

    def _with_taken(self, asset: Asset, take: Take) -> Asset:
        try:
            if asset.bitmap is not None:
                take(asset.bitmap)
        except FetchFailed as failure:
            return absent(failure.reason, self._clock())
        return asset

    def _on_shelf(self, want: Want, scope: str) -> Asset | None:
        """Return what needs no waiting: mostly all of it, and a task each would cost more."""
        is_url = _is_url(want.source)
        if not want.source or not (is_url or scope):
            return None
        good = self._shelf.good(key_of("" if is_url else scope, want))
        return good if good is not None and good.is_fresh(self._clock()) else None

    async def _one(self, want: Want, deadline: float, local: Local | None, scope: str) -> Asset:
        source = want.source
        if not source:
            return absent(EMPTY, self._clock())
        load: Load
        try:
            if _is_url(source):
                scope, load = "", partial(self._download, source)
            elif scope:
                load = partial(read_local, local, source, self._limits.asset_bytes)
            else:
                # What may change is read each time, and known by what was read.
                async with asyncio.timeout_at(deadline):
                    fetched = await read_local(local, source, self._limits.asset_bytes)
                scope, load = f"content {fetched.digest}", partial(at_hand, fetched)
        except FetchFailed as failure:
            return absent(failure.reason, self._clock())
        except TimeoutError:
            return absent(TIMEOUT, self._clock())
        return await self._settle(key_of(scope, want), deadline, load)

    async def _settle(self, key: Key, deadline: float, load: Load) -> Asset:
        """Answer from the shelf, or wait for the flight of `key`, or let the old copy stand in."""
        now = self._clock()
        good = self._shelf.good(key)
        if good is not None and good.is_fresh(now):
            return good
        asset = self._shelf.lack(key, now) or await self._arrival(key, deadline, load, good)
        if asset.bitmap is None and not asset.permanent and good is not None:
            return gone_stale(good, now)
        return asset

    async def _arrival(self, key: Key, deadline: float, load: Load, good: Asset | None) -> Asset:
        flight = self._flights.get(key)
        if flight is None:
            if len(self._flights) >= self._limits.flights:
                return absent(OVERLOAD, self._clock())
            flight = self._flights[key] = asyncio.create_task(self._fly(key, load))
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        patience_s = max(0.0, deadline - _now())
        if good is not None:
            patience_s = min(patience_s, self._limits.stale_wait_s)
        await asyncio.wait({flight}, timeout=patience_s)
        if flight.done() and not flight.cancelled():
            return flight.result()
        return absent(TIMEOUT, self._clock())

    async def _fly(self, key: Key, load: Load) -> Asset:
        """Load, decode and shelve one picture; never raises for what it is."""
        try:
            asset = await self._made(key, load)
        except FetchFailed as failure:
            if failure.reason is FORBIDDEN:
                self._on_forbidden()
            asset = absent(failure.reason, self._clock())
        except Exception as error:  # a parser's surprise must not become a broken picture
            _log.error("an asset failed unforeseen: %s", type(error).__name__)
            asset = absent(NETWORK, self._clock())
        self._shelf.put(key, asset)
        return asset

    async def _made(self, key: Key, load: Load) -> Asset:
        _, width, height, fit = key
        with self._budget.reserve() as reserve:
            fetched = await load(reserve)
            decoder = min(self._decoders, key=lambda child: child.waiting)
            try:
                bitmap = await decode(
                    decoder,
                    fetched.body,
                    max_width=width,
                    max_height=height,
                    fit=fit,
                    timeout_s=self._limits.decode_s,
                )
            except (AssetError, LimitExceeded, ChildError) as error:
                raise FetchFailed(_why_undecoded(error)) from None
        digest = f"{fetched.digest}-{width}x{height}-{fit}"
        until = None if fetched.fresh_s is None else self._clock() + fetched.fresh_s
        return Asset(bitmap, digest, fresh_until=until)

    async def _download(self, source: str, reserve: Reserve) -> Fetched:
        url = self._client.target(source)
        host = f"{url.raw_host}:{url.port}"
        if not self._breaker.admits(host):
            raise FetchFailed(NETWORK)
        try:
            fetched = await self._client.get(
                source,
                deadline_s=self._limits.download_s,
                max_bytes=self._limits.asset_bytes,
                reserve=reserve,
            )
        except FetchFailed as failure:
            self._breaker.note(host, failed=failure.reason in _HOST_FAILED)
            raise
        self._breaker.note(host, failed=False)
        return fetched


def _is_url(source: str) -> bool:
    return source[:8].lower().startswith(("http://", "https://"))


def _why_undecoded(error: AssetError | LimitExceeded | ChildError) -> Reason:
    match error:
        case AssetError():
            return _DECODE_REASONS.get(error.reason, BROKEN)
        case LimitExceeded():
            return TOO_LARGE
        case ChildCrashed() | ChildFault():
            return CRASHED
        case _:
            return OVERLOAD


def _now() -> float:
    return asyncio.get_running_loop().time()
