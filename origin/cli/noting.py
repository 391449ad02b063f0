"""Say what fell short in the pictures of the gallery, which the service tells nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.children.errors import ChildError
from origin.cli.easel import Easel
from origin.cli.options import read_settings
from origin.config import make_data_dir
from origin.demo.gallery import Notes
from origin.demo.run import DemoPlace
from origin.urls.link import Link
from vips_render.errors import RenderError


@asynccontextmanager
async def noting(place: DemoPlace, catalog: Catalog) -> AsyncIterator[Notes]:
    """Give notes inside the block, by drawing each picture once more beside the service."""
    settings = read_settings(place.settings_file, templates=catalog.root, data_dir=place.notes_data)
    make_data_dir(settings)
    async with Easel(catalog, settings) as easel:

        async def notes(edition: Edition, link: Link) -> Sequence[str]:
            try:
                return (await easel.draw(easel.order(edition, link))).notes
            except (RenderError, ChildError):
                # The picture that the service sent instead says enough.
                return ()

        yield notes
