from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from ipaddress import ip_network

import pytest
import pytest_asyncio
from blockbuster import BlockBuster, blockbuster_ctx

from origin.children.child import Child, python_argv
from origin.fetch.addresses import AddressRules
from origin.fetch.assets import Asset
from origin.fetch.client import Client
from origin.fetch.gather import AssetLimits, Assets
from origin.fetch.targets import TargetRules
from tests.fetch import strangers
from tests.fetch.pictures import (
    HTML,
    MATLAB,
    PDF,
    SVG,
    TRUNCATED_JPEG,
    picture,
    png_that_declares,
)
from tests.fetch.strangers import Names, Stranger, redirect, response
from vips_render.scene.assets import AssetNeed

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"], loop_scope="module")

LONG_S = 30.0
MEGABYTE = 1024 * 1024


@dataclass
class Clock:
    """Seconds since the epoch, moved by hand."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture(autouse=True)
def blockbuster() -> Iterator[BlockBuster]:
    """Fail a test in which the loop is blocked."""
    with blockbuster_ctx() as guard:
        # The standard library starts a process with a short blocking read of its own.
        guard.functions["os.read"].can_block_in("subprocess.py", "_execute_child")
        yield guard


@pytest_asyncio.fixture(loop_scope="module")
async def there() -> AsyncIterator[Stranger]:
    async with strangers.stranger() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def decoder() -> AsyncIterator[Child]:
    child = Child(
        python_argv("origin.children.decoder", "--memory-bytes", str(1024 * MEGABYTE)),
        env={},
        name="decoder",
    )
    yield child
    await child.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


Make = Callable[..., Assets]


@pytest_asyncio.fixture(loop_scope="module")
async def make(there: Stranger, decoder: Child, clock: Clock) -> AsyncIterator[Make]:
    """Make a gatherer that reaches the stranger, with limits of the test's choosing."""
    async with contextlib.AsyncExitStack() as stack:

        def assets(on_forbidden: Callable[[], None] = lambda: None, **limits: float) -> Assets:
            rules = TargetRules(
                AddressRules((ip_network("127.0.0.1/32"),)), frozenset({there.port})
            )
            client = Client(rules, resolver=Names())
            stack.push_async_callback(client.close)
            made = Assets(
                client,
                [decoder],
                clock=clock,
                limits=replace(AssetLimits(decode_s=LONG_S), **limits),  # type: ignore[arg-type] # counts and seconds alike
                on_forbidden=on_forbidden,
            )
            stack.push_async_callback(made.close)
            return made

        yield assets


def need(
    source: str, width: int = 20, height: int = 20, *, layer: str = "avatar", fallback: bool = False
) -> AssetNeed:
    return AssetNeed(layer, source, width, height, "cover", fallback)


async def one(
    assets: Assets, source: str, deadline_s: float = LONG_S, width: int = 20, height: int = 20
) -> Asset:
    return (await assets.gather([need(source, width, height)], deadline_s=deadline_s))[source]


async def test_picture_arrives_at_the_size_of_its_box(there: Stranger, make: Make) -> None:
    """A remote picture becomes pixels, no more of them than the box needs."""
    url = there.at(
        "/a.png", response(picture(400, 300, (200, 30, 60)), Cache_Control="max-age=600")
    )
    asset = await one(make(), url)
    assert asset.reason is None
    assert asset.bitmap is not None
    assert (asset.bitmap.width, asset.bitmap.height) == (27, 20)
    assert asset.bitmap.pixels[:4] == bytes((200, 30, 60, 255))
    assert asset.fresh_until == Clock().now + 600


