from __future__ import annotations

import asyncio
import itertools
import re
import time
from functools import partial

import pytest

from tests.fetch.pictures import HTML, PDF, SVG, TRUNCATED_JPEG, png_of_zeros, png_that_declares
from tests.fetch.pictures import picture as drawn
from tests.fetch.strangers import (
    Behaviour,
    Stranger,
    drips,
    hangs,
    never_ends,
    redirect,
    resets,
    response,
    stops_in_the_headers,
)
from tests.stack.conftest import DEAD_PORT
from tests.stack.documents import FACE_PX, FALLBACK_RGB
from tests.stack.stack import Stack, full, lesser, picture, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

AVATAR_RGB = (200, 30, 60)
CENTER = (30, 30)
DEADLINE_S = 2.5
NEGATIVE_S = 3600

NOT_PICTURES = {
    "html": (HTML, "asset-not-a-picture"),
    "text": (b"not a picture, just words", "asset-not-a-picture"),
    "pdf": (PDF, "asset-not-a-picture"),
    "svg": (SVG, "asset-not-a-picture"),
    "nothing": (b"", "asset-empty"),
    "truncated": (TRUNCATED_JPEG, "asset-broken"),
    "declares-900-megapixels": (png_that_declares(30_000, 30_000), "asset-too-large"),
    "holds-100-megapixels": (png_of_zeros(10_000, 10_000), "asset-too-large"),
}


class Hosts:
    """Give every test a host that no other test has spoiled."""

    def __init__(self, there: Stranger) -> None:
        self.there = there
        self._last = itertools.count(10)

    def at(self, path: str, behaviour: Behaviour | bytes) -> str:
        """Answer `path` in that way, and return its URL at a new host."""
        self.there.at(path, behaviour)
        return self.there.url(path, host=f"127.0.1.{next(self._last)}")


@pytest.fixture(scope="module")
def hosts(there: Stranger) -> Hosts:
    """All hosts that may be asked."""
    return Hosts(there)


async def shows_fallback(stack: Stack, url: str, reason: str) -> None:
    """Hold a picture that will never come to the law: drawn without it, named, kept for a while."""
    path = stack.path("face", avatar=url)
    started = time.monotonic()
    answer = await stack.ask(path)
    assert time.monotonic() - started < DEADLINE_S
    assert picture(answer, FACE_PX).getpixel(CENTER) == FALLBACK_RGB
    assert answer.header("x-signet-degraded") == f"{reason}:avatar"
    without = await stack.ask(stack.path("face"))
    assert answer.header("etag") == without.header("etag")
    kept = re.fullmatch(
        r"public, max-age=(\d+), stale-while-revalidate=\d+", answer.header("cache-control") or ""
    )
    assert kept is not None, answer.headers
    assert 0 < int(kept[1]) <= NEGATIVE_S
    word = reason.partition(":")[0]
    assert await stack.count(f'fallback_total{{reason="{word}"}}') > 0
    first, second = await stack.get(path), await stack.get(path)
    assert (first.body, second.body) == (answer.body, answer.body)
    assert second.cache == "hit"
    assert second.header("x-signet-degraded") == f"{reason}:avatar"


async def test_avatar_is_shown(stack: Stack, hosts: Hosts) -> None:
    """A picture from elsewhere is fetched once and part of a picture that is not for ever."""
    url = hosts.at("/whole", response(drawn(color=AVATAR_RGB)))
    answer = await stack.ask(stack.path("face", avatar=url))
    assert full(answer, FACE_PX).getpixel(CENTER) == AVATAR_RGB
    assert "immutable" not in (answer.header("cache-control") or "")
    again = await stack.ask(stack.path("face", avatar=url, first_name="other"))
    assert full(again, FACE_PX).getpixel(CENTER) == AVATAR_RGB
    assert hosts.there.asked["/whole"] == 1


