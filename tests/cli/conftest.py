from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from origin.catalog.catalog import Catalog
from origin.cli.app import run
from origin.urls.keyring import KeyRing
from tests.catalog.documents import image, published, text, write
from vips_render.limits import Limits


@dataclass(frozen=True)
class Said:
    """What a command wrote, and how it ended."""

    status: int
    out: str
    err: str


Signet = Callable[..., Said]


CARD = {
    "name": "card",
    "canvas": {"width": 200, "height": 100, "background": "#ffffff"},
    "output": {"format": "jpeg"},
    "alt": "Hi {{ first_name }}, {{ points }} points",
    "variables": {
        "first_name": {"type": "text", "default": "there", "max_length": 20, "open": True},
        "points": {"type": "number", "default": 0, "min": 0, "max": 1000},
        "code": {"type": "text", "pattern": "[A-Z]{3}", "default": "ABC"},
    },
    "layers": [image("hero", "assets/hero.jpg"), text("hello", "Hi {{ first_name }}")],
    "layouts": {"story": {"width": 100, "height": 300}},
}


POSTER = {
    "name": "poster",
    "canvas": {"width": 240, "height": 120, "background": "#ffffff"},
    "variables": {
        "first_name": {"type": "text", "default": "there", "open": True},
        "avatar": {"type": "image", "default": "assets/dot.png"},
        "id": {"type": "number"},
    },
    "layers": [
        image("avatar", "{{ avatar }}") | {"box": {"x": 0, "y": 0, "width": 40, "height": 40}},
        text("hello", "Hi {{ first_name }}", "Source Sans Pro")
        | {"box": {"x": 10, "y": 50, "width": 200, "height": 40}},
    ],
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a key, and the template `card` published once.

    Its font stands in for a real one: nothing is drawn from it.
    """
    for name in os.environ:
        if name.startswith("SIGNET_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    assets = tmp_path / "templates" / "assets"
    assets.mkdir(parents=True)
    Image.new("RGB", (2, 2)).save(assets / "hero.jpg")
    (assets / "brand.ttf").write_bytes(b"brand")
    write(tmp_path / "templates", CARD)
    published(Catalog(tmp_path / "templates", Limits()))
    KeyRing().new_key(now=1_700_000_000).save(tmp_path / "signet-keys.json")
    return tmp_path


@pytest.fixture
def studio(desk: Path) -> Path:
    """The same with the template `poster`, which can be drawn."""
    Image.new("RGBA", (1, 1), "#3f46d8").save(desk / "templates" / "assets" / "dot.png")
    write(desk / "templates", POSTER)
    return desk


@pytest.fixture
def signet(capfd: pytest.CaptureFixture[str]) -> Signet:
    """Run one command line in this process."""

    def command(*arguments: str) -> Said:
        capfd.readouterr()
        status = run(arguments)
        said = capfd.readouterr()
        return Said(int(status), said.out, said.err)

    return command
