from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx.site import CARD, NEUTRAL, Site, link, start_site
from tests.nginx.stub import ETAG, NOT_KEPT, PICTURE, Reply, Seen, Stub
from tests.nginx.test_keeping import EXPIRED_AFTER_S, GRANTED, OLD, ONE_SECOND
from tests.nginx.wire import Answer, fetch, parse, request

TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
}
MALFORMED = {
    "raw-space": b"?name=Anna Maria",
    "raw-control": b"?name=Anna\x01",
    "too-long": b"?name=" + b"A" * 9000,
}


def assert_fallback(answer: Answer, body: bytes, reason: str) -> None:
    """Check all that a fallback picture promises."""
    assert (answer.status, answer.body) == (200, body)
    assert answer.header("cache-control") == "no-store"
    assert answer.header("x-signet-degraded") == reason
    assert answer.header("content-length") == str(len(body))
    assert answer.header("etag") is None
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("cross-origin-resource-policy") == "cross-origin"
    assert answer.header("x-request-id")


@pytest.mark.parametrize("kind", ["i", "o"])
@pytest.mark.parametrize("extension", TYPES)
async def test_dead_origin_still_gives_a_picture(site: Site, extension: str, kind: str) -> None:
    """With nobody behind nginx a cold link is the template's default picture of the right type."""
    await site.stub.stop()
    answer = await site.get(link("a", kind=kind, extension=extension))
    assert_fallback(answer, CARD[extension.replace("jpeg", "jpg")], "origin-down")
    assert answer.header("content-type") == TYPES[extension]
    await site.stub.start()
    assert (await site.get(link("a", kind=kind, extension=extension))).body == PICTURE


async def test_unpublished_template_gets_the_neutral_picture(site: Site) -> None:
    """A template without default pictures, or none at all, is the neutral picture."""
    await site.stub.stop()
    for path in (link("a", template="gone"), "/i/", "/o/../i/x.webp.png", "/i/card"):
        assert_fallback(await site.get(path), NEUTRAL["png"], "origin-down")


@pytest.mark.parametrize("kind", ["i", "o"])
async def test_lost_directory_gets_a_pixel(site: Site, kind: str) -> None:
    """Even with no file at all the answer is a picture that keeps every promise of a fallback."""
    await site.stub.stop()
    shutil.rmtree(site.data_dir / "fallback")
    path = link("a", kind=kind).encode()
    reasons = dict.fromkeys(MALFORMED.values(), "malformed-request")
    for query, reason in {b"": "origin-down", b"?reason=busy": "origin-down", **reasons}.items():
        answer = await site.get(path + query)
        assert answer.body.startswith(b"GIF89a")
        assert answer.header("content-type") == "image/gif"
        assert_fallback(answer, answer.body, reason)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("kind", ["i", "o"])
async def test_failure_of_the_origin_is_hidden(site: Site, status: int, kind: str) -> None:
    """No reader sees an error of ours."""
    site.stub.always(Reply(status=status, body=b"oops").with_headers(NOT_KEPT))
    assert_fallback(await site.get(link("a", kind=kind)), CARD["png"], "origin-down")


async def test_origin_that_does_not_read_the_request_is_hidden(site: Site) -> None:
    """Raw UTF-8 in a slot is 400 at the origin's HTTP parser and a picture at the reader."""
    site.stub.always(Reply(status=400, body=b"oops").with_headers())
    answer = await site.get(link("a", kind="o").encode() + b"?name=Ren\xc3\xa9")
    assert_fallback(answer, CARD["png"], "malformed-request")


@pytest.mark.parametrize("kind", ["i", "o"])
@pytest.mark.parametrize("case", MALFORMED)
async def test_request_that_nginx_cannot_read_gets_a_picture(
    site: Site, case: str, kind: str
) -> None:
    """What nginx itself refuses is the picture of the template that the raw line names."""
    target = link("a", kind=kind, extension="jpg").encode() + MALFORMED[case]
    answer = await site.get(target)
    assert_fallback(answer, CARD["jpg"], "malformed-request")
    assert answer.header("content-type") == "image/jpeg"
    assert not site.stub.seen


async def test_request_with_a_body_gets_a_picture(site: Site) -> None:
    """A GET that carries a file is odd, not a reason for a broken picture."""
    answer = await site.get(link("a"), "GET", b"x" * 2000, Content_Length="2000")
    assert_fallback(answer, CARD["png"], "malformed-request")


