"""A service around pictures that are made up, to be run by tests and as a real one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from aiohttp import web

from cache import Entry, etag_of
from origin.config import Settings, metrics_directory
from origin.delivery.images import add_images
from origin.metrics import Metrics
from origin.pipeline.served import Served
from origin.serve import serve
from origin.urls.errors import LinkRefused
from origin.web.health import add_health
from origin.web.housekeeper import add_housekeeper, metrics_page, repeat
from origin.web.keys import METRICS
from origin.web.middleware import observe

BODY = b"\x89PNG made up"


def served(body: bytes = BODY, **changes: object) -> Served:
    """Return a full picture that was just made, with `changes`."""
    entry = Entry(body, "image/png", etag_of(body), made_at=0.0)
    given: dict[str, object] = {"entry": entry, "cache": "fwd=miss; stored", "immutable": True}
    return Served(**{**given, **changes})  # type: ignore[arg-type] # a test names fields freely


class MadeUpImages:
    """Answer by a word in the target, or with what a test put in `answers`."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        self.answers: dict[str, Served] = {}

    async def image_for(self, target: str) -> Served:
        """Return a picture, refuse, fail or be slow, as the target says."""
        self.targets.append(target)
        word = target.split("?")[0].rsplit("/", 1)[-1].partition(".")[0]
        if word == "refused":
            raise LinkRefused("bad-signature", f"not signed: {target}")
        if word == "broken":
            raise_deep(target)
        if word == "stuck":
            await asyncio.sleep(3600)
        if word == "slow":
            await asyncio.sleep(1.5)
        if word == "orphan":
            task = asyncio.create_task(_fail(target))
            await asyncio.sleep(0)
            del task
        if word == "pid":
            return served(str(os.getpid()).encode(), store=False)
        return self.answers.get(target, served())

    async def neutral(self, target: str, reason: str) -> Served:
        """Return a plain picture."""
        return served(b"plain", store=False, degraded=(reason,), cache="fwd=miss")


async def _fail(text: str) -> None:
    raise ValueError(text)


def raise_deep(text: str) -> None:
    """Raise an error with a cause, both with `text` in their message."""
    try:
        raise KeyError(text)
    except KeyError as cause:
        raise RuntimeError(f"cannot draw {text}") from cause


class MadeUpHealth:
    """Draw, or fail to, as a test says."""

    def __init__(self) -> None:
        self.can_draw = True
        self.delay_s = 0.0

    async def draws(self) -> bool:
        """Return what the test wants, when it wants."""
        await asyncio.sleep(self.delay_s)
        return self.can_draw

    def details(self) -> Mapping[str, object]:
        """Return one made-up detail."""
        return {"templates": 3}


def small_app(
    images: MadeUpImages,
    metrics: Metrics,
    *,
    health: MadeUpHealth | None = None,
    give_up_s: float = 5.0,
) -> web.Application:
    """Put the service together around made-up pictures."""
    app = web.Application(middlewares=[observe])
    app[METRICS] = metrics
    add_images(app, images, give_up_s=give_up_s)
    add_health(app, health or MadeUpHealth())
    return app


def build(settings: Settings) -> web.Application:
    """Make what a worker of the real thing runs, unless a test wants it to fail."""
    if (settings.data_dir / "unbuildable").exists():
        raise RuntimeError("cannot be built")
    metrics = Metrics(metrics_directory())
    app = small_app(MadeUpImages(), metrics)
    sweeps = settings.data_dir / "sweeps"

    async def sweep() -> None:
        with sweeps.open("a") as file:
            file.write(f"{os.getpid()}\n")

    chores = [
        metrics_page(metrics, settings.metrics_host, settings.metrics_port),
        repeat(sweep, 0.2),
    ]
    add_housekeeper(app, settings.locks_dir / "housekeeper.lock", chores)
    return app


def load() -> Settings:
    """Read the settings of the process, as `signet serve` does."""
    return Settings.load()


if __name__ == "__main__":
    serve(load, build)
