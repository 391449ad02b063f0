from __future__ import annotations

import pytest

from origin.nginx import purge, reload
from tests.nginx.site import Site, link
from tests.nginx.wire import parse, say


async def warm(site: Site, *targets: str) -> None:
    """Make each target a hit."""
    for target in targets:
        await site.get(target)
        assert (await site.get(target)).cache == "hit"


async def test_purge_of_everything(site: Site) -> None:
    """One number hides every kept picture of both zones; new ones are kept again."""
    targets = [link("a"), link("b", template="other"), link("a", kind="o") + "?name=Anna"]
    await warm(site, *targets)
    purge(site.data_dir, None, now=1.0)
    await site.reload()
    for target in targets:
        assert (await site.get(target)).cache == "fwd=uri-miss"
    await warm(site, *targets)


async def test_purge_of_a_template_spares_the_others(site: Site) -> None:
    """Only pictures of the named template are asked for again."""
    card, other = link("a"), link("a", template="card-two")
    await warm(site, card, other, link("a", kind="o"))
    purge(site.data_dir, "card", now=1.0)
    await site.reload()
    assert (await site.get(card)).cache == "fwd=uri-miss"
    assert (await site.get(link("a", kind="o"))).cache == "fwd=uri-miss"
    assert (await site.get(other)).cache == "hit"


async def test_purge_of_a_link_takes_all_its_slots(site: Site) -> None:
    """An open link is purged with every value its slots ever had, and no other link is."""
    path = link("a", kind="o")
    named, neighbour = [f"{path}?name={name}" for name in ("Anna", "Ben")], link("b", kind="o")
    await warm(site, *named, neighbour)
    purge(site.data_dir, f"https://pictures.example{named[0]}", now=1.0)
    await site.reload()
    for target in named:
        assert (await site.get(target)).cache == "fwd=uri-miss"
    assert (await site.get(neighbour)).cache == "hit"


@pytest.mark.parametrize(
    "line", [b"GET  %s  HTTP/1.1", b"GET ftp://x%s HTTP/1.1", b"GET HTTPS://x:1%s HTTP/1.1"]
)
@pytest.mark.parametrize("purged", ["card", link("a", kind="o")], ids=["template", "link"])
async def test_purge_finds_every_request_line(site: Site, line: bytes, purged: str) -> None:
    """However a request line is written, it is the same link: kept as one, and forgotten as one."""
    path = link("a", kind="o")
    raw = line % path.encode() + b"\r\nHost: x\r\nConnection: close\r\n\r\n"
    await warm(site, path)
    assert parse(await say(site.port, raw)).cache == "hit"
    purge(site.data_dir, purged, now=1.0)
    await site.reload()
    assert parse(await say(site.port, raw)).cache == "fwd=uri-miss"
    assert parse(await say(site.port, raw)).cache == "hit"


async def test_no_epoch_is_used_twice(site: Site) -> None:
    """What was hidden once stays hidden, also by a clock that goes backwards."""
    await warm(site, link("a"))
    purge(site.data_dir, "card", now=5.0)
    purge(site.data_dir, None, now=5.0)
    await site.reload()
    assert (await site.get(link("a"))).cache == "fwd=uri-miss"
    purge(site.data_dir, None, now=1.0)
    await site.reload()
    assert (await site.get(link("a"))).cache == "fwd=uri-miss"


async def test_reload_needs_a_running_nginx(site: Site) -> None:
    """A pid file that outlived its nginx signals nobody."""
    await site.nginx.stop()
    assert not reload(site.data_dir)
    (site.data_dir / "nginx.pid").write_text("1\n")
    assert not reload(site.data_dir)
