from __future__ import annotations

import asyncio

import pytest

from tests.nginx.site import Site, link, until
from tests.nginx.stub import KEPT, NOT_KEPT, PICTURE, Reply, Seen
from tests.nginx.wire import glance

EXPIRED_AFTER_S = 2.1
"""nginx counts whole seconds: an answer of max-age=1 is surely expired after this."""

OLD = Reply(body=b"old picture")
NEW = Reply(body=b"new picture")
ONE_SECOND = ("Cache-Control", "public, max-age=1")
GRANTED = ("Cache-Control", "public, max-age=1, stale-while-revalidate=60")
ACCEL = ("X-Accel-Expires", "1")

PAST = ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")

IS_KEPT = {
    "max-age": (True, (KEPT,)),
    "immutable": (True, (("Cache-Control", "public, max-age=31536000, immutable"),)),
    "shared-only": (True, (("Cache-Control", "max-age=0, s-maxage=60"),)),
    "nothing-said": (False, ()),
    "no-store": (False, (("Cache-Control", "no-store"),)),
    "no-cache": (False, (("Cache-Control", "no-cache"),)),
    "private": (False, (("Cache-Control", "private, max-age=60"),)),
    "zero": (False, (("Cache-Control", "max-age=0"),)),
    "cookie": (False, (KEPT, ("Set-Cookie", "a=b"))),
    "no-store-before-accel": (False, (("Cache-Control", "no-store"), ("X-Accel-Expires", "60"))),
    "accel-before-no-store": (True, (("X-Accel-Expires", "60"), ("Cache-Control", "no-store"))),
    "past-expires-first": (False, (PAST, KEPT)),
    "past-expires-last": (True, (KEPT, PAST)),
}


@pytest.mark.parametrize("case", IS_KEPT)
async def test_origin_decides_what_is_kept(site: Site, case: str) -> None:
    """Only an answer that says so is kept; what else nginx reads into headers is written here."""
    kept, headers = IS_KEPT[case]
    site.stub.always(Reply().with_headers(*headers))
    await site.get(link("a"))
    again = await site.get(link("a"))
    assert (again.cache == "hit") is kept
    assert again.header("set-cookie") is None


@pytest.mark.parametrize("kind", ["i", "o"])
@pytest.mark.parametrize("frame", ["length", "chunked"])
async def test_truncated_picture_is_not_kept(site: Site, frame: str, kind: str) -> None:
    """A body that ends before it should is passed on as broken and asked for again."""
    site.stub.in_turn(Reply(frame=frame, cut_after=1000), Reply())
    cut = await site.get(link("a", kind=kind))
    assert PICTURE.startswith(cut.body)
    assert len(cut.body) < len(PICTURE)
    whole = await site.get(link("a", kind=kind))
    assert (whole.cache, whole.body) == ("fwd=uri-miss", PICTURE)


async def test_truncation_shows_only_against_a_length(site: Site) -> None:
    """Without a length nginx keeps half a picture: why the origin always sends one."""
    site.stub.always(Reply(frame="close", cut_after=1000))
    await site.get(link("a"))
    again = await site.get(link("a"))
    assert (again.cache, again.body) == ("hit", PICTURE[:1000])


async def test_expired_picture_is_not_shown_without_leave(site: Site) -> None:
    """Past its age a picture is fetched anew before anyone sees it, so a link can expire."""
    site.stub.in_turn(OLD.with_headers(ONE_SECOND), NEW)
    await site.get(link("a"))
    await asyncio.sleep(EXPIRED_AFTER_S)
    answer = await site.get(link("a"))
    assert (answer.cache, answer.body) == ("fwd=stale", NEW.body)


async def test_granted_staleness_renews_behind(site: Site) -> None:
    """With leave of the answer everyone gets the copy at once while one request renews it."""
    paths, gate = [link("a"), link("a", kind="o")], asyncio.Event()
    site.stub.always(OLD.with_headers(GRANTED))
    for path in paths:
        await site.get(path)
    await asyncio.sleep(EXPIRED_AFTER_S)

    async def renew(_: Seen) -> Reply:
        await gate.wait()
        return NEW

    site.stub.answer = renew
    for path in paths:
        # The renewal stands still until both are answered: neither waits for it.
        first, second = await glance(site.port, path), await glance(site.port, path)
        assert [first.body, second.body] == [OLD.body] * 2
        assert [first.cache, second.cache] == ["hit; detail=stale", "hit; detail=updating"]
    gate.set()
    for path in paths:
        answer = await site.get(path)
        while answer.cache != "hit":
            answer = await site.get(path)
        assert answer.body == NEW.body
    assert len(site.stub.seen) == 4


async def test_order_of_the_two_ages_matters(site: Site) -> None:
    """stale-while-revalidate counts only in a Cache-Control that precedes X-Accel-Expires."""
    orders = {link("right"): (GRANTED, ACCEL), link("wrong"): (ACCEL, GRANTED)}

    async def answer(seen: Seen) -> Reply:
        return OLD.with_headers(*orders[seen.target.decode()])

    site.stub.answer = answer
    for path in orders:
        await site.get(path)
    await asyncio.sleep(EXPIRED_AFTER_S)
    site.stub.always(NEW)
    shown = [(await site.get(path)).body for path in orders]
    assert shown == [OLD.body, NEW.body]


@pytest.mark.parametrize("kind", ["i", "o"])
@pytest.mark.parametrize("says", [KEPT, NOT_KEPT], ids=["max-age", "no-store"])
@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
async def test_errors_are_forgotten_whatever_they_say(
    site: Site, status: int, says: tuple[str, str], kind: str
) -> None:
    """nginx keeps any status that allows it; here none is kept, nor offered to be kept."""
    site.stub.in_turn(Reply(status=status).with_headers(says), Reply())
    assert (await site.get(link("a", kind=kind))).header("cache-control") == "no-store"
    assert (await site.get(link("a", kind=kind))).cache == "fwd=uri-miss"
    assert (await site.get(link("a", kind=kind))).cache == "hit"


async def test_many_links_stay_apart(site: Site) -> None:
    """Every kept picture is found under its own link only."""

    async def answer(seen: Seen) -> Reply:
        return Reply(body=seen.target)

    site.stub.answer = answer
    paths = [link(f"n{number}", kind=kind) for number in range(40) for kind in "io"]
    await asyncio.gather(*map(site.get, paths))
    await until(lambda: len(site.kept("sealed")) == len(site.kept("open")) == 40)
    for path in paths:
        again = await site.get(path)
        assert (again.cache, again.body) == ("hit", path.encode())
