from __future__ import annotations

import pytest

from tests.nginx.site import CARD, Site, link, start_site
from tests.nginx.stub import ETAG, PICTURE, Stub
from tests.nginx.wire import parse, say

Outcome = tuple[int, str | None]
"""Status, and what is named in X-Signet-Degraded."""

FULL: Outcome = (200, None)
CONFIRMED: Outcome = (304, None)
REFUSED: Outcome = (403, None)
MALFORMED: Outcome = (200, "malformed-request")
DOWN: Outcome = (200, "origin-down")

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
END = b"\r\nHost: x\r\nConnection: close\r\n"
PAST = b"Thu, 01 Jan 1970 00:00:00 GMT"


def ask(*lines: bytes, body: bytes = b"") -> bytes:
    """Write a GET with these header lines; the target is filled in later."""
    return b"GET %s HTTP/1.1" + END + b"\r\n".join([*lines, b"", body])


REQUESTS: dict[str, tuple[bytes, Outcome]] = {
    "if-match": (ask(b'If-Match: "zzz"'), REFUSED),
    "if-match-empty": (ask(b"If-Match:"), REFUSED),
    "if-match-any": (ask(b"If-Match: *"), FULL),
    "if-unmodified-since": (ask(b"If-Unmodified-Since: " + PAST), REFUSED),
    "if-unmodified-since-empty": (ask(b"If-Unmodified-Since:"), REFUSED),
    "if-none-match-any": (ask(b"If-None-Match: *"), CONFIRMED),
    "if-none-match-garbage": (ask(b'If-None-Match: zzz,,"'), FULL),
    "if-modified-since-garbage": (ask(b"If-Modified-Since: yesterday"), FULL),
    "if-range": (ask(b'If-Range: "zzz"', b"Range: bytes=0-1"), FULL),
    "range-garbage": (ask(b"Range: garbage"), FULL),
    "range-beyond": (ask(b"Range: bytes=999999-"), FULL),
    "range-many": (ask(b"Range: bytes=" + b",".join([b"1-1"] * 500)), FULL),
    "expect": (ask(b"Expect: 100-continue", b"Content-Length: 2", body=b"hi"), FULL),
    "expect-odd": (ask(b"Expect: miracles"), FULL),
    "upgrade": (ask(b"Upgrade: websocket", b"Connection: Upgrade"), FULL),
    "upgrade-h2c": (ask(b"Upgrade: h2c", b"HTTP2-Settings: x"), FULL),
    "chunks": (ask(b"Transfer-Encoding: chunked", body=b"2\r\nhi\r\n0\r\n\r\n"), FULL),
    "chunks-bad": (ask(b"Transfer-Encoding: chunked", body=b"zz\r\n"), MALFORMED),
    "chunks-in-1.0": (b"GET %s HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", MALFORMED),
    "encoding-odd": (ask(b"Transfer-Encoding: foo"), MALFORMED),
    "encoding-and-length": (
        ask(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"), MALFORMED,
    ),
    "length-twice": (ask(b"Content-Length: 2", b"Content-Length: 3"), MALFORMED),
    "length-garbage": (ask(b"Content-Length: x"), MALFORMED),
    "length-endless": (ask(b"Content-Length: " + b"9" * 30), MALFORMED),
    "body-large": (ask(b"Content-Length: 2000", body=b"x" * 2000), MALFORMED),
    "head-large": (ask(b"X: " + b"x" * 9000), MALFORMED),
    "head-long": (ask(*[b"X-%d: y" % number for number in range(3000)]), MALFORMED),
    "head-nonsense": (ask(b"no colon"), MALFORMED),
    "head-nul": (ask(b"X: a\0b"), MALFORMED),
    "head-folded": (ask(b"X: a", b" b"), MALFORMED),
    "line-long": (b"GET %s?" + b"x" * 9000 + b" HTTP/1.1" + END + b"\r\n", MALFORMED),
    "line-space": (b"GET %s a HTTP/1.1" + END + b"\r\n", MALFORMED),
    "line-spaces": (b"GET  %s  HTTP/1.1" + END + b"\r\n", FULL),
    "line-nul": (b"GET %s\0 HTTP/1.1" + END + b"\r\n", MALFORMED),
    "path-bad-escape": (b"GET %s%%zz HTTP/1.1" + END + b"\r\n", MALFORMED),
    "path-above-root": (b"GET %s" + b"/.." * 9 + b" HTTP/1.1" + END + b"\r\n", MALFORMED),
    "absolute": (b"GET http://other.example%s HTTP/1.1" + END + b"\r\n", FULL),
    "absolute-bad": (b"GET http://oth{er%s HTTP/1.1" + END + b"\r\n", MALFORMED),
    "version-1.0": (b"GET %s HTTP/1.0\r\n\r\n", FULL),
    "version-1.9": (b"GET %s HTTP/1.9" + END + b"\r\n", FULL),
    "version-2.0": (b"GET %s HTTP/2.0" + END + b"\r\n", MALFORMED),
    "version-3.0": (b"GET %s HTTP/3.0" + END + b"\r\n", MALFORMED),
    "version-none": (b"GET %s FTP/1.1" + END + b"\r\n", MALFORMED),
    "host-missing": (b"GET %s HTTP/1.1\r\nConnection: close\r\n\r\n", MALFORMED),
    "host-twice": (ask(b"Host: y"), MALFORMED),
    "host-bad": (b"GET %s HTTP/1.1\r\nHost: a/b\r\n\r\n", MALFORMED),
    "trace": (b"TRACE %s HTTP/1.1" + END + b"\r\n", REFUSED),
    "connect": (b"CONNECT %s HTTP/1.1" + END + b"\r\n", REFUSED),
    "unheard-of": (b"BREW %s HTTP/1.1" + END + b"\r\n", REFUSED),
    "post": (b"POST %s HTTP/1.1" + END + b"Content-Length: 2\r\n\r\nhi", REFUSED),
    "both-faults": (ask(b'If-Match: "zzz"', b"Transfer-Encoding: foo"), REFUSED),
}  # fmt: skip


async def outcomes(site: Site, kind: str, *, warm: bool = False) -> dict[str, Outcome]:
    """Ask for a link of its own in each odd way, by GET and by HEAD; both must come out alike."""
    found = {}
    for number, (name, (raw, _)) in enumerate(REQUESTS.items()):
        path = link(f"n{number}", kind=kind)
        if warm:
            await site.get(path)
        got = parse((await say(site.port, raw % path.encode())).removeprefix(CONTINUE))
        found[name] = (got.status, got.header("x-signet-degraded"))
        if got.status == 200:
            assert got.body == (CARD["png"] if found[name][1] else PICTURE), name
        if raw.startswith(b"GET"):
            raw = raw.replace(b"GET", b"HEAD", 1)
            head = parse((await say(site.port, raw % path.encode())).removeprefix(CONTINUE))
            assert (head.status, head.header("x-signet-degraded")) == found[name], name
            assert head.header("content-length") == got.header("content-length"), name
            assert head.body == b"", name
    return found


@pytest.mark.parametrize("kind", ["i", "o"])
@pytest.mark.parametrize("warm", [False, True], ids=["miss", "hit"])
async def test_odd_request_is_a_picture_or_refused(site: Site, kind: str, *, warm: bool) -> None:
    """However a link is asked for: the picture, leave to keep one's own, a fallback, or 403."""
    expected = {name: outcome for name, (_, outcome) in REQUESTS.items()}
    assert await outcomes(site, kind, warm=warm) == expected


@pytest.mark.parametrize("kind", ["i", "o"])
async def test_odd_request_to_a_dead_origin_is_a_fallback_or_refused(site: Site, kind: str) -> None:
    """Nothing but a question for any copy at all is confirmed, and no false condition is met."""
    await site.stub.stop()
    down = {FULL: DOWN, CONFIRMED: (304, "origin-down")}
    expected = {name: down.get(outcome, outcome) for name, (_, outcome) in REQUESTS.items()}
    assert await outcomes(site, kind) == expected


async def test_true_condition_is_met(site: Site) -> None:
    """Who asks for the picture only if it is still the same gets it, on a miss and on a hit."""
    for _ in range(2):
        answer = await site.get(link("a"), If_Match=ETAG[1])
        assert (answer.status, answer.body) == (200, PICTURE)


async def test_oldest_protocol_gets_the_bytes(site: Site) -> None:
    """HTTP/0.9 has neither status nor headers: the picture alone, or the fallback alone."""
    assert await say(site.port, b"GET %s\r\n" % link("a").encode()) == PICTURE
    await site.stub.stop()
    assert await say(site.port, b"GET %s\r\n" % link("b").encode()) == CARD["png"]


HIDDEN = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % link("hidden").encode()
LENGTH = b"Content-Length: %d" % len(HIDDEN)
CHUNKED = b"Transfer-Encoding: chunked"
SHAPES = {
    "as-body": (b"GET", [LENGTH]),
    "as-body-of-post": (b"POST", [LENGTH]),
    "behind-trace": (b"TRACE", [b"X: y"]),
    "length-then-chunks": (b"GET", [b"Content-Length: 0", CHUNKED]),
    "chunks-then-length": (b"GET", [CHUNKED, b"Content-Length: 0"]),
    "two-lengths": (b"GET", [b"Content-Length: 0", LENGTH]),
    "two-lengths-in-one": (b"GET", [b"Content-Length: 0, 0"]),
    "two-encodings": (b"GET", [CHUNKED, CHUNKED]),
    "encoding-in-disguise": (b"GET", [b"Transfer-Encoding: chunked, identity"]),
    "encoding-with-space": (b"GET", [b"Transfer-Encoding : chunked"]),
    "encoding-with-tab": (b"GET", [b"Transfer-Encoding:\tchunked"]),
    "encoding-folded": (b"GET", [b"Transfer-Encoding:", b" chunked"]),
    "chunk-of-no-size": (b"GET", [CHUNKED, b"", b"x"]),
    "condition": (b"GET", [b'If-Match: "zzz"', LENGTH]),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_no_request_hides_behind_another(site: Site, shape: str) -> None:
    """What one reader of a message takes for its body, nginx never takes for the next request."""
    method, lines = SHAPES[shape]
    first = [b"%s %s HTTP/1.1" % (method, link("a").encode()), b"Host: x", *lines, b"", HIDDEN]
    raw = b"\r\n".join(first)
    if shape.startswith(("as-body", "condition")):
        # A well-told body: the connection goes on after it.
        raw += b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    await say(site.port, raw)
    await site.get(link("after"))
    assert link("hidden").encode() not in [seen.target for seen in site.stub.seen]


async def test_announced_body_has_to_come(stub: Stub, site: Site) -> None:
    """Half a request is let go, and the origin is not asked."""
    await site.nginx.stop()
    brief = await start_site(
        stub, site.data_dir, ("client_body_timeout 10s", "client_body_timeout 1s")
    )
    try:
        raw = ask(b"Content-Length: 10", body=b"hi") % link("a").encode()
        with pytest.raises(ConnectionResetError):
            await say(brief.port, raw)
        assert not stub.seen
    finally:
        await brief.nginx.stop()