async def test_small_body_is_not_announced_to_the_origin(site: Site) -> None:
    """A body that is dropped must not be announced, or the origin waits for it past its time."""
    answer = await site.get(link("a"), "GET", b"hi", Content_Length="2")
    assert (answer.status, answer.body) == (200, PICTURE)
    (seen,) = site.stub.seen
    assert "content-length" not in seen.headers


async def test_huge_header_gets_a_picture(site: Site) -> None:
    """Cookies beyond every bound do not break a picture."""
    answer = await site.get(link("a"), Cookie="a" * 40000)
    assert_fallback(answer, CARD["png"], "malformed-request")


async def test_fallback_confirms_no_validator(site: Site) -> None:
    """A reader's copy of the real picture is never declared fresh, nor part of it replaced."""
    await site.stub.stop()
    date = (await site.get(link("a"))).header("last-modified") or ""
    for wish in ({"If_None_Match": ETAG[1]}, {"If_Modified_Since": date}, {"Range": "bytes=0-1"}):
        answer = await fetch(site.port, link("a"), "GET", b"", **wish)
        assert_fallback(answer, CARD["png"], "origin-down")
    head = await site.get(link("a"), "HEAD")
    assert (head.status, head.header("content-length")) == (200, str(len(CARD["png"])))


async def test_kept_pictures_outlive_the_origin(site: Site) -> None:
    """With a dead origin fresh pictures are hits and expired ones are served as they are."""
    site.stub.always(OLD.with_headers(ONE_SECOND))
    await site.get(link("old"))
    site.stub.always(Reply())
    await site.get(link("fresh", kind="o"))
    await site.stub.stop()
    await asyncio.sleep(EXPIRED_AFTER_S)
    fresh, old = await site.get(link("fresh", kind="o")), await site.get(link("old"))
    assert (fresh.cache, fresh.body) == ("hit", PICTURE)
    assert (old.cache, old.body) == ("hit; detail=stale", OLD.body)


@pytest.mark.parametrize("failure", [Reply(status=503), Reply(dies=True)], ids=["503", "crash"])
async def test_copy_is_better_than_a_failure(site: Site, failure: Reply) -> None:
    """Where renewal fails the expired copy is served, and the next request tries again."""
    site.stub.always(OLD.with_headers(ONE_SECOND))
    paths = [link("a"), link("a", kind="o")]
    for path in paths:
        await site.get(path)
    await asyncio.sleep(EXPIRED_AFTER_S)
    for path in paths:
        site.stub.always(failure.with_headers(NOT_KEPT))
        stale = await site.get(path)
        assert (stale.cache, stale.body) == ("hit; detail=stale", OLD.body)
        site.stub.always(Reply())
        assert (await site.get(path)).body == PICTURE


async def test_failed_renewal_behind_keeps_the_copy(site: Site) -> None:
    """A renewal that dies behind a reader's back leaves the granted copy in place."""
    site.stub.in_turn(OLD.with_headers(GRANTED), Reply(dies=True))
    await site.get(link("a"))
    await asyncio.sleep(EXPIRED_AFTER_S)
    for _ in range(3):
        assert (await site.get(link("a"))).body == OLD.body


@pytest.mark.parametrize("kind", ["i", "o"])
async def test_worker_that_dies_is_asked_again(site: Site, kind: str) -> None:
    """A worker killed before its answer costs a second try, not a picture."""
    site.stub.in_turn(Reply(dies=True), Reply())
    answer = await site.get(link("a", kind=kind))
    assert (answer.status, answer.body, answer.header("x-signet-degraded")) == (200, PICTURE, None)
    assert len(site.stub.seen) == 2


@pytest.mark.parametrize("kind", ["i", "o"])
async def test_broken_disk_breaks_no_picture(site: Site, kind: str) -> None:
    """Where nothing can be kept every picture is drawn again, and nobody sees a difference."""
    zone = site.data_dir / "nginx" / {"i": "sealed", "o": "open"}[kind]
    shutil.rmtree(zone)
    zone.write_text("a file where a directory has to be")
    for size in (100, 20_000, 900_000):
        site.stub.always(Reply(body=b"x" * size))
        for _ in range(2):
            answer = await site.get(link(f"n{size}", kind=kind))
            assert (answer.status, len(answer.body)) == (200, size)
            assert answer.header("x-signet-degraded") is None


