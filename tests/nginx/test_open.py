from __future__ import annotations

import asyncio

from tests.nginx.site import CARD, Site, link, start_site
from tests.nginx.stub import PICTURE, Stub


async def test_slots_are_part_of_the_key(site: Site) -> None:
    """Any spelling of the slots is a picture of its own; the same spelling is a hit."""
    path = link("a", kind="o")
    queries = ["", "?name=Anna&city=Rome", "?city=Rome&name=Anna", "?name=anna", "?name=An%6ea"]
    for query in queries:
        assert (await site.get(path + query)).cache == "fwd=uri-miss"
    for query in queries:
        assert (await site.get(path + query)).cache == "hit"
    assert [seen.target.decode() for seen in site.stub.seen] == [path + query for query in queries]


async def test_raw_query_reaches_the_origin(site: Site) -> None:
    """The origin reads what the mailer wrote, byte for byte, through both hops."""
    target = link("a", kind="o").encode() + b"?name=Ren\xc3\xa9+%C3%A9&amp;x=*|FNAME|*"
    assert (await site.get(target)).body == PICTURE
    assert site.stub.seen[0].target == target


async def test_nothing_outside_the_key_passes_two_hops(site: Site) -> None:
    """Both hops drop the reader's headers and keep the id of the request."""
    answer = await site.get(link("a", kind="o"), Cookie="a=b", Accept="image/avif")
    assert set(site.stub.seen[0].headers) == {"host", "x-request-id"}
    assert answer.header("x-request-id") == site.stub.seen[0].headers["x-request-id"]


async def test_open_pictures_live_in_their_own_zone(site: Site) -> None:
    """What anyone can ask for is never kept beside what only we can sign."""
    await site.get(link("a"))
    await site.get(link("a", kind="o") + "?name=Anna")
    assert (len(site.kept("sealed")), len(site.kept("open"))) == (1, 1)


async def test_flood_of_slots_evicts_no_sealed_picture(stub: Stub, site: Site) -> None:
    """An open zone that overflows loses open pictures only."""
    await site.nginx.stop()
    small = await start_site(stub, site.data_dir, ("keys_zone=open:16m", "keys_zone=open:32k"))
    try:
        await small.get(link("sealed"))
        path = link("a", kind="o")
        for block in range(10):
            targets = [f"{path}?name={block}-{number}" for number in range(50)]
            await asyncio.gather(*map(small.get, targets))
        asked = len(stub.seen)
        assert (await small.get(link("sealed"))).cache == "hit"
        assert (await small.get(f"{path}?name=0-0")).cache == "fwd=uri-miss"
        assert len(stub.seen) == asked + 1
    finally:
        await small.nginx.stop()


async def test_only_new_pictures_count_against_the_limit(stub: Stub, site: Site) -> None:
    """Past the limit of its link a new picture is the fallback; kept ones and other links go on."""
    await site.nginx.stop()
    limits = (("rate=250r/s", "rate=1r/m"), ("burst=5000 nodelay", "burst=2 nodelay"))
    strict = await start_site(stub, site.data_dir, *limits)
    try:
        path = link("a", kind="o")
        for name in ("one", "two", "three"):
            assert (await strict.get(f"{path}?name={name}")).body == PICTURE
        over = await strict.get(f"{path}?name=four")
        assert (over.status, over.body) == (200, CARD["png"])
        assert over.header("x-signet-degraded") == "overload"
        assert over.header("cache-control") == "no-store"
        assert (await strict.get(f"{path}?name=two")).cache == "hit"
        assert (await strict.get(link("b", kind="o") + "?name=four")).body == PICTURE
        assert (await strict.get(link("c"))).body == PICTURE
    finally:
        await strict.nginx.stop()
