from __future__ import annotations

import asyncio

import pytest

from tests.nginx.site import Site, link
from tests.nginx.stub import ETAG, KEPT, NOT_KEPT, PICTURE, Reply, Seen


async def test_second_fetch_is_a_hit(site: Site) -> None:
    """The first fetch asks the origin, the second does not."""
    first, second = await site.get(link("a")), await site.get(link("a"))
    assert (first.status, first.body, first.cache) == (200, PICTURE, "fwd=uri-miss")
    assert (second.status, second.body, second.cache) == (200, PICTURE, "hit")
    assert len(site.stub.seen) == 1


@pytest.mark.parametrize(
    "query", ["?junk", "?utm_source=mail&x=1", "?", b"?n=\xc3\xa9", "??", "?/i/other/1/x.png"]
)
async def test_query_never_counts(site: Site, query: str | bytes) -> None:
    """A sealed link is its path: junk behind it is a hit, and never reaches the origin."""
    raw = query if isinstance(query, bytes) else query.encode()
    first = await site.get(link("a").encode() + raw)
    assert (first.status, first.body) == (200, PICTURE)
    assert (await site.get(link("a"))).cache == "hit"
    assert (await site.get(link("a").encode() + raw)).cache == "hit"
    assert [seen.target for seen in site.stub.seen] == [link("a").encode()]


async def test_spellings_of_a_path_are_strangers(site: Site) -> None:
    """Only the signed bytes are a key; what nginx thinks equal reaches the origin as sent."""
    path = link("a")
    spellings = [path, path.replace("/1/", "/%31/"), path.replace("/i/", "//i/"), f"/x/..{path}"]
    answers = [await site.get(spelling) for spelling in spellings]
    assert [answer.cache for answer in answers] == ["fwd=uri-miss"] * 4
    assert [seen.target.decode() for seen in site.stub.seen] == spellings


async def test_nothing_outside_the_key_reaches_the_origin(site: Site) -> None:
    """No header of a reader can change a picture that others will get."""
    await site.get(
        link("a"), Cookie="a=b", Accept="image/avif", User_Agent="x", X_Forwarded_Host="e"
    )
    assert set(site.stub.seen[0].headers) == {"host", "x-request-id"}
    assert site.stub.seen[0].headers["host"] == "origin"


async def test_head_is_answered_and_kept(site: Site) -> None:
    """HEAD gets the headers of GET, asks for the whole picture, and warms the cache for GET."""
    head = await site.get(link("a"), "HEAD")
    assert (head.status, head.body, head.header("content-length")) == (200, b"", str(len(PICTURE)))
    assert site.stub.seen[0].method == "GET"
    assert (await site.get(link("a"))).cache == "hit"
    assert (await site.get(link("a"), "HEAD")).cache == "hit"


async def test_hit_confirms_a_validator(site: Site) -> None:
    """A reader who has the picture gets 304 from nginx alone."""
    await site.get(link("a"))
    answer = await site.get(link("a"), If_None_Match=ETAG[1])
    assert (answer.status, answer.body) == (304, b"")
    assert (await site.get(link("a"), If_None_Match='"another"')).status == 200
    assert len(site.stub.seen) == 1


async def test_range_gets_the_whole_picture(site: Site) -> None:
    """Nobody keeps a part: a range is ignored on a miss and on a hit alike."""
    cold = await site.get(link("a"), Range="bytes=0-3")
    warm = await site.get(link("a"), Range="bytes=8-15")
    assert [(answer.status, answer.body) for answer in (cold, warm)] == [(200, PICTURE)] * 2
    assert len(site.stub.seen) == 1


@pytest.mark.parametrize("kind", ["i", "o"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_only_reading_is_allowed(site: Site, method: str, kind: str) -> None:
    """Other methods are refused before they cost anything."""
    assert (await site.get(link("a", kind=kind), method)).status == 403
    assert not site.stub.seen


async def test_refusal_passes_and_is_forgotten(site: Site) -> None:
    """A bad signature is 403 from the origin, not a picture, and is asked again."""
    refused = Reply(status=403, body=b"", media_type="text/plain").with_headers(NOT_KEPT)
    site.stub.in_turn(refused, Reply())
    assert (await site.get(link("a"))).status == 403
    assert (await site.get(link("a"))).body == PICTURE


async def test_history_of_the_miss_is_not_replayed(site: Site) -> None:
    """A hit tells of itself: no timings, no cache story and no id of the request that drew it."""
    told = (("Server-Timing", "paint;dur=9"), ("Cache-Status", "signet; fwd=miss; stored"))
    site.stub.always(Reply().with_headers(KEPT, *told, ("X-Request-Id", "origin-wrote-this")))
    miss, hit = await site.get(link("a")), await site.get(link("a"))
    assert miss.header("server-timing") == "paint;dur=9"
    assert miss.header("cache-status") == "signet; fwd=miss; stored, nginx; fwd=uri-miss"
    assert hit.header("server-timing") is None
    assert hit.header("cache-status") == "nginx; hit"
    assert miss.header("x-request-id") == site.stub.seen[0].headers["x-request-id"]
    assert hit.header("x-request-id") not in {miss.header("x-request-id"), "origin-wrote-this"}


async def test_hit_keeps_the_date_of_the_origin(site: Site) -> None:
    """Without an Age header the first Date is what makes max-age end in time at the reader."""
    date = ("Date", "Fri, 20 Nov 2026 08:00:00 GMT")
    site.stub.always(Reply().with_headers(KEPT, date))
    await site.get(link("a"))
    assert (await site.get(link("a"))).header("date") == date[1]


@pytest.mark.parametrize("kind", ["i", "o"])
async def test_answers_are_guarded_once(site: Site, kind: str) -> None:
    """The browser guards stand on every answer exactly once, also if the origin sends them."""
    guards = (
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
    )
    site.stub.always(Reply().with_headers(KEPT, *guards))
    for answer in [await site.get(link("a", kind=kind)) for _ in range(2)]:
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("cross-origin-resource-policy") == "cross-origin"
        assert answer.header("server") == "nginx"


async def test_cold_crowd_waits_for_no_lock(site: Site) -> None:
    """All who ask for a cold picture reach the origin, which draws once; nobody polls in nginx."""
    crowd, gate = 40, asyncio.Event()

    async def answer(_: Seen) -> Reply:
        # Answers only once everyone is here: a lock in nginx would hold them back for ever.
        if len(site.stub.seen) == crowd:
            gate.set()
        await gate.wait()
        return Reply()

    site.stub.answer = answer
    answers = await asyncio.gather(*(site.get(link("a")) for _ in range(crowd)))
    assert {answer.body for answer in answers} == {PICTURE}
    assert len(site.kept("sealed")) == 1
    assert (await site.get(link("a"))).cache == "hit"
