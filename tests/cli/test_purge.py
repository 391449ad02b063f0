from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cache import Entry, content_key, etag_of, files
from origin.nginx import CONFIG_FILE, Nginx, find_nginx, render_config
from tests.cli.conftest import Signet
from tests.processes import free_port


@pytest.fixture
def disk(desk: Path) -> Path:
    """A disk tier with two pictures of the card and one of another template."""
    folder = desk / "data" / "cache"
    for number, tag in enumerate(("card", "card", "other")):
        body = b"picture %d" % number
        entry = Entry(body, "image/png", etag_of(body), made_at=1.0, tag=tag)
        files.write(folder, content_key(body), entry)
    return folder


def kept(folder: Path) -> int:
    """Count what the disk tier holds."""
    return sum(1 for _ in files.walk(folder))


def test_a_template_is_forgotten_everywhere(disk: Path, desk: Path, signet: Signet) -> None:
    """Its entries leave the disk, and the epochs of workers and nginx move; others stay."""
    said = signet("purge", "card")
    assert (said.status, said.err) == (0, "")
    assert "2 pictures dropped" in said.out
    assert kept(disk) == 1
    epochs = json.loads((desk / "data" / "epochs.json").read_text())
    assert list(epochs["templates"]) == ["card"]
    assert "template:card " in (desk / "data" / "epoch.conf").read_text()
    assert "none runs" in said.out


def test_a_link_is_forgotten_by_nginx_and_its_template_by_the_origin(
    disk: Path, desk: Path, signet: Signet
) -> None:
    """nginx keeps by link, the origin by content: it forgets more than asked, never less."""
    url = signet("sign", "card", "--open", "first_name").out.strip()
    said = signet("purge", f"{url}?first_name=Ada")
    assert said.status == 0
    assert kept(disk) == 1
    assert "link:card/" in (desk / "data" / "epoch.conf").read_text()
    assert "template:" not in (desk / "data" / "epoch.conf").read_text()
    assert "card" in json.loads((desk / "data" / "epochs.json").read_text())["templates"]


def test_everything_is_forgotten_on_request(disk: Path, desk: Path, signet: Signet) -> None:
    """All entries go, and the one number that all keys share moves."""
    said = signet("purge", "--all")
    assert said.status == 0
    assert kept(disk) == 0
    assert json.loads((desk / "data" / "epochs.json").read_text())["everything"] > 0
    assert (desk / "data" / "epoch.conf").read_text().startswith("all 1")


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        ((), 2, "--all"),
        (("card", "--all"), 2, "--all"),
        (("crad",), 1, "did you mean card?"),
        (("https://example.com/other.png",), 1, "signed link"),
        (("../../etc",), 1, "signed link"),
    ],
)
def test_a_purge_of_nothing_says_so(
    disk: Path, desk: Path, signet: Signet, arguments: tuple[str, ...], status: int, why: str
) -> None:
    """A slip purges nothing at all."""
    said = signet("purge", *arguments)
    assert said.status == status
    assert why in said.err
    assert kept(disk) == 3
    assert not (desk / "data" / "epochs.json").exists()
    assert not (desk / "data" / "epoch.conf").exists()


async def test_a_running_nginx_is_told_after_the_workers(
    disk: Path, desk: Path, signet: Signet
) -> None:
    """It is told once no worker can remember, or it would fetch the old picture again."""
    binary = find_nginx()
    assert binary is not None, "tests need nginx"
    ports = [f"127.0.0.1:{free_port()}" for _ in range(3)]
    config = render_config(CONFIG_FILE.read_text(), listen=ports[0], origin=ports[1], hop=ports[2])
    server = await Nginx.start(binary, desk / "data", config)
    try:
        loop = asyncio.get_running_loop()
        started = loop.time()
        said = await asyncio.to_thread(signet, "purge", "card")
        assert "nginx: forgets card now" in said.out
        assert loop.time() - started >= 1.0
    finally:
        await server.stop()