@pytest.mark.parametrize(
    "literal",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0177.0.0.1", "0"],
)
async def test_private_address_as_literal_is_not_asked(
    stack: Stack, hosts: Hosts, literal: str
) -> None:
    """No spelling of a private address in the link makes the service connect to it."""
    hosts.at("/secret", response(drawn()))
    url = hosts.there.url("/secret", host=literal)
    await shows_fallback(stack, url, "asset-forbidden-address")
    assert hosts.there.asked["/secret"] == 0
    assert await stack.count("ssrf_blocked_total") > 0


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[fd00::1]/"]
)
async def test_private_networks_are_not_asked(stack: Stack, url: str) -> None:
    """Cloud metadata and the networks of companies are as private as this machine."""
    await shows_fallback(stack, url, "asset-forbidden-address")


async def test_private_address_by_dns_is_not_asked(stack: Stack, hosts: Hosts) -> None:
    """A name that leads to a private address is judged by where it leads."""
    hosts.at("/dns-secret", response(drawn()))
    url = hosts.there.url("/dns-secret", host="localhost")
    await shows_fallback(stack, url, "asset-forbidden-address")
    assert hosts.there.asked["/dns-secret"] == 0


async def test_private_address_by_redirect_is_not_asked(stack: Stack, hosts: Hosts) -> None:
    """A friendly host that sends us on to a private address is followed no further."""
    hosts.at("/redirect-secret", response(drawn()))
    secret = hosts.there.url("/redirect-secret")
    url = hosts.at("/redirects", redirect(secret))
    await shows_fallback(stack, url, "asset-forbidden-address")
    assert (hosts.there.asked["/redirects"], hosts.there.asked["/redirect-secret"]) == (1, 0)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.1.1/x", "data:image/png,x"])
async def test_other_schemes_count_as_no_picture(stack: Stack, url: str) -> None:
    """A link may name pictures on the web and those of its template, and no file or service."""
    before = await stack.count('slot_notes_total{campaign="",note="value-refused"}')
    answer = await stack.ask(stack.path("face", avatar=url))
    assert full(answer, FACE_PX).getpixel(CENTER) == FALLBACK_RGB
    assert await stack.count('slot_notes_total{campaign="",note="value-refused"}') == before + 1


@pytest.mark.parametrize("name", NOT_PICTURES)
async def test_what_is_not_a_picture_shows_the_fallback(
    stack: Stack, hosts: Hosts, name: str
) -> None:
    """Whatever a host says its bytes are, they are judged by themselves, in a process apart."""
    body, reason = NOT_PICTURES[name]
    url = hosts.at(f"/{name}", response(body, Content_Type="image/png"))
    await shows_fallback(stack, url, reason)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("404 Not Found", "asset-missing"),
        ("410 Gone", "asset-missing"),
        ("403 No", "asset-refused"),
    ],
)
async def test_missing_avatar_shows_the_fallback(
    stack: Stack, hosts: Hosts, status: str, reason: str
) -> None:
    """A picture that its host does not have is drawn by the fallback, and not asked for again."""
    path = f"/{status.replace(' ', '-')}"
    await shows_fallback(stack, hosts.at(path, response(HTML, status)), reason)
    assert hosts.there.asked[path] == 1


TRANSIENT: dict[str, tuple[Behaviour | bytes, str]] = {
    "silent": (hangs, "asset-timeout"),
    "slow": (drips, "asset-timeout"),
    "stuck-in-the-headers": (stops_in_the_headers, "asset-timeout"),
    "resets": (resets, "asset-network"),
    "500": (response(b"", "500 Internal Server Error"), "asset-server"),
    "503": (response(b"", "503 Service Unavailable"), "asset-server"),
    "429": (response(b"", "429 Too Many Requests"), "asset-server"),
}


