from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from origin.urls.keyring import KeyRing
from tests.fetch.pictures import picture as drawn
from tests.fetch.strangers import Stranger, response
from tests.stack.stack import Stack, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nothing_is_done(stack: Stack, there: Stranger) -> AsyncIterator[None]:
    """Hold every test of this file to it: whoever is refused causes no work anywhere."""
    done = await stack.work()
    yield
    assert await stack.work() == done
    assert there.asked["/never-asked"] == 0


@pytest.fixture
def costly(stack: Stack, there: Stranger) -> str:
    """A good link, never opened, that would make the service fetch and draw."""
    url = there.url("/never-asked", host="127.0.1.1")
    there.at("/never-asked", response(drawn()))
    return stack.path("face", avatar=url, first_name=str(time.monotonic_ns()))


def with_signature(path: str, signature: str) -> str:
    head, _, extension = path.rpartition(".")
    return f"{head[:-22]}{signature}.{extension}"


async def test_wrong_signature_is_refused(stack: Stack, costly: str) -> None:
    """A signature of another link, and one with any letter changed, open nothing."""
    refused(await stack.ask(with_signature(costly, "A" * 22)))
    refused(await stack.ask(costly.replace("/face/1/", "/face/2/")))
    refused(await stack.ask(costly.replace(".png", ".jpg")))
    changed = "B" if costly[-26] != "B" else "C"
    refused(await stack.ask(f"{costly[:-26]}{changed}{costly[-25:]}"))


async def test_unknown_key_is_refused(stack: Stack, costly: str) -> None:
    """A link that another ring signed is refused, under the same kid or one that we lack."""
    strange = KeyRing().new_key(now=0.0)
    refused(await stack.ask(stack.path("card", ring=strange)))
    refused(await stack.ask(costly.replace("/k1.", "/k99.")))


async def test_every_spelling_of_the_signature_but_one_is_refused(
    stack: Stack, costly: str
) -> None:
    """The last letter of a signature has bits that a decoder would drop: they count."""
    signature = costly.split(".")[-2]
    last = BASE64URL.index(signature[-1])
    twins = {BASE64URL[last & ~0b1111 | low] for low in range(16)} - {signature[-1]}
    assert len(twins) == 15
    for twin in sorted(twins):
        refused(await stack.ask(with_signature(costly, signature[:-1] + twin)))
    refused(await stack.ask(with_signature(costly, f"{signature}==")))


async def test_every_second_spelling_of_the_path_is_refused(stack: Stack, costly: str) -> None:
    """What a server would read as the same path is another one, for nginx and for the origin."""
    payload = costly.split(".")[1]
    for spelling in (
        costly.replace("/face/", "/%66ace/"),
        costly.replace(".png", "%2Epng"),
        costly.replace("/i/", "/%69/"),
        costly.replace("/face/", "/FACE/"),
        costly.replace(".png", ".PNG"),
        costly.replace("/k1.", "/K1."),
        costly.replace("/i/", "/i//"),
        costly.replace("/face/", "/face//"),
        costly.replace("/face/", "/./face/"),
        costly.replace("/face/", "/x/../face/"),
        costly.replace("/face/", "/face%2F"),
        costly.replace("/1/", "/01/"),
        costly.replace(payload, f"{payload}="),
        costly.replace(payload, f"{payload}=="),
        costly.replace(payload, f"{payload}%3D"),
        f"{costly}/",
        f"{costly}%0A",
        f"{costly}%3Fx",
        f"{costly};x=1",
        f"{costly}.png",
    ):
        assert spelling != costly
        refused(await stack.ask(spelling))
        refused(await stack.get(spelling))


async def test_paths_beside_the_prefixes_lead_nowhere(stack: Stack, costly: str) -> None:
    """What only looks like a prefix of links is no page of ours, and nobody keeps that answer."""
    for spelling in (f"/{costly}", costly.replace("/i/", "/I/"), f"/x/..{costly}", costly[2:]):
        answer = await stack.ask(spelling)
        assert answer.status in (403, 404), spelling
        assert answer.header("cache-control") == "no-store"
        assert (await stack.get(spelling)).status in (403, 404), spelling


async def test_second_spelling_of_the_payload_is_refused(stack: Stack, costly: str) -> None:
    """The trailing bits of the payload are signed as they are written."""
    payload = costly.split(".")[1]
    last = BASE64URL.index(payload[-1])
    refused(await stack.ask(costly.replace(payload, payload[:-1] + BASE64URL[last ^ 1])))


async def test_open_slots_under_i_are_refused(stack: Stack) -> None:
    """A link with open slots lives under /o alone, even signed by the right key for /i."""
    refused(await stack.ask(resigned(stack, stack.open_path().partition("?")[0], "/i/")))


async def test_no_open_slots_under_o_are_refused(stack: Stack, costly: str) -> None:
    """A sealed link lives under /i alone, even signed by the right key for /o."""
    refused(await stack.ask(resigned(stack, costly, "/o/")))


def resigned(stack: Stack, path: str, prefix: str) -> str:
    """Move a link under another prefix, with the right signature for it."""
    head, _, extension = path.rpartition(".")
    return stack.signed(prefix + head.rpartition(".")[0][3:], extension)


async def test_refusal_goes_through_nginx_and_is_not_kept(stack: Stack, costly: str) -> None:
    """Behind nginx a refusal is a refusal, each time asked of the origin."""
    bad = with_signature(costly, "A" * 22)
    before = await stack.count('signature_failures_total{reason="bad-signature"}')
    for _ in range(2):
        refused(await stack.get(bad))
    assert await stack.count('signature_failures_total{reason="bad-signature"}') == before + 2


async def test_refusal_does_not_say_why(stack: Stack, costly: str) -> None:
    """Whoever guesses learns the same from every refusal."""
    bodies = {
        (await stack.ask(target)).body
        for target in (
            with_signature(costly, "A" * 22),
            costly.replace("/k1.", "/k99."),
            resigned(stack, costly, "/o/"),
            "/i/",
        )
    }
    assert len(bodies) == 1
