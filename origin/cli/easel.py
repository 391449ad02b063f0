"""Draw without a server: painters, a decoder and the guarded fetcher, for one command."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from origin.app import decoder_argv, painter_argv, target_rules
from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.catalog.versions import PICTURE_EXTENSIONS
from origin.children.child import Child
from origin.cli.screen import counted
from origin.config import Settings, child_environment
from origin.epochs import Epochs
from origin.fetch.assets import Asset
from origin.fetch.client import Client
from origin.fetch.gather import AssetLimits, Assets
from origin.pipeline.drawing import paint_order
from origin.pipeline.order import Order, Orders
from origin.urls.link import EXTENSIONS, Link
from vips_render.limits import Limits
from vips_render.template.problem import Problem

ASSETS_S = 20.0
"""How long remote pictures may take: nobody has an email open, so longer than the service."""

PAINT_S = 60.0
"""When a painter counts as hung; as above."""


Shortfall = Literal["letters", "family", "too large", "cut", "shrunk"]
"""What can become of a text that was not meant, the worst first."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture with what there is to say about it.

    Attributes:
        problems: sentences on values that could not be used as they are.
        fallbacks: layers whose picture could not be had, with the reason.
        reports: the fields of a `TextReport` for each text.
    """

    body: bytes
    problems: tuple[Problem, ...]
    fallbacks: tuple[tuple[str, str], ...]
    reports: tuple[Mapping[str, Any], ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Word what fell short."""
        notes = [f"{one.layer or one.variable}: {one.message}" for one in self.problems]
        notes += [f"{layer}: fallback ({reason})" for layer, reason in self.fallbacks]
        notes += [
            f"{report['layer']}: {note}"
            for report in self.reports
            for _, note in shortfalls(report)
        ]
        return tuple(dict.fromkeys(notes))

    @property
    def texts(self) -> tuple[str, ...]:
        """Word what became of each text."""
        return tuple(map(_text_line, self.reports))


class Easel:
    """What draws, alive between `async with` and its end; `painters` run side by side."""

    def __init__(self, catalog: Catalog, settings: Settings, *, painters: int = 1) -> None:
        environment = child_environment()
        argv = painter_argv(settings)
        self._settings = settings
        self._painters = [
            Child(argv, env=environment, name=f"painter-{number}", start_s=60.0)
            for number in range(painters)
        ]
        self._decoder = Child(decoder_argv(settings), env=environment, name="decoder")
        self._orders = Orders(
            catalog,
            Epochs(settings.epochs_file, time.monotonic),
            engine=self.engine,
            limits=Limits(),
        )

    def engine(self) -> str:
        """Name what draws, as cache keys do."""
        return str(self._painters[0].hello["engine"])

    async def __aenter__(self) -> Self:
        """Start the painters."""
        self._client = Client(target_rules(self._settings))
        limits = AssetLimits(download_s=ASSETS_S)
        self._assets = Assets(self._client, [self._decoder], clock=time.time, limits=limits)
        try:
            await asyncio.gather(*(painter.warm() for painter in self._painters))
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything that was started."""
        await self._close()

    def order(
        self, edition: Edition, link: Link, slots: Mapping[str, str | None] | None = None
    ) -> Order:
        """Decide a picture, as the service would for the same link."""
        return self._orders.order(edition, link, slots or {}, now=time.time())

    async def draw(self, order: Order) -> Drawn:
        """Draw one picture; a layer whose picture cannot be had is drawn by its fallback.

        Raises:
            ChildError: a painter died or hung.
            RenderError: the engine cannot draw it.
        """
        edition = order.edition
        assets = await self._assets.gather(
            order.needs,
            deadline_s=ASSETS_S,
            local=edition.asset,
            scope=edition.digest if edition.version is not None else "",
        )
        painter = min(self._painters, key=lambda child: child.waiting)
        picture = await paint_order(painter, order, assets, timeout_s=PAINT_S)
        problems = tuple(one for one in order.problems if one.severity == "warning")
        return Drawn(picture.body, problems, _fallbacks(order, assets), picture.reports)

    async def defaults(self, edition: Edition) -> dict[str, bytes]:
        """Draw an edition with its defaults in every format."""
        pictures: dict[str, bytes] = {}
        for extension in EXTENSIONS:
            if extension in PICTURE_EXTENSIONS:
                link = Link(edition.name, edition.version or "latest", extension)
                pictures[extension] = (await self.draw(self.order(edition, link))).body
        return pictures

    async def _close(self) -> None:
        await self._assets.close()
        await self._client.close()
        await asyncio.gather(*(child.close() for child in (*self._painters, self._decoder)))


def _fallbacks(order: Order, assets: Mapping[str, Asset]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (need.layer, reason)
        for need in order.needs
        if not need.fallback
        and (asset := assets.get(need.source)) is not None
        and (reason := asset.reason)
    )


def _text_line(report: Mapping[str, Any]) -> str:
    """Word all that became of a text."""
    size = f"grown to {report['size']} px" if report["grown"] else f"{report['size']} px"
    facts = [f"{size}, {counted(report['lines'], 'line')}"]
    facts += [note for _, note in shortfalls(report)]
    return f"{report['layer']}: {'; '.join(facts)}"


def shortfalls(report: Mapping[str, Any]) -> list[tuple[Shortfall, str]]:
    """Word what became of a text; texts that came out as meant give none."""
    size = report["size"]
    found: list[tuple[Shortfall, str]] = [
        ("family", f"no font provides {family!r}") for family in report["unknown_families"]
    ]
    if report["missing"]:
        found.append(("letters", f"no font has {report['missing']!r}"))
    at_floor = f"shrunk to {size} px, its floor, and " if report["shrunk"] else ""
    if report["ellipsised"]:
        found.append(("cut", f"{at_floor}cut short"))
    elif report["clipped"]:
        found.append(("too large", f"{at_floor}does not fit"))
    elif report["shrunk"]:
        found.append(("shrunk", f"shrunk to {size} px"))
    return found
