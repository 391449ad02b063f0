"""Turn what a link says into an order: the one picture to draw, and the key it is kept under."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import orjson
from cachetools import LRUCache

from cache import Key, content_key
from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.epochs import Epochs
from origin.urls.link import Link, Version
from vips_render.limits import Limits
from vips_render.output import DEFAULT_QUALITY, EXTENSIONS, Output
from vips_render.scene.assets import AssetNeed, asset_needs
from vips_render.scene.model import Scene
from vips_render.scene.plan import plan_of
from vips_render.scene.resolve import resolve
from vips_render.scene.wire import dump_scene
from vips_render.template.edit import edit
from vips_render.template.model import Template
from vips_render.template.problem import Problem
from vips_render.template.variables import fill

VARIANTS = 256
"""Layouts and modifications whose documents stay compiled, per process."""

PLANS = 1_024
"""Outputs of these whose digests are remembered: 200 bytes each."""


@dataclass(frozen=True, slots=True)
class Order:
    """One picture, fully decided but not drawn.

    Attributes:
        scene: resolved layers; `wire` is the same as bytes.
        fresh_until: unix seconds until which the resolved values hold; None for ever.
        problems: what was wrong with values, for counting; they are in the picture already.
    """

    edition: Edition
    template: Template
    scene: Scene
    wire: bytes
    output: Output
    key: Key
    fresh_until: float | None
    problems: tuple[Problem, ...]

    @property
    def needs(self) -> tuple[AssetNeed, ...]:
        """The pictures that the scene shows, at the size in pixels that it shows them."""
        needs, scale = asset_needs(self.scene), self.output.scale
        if scale == 1:
            return needs
        return tuple(
            replace(need, width=need.width * scale, height=need.height * scale) for need in needs
        )


class Orders:
    """Make orders from links; everything but the catalog's files is pure.

    Args:
        engine: gives the digest of what draws now, see `vips_render.runtime.engine_digest`; a
            painter that was replaced may bring other fonts.
        drafts: `latest` means the draft document.
    """

    def __init__(
        self,
        catalog: Catalog,
        epochs: Epochs,
        *,
        engine: Callable[[], str],
        limits: Limits,
        drafts: bool = False,
    ) -> None:
        self._catalog = catalog
        self._epochs = epochs
        self._engine = engine
        self._limits = limits
        self._drafts = drafts
        self._lock = threading.Lock()
        self._variants: LRUCache[tuple[str, str, bytes], Template] = LRUCache(VARIANTS)
        self._plans: LRUCache[tuple[str, Output, str, frozenset[str]], str] = LRUCache(PLANS)

    def at_hand(self, link: Link) -> Edition | None:
        """Return the edition that a link names when no file must be read for it."""
        return self._catalog.known(link.template, link.version)

    def edition(self, template: str, version: Version) -> Edition:
        """Return the edition that a link names; raises what `Catalog.at` raises."""
        return self._catalog.at(template, version, drafts=self._drafts)

    def published(self, template: str) -> Edition:
        """Return the newest published edition, whatever is wrong with the draft."""
        return self._catalog.at(template, "latest")

    def order(
        self,
        edition: Edition,
        link: Link,
        slots: Mapping[str, str | None],
        *,
        now: float,
        layout: str | None = None,
    ) -> Order:
        """Resolve a link against an edition.

        Args:
            now: unix seconds, for expressions that read the clock.
            layout: drawn in place of the link's own.

        Raises:
            TemplateError: the link's modifications do not fit the document.
        """
        chosen = link.layout if layout is None else layout
        laid = self._variant(edition, chosen, {})
        template = self._variant(edition, chosen, link.modifications)
        filled = fill(template, link.variables, slots)
        resolved = resolve(
            template,
            filled.values,
            locale=link.locale or template.locale,
            timezone=link.timezone,
            now=now,
            limits=self._limits,
            personal_names=frozenset(link.modifications),
        )
        output = Output(
            EXTENSIONS[link.extension],
            _quality(template, link),
            link.scale,
        )
        plan = self._plan_digest(laid, output, chosen, frozenset(link.modifications))
        wire = dump_scene(resolved.scene)
        # The edition's digest stands for its assets and fonts, the plan's for its document.
        parts = (self._engine(), self._epochs.of(edition.name), edition.digest, plan)
        return Order(
            edition=edition,
            template=template,
            scene=resolved.scene,
            wire=wire,
            output=output,
            key=content_key("picture", *parts, wire),
            fresh_until=resolved.fresh_until,
            problems=(*filled.problems, *resolved.problems),
        )

    def _variant(
        self, edition: Edition, layout: str, modifications: Mapping[str, Mapping[str, object]]
    ) -> Template:
        if not layout and not modifications:
            return edition.template
        spelled = orjson.dumps(modifications, option=orjson.OPT_SORT_KEYS)
        wanted = (edition.digest, layout, spelled)
        with self._lock:
            known = self._variants.get(wanted)
        if known is None:
            known = edit(
                edition.template,
                layout=layout,
                modifications=modifications,
                limits=self._limits,
            )
            with self._lock:
                self._variants[wanted] = known
        return known

    def _plan_digest(
        self, laid: Template, output: Output, layout: str, modified: frozenset[str]
    ) -> str:
        wanted = (laid.digest, output, layout, modified)
        with self._lock:
            known = self._plans.get(wanted)
        if known is None:
            known = plan_of(laid, output, layout=layout, modified=modified).digest
            with self._lock:
                self._plans[wanted] = known
        return known


def _quality(template: Template, link: Link) -> int:
    if link.quality is not None:
        return link.quality
    chosen = template.output
    same = EXTENSIONS[link.extension] == chosen.format
    return chosen.quality if same else DEFAULT_QUALITY
