from __future__ import annotations

import asyncio
import re

import pytest

from tests.stack.documents import CARD_PX, PLAIN_PX
from tests.stack.stack import Stack, full

pytestmark = pytest.mark.asyncio(loop_scope="session")

MADE = 'pictures_total{source="made",state="fresh"}'


async def test_second_fetch_is_a_hit_of_nginx(stack: Stack) -> None:
    """The first fetch draws, the second never reaches the origin, junk in the query or not."""
    path = stack.path("card", first_name="Second")
    first = await stack.get(path)
    full(first, CARD_PX)
    assert first.header("cache-status") == "Signet; fwd=miss; stored, nginx; fwd=uri-miss"
    for _ in range(5):
        made = await stack.counts()
        for again in (path, f"{path}?utm_source=mail", f"{path}?{'x' * 100}"):
            answer = await stack.get(again)
            assert answer.body == first.body
            assert answer.header("cache-status") == "nginx; hit"
            assert answer.header("server-timing") is None
        # Counts of a worker that an earlier test stopped may be taken over meanwhile.
        if await stack.counts() == made:
            return
        await asyncio.sleep(0.5)
    raise AssertionError("the origin counts something for each hit of nginx")


async def test_pinned_picture_without_live_input_is_for_ever(stack: Stack) -> None:
    """Nothing behind a pinned link without an avatar or expiry can change, and it says so."""
    answer = await stack.get(stack.path("card", first_name="Ever"))
    assert answer.header("cache-control") == "public, max-age=31536000, immutable"
    moving = await stack.get(stack.path("card", version="latest", first_name="Ever"))
    assert moving.header("cache-control") == "public, max-age=60, stale-while-revalidate=86400"
    assert moving.body == answer.body


async def test_validator_gets_304(stack: Stack) -> None:
    """Who holds the bytes gets none, from nginx and from the origin, and the same lifetime."""
    path = stack.path("card", first_name="Valid")
    whole = await stack.get(path)
    etag = whole.header("etag") or ""
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
    for ask in (stack.get, stack.ask):
        for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
            answer = await ask(path, If_None_Match=known)
            assert (answer.status, answer.body) == (304, b"")
            assert answer.header("etag") == etag
            assert answer.header("cache-control") == whole.header("cache-control")
        assert (await ask(path, If_None_Match='"other"')).status == 200


async def test_head_is_the_get_without_its_body(stack: Stack) -> None:
    """HEAD tells length, type and validator of the picture, cold and warm."""
    for name, ask in (("HeadN", stack.get), ("HeadO", stack.ask)):
        path = stack.path("card", first_name=name)
        cold = await ask(path, "HEAD")
        whole = await ask(path)
        full(whole, CARD_PX)
        for head in (cold, await ask(path, "HEAD")):
            assert (head.status, head.body) == (200, b"")
            for header in ("content-length", "content-type", "etag", "cache-control"):
                assert head.header(header) == whole.header(header), header


async def test_other_methods_are_refused(stack: Stack) -> None:
    """A link can be read and nothing else."""
    path = stack.path("card", first_name="Method")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "FOO"):
        for answer in (await stack.ask(path, method), await stack.get(path, method)):
            assert answer.status in (400, 403, 405), (method, answer.status)
            assert "public" not in (answer.header("cache-control") or "")


async def test_stages_are_timed_on_the_miss(stack: Stack) -> None:
    """Server-Timing names the stages of the request that drew, and of no other."""
    path = stack.path("card", first_name="Stages")
    miss = (await stack.get(path)).header("server-timing") or ""
    assert {"link", "resolve", "queue", "paint", "encode"} <= set(re.findall(r"(\w+);dur=", miss))
    hit = (await stack.ask(path)).header("server-timing") or ""
    assert "paint" not in hit
    assert "link" in hit


@pytest.mark.parametrize("extension", ["png", "jpg", "jpeg", "webp", "avif"])
async def test_type_follows_the_extension(stack: Stack, extension: str) -> None:
    """The name of the picture decides its type, whatever the client says it accepts."""
    path = stack.path("card", first_name="Type", more={"extension": extension, "scale": 2})
    answer = await stack.get(path, Accept="image/avif,text/html")
    full(answer, (CARD_PX[0] * 2, CARD_PX[1] * 2), extension)
    assert answer.header("vary") is None
    assert answer.header("set-cookie") is None
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("cross-origin-resource-policy") == "cross-origin"


async def test_all_annas_share_one_object(stack: Stack) -> None:
    """Links of two recipients with one name are two URLs, one picture, and drawn once."""
    one = stack.path("card", first_name="Anna", more={"recipient": "1", "campaign": "spring"})
    two = stack.path("card", first_name="Anna", more={"recipient": "2", "campaign": "fall"})
    assert one != two
    first, second = await stack.get(one), await stack.get(two)
    full(first, CARD_PX)
    assert second.header("etag") == first.header("etag")
    assert second.header("cache-status") == ("Signet; hit; detail=memory, nginx; fwd=uri-miss")
    slot = await stack.get(stack.open_path(slots="first_name=Anna"))
    assert slot.header("etag") == first.header("etag")
    bo = await stack.get(stack.path("card", first_name="Bo", more={"recipient": "1"}))
    assert bo.header("etag") != first.header("etag")


async def test_burst_of_one_url_paints_once(stack: Stack) -> None:
    """Fifty cold requests at once are one picture and one painting, through nginx too."""
    for ask, name in ((stack.ask, "Burst"), (stack.get, "Burstn")):
        path = stack.path("plain", first_name=name)
        before = await stack.counts()
        answers = await asyncio.gather(*(ask(path) for _ in range(50)))
        for answer in answers:
            full(answer, PLAIN_PX)
        assert len({answer.body for answer in answers}) == 1
        after = await stack.counts()
        painted = 'signet_stage_seconds_count{stage="paint"}'
        assert after[painted] == before[painted] + 1
        assert after[f"signet_{MADE}"] == before[f"signet_{MADE}"] + 1


async def test_caller_who_hangs_up_costs_nobody_the_picture(stack: Stack) -> None:
    """The painting goes on when the one who asked first is gone."""
    path = stack.path("plain", first_name="Hangup")
    before = await stack.count(MADE)
    _, writer = await asyncio.open_connection("127.0.0.1", stack.service.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await writer.drain()
    writer.transport.abort()
    answers = await asyncio.gather(*(stack.ask(path) for _ in range(5)))
    for answer in answers:
        full(answer, PLAIN_PX)
    assert await stack.count(MADE) - before <= 1
