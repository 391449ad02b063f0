from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.stack.documents import CARD, CARD_PX, PLAIN_PX, write
from tests.stack.stack import Stack, env_of, full, lesser, picture, running, signet, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def studio(tmp_path_factory: pytest.TempPathFactory, templates: Path) -> AsyncIterator[Stack]:
    """A service for designing, with templates of its own that may be changed."""
    directory = tmp_path_factory.mktemp("studio")
    shutil.copytree(templates, directory / "templates")
    async with running(directory, directory / "templates", nginx=True, drafts=True) as up:
        yield up


def edited(color: str, **changes: Any) -> dict[str, Any]:
    canvas = {"width": CARD_PX[0], "height": CARD_PX[1], "background": color}
    return {**CARD, "canvas": canvas, **changes}


async def shows(stack: Stack, path: str, color: tuple[int, int, int]) -> bool:
    image = full(await stack.get(path), CARD_PX)
    return image.getpixel((1, 1)) == color


async def test_edited_draft_is_seen_at_once(studio: Stack) -> None:
    """A designer saves, looks again, and sees it; the pinned version stays as it was published."""
    moving = studio.path("card", version="latest", first_name="Draft")
    pinned = studio.path("card", first_name="Draft")
    published = full(await studio.get(pinned), CARD_PX)
    for color, rgb in (("#00ff00", (0, 255, 0)), ("#ff0000", (255, 0, 0))):
        write(studio.templates, edited(color))
        await until(partial(shows, studio, moving, rgb))
    assert full(await studio.get(pinned), CARD_PX).tobytes() == published.tobytes()


async def test_faulty_draft_shows_the_version_before_it(studio: Stack) -> None:
    """A draft that cannot be read gets a picture of the template's size, named, until it can."""
    moving = studio.path("card", version="latest", first_name="Faulty")
    (studio.templates / "card.json").write_text('{"name": "card", "layers": [')

    async def is_told() -> bool:
        return (await studio.get(moving)).header("x-signet-degraded") is not None

    await until(is_told)
    lesser(await studio.get(moving), "template", CARD_PX)
    write(studio.templates, edited("#0000ff"))
    await until(lambda: shows(studio, moving, (0, 0, 255)))


async def test_new_version_is_served_without_a_restart(studio: Stack) -> None:
    """What `signet templates publish` makes can be asked for as soon as it is there."""
    write(studio.templates, edited("#00ffff"))
    next_one = studio.path("card", version=2, first_name="New")
    lesser(await studio.get(next_one), "unknown-version", CARD_PX)
    await signet(env_of(studio), "templates", "publish", "card")
    assert await shows(studio, next_one, (0, 255, 255))


async def test_templates_that_are_away_cost_no_known_picture(studio: Stack) -> None:
    """With the templates gone, pinned links that were opened go on; others keep their size."""
    known = studio.path("plain", first_name="Known")
    full(await studio.ask(known), PLAIN_PX)
    away = studio.templates.with_name("away")
    studio.templates.rename(away)
    try:
        full(await studio.ask(known), PLAIN_PX)
        full(await studio.ask(studio.path("plain", first_name="Cold")), PLAIN_PX)
        moving = studio.path("plain", version="latest", first_name="Moving")
        lesser(await studio.ask(moving), "unknown-template", PLAIN_PX)
    finally:
        away.rename(studio.templates)
    picture(await studio.ask(moving), PLAIN_PX)


async def test_moving_link_follows_a_publish(stack: Stack, templates: Path) -> None:
    """`latest` is the newest version, and the same object in the cache as its pinned link."""
    newest = max(int(path.name) for path in (templates / "versions" / "plain").iterdir())
    pinned = await stack.ask(stack.path("plain", version=newest, first_name="Move"))
    moving = await stack.ask(stack.path("plain", version="latest", first_name="Move"))
    assert (moving.body == full(pinned, PLAIN_PX) and moving.body) or pinned.body
    assert "hit" in (moving.header("cache-status") or "")


@pytest.mark.parametrize("scope", ["template", "url"])
async def test_purge_makes_the_next_fetch_fresh(stack: Stack, scope: str) -> None:
    """After `signet purge` nginx, the worker's memory and the disk have forgotten the picture."""
    path = stack.path("plain", first_name=f"Purge {scope}")
    other = stack.path("card", first_name=f"Purge {scope}")
    first = await stack.get(path)
    full(first, PLAIN_PX)
    await stack.get(other)
    assert (await stack.get(path)).cache == "hit"
    target = {"template": "plain", "url": f"http://example.org{path}"}[scope]
    made = await stack.count('pictures_total{source="made",state="fresh"}')
    await signet(env_of(stack), "purge", target)

    if scope == "url":
        # The origin forgets by template only; nginx forgets the one link.
        assert (await stack.get(other)).cache == "hit"
    await until(lambda: _was_forgotten(stack, path))
    await stack.ask(path)
    assert await stack.count('pictures_total{source="made",state="fresh"}') > made
    if scope == "template":
        assert (await stack.get(other)).cache == "hit"


async def _was_forgotten(stack: Stack, path: str) -> bool:
    return (await stack.get(path)).cache != "hit"