@pytest.mark.parametrize(
    ("answer", "reason", "permanent"),
    [
        pytest.param(response(status="404 Not Found"), "asset-missing", True, id="404"),
        pytest.param(response(status="403 Forbidden"), "asset-refused", True, id="403"),
        pytest.param(response(status="500 Oops"), "asset-server", False, id="500"),
        pytest.param(response(), "asset-empty", True, id="empty"),
        pytest.param(response(SVG), "asset-not-a-picture", True, id="svg"),
        pytest.param(response(HTML), "asset-not-a-picture", True, id="html"),
        pytest.param(response(PDF), "asset-not-a-picture", True, id="pdf"),
        pytest.param(response(MATLAB), "asset-not-a-picture", True, id="matlab"),
        pytest.param(
            response(SVG, Content_Type="image/png"), "asset-not-a-picture", True, id="svg-as-png"
        ),
        pytest.param(
            response(png_that_declares(30_000, 30_000)), "asset-too-large", True, id="900-megapixel"
        ),
        pytest.param(response(TRUNCATED_JPEG), "asset-broken", True, id="truncated-jpeg"),
        pytest.param(response(picture()[:60]), "asset-broken", True, id="truncated-png"),
        pytest.param(
            response(bytes(17 * MEGABYTE)), "asset-too-large", True, id="17-megabyte-body"
        ),
        pytest.param(strangers.gzip_bomb(200 * MEGABYTE), "asset-too-large", True, id="gzip-bomb"),
        pytest.param(redirect("/x"), "asset-refused", True, id="redirect-loop"),
        pytest.param(redirect("http://10.0.0.1/"), "asset-refused", True, id="redirect-port"),
    ],
)
async def test_lack_has_its_reason(
    there: Stranger, make: Make, answer: bytes, reason: str, permanent: bool
) -> None:
    """Whatever a stranger sends, the picture's lack is named, and whether it lasts."""
    asset = await one(make(), there.at("/x", answer))
    assert (asset.bitmap, asset.reason, asset.permanent) == (None, reason, permanent)
    assert asset.fresh_until == Clock().now + (3_600 if permanent else 2)


async def test_forbidden_address_is_counted(there: Stranger, make: Make) -> None:
    """An operator sees that somebody tries."""
    seen: list[bool] = []
    assets = make(on_forbidden=lambda: seen.append(True))
    asset = await one(assets, f"http://[::1]:{there.port}/x")
    assert (asset.reason, asset.permanent) == ("asset-forbidden-address", True)
    assert seen == [True]


@pytest.mark.parametrize("source", ["ftp://x.test/a", "file:///etc/passwd", "data:,x", "//x/a"])
async def test_other_schemes_reach_neither_network_nor_disk(make: Make, source: str) -> None:
    """What is neither a web address nor a plain name is not handed on."""
    asked: list[str] = []
    found = await make().gather([need(source)], deadline_s=LONG_S, local=asked.append)
    assert found[source].reason == "asset-refused"
    assert not asked


async def test_fresh_picture_is_not_asked_for_again(
    there: Stranger, make: Make, clock: Clock
) -> None:
    """Memory answers while the picture is fresh, and the stranger after that."""
    url = there.at("/a", response(picture(), Cache_Control="max-age=100"))
    assets = make()
    first = await one(assets, url)
    clock.now += 99
    assert await one(assets, url) is first
    clock.now += 2
    again = await one(assets, url)
    assert again.reason is None
    assert again.digest == first.digest
    assert there.asked["/a"] == 2


@pytest.mark.parametrize(
    ("status", "keep_s"),
    [("404 Not Found", 3_600), ("503 Busy", 2)],
    ids=["permanent", "transient"],
)
async def test_lack_is_remembered_for_its_time(
    there: Stranger, make: Make, clock: Clock, status: str, keep_s: int
) -> None:
    """A missing picture is not asked for with every open, and found soon after it is there."""
    url = there.at("/a", response(status=status))
    assets = make()
    await one(assets, url)
    there.at("/a", response(picture()))
    clock.now += keep_s - 1
    assert (await one(assets, url)).bitmap is None
    clock.now += 2
    assert (await one(assets, url)).bitmap is not None
    assert there.asked["/a"] == 2


async def test_stale_picture_stands_in_for_a_failing_host(
    there: Stranger, make: Make, clock: Clock
) -> None:
    """When the new copy cannot be had the last good one is drawn, and that is said."""
    url = there.at("/a", response(picture(), Cache_Control="max-age=60"))
    assets = make()
    good = await one(assets, url)
    clock.now += 61
    there.at("/a", response(status="503 Busy"))
    stale = await one(assets, url)
    assert (stale.bitmap, stale.digest) == (good.bitmap, good.digest)
    assert (stale.reason, stale.permanent) == ("asset-stale", False)


