"""Put the service together: the one place that knows every part.

Built in each web worker, inside its running loop, never before a fork.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from aiohttp import web

from cache import Budget, Cache, DiskTier, Leases, MemoryTier, Tier, sweep
from cache.redis_tier import RedisTier
from origin.cachecounts import CacheCounts
from origin.catalog.catalog import Catalog
from origin.catalog.fallbacks import Laid, lay, write_fallbacks
from origin.children.calls import draws
from origin.children.child import Child, python_argv
from origin.children.tray import TRAY_BYTES
from origin.config import Settings, child_environment, font_dirs, make_data_dir, metrics_directory
from origin.delivery.images import add_images
from origin.epochs import Epochs
from origin.errors import SettingsRefused
from origin.fetch.addresses import AddressRules
from origin.fetch.client import Client
from origin.fetch.gather import AssetLimits, Assets
from origin.fetch.targets import TargetRules
from origin.metrics import Metrics
from origin.pipeline.admission import Admission
from origin.pipeline.drawing import Drawing, Patience
from origin.pipeline.images import Pipeline
from origin.pipeline.ladder import Ladder
from origin.pipeline.neutral import DEFAULT_COLOR, DEFAULT_SIZE, neutral_picture
from origin.pipeline.order import Orders
from origin.pipeline.ring import RingFile
from origin.pipeline.warming import Warming
from origin.web.health import DRAW_WITHIN_S, add_health
from origin.web.housekeeper import Chore, add_housekeeper, metrics_page, repeat
from origin.web.keys import METRICS
from origin.web.middleware import observe
from vips_render.limits import Limits
from vips_render.output import EXTENSIONS

GIVE_UP_S = 0.2
"""How much longer than the pipeline's deadline delivery waits before it helps itself."""

WARM_WITHIN_S = 3.0
"""How long a new worker keeps the world waiting while it draws what the first opens would need."""

SWEEP_EVERY_S = 60.0
WATCH_EVERY_S = 1.0
FALLBACKS_EVERY_S = 30.0
"""How soon after a publish nginx has the new default pictures."""

SETTLED_S = 5.0
"""How long chores that take processor time leave a new worker to its first pictures."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What outlives a request: closed in this order when the worker stops."""

    settings: Settings
    catalog: Catalog
    assets: Assets
    client: Client
    cache: Cache
    painter: Child
    decoder: Child
    metrics: Metrics
    counts: CacheCounts

    async def draws(self) -> bool:
        """Draw a pixel through the painter."""
        return await draws(self.painter, timeout_s=DRAW_WITHIN_S)

    def details(self) -> Mapping[str, object]:
        """Say what an operator looks for first."""
        return {
            "templates": len(self.catalog.names()),
            "caches": {name: tier.state for name, tier in self.cache.tiers.items()},
            "engine": self.painter.hello.get("engine", ""),
        }

    async def watch(self) -> None:
        """Bring states that nobody reports into the metrics, now and then."""
        started = {"painter": 1, "decoder": 1}
        while True:
            self.counts.look()
            for name, tier in self.cache.tiers.items():
                self.metrics.breaker(name, is_open=tier.state == "open")
            for child in (self.painter, self.decoder):
                for _ in range(child.starts - started[child.name]):
                    self.metrics.child_restart(child.name)
                started[child.name] = max(started[child.name], child.starts)
            await asyncio.sleep(WATCH_EVERY_S)

    async def close(self) -> None:
        """Stop what is under way and free what is held."""
        await self.cache.close()
        await self.assets.close()
        await self.client.close()
        await asyncio.gather(self.painter.close(), self.decoder.close())
        self.counts.look()
        self.metrics.close()


def build_app(settings: Settings) -> web.Application:
    """Build the application of one web worker.

    Raises:
        KeyRingError: there is no key ring; without one nothing can be verified.
    """
    # What may be lost at any time may be lost between two workers.
    with contextlib.suppress(SettingsRefused):
        make_data_dir(settings)
    parts = _parts(settings)
    clock = asyncio.get_running_loop().time
    orders = Orders(
        parts.catalog,
        Epochs(settings.epochs_file, clock),
        engine=lambda: str(parts.painter.hello["engine"]),
        limits=Limits(),
        drafts=settings.drafts,
    )
    drawing = Drawing(
        parts.assets,
        parts.painter,
        Admission(1, parts.metrics.queue_wait),
        patience=Patience(settings.assets_deadline_s, settings.deadline_s),
        now=time.time,
        report=parts.metrics.text,
    )
    pipeline = Pipeline(
        RingFile(settings.keys_file, clock),
        orders,
        parts.cache,
        drawing,
        Ladder(orders, parts.cache, drawing, now=time.time),
        metrics=parts.metrics,
        deadline_s=settings.deadline_s,
        now=time.time,
    )
    app = web.Application(middlewares=[observe])
    app[METRICS] = parts.metrics
    add_images(app, pipeline, give_up_s=settings.deadline_s + GIVE_UP_S)
    add_health(app, parts)
    add_housekeeper(app, settings.locks_dir / "housekeeper.lock", _chores(settings, parts))

    async def running(_: web.Application) -> AsyncIterator[None]:
        # Its hello names the engine, which is part of every key.
        await parts.painter.warm()
        warming = Warming(parts.catalog, orders, drawing, parts.painter, now=time.time)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WARM_WITHIN_S):
                await warming.look()
        behind = [asyncio.create_task(work) for work in (parts.watch(), warming.run())]
        yield
        for task in behind:
            task.cancel()
        await pipeline.close()
        await parts.close()

    app.cleanup_ctx.append(running)
    return app


