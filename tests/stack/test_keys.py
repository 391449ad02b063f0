from __future__ import annotations

import time

import pytest

from tests.stack.documents import CARD_PX
from tests.stack.stack import Stack, env_of, full, refused, signet, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_revoked_key_is_refused_while_running(stack: Stack) -> None:
    """Within moments of the revocation its links open nothing, and those of other keys go on."""
    old = stack.path("card", first_name="Revo")
    stack.ring.new_key(now=time.time()).save(stack.keys_file)
    fresh = stack.path("card", first_name="Revo")
    kid = stack.ring.signing_key().kid
    assert f"/{kid}." in fresh

    async def opens() -> bool:
        return (await stack.ask(fresh)).status == 200

    async def is_refused() -> bool:
        return (await stack.ask(fresh)).status == 403

    await until(opens)
    stack.ring.revoke(kid, now=time.time()).save(stack.keys_file)
    await until(is_refused)
    refused(await stack.ask(fresh))
    assert await stack.count('signature_failures_total{reason="revoked-key"}') > 0
    full(await stack.ask(old), CARD_PX)


async def test_a_revoked_link_is_refused_by_nginx_too(stack: Stack) -> None:
    """What nginx has kept under a revoked key's link is asked for anew, and refused."""
    before = stack.ring
    stack.ring.new_key(now=time.time()).save(stack.keys_file)
    path = stack.path("card", first_name="Kept")

    async def is_kept() -> bool:
        return (await stack.get(path)).cache == "hit"

    await until(is_kept)
    kid = stack.ring.signing_key().kid
    await signet(env_of(stack), "keys", "revoke", kid)

    async def is_refused() -> bool:
        return (await stack.get(path)).status == 403

    await until(is_refused)
    before.save(stack.keys_file)


async def test_key_rotation_draws_nothing_anew(stack: Stack) -> None:
    """The new key signs, the old one verifies, and both lead to the one picture that is there."""
    old = stack.path("card", first_name="Rota")
    first = await stack.ask(old)
    full(first, CARD_PX)
    before = stack.ring
    stack.ring.new_key(now=time.time()).save(stack.keys_file)
    fresh = stack.path("card", first_name="Rota")
    assert fresh != old

    async def opens() -> bool:
        return (await stack.ask(fresh)).status == 200

    await until(opens)
    made = await stack.count('pictures_total{source="made",state="fresh"}')
    for path in (fresh, old):
        answer = await stack.ask(path)
        assert answer.header("etag") == first.header("etag")
        assert answer.header("cache-status") == "Signet; hit; detail=memory"
    assert await stack.count('pictures_total{source="made",state="fresh"}') == made
    before.save(stack.keys_file)


async def test_broken_key_ring_changes_nothing(stack: Stack) -> None:
    """A ring file that is damaged or gone while running refuses nobody who had a good link."""
    path = stack.path("card", first_name="Ring")
    good = stack.keys_file.read_bytes()

    async def is_told(words: str) -> bool:
        # The file is looked at when somebody asks.
        full(await stack.ask(path), CARD_PX)
        return words in stack.service.log()

    try:
        stack.keys_file.write_text("{")
        await until(lambda: is_told("keeping the old key ring"))
        stack.keys_file.unlink()
        await until(lambda: is_told("no key ring here"))
    finally:
        stack.keys_file.write_bytes(good)
        stack.keys_file.chmod(0o600)