async def test_stale_picture_does_not_wait_for_a_slow_host(
    there: Stranger, make: Make, clock: Clock
) -> None:
    """The last good copy is used at once, and refreshed behind."""
    url = there.at("/a", response(picture(), Cache_Control="max-age=60"))
    assets = make(stale_wait_s=0.05)
    await one(assets, url)
    clock.now += 61
    fresh = response(picture(color=(0, 0, 255)))

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await there.release.wait()
        writer.write(fresh)

    there.at("/a", slow)
    assert (await one(assets, url)).reason == "asset-stale"
    there.release.set()
    patient = replace(AssetLimits(), stale_wait_s=LONG_S)
    assets._limits = patient
    now = await one(assets, url)
    assert now.reason is None
    assert now.bitmap is not None
    assert now.bitmap.pixels[:4] == bytes((0, 0, 255, 255))


async def test_picture_that_was_taken_away_is_gone(
    there: Stranger, make: Make, clock: Clock
) -> None:
    """Who deletes their picture does not see it again: a permanent answer beats the old copy."""
    url = there.at("/a", response(picture(), Cache_Control="max-age=60"))
    assets = make()
    await one(assets, url)
    clock.now += 61
    there.at("/a", response(status="410 Gone"))
    assert (await one(assets, url)).bitmap is None
    clock.now += 3_601
    there.at("/a", response(status="503 Busy"))
    assert (await one(assets, url)).reason == "asset-server"


async def test_burst_asks_once(there: Stranger, make: Make) -> None:
    """Callers of one picture at one size share one download."""
    url = there.at("/a", response(picture()))
    assets = make()
    found = await asyncio.gather(*(one(assets, url) for _ in range(50)))
    assert all(asset.bitmap is not None for asset in found)
    assert there.asked["/a"] == 1


async def test_caller_who_hangs_up_cancels_nobody(there: Stranger, make: Make) -> None:
    """The download goes on for those who still wait, and for those who come later."""

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await there.release.wait()
        writer.write(response(picture()))

    url = there.at("/a", held)
    assets = make(download_s=LONG_S)
    leaving, staying = (asyncio.create_task(one(assets, url)) for _ in range(2))
    await asyncio.sleep(0.05)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    there.release.set()
    assert (await staying).bitmap is not None
    assert there.asked["/a"] == 1


async def test_late_picture_is_there_for_the_next_one(there: Stranger, make: Make) -> None:
    """A caller whose time is over gets a reason; the download still serves the next."""

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await there.release.wait()
        writer.write(response(picture()))

    url = there.at("/a", held)
    assets = make(download_s=LONG_S)
    late = await one(assets, url, deadline_s=0.1)
    assert (late.reason, late.permanent) == ("asset-timeout", False)
    there.release.set()
    assert (await one(assets, url)).bitmap is not None
    assert there.asked["/a"] == 1


@pytest.mark.parametrize(
    "behaviour", [strangers.hangs, strangers.drips, strangers.stops_in_the_headers]
)
async def test_slow_stranger_costs_no_more_than_the_deadline(
    there: Stranger, make: Make, behaviour: strangers.Behaviour
) -> None:
    """One slow picture delays no other, and is given up in time."""
    slow, quick = there.at("/slow", behaviour), there.at("/quick", response(picture()))
    assets = make(download_s=0.5)
    needs = [need(slow), need(quick, layer="logo")]
    found = await assets.gather(needs, deadline_s=LONG_S)
    assert found[slow].reason == "asset-timeout"
    assert found[quick].bitmap is not None


async def test_layers_share_a_source_at_the_larger_size(there: Stranger, make: Make) -> None:
    """One source is fetched once, large enough for each layer that shows it."""
    url = there.at("/a", response(picture(400, 400)))
    needs = [need(url, 10, 10), need(url, 50, 20, layer="large")]
    found = await make().gather(needs, deadline_s=LONG_S)
    bitmap = found[url].bitmap
    assert bitmap is not None
    assert bitmap.width == 50
    assert there.asked["/a"] == 1


