from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from tests.demo.chromium import Page, open_page
from tests.processes import ROOT

EXAMPLES = ROOT / "examples" / "templates"
NAMES = ("referral-poster", "renewal-banner", "year-in-review")
UP_S = 180.0

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """Copy the examples' drafts, so that a test may change them."""
    copy = tmp_path / "templates"
    shutil.copytree(EXAMPLES, copy, ignore=shutil.ignore_patterns("versions"))
    return copy


@pytest.fixture
def output(tmp_path: Path) -> Iterator[Path]:
    """Name a directory for pictures that does not exist yet."""
    yield tmp_path / "pictures"


def _command(templates: Path, *arguments: str) -> list[str]:
    data = str(templates.parent / "demo-data")
    base = [sys.executable, "-m", "origin", "demo", "--templates", str(templates)]
    return [*base, "--data-dir", data, *arguments]


def test_once_shows_a_miss_then_a_hit_and_leaves_the_pictures(
    templates: Path, output: Path
) -> None:
    """`signet demo --once` draws every example, finds it cached, and ends well."""
    done = subprocess.run(
        _command(templates, "--once", "--output", str(output)),
        capture_output=True,
        text=True,
        timeout=UP_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in NAMES:
        assert re.search(rf"^{name}\s+MISS +[\d.]+ ms\s+HIT +[\d.]+ ms", done.stdout, re.MULTILINE)
        document = json.loads((templates / f"{name}.json").read_text())
        (picture,) = output.glob(f"{name}.*")
        with Image.open(picture) as image:
            assert image.size == (document["canvas"]["width"], document["canvas"]["height"])


def test_once_fails_when_an_example_falls_short(templates: Path, output: Path) -> None:
    """An example whose picture cannot be had is told, and the exit status is not 0."""
    path = templates / "renewal-banner.json"
    document = json.loads(path.read_text())
    document["variables"]["hero_image"]["default"] = "http://127.0.0.1:9/hero.jpg"
    path.write_text(json.dumps(document))
    done = subprocess.run(
        _command(templates, "--once", "--output", str(output)),
        capture_output=True,
        text=True,
        timeout=UP_S,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "renewal-banner: the first fetch was degraded: asset-" in done.stdout


def test_the_gallery_signs_draws_and_follows_its_files(templates: Path, tmp_path: Path) -> None:
    """In a browser every example is drawn, a typed value changes it, and so does a saved file."""
    asyncio.run(_play(templates, tmp_path))


async def _play(templates: Path, tmp_path: Path) -> None:
    async with _demo(templates) as address, open_page(tmp_path / "profile") as page:
        await page.go(address)
        await page.until(f"document.querySelectorAll('article').length === {len(NAMES)}")
        for name in NAMES:
            await _drawn(page, name)
        card = "document.getElementById('renewal-banner')"
        before = await page.run(f"{card}.querySelector('img').src")
        await page.run(
            f"{card}.querySelector('[name=first_name]').value = 'Zoë';"
            f"{card}.querySelector('form').dispatchEvent(new Event('input', {{bubbles: true}}))"
        )
        await page.until(f"{card}.querySelector('img').src !== {json.dumps(before)}")
        await _drawn(page, "renewal-banner")
        await page.until(f"/MISS.*HIT/.test({card}.querySelector('.answers').textContent)")
        await _notes(page, card)
        await _edit(page, templates / "renewal-banner.json", card)


async def _notes(page: Page, card: str) -> None:
    """A text that is too long is told beside its picture, and no longer once it fits."""
    for name, told in (("W" * 40, True), ("Zoë", False)):
        await page.run(
            f"{card}.querySelector('[name=first_name]').value = '{name}';"
            f"{card}.querySelector('form').dispatchEvent(new Event('input', {{bubbles: true}}))"
        )
        await page.until(f"{card}.querySelector('.notes').hidden === {json.dumps(not told)}")
        said = await page.run(f"{card}.querySelector('.notes').textContent")
        assert said == ("greeting: shrunk to 22 px, its floor, and cut short" if told else "")


async def _edit(page: Page, path: Path, card: str) -> None:
    document = json.loads(path.read_text())
    document["canvas"]["width"] = 1100
    path.write_text(json.dumps(document))
    await page.until(f"{card}.querySelector('img').naturalWidth === 1100")
    assert await page.run(f"{card}.querySelector('[name=first_name]').value") == "Zoë"
    path.write_text(json.dumps({**document, "layers": [{"name": "x", "kind": "txt"}]}))
    await page.until(f"{card}.querySelector('.faults').textContent.includes('/layers/0')")
    path.write_text(json.dumps(document))
    await page.until(f"{card}.querySelector('.faults').hidden")
    await _drawn(page, "renewal-banner")


async def _drawn(page: Page, name: str) -> None:
    image = f"document.querySelector('#{name} img')"
    await page.until(f"{image} && {image}.complete && {image}.naturalWidth > 0")


@asynccontextmanager
async def _demo(templates: Path) -> AsyncIterator[str]:
    """Run the demo until the block ends; Ctrl-C must then stop all of it."""
    demo = await asyncio.create_subprocess_exec(
        *_command(templates),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    assert demo.stdout is not None
    try:
        said = ""
        async with asyncio.timeout(UP_S):
            while not (found := re.search(r"Play: (http://\S+)", said)):
                line = await demo.stdout.readline()
                assert line, said
                said += line.decode()
        yield found[1]
    finally:
        demo.send_signal(signal.SIGINT)
        async with asyncio.timeout(40):
            await demo.wait()
    assert demo.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.pid, 0)
