from __future__ import annotations

import asyncio
import errno
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cache import Made
from origin.app import painter_argv
from origin.catalog.catalog import Catalog
from origin.children.child import Child
from origin.config import Settings, child_environment
from origin.epochs import Epochs
from origin.fetch.client import Client
from origin.fetch.gather import Assets
from origin.fetch.targets import TargetRules
from origin.pipeline.admission import Admission
from origin.pipeline.drawing import Drawing, Patience, Stages
from origin.pipeline.order import Order, Orders
from origin.pipeline.warming import Warming
from origin.urls.link import Link
from vips_render.limits import Limits

LONG_S = 60.0
CARD = {
    "name": "card",
    "canvas": {"width": 120, "height": 60, "background": "#fff"},
    "variables": {"name": {"type": "text", "default": "you"}},
    "layers": [
        {
            "name": "hello",
            "kind": "text",
            "text": "Hi {{ name }}",
            "font": {"family": "Source Sans Pro", "size": 20},
            "box": {"x": 5, "y": 5, "width": 110, "height": 40},
        }
    ],
}


@dataclass
class Desk:
    """The parts that draw, with one real painter."""

    templates: Path
    painter: Child
    admission: Admission
    orders: Orders
    drawing: Drawing
    warming: Warming

    async def stages(self, name: str) -> set[str]:
        """Draw somebody's card and name the stages that it took."""
        edition = self.orders.edition("card", "latest")
        order = self.orders.order(
            edition, Link("card", "latest", variables={"name": name}), {}, now=1
        )
        stages = Stages()
        until = asyncio.get_running_loop().time() + LONG_S
        await self.drawing.draw(order, until=until, stages=stages)
        return set(stages.ms)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Set up one template and what draws it."""
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "card.json").write_text(json.dumps(CARD))
    settings = Settings.load({"data_dir": tmp_path / "data"}, {})
    painter = Child(painter_argv(settings), env=child_environment(), name="painter", start_s=LONG_S)
    await painter.warm()
    catalog = Catalog(templates, Limits())
    clock = asyncio.get_running_loop().time
    orders = Orders(
        catalog,
        Epochs(tmp_path / "epochs.json", clock),
        engine=lambda: "engine",
        limits=Limits(),
        drafts=True,
    )
    client = Client(TargetRules())
    assets = Assets(client, [painter], clock=time.time)
    admission = Admission(1)
    patience = Patience(LONG_S, LONG_S)
    drawing = Drawing(assets, painter, admission, patience=patience, now=time.time)
    warming = Warming(catalog, orders, drawing, painter, now=time.time)
    yield Desk(templates, painter, admission, orders, drawing, warming)
    await assets.close()
    await client.close()
    await painter.close()


async def test_the_first_open_finds_the_plan(desk: Desk) -> None:
    """What recipients share is drawn before the first of them asks."""
    await desk.warming.look()
    assert "plan" not in await desk.stages("Ada")


async def test_a_new_version_is_drawn_at_the_next_look(desk: Desk) -> None:
    """A plan is drawn again when its template has changed, and only then."""
    await desk.warming.look()
    await desk.stages("Ada")
    changed = {**CARD, "canvas": {"width": 100, "height": 50}}
    (desk.templates / "card.json").write_text(json.dumps(changed))
    await desk.warming.look()
    assert "plan" not in await desk.stages("Bo")


async def test_what_is_drawn_last_before_people_come_is_no_plan(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a plan the painter gives memory back; a picture of each template takes it again."""
    draw, has_plan = desk.drawing.draw, []

    async def noted(order: Order, *, until: float, background: bool) -> Made:
        stages = Stages()
        made = await draw(order, until=until, background=background, stages=stages)
        has_plan.append("plan" in stages.ms)
        return made

    monkeypatch.setattr(desk.drawing, "draw", noted)
    (desk.templates / "other.json").write_text(
        json.dumps({**CARD, "name": "other", "canvas": {"width": 90, "height": 60}})
    )
    await desk.warming.look()
    assert has_plan == [True, True, False, False]
    await desk.warming.look()
    assert len(has_plan) == 4


async def test_people_come_first(desk: Desk) -> None:
    """While somebody waits for a painter nothing is drawn ahead; the next look catches up."""
    release = asyncio.Event()

    async def hold() -> None:
        async with desk.admission.turn(until=asyncio.get_running_loop().time() + LONG_S):
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(2)]
    await asyncio.sleep(0)
    await desk.warming.look()
    release.set()
    await asyncio.gather(*holders)
    await desk.warming.look()
    assert "plan" not in await desk.stages("Ada")


async def test_a_templates_disk_in_trouble_stops_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that cannot be read is left for the next look; the worker starts all the same."""

    def fails(_: Catalog) -> tuple[str, ...]:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(Catalog, "names", fails)
        await desk.warming.look()
    await desk.warming.look()
    assert "plan" not in await desk.stages("Ada")


async def test_without_warming_the_first_open_draws_the_plan(desk: Desk) -> None:
    """The stage that the other tests miss is there when nothing was drawn ahead."""
    assert "plan" in await desk.stages("Ada")
    assert "plan" not in await desk.stages("Bo")
