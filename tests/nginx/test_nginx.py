from __future__ import annotations

import os
import string
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin import nginx
from origin.nginx import CONFIG_FILE, Epochs, Nginx, NginxError, find_nginx, purge, render_config
from tests.nginx.site import SIGNATURE, Site, link

TEXT = CONFIG_FILE.read_text()
LITERALS = ("listen 8080;", "127.0.0.1:8081", "127.0.0.1:8082")
TEMPLATES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,63}", fullmatch=True)
SIGNATURES = st.text(string.ascii_letters + string.digits + "-_", min_size=22, max_size=22)


@st.composite
def links(draw: st.DrawFn) -> str:
    """Draw the path of some signed link."""
    kind, extension = draw(st.sampled_from("io")), draw(st.sampled_from(["png", "jpg", "webp"]))
    return f"/{kind}/{draw(TEMPLATES)}/latest/k1.jabc.{draw(SIGNATURES)}.{extension}"


def test_rendered_text_differs_in_addresses_only() -> None:
    """Every address is replaced wherever it stands, nothing else changes, and back again."""
    there = render_config(TEXT, listen="127.0.0.1:18080", origin="10.0.0.1:81", hop="127.0.0.1:82")
    assert not [literal for literal in LITERALS if literal in there]
    back = there.replace("listen 127.0.0.1:18080;", LITERALS[0])
    assert back.replace("10.0.0.1:81", LITERALS[1]).replace("127.0.0.1:82", LITERALS[2]) == TEXT


def test_addresses_may_look_like_each_other() -> None:
    """An origin at the port that the file gives to the hop stays what was asked for."""
    text = render_config(TEXT, listen="8081", origin="127.0.0.1:8082", hop="127.0.0.1:8081")
    assert text.count("server 127.0.0.1:8082 max_fails=0") == 4
    assert "listen 127.0.0.1:8081;" in text


@pytest.mark.parametrize("literal", LITERALS)
def test_missing_literal_is_an_error(literal: str) -> None:
    """An edited file that lost an address is refused instead of serving somewhere else."""
    with pytest.raises(NginxError, match=literal):
        render_config(TEXT.replace(literal, "x"), listen="1", origin="a:2", hop="b:3")


@given(st.lists(st.one_of(st.none(), TEMPLATES, links()), max_size=12))
def test_epochs_only_grow_and_survive_the_file(targets: list[str | None]) -> None:
    """Each purge uses a value above all before it, and what is written is read back the same."""
    epochs = Epochs()
    for target in targets:
        raised = epochs.raised(target, now=7.9)
        assert raised.highest() > epochs.highest()
        assert raised.highest() >= 7
        assert Epochs.parse(raised.dump()) == raised
        epochs = raised


@given(links(), st.sampled_from(["", "http://a.example", "https://a.example:8080"]))
def test_link_is_named_by_template_and_signature(path: str, host: str) -> None:
    """Host, query and payload do not matter to what a purge of a link hides."""
    one = Epochs().raised(f"{host}{path}", now=1)
    assert one == Epochs().raised(f"{path}?name=x", now=1)
    assert list(one.links) == [f"{path.split('/')[2]}/{path.split('.')[2]}"]


@pytest.mark.parametrize(
    "target",
    ["", "Card", "card;", "../card", "/i/card/1/k.p.short.png", "all 1;\nall 2", "a" * 65,
     f"/i/card\n/1/k.p.{SIGNATURE}.png", f"/x/card/1/k.p.{SIGNATURE}.png"],
)  # fmt: skip
def test_other_targets_are_refused(target: str) -> None:
    """What is neither a name nor a link never reaches a file that nginx reads."""
    with pytest.raises(NginxError):
        Epochs().raised(target, now=1)


def test_wider_purge_forgets_narrower_ones() -> None:
    """The file stays as small as what it has to say."""
    epochs = Epochs().raised(link("a"), now=1).raised(link("a", template="two"), now=2)
    assert list(epochs.raised("card", now=3).links) == ["two/" + "a" + "x" * 21]
    assert epochs.raised(None, now=3) == Epochs(3)


def test_too_many_links_purge_their_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is bounded: past the bound more is purged than asked, never less."""
    monkeypatch.setattr(nginx, "MAX_SCOPES", 3)
    epochs = Epochs()
    for number in range(4):
        epochs = epochs.raised(link(f"n{number}", template=f"t{number % 2}"), now=number)
    assert (dict(epochs.links), dict(epochs.templates)) == ({}, {"t0": 4, "t1": 4})
    for name in ("t2", "t3"):
        epochs = epochs.raised(name, now=9)
    assert epochs == Epochs(10)


def test_damaged_file_is_not_read_as_no_purge(tmp_path: Path) -> None:
    """A purge on top of a damaged file says so; nginx would refuse the file as well."""
    (tmp_path / "epoch.conf").write_text("all 3;\ntemplate:card four;\n")
    with pytest.raises(NginxError, match="line 2"):
        purge(tmp_path, "card", now=1)


def test_purges_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    """Two people who purge at once both get what they asked for."""
    names = [f"t{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: purge(tmp_path, name, now=1), names))
    epochs = Epochs.parse((tmp_path / "epoch.conf").read_text())
    assert set(epochs.templates) == set(names)
    assert len(set(epochs.templates.values())) == 40


async def test_taken_port_is_told(site: Site, tmp_path: Path) -> None:
    """nginx's own last words reach whoever started it."""
    binary = find_nginx()
    assert binary is not None
    config = (site.data_dir / "nginx.conf").read_text()
    with pytest.raises(NginxError, match="in use"):
        await Nginx.start(binary, tmp_path / "second", config)


async def test_second_nginx_on_the_same_directory_is_refused(site: Site) -> None:
    """Two servers must not share a cache directory and a pid file."""
    binary = find_nginx()
    assert binary is not None
    with pytest.raises(NginxError, match="already"):
        await Nginx.start(binary, site.data_dir, TEXT)
    assert (await site.get("/livez")).status == 200


async def test_stop_leaves_no_process(site: Site) -> None:
    """After `stop` the port is free and the process is gone; twice is once."""
    pid = site.nginx.process.pid
    await site.nginx.stop()
    await site.nginx.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(ConnectionRefusedError):
        await site.get("/livez")