@pytest.mark.parametrize("kind", ["i", "o"])
async def test_first_byte_leaves_after_the_last_is_kept(site: Site, kind: str) -> None:
    """While a picture may still fail to be kept, nothing of it is on its way to the reader."""
    gate = asyncio.Event()
    site.stub.always(Reply(body=b"x" * 900_000, gate=gate))
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(request(link("a", kind=kind), "GET"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.5)
    gate.set()
    assert len(parse(await reader.read()).body) == 900_000
    writer.close()


async def test_restart_of_the_origin_is_not_seen(site: Site) -> None:
    """Connections that nginx kept from before a restart are not held against the new origin."""
    await asyncio.gather(*(site.get(link(f"before{number}")) for number in range(20)))
    await site.stub.stop()
    await site.stub.start()
    answers = await asyncio.gather(*(site.get(link(f"after{number}")) for number in range(20)))
    assert {answer.body for answer in answers} == {PICTURE}


@pytest.mark.parametrize("kind", ["i", "o"])
async def test_origin_that_hangs_is_left(tmp_path: Path, stub: Stub, site: Site, kind: str) -> None:
    """Past the time-out the reader gets the fallback, after one try."""
    await site.nginx.stop()
    waits = ("proxy_read_timeout 3s", "proxy_read_timeout 300ms")
    patience = ("proxy_next_upstream_timeout 3s", "proxy_next_upstream_timeout 200ms")
    brief = await start_site(stub, tmp_path, waits, patience)
    released = asyncio.Event()

    async def hang(_: Seen) -> Reply:
        await released.wait()
        return Reply()

    stub.answer = hang
    try:
        assert_fallback(await brief.get(link("a", kind=kind)), CARD["png"], "origin-down")
        assert len(stub.seen) == 1
    finally:
        released.set()
        await brief.nginx.stop()


async def test_probes(site: Site) -> None:
    """nginx lives on its own word, and is ready when the origin says so."""
    site.stub.always(replace(Reply(body=b"{}"), media_type="application/json"))
    assert (await site.get("/livez")).body == b"ok\n"
    assert not site.stub.seen
    ready = await site.get("/readyz")
    assert (ready.status, ready.body) == (200, b"{}")
    site.stub.always(Reply(status=503, body=b'{"ready":false}'))
    unready = await site.get("/readyz")
    assert (unready.status, unready.body) == (503, b'{"ready":false}')
    await site.stub.stop()
    gone = await site.get("/readyz")
    assert (gone.status, gone.body) == (503, b"origin down\n")
    assert (await site.get("/livez")).status == 200


async def test_readiness_cannot_be_flooded(site: Site) -> None:
    """A probe draws a pixel, so strangers get few of them, and never a picture instead."""
    answers = [await site.get("/readyz") for _ in range(40)]
    assert {answer.status for answer in answers} == {200, 429}
    assert len(site.stub.seen) < 40


@pytest.mark.parametrize(
    "path",
    ["/", "/metrics", "/v1/render", "/fallback/card.png", "/fallback-pixel", "/refused",
     "/nginx/access.log", "/epoch.conf", "/ix/", "/livez/", "/i/../epoch.conf"],
)  # fmt: skip
async def test_everything_else_is_not_here(site: Site, path: str) -> None:
    """The public door shows pictures and probes; files of the data directory have no address."""
    assert (await site.get(path)).status == 404
    assert not site.stub.seen


@pytest.mark.parametrize("kind", ["i", "o"])
async def test_prefix_without_its_slash_is_sent_to_it(site: Site, kind: str) -> None:
    """nginx does this by itself for a place that it proxies."""
    answer = await site.get(f"/{kind}")
    assert answer.status == 301
    assert (answer.header("location") or "").endswith(f"/{kind}/")
    assert not site.stub.seen


@pytest.mark.parametrize("case", MALFORMED)
async def test_unreadable_request_is_a_picture_anywhere(site: Site, case: str) -> None:
    """Where a request that cannot be read was meant to go is not asked."""
    assert_fallback(
        await site.get(b"/elsewhere" + MALFORMED[case]), NEUTRAL["png"], "malformed-request"
    )