async def shows_fallback_for_now(stack: Stack, path: str, reason: str) -> None:
    """Hold a picture that may still come to the law: drawn without it, named, kept by nobody."""
    started = time.monotonic()
    answer = await stack.get(path)
    assert time.monotonic() - started < DEADLINE_S
    assert lesser(answer, f"{reason}:avatar", FACE_PX) == f"{reason}:avatar"
    assert picture(answer, FACE_PX).getpixel(CENTER) == FALLBACK_RGB
    assert (await stack.get(path)).cache != "hit"


async def shows_avatar(stack: Stack, path: str) -> bool:
    answer = await stack.get(path)
    image = picture(answer, FACE_PX)
    return (
        answer.header("x-signet-degraded") is None
        and answer.header("cache-control") != "no-store"
        and image.getpixel(CENTER) == AVATAR_RGB
    )


async def test_failing_avatar_shows_the_fallback_until_its_host_recovers(
    stack: Stack, hosts: Hosts
) -> None:
    """While a host fails or is slow nobody keeps the fallback; then the full picture comes."""
    paths = {
        f"/{name}": stack.path("face", avatar=hosts.at(f"/{name}", behaviour))
        for name, (behaviour, _) in TRANSIENT.items()
    }
    reasons = (reason for _, reason in TRANSIENT.values())
    await asyncio.gather(*map(partial(shows_fallback_for_now, stack), paths.values(), reasons))
    for path in paths:
        hosts.there.at(path, response(drawn(color=AVATAR_RGB)))
    shown = (partial(shows_avatar, stack, path) for path in paths.values())
    await asyncio.gather(*(until(claim) for claim in shown))


async def test_dead_host_shows_the_fallback(stack: Stack) -> None:
    """A host that refuses the connection costs its own layer, now, and nobody keeps that."""
    url = f"http://127.0.1.1:{DEAD_PORT}/x.png"
    await shows_fallback_for_now(stack, stack.path("face", avatar=url), "asset-network")


async def test_dead_host_by_name_shows_the_fallback(stack: Stack) -> None:
    """A name that leads nowhere costs its own layer."""
    answer = await stack.ask(stack.path("face", avatar="http://no-such-host.invalid/x.png"))
    assert picture(answer, FACE_PX).getpixel(CENTER) == FALLBACK_RGB
    lesser(answer, "asset-network:avatar", FACE_PX)


async def test_endless_avatar_shows_the_fallback(stack: Stack, hosts: Hosts) -> None:
    """A host that never stops sending is left at the byte that is too much."""
    path = stack.path("face", avatar=hosts.at("/endless", never_ends))
    answer = await stack.ask(path)
    assert picture(answer, FACE_PX).getpixel(CENTER) == FALLBACK_RGB
    assert (answer.header("x-signet-degraded") or "").endswith(":avatar")


async def test_burst_asks_a_host_once(stack: Stack, hosts: Hosts) -> None:
    """Fifty recipients with one avatar that is slow to come ask its host once."""

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(response(drawn(color=AVATAR_RGB)))
        await writer.drain()

    url = hosts.at("/late", late)
    paths = [stack.path("face", avatar=url, first_name=f"n{number}") for number in range(50)]
    for answer in await asyncio.gather(*(stack.ask(path) for path in paths)):
        assert full(answer, FACE_PX).getpixel(CENTER) == AVATAR_RGB
    assert hosts.there.asked["/late"] == 1


async def test_layer_without_fallback_is_left_out(stack: Stack, hosts: Hosts) -> None:
    """Without a fallback the place stays empty; the header can name a layer of any name."""
    url = hosts.at("/bare", response(b"", "404 Not Found"))
    answer = await stack.ask(stack.path("bare", avatar=url))
    assert picture(answer, FACE_PX).getpixel(CENTER) == (255, 255, 255)
    assert answer.header("x-signet-degraded") == "asset-missing:Gesicht%2C%20gro%C3%9F"


async def test_no_avatar_is_no_lack(stack: Stack) -> None:
    """Who has no avatar gets the fallback as a full picture."""
    answer = await stack.ask(stack.path("face"))
    assert full(answer, FACE_PX).getpixel(CENTER) == FALLBACK_RGB