def _parts(settings: Settings) -> Parts:
    metrics = Metrics(metrics_directory())
    environment = child_environment()
    decoder = Child(decoder_argv(settings), env=environment, name="decoder")
    client = Client(target_rules(settings))
    cache = _cache(settings)
    return Parts(
        settings=settings,
        catalog=Catalog(settings.templates, Limits()),
        assets=Assets(
            client,
            [decoder],
            clock=time.time,
            limits=AssetLimits(),
            on_forbidden=metrics.ssrf_blocked,
        ),
        client=client,
        cache=cache,
        painter=Child(
            painter_argv(settings), env=environment, name="painter", tray_bytes=TRAY_BYTES
        ),
        decoder=decoder,
        metrics=metrics,
        counts=CacheCounts(cache, metrics),
    )


def painter_argv(settings: Settings) -> list[str]:
    """Return the command that runs a painter with these settings."""
    return python_argv(
        "origin.children.painter",
        *("--memory-bytes", str(settings.painter_memory_bytes)),
        *("--home", str(settings.unpacked_fonts_dir)),
        "--fonts",
        *map(str, font_dirs(settings)),
    )


def decoder_argv(settings: Settings) -> list[str]:
    """Return the command that runs a decoder with these settings."""
    return python_argv(
        "origin.children.decoder", "--memory-bytes", str(settings.decoder_memory_bytes)
    )


def target_rules(settings: Settings) -> TargetRules:
    """Return where pictures may come from."""
    return TargetRules(AddressRules(settings.assets_allow), frozenset(settings.assets_ports))


def _cache(settings: Settings) -> Cache:
    lower: list[Tier] = []
    if settings.disk_cache_bytes > 0:
        lower.append(DiskTier(settings.cache_dir, _budget(settings)))
    if settings.cache_redis:
        lower.append(RedisTier(settings.cache_redis, prefix="signet:"))
    return Cache(
        MemoryTier(settings.memory_cache_bytes),
        lower,
        leases=Leases(settings.locks_dir / "flights.lock"),
    )


def _budget(settings: Settings) -> Budget:
    return Budget(
        settings.disk_cache_bytes, settings.disk_cache_files, settings.disk_min_free_bytes
    )


def _chores(settings: Settings, parts: Parts) -> list[Chore]:
    async def sweep_disk() -> None:
        budget = _budget(settings)
        swept = await asyncio.to_thread(sweep, settings.cache_dir, budget, time.time())
        parts.metrics.cache_event("disk", "eviction", swept.evicted_files)
        parts.metrics.cache_bytes("disk", held=swept.bytes)

    laid: Laid = {}

    async def lay_fallbacks() -> None:
        await asyncio.to_thread(_write_neutral, settings)
        await asyncio.to_thread(write_fallbacks, parts.catalog, settings.fallback_dir, laid)

    # What an earlier start laid will do for a moment; nothing will not.
    first_s = SETTLED_S if _has_neutral(settings) else 0.0
    chores = [
        repeat(sweep_disk, SWEEP_EVERY_S, first_s=SETTLED_S),
        repeat(lay_fallbacks, FALLBACKS_EVERY_S, first_s=first_s),
    ]
    if settings.metrics_port:
        chores.append(metrics_page(parts.metrics, settings.metrics_host, settings.metrics_port))
    return chores


def _has_neutral(settings: Settings) -> bool:
    return all((settings.fallback_dir / f"neutral.{ending}").is_file() for ending in EXTENSIONS)


def _write_neutral(settings: Settings) -> None:
    """Lay the picture that nginx sends when it knows no template of that name."""
    settings.fallback_dir.mkdir(parents=True, exist_ok=True)
    for extension, output_format in EXTENSIONS.items():
        picture = neutral_picture(*DEFAULT_SIZE, output_format, DEFAULT_COLOR)
        lay(settings.fallback_dir / f"neutral.{extension}", picture)