async def test_fallback_is_not_waited_for_in_vain(there: Stranger, make: Make) -> None:
    """A fallback's picture holds nobody up, and is not reported, while the picture is there."""
    good = there.at("/good", response(picture()))
    spare = there.at("/spare", strangers.hangs)
    needs = [need(good), need(spare, layer="spare", fallback=True)]
    assert (await make().gather(needs, deadline_s=LONG_S)).keys() == {good}


async def test_fallback_is_there_when_it_is_needed(there: Stranger, make: Make) -> None:
    """When the picture cannot be had, its fallback's is fetched in the same time."""
    missing = there.at("/missing", response(status="404 Not Found"))
    spare = there.at("/spare", response(picture()))
    needs = [need(missing), need(spare, layer="spare", fallback=True)]
    found = await make().gather(needs, deadline_s=LONG_S)
    assert found[missing].reason == "asset-missing"
    assert found[spare].bitmap is not None


async def test_template_brings_its_own_pictures(make: Make) -> None:
    """A local name is read through the door that the caller gives, and never ages."""
    files = {"logo.png": picture(), "note.txt": b"hello", "empty.png": b""}
    needs = [need(name) for name in (*files, "nowhere.png")]
    found = await make().gather(needs, deadline_s=LONG_S, local=files.get)
    reasons = {name: asset.reason for name, asset in found.items()}
    assert reasons == {
        "logo.png": None,
        "note.txt": "asset-not-a-picture",
        "empty.png": "asset-empty",
        "nowhere.png": "asset-missing",
    }
    assert found["logo.png"].fresh_until is None


async def test_draft_picture_follows_its_file(make: Make) -> None:
    """Without a scope a local picture is read each time; with one it is read once for all."""
    files = {"logo.png": picture(color=(255, 0, 0))}
    reads: list[str] = []

    def local(name: str) -> bytes | None:
        reads.append(name)
        return files.get(name)

    async def color(assets: Assets, scope: str) -> bytes:
        found = await assets.gather([need("logo.png")], deadline_s=LONG_S, local=local, scope=scope)
        bitmap = found["logo.png"].bitmap
        assert bitmap is not None
        return bitmap.pixels[:4]

    assets = make()
    assert await color(assets, "") == await color(assets, "v1") == bytes((255, 0, 0, 255))
    files["logo.png"] = picture(color=(0, 255, 0))
    reads.clear()
    assert await color(assets, "v1") == bytes((255, 0, 0, 255))
    assert reads == []
    assert await color(assets, "") == await color(assets, "v2") == bytes((0, 255, 0, 255))


async def test_failing_disk_is_a_reason(make: Make) -> None:
    """A local picture that cannot be read costs its layer, not the card, and may come back."""

    def local(name: str) -> bytes | None:
        raise OSError(5, "Input/output error")

    found = await make().gather([need("logo.png")], deadline_s=LONG_S, local=local)
    assert (found["logo.png"].reason, found["logo.png"].permanent) == ("asset-network", False)


async def test_failing_host_is_left_alone(there: Stranger, make: Make) -> None:
    """After five failures in a row a host is not asked, whatever the picture."""
    assets = make()
    for number in range(8):
        url = there.at(f"/{number}", response(status="503 Busy"))
        assert (await one(assets, url)).bitmap is None
    assert sum(there.asked.values()) == 5


async def test_bytes_in_flight_are_bounded(there: Stranger, make: Make) -> None:
    """Downloads that would together take too much memory are refused, the others go on."""
    big = there.at("/big", response(bytes(300_000)))
    small = there.at("/small", response(picture()))
    assets = make(in_flight_bytes=200_000)
    assert (await one(assets, big)).reason == "asset-overload"
    assert (await one(assets, small)).bitmap is not None


