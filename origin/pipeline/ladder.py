"""Step down: what is sent when the picture that was asked for cannot be.

The template drawn with its defaults, else the default picture that its publish drew, else a plain
one of the right size. Nothing here raises.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cachetools import LRUCache

from cache import Cache, Entry, Made, etag_of
from origin.catalog.edition import Edition
from origin.errors import OriginError
from origin.pipeline.aside import Aside
from origin.pipeline.drawing import Drawing
from origin.pipeline.neutral import DEFAULT_COLOR, DEFAULT_SIZE, Rgb, neutral_picture
from origin.pipeline.order import Order, Orders
from origin.urls.link import Link
from vips_render.errors import RenderError
from vips_render.expr.color import read_color
from vips_render.limits import Limits
from vips_render.output import EXTENSIONS, MEDIA_TYPES

MOST_PX = Limits().canvas_area_px

REMEMBERED = 256
"""Templates whose last edition is known without a file."""

FILE_THREADS = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A picture that stands in for another, and the edition that it shows, if any."""

    entry: Entry
    edition: Edition | None


class Ladder:
    """Find the best picture that can stand in for a link's own."""

    def __init__(
        self, orders: Orders, cache: Cache, drawing: Drawing, *, now: Callable[[], float]
    ) -> None:
        self._orders = orders
        self._cache = cache
        self._drawing = drawing
        self._now = now
        self._seen: LRUCache[str, Edition] = LRUCache(REMEMBERED)
        self._files = Aside(FILE_THREADS, "ladder")
        self._plain = Aside(1, "neutral")

    def remember(self, edition: Edition) -> None:
        """Note the last edition of a template that was served, for when no file can be read."""
        self._seen[edition.name] = edition

    def close(self) -> None:
        """End the threads."""
        self._files.close()
        self._plain.close()

    async def step_down(self, link: Link, *, until: float, draw: bool) -> Step:
        """Return a picture in the size and format of `link`.

        Args:
            until: the running loop's time at which it must be there.
            draw: whether the defaults may be drawn now; not when the painters are the trouble.
        """
        edition = self._seen.get(link.template)
        entry: Entry | None = None
        try:
            async with asyncio.timeout_at(until):
                edition = await self._files(self._edition, link) or edition
                if edition is not None:
                    entry = await self._defaults(edition, link, draw=draw, until=until)
                    entry = entry or await self._files(self._published, edition, link)
        except Exception as error:  # whatever it is, the last step needs none of it
            _log.warning("the default picture failed: %s", type(error).__name__)
        if entry is None:
            entry = await self._plain(self._neutral, link, edition)
        return Step(entry, edition)

    async def neutral(self, link: Link | None) -> Step:
        """Return a plain picture; of the size of the link's template where that is remembered."""
        if link is None:
            return Step(await self._plain(self._neutral, Link("none", "latest"), None), None)
        edition = self._seen.get(link.template)
        return Step(await self._plain(self._neutral, link, edition), edition)

    def _edition(self, link: Link) -> Edition | None:
        """Return the edition of the link, else the newest of its template, else None.

        A draft that is being edited is faulty now and then; the version before it stands in.
        """
        for find in (
            partial(self._orders.edition, link.template, link.version),
            partial(self._orders.edition, link.template, "latest"),
            partial(self._orders.published, link.template),
        ):
            try:
                return find()
            except (OriginError, RenderError, OSError):
                continue
        return None

    async def _defaults(
        self, edition: Edition, link: Link, *, draw: bool, until: float
    ) -> Entry | None:
        order = await self._files(self._default_order, edition, link)
        if not draw:
            found = await self._cache.get(order.key)
            return found.entry if found else None

        async def make() -> Made:
            return await self._drawing.draw(order, until=until)

        return (await self._cache.get_or_make(order.key, make)).entry

    def _default_order(self, edition: Edition, link: Link) -> Order:
        bare = Link(
            link.template,
            link.version,
            extension=link.extension,
            scale=link.scale,
            quality=link.quality,
            layout=link.layout if link.layout in edition.template.layouts else "",
        )
        return self._orders.order(edition, bare, {}, now=self._now())

    def _published(self, edition: Edition, link: Link) -> Entry | None:
        """Read the picture that the publish drew, where it has the size that is asked for."""
        extension = "jpg" if link.extension == "jpeg" else link.extension
        path = edition.pictures.get(extension)
        if path is None or link.scale != 1 or link.layout:
            return None
        try:
            return self._entry(path.read_bytes(), link)
        except OSError:
            return None

    def _neutral(self, link: Link, edition: Edition | None) -> Entry:
        width, height = DEFAULT_SIZE
        color = DEFAULT_COLOR
        if edition is not None:
            canvas = edition.template.canvas
            layout = edition.template.layouts.get(link.layout)
            width = (layout.width if layout and layout.width else None) or canvas.width
            height = (layout.height if layout and layout.height else None) or canvas.height
            color = _plain_color(canvas.background)
        # Past what the engine draws no size is right, and a plain picture must stay cheap.
        scale = max(
            (s for s in range(1, link.scale + 1) if width * height * s * s <= MOST_PX), default=1
        )
        size = (width * scale, height * scale)
        return self._entry(neutral_picture(*size, EXTENSIONS[link.extension], color), link)

    def _entry(self, body: bytes, link: Link) -> Entry:
        return Entry(
            body=body,
            media_type=MEDIA_TYPES[EXTENSIONS[link.extension]],
            etag=etag_of(body),
            made_at=self._now(),
            tag=link.template,
        )


def _plain_color(background: object) -> Rgb:
    """Return the colour of a canvas that has just one, else the default."""
    color = read_color(background) if isinstance(background, str) else None
    return DEFAULT_COLOR if color is None or color[3] < 255 else color[:3]
