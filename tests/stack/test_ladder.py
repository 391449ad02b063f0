from __future__ import annotations

import asyncio
import re
import time

import pytest

from tests.stack.documents import CARD_PX, LARGE_PX, OVER_PX, PLAIN_PX
from tests.stack.stack import Stack, full, lesser, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEUTRAL_PX = (600, 200)
PAST = int(time.time()) - 10


@pytest.mark.parametrize("extension", ["png", "jpg", "jpeg", "webp", "avif"])
async def test_unknown_template_gets_a_neutral_picture(stack: Stack, extension: str) -> None:
    """A template that was never published, or is gone, shows a plain picture of the asked type."""
    path = stack.path("gone", more={"extension": extension})
    for answer in (await stack.ask(path), await stack.get(path)):
        lesser(answer, "unknown-template", NEUTRAL_PX, extension)


@pytest.mark.parametrize("extension", ["png", "jpg", "jpeg", "webp", "avif"])
async def test_unknown_version_gets_the_defaults_of_the_newest(
    stack: Stack, extension: str
) -> None:
    """A version that was never published shows the template with its defaults."""
    path = stack.path("plain", version=99, first_name="Anna", more={"extension": extension})
    defaults = await stack.ask(stack.path("plain", more={"extension": extension}))
    for answer in (await stack.ask(path), await stack.get(path)):
        lesser(answer, "unknown-version", PLAIN_PX, extension)
        assert answer.body == defaults.body


async def test_unknown_version_comes_in_the_scale_that_was_asked_for(stack: Stack) -> None:
    """A page that was laid out for twice the pixels gets twice the pixels."""
    path = stack.path("plain", version=99, more={"scale": 2})
    lesser(await stack.ask(path), "unknown-version", (PLAIN_PX[0] * 2, PLAIN_PX[1] * 2))


async def test_expired_link_gets_its_layout(stack: Stack) -> None:
    """A lapsed link of a template with a layout for that shows it, with the same variables."""
    path = stack.path("card", first_name="Anna", more={"expires": PAST})
    other = stack.path("card", first_name="Bo", more={"expires": PAST})
    for answer in (await stack.ask(path), await stack.get(path)):
        lesser(answer, "expired", OVER_PX)
    assert (await stack.ask(path)).body != (await stack.ask(other)).body


async def test_expired_link_without_a_layout_gets_the_defaults(stack: Stack) -> None:
    """A lapsed link shows nothing of what was sealed in it unless its template says so."""
    path = stack.path("plain", first_name="Anna", more={"expires": PAST})
    defaults = await stack.ask(stack.path("plain"))
    for answer in (await stack.ask(path), await stack.get(path)):
        lesser(answer, "expired", PLAIN_PX)
        assert answer.body == defaults.body


async def test_link_that_will_expire_is_never_kept_longer(stack: Stack) -> None:
    """What caches may keep, stale or not, ends with the link."""
    soon = int(time.time()) + 30
    answer = await stack.ask(stack.path("card", first_name="Soon", more={"expires": soon}))
    full(answer, CARD_PX)
    control = answer.header("cache-control") or ""
    assert 0 < sum(int(age) for age in re.findall(r"=(\d+)", control)) <= 30
    assert "immutable" not in control


async def test_link_expires_in_nginx_too(stack: Stack) -> None:
    """A picture that nginx kept is gone from it at the second at which the link lapses."""
    lapses = int(time.time()) + 3
    path = stack.path("card", first_name="Lapse", more={"expires": lapses})
    full(await stack.get(path), CARD_PX)
    assert (await stack.get(path)).cache == "hit"
    # Whole seconds: nginx counts them, and so does the link.
    await asyncio.sleep(lapses + 1 - time.time())
    lesser(await stack.get(path), "expired", OVER_PX)


async def test_raw_utf8_in_the_query_gets_a_picture(stack: Stack) -> None:
    """A mailer that does not encode a name costs the name, not the picture."""
    target = stack.open_path(template="plain", slots="first_name=").encode() + "Zoë".encode()
    lesser(await stack.get(target), "malformed-request", PLAIN_PX)
    latin = stack.open_path(template="plain", slots="first_name=").encode() + b"Zo\xeb"
    lesser(await stack.get(latin), "malformed-request", PLAIN_PX)


async def test_raw_space_in_the_query_gets_a_picture(stack: Stack) -> None:
    """A mailer that leaves a space in a name costs the name, not the picture."""
    target = stack.open_path(template="plain", slots="first_name=Anna Maria")
    lesser(await stack.get(target), "malformed-request", PLAIN_PX)


async def test_payload_that_is_no_json_gets_a_picture(stack: Stack) -> None:
    """A link that is signed by our key, and not readable, shows the template with its defaults."""
    for payload in ("jAAAA", "s0000", "x", "j" + "A" * 400):
        answer = await stack.ask(stack.signed(f"/i/plain/1/k1.{payload}", "png"))
        picture(answer, PLAIN_PX)
        assert answer.header("x-signet-degraded")
        assert answer.header("cache-control") == "no-store"


@pytest.mark.parametrize("extension", ["png", "jpg", "webp", "avif"])
async def test_picture_past_every_limit_stays_cheap(stack: Stack, extension: str) -> None:
    """A link that asks for more pixels than are drawn gets fewer, and holds nobody else up."""
    path = stack.path("large", more={"scale": 4, "extension": extension})
    size = (LARGE_PX[0] * 3, LARGE_PX[1] * 3)
    asking = asyncio.create_task(stack.ask(path))
    full(await stack.ask(stack.path("card", first_name=f"Beside {extension}")), CARD_PX)
    lesser(await asking, "too-large", size, extension)