async def test_pixels_that_wait_for_a_painter_are_bounded(there: Stranger, make: Make) -> None:
    """However many orders hold pictures, and whatever the shelf pushed out, bytes are bounded."""
    assets = make(held_bytes=2 * 20 * 20 * 4, memory_bytes=0)
    first, second, third = (there.at(f"/{n}", response(picture(20, 20))) for n in range(3))

    def holding(*urls: str) -> AbstractAsyncContextManager[dict[str, Asset]]:
        return assets.held([need(url) for url in urls], deadline_s=LONG_S)

    async with holding(first) as one, holding(second) as two:
        assert one[first].bitmap is not None
        assert two[second].bitmap is not None
        async with holding(third) as three:
            assert (three[third].reason, three[third].permanent) == ("asset-overload", False)
    async with holding(third, first) as both:
        assert all(asset.bitmap is not None for asset in both.values())
    async with holding(first, second, third) as found:
        assert [asset.reason for asset in found.values()].count("asset-overload") == 1


async def test_pixels_in_several_hands_count_once(there: Stranger, make: Make) -> None:
    """A burst that shows one picture holds it once, until the last of it has drawn."""
    assets = make(held_bytes=20 * 20 * 4)
    logo = there.at("/logo", response(picture(20, 20)))
    other = there.at("/other", response(picture(20, 20)))
    async with contextlib.AsyncExitStack() as last:
        async with contextlib.AsyncExitStack() as stack:
            for hands in (stack, stack, last):
                held = assets.held([need(logo)], deadline_s=LONG_S)
                found = await hands.enter_async_context(held)
                assert found[logo].reason is None
        async with assets.held([need(other)], deadline_s=LONG_S) as refused:
            assert refused[other].reason == "asset-overload"
    async with assets.held([need(other)], deadline_s=LONG_S) as admitted:
        assert admitted[other].reason is None


async def test_pixels_that_can_never_be_held_are_too_large(there: Stranger, make: Make) -> None:
    """What no emptier moment would admit is not drawn anew again and again."""
    url = there.at("/a", response(picture(20, 20)))
    async with make(held_bytes=100).held([need(url)], deadline_s=LONG_S) as found:
        assert (found[url].reason, found[url].permanent) == ("asset-too-large", True)


async def test_flights_are_bounded(there: Stranger, make: Make) -> None:
    """However many pictures are asked for at once, only so many are under way."""
    urls = [there.at(f"/{number}", strangers.hangs) for number in range(5)]
    assets = make(flights=3, download_s=0.3)
    found = await assets.gather([need(url) for url in urls], deadline_s=LONG_S)
    reasons = sorted(str(asset.reason) for asset in found.values())
    assert reasons == ["asset-overload"] * 2 + ["asset-timeout"] * 3


async def test_memory_is_bounded(there: Stranger, make: Make) -> None:
    """Pixels beyond the bound push out the oldest."""
    assets = make(memory_bytes=10_000)
    urls = [there.at(f"/{number}", response(picture(30, 30))) for number in range(6)]
    for url in urls:
        assert (await one(assets, url, width=30, height=30)).bitmap is not None
        assert assets._shelf.used_bytes <= 10_000
    await one(assets, urls[-1], width=30, height=30)
    await one(assets, urls[0], width=30, height=30)
    assert (there.asked["/5"], there.asked["/0"]) == (1, 2)


async def test_decoder_killed_at_work_is_replaced(
    there: Stranger, make: Make, decoder: Child
) -> None:
    """A decoder's death costs the picture that it was at, for a while, and not the next one."""
    await decoder.warm()
    assert decoder.process_id is not None
    os.kill(decoder.process_id, signal.SIGSTOP)
    assets = make()
    at_work = asyncio.create_task(one(assets, there.at("/a", response(picture()))))
    async with asyncio.timeout(LONG_S):
        while not decoder.waiting:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    os.kill(decoder.process_id, signal.SIGKILL)
    lost = await at_work
    assert (lost.reason, lost.permanent) == ("asset-broken", False)
    assert (await one(assets, there.at("/b", response(picture())))).bitmap is not None


async def test_source_of_any_length_is_no_burden(make: Make) -> None:
    """A URL as long as a book is refused, and nothing of it is kept."""
    source = "http://127.0.0.1/" + "x" * 100_000
    assert (await one(make(), source)).reason == "asset-refused"
