from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from ipaddress import ip_network

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from origin.fetch.addresses import AddressRules
from origin.fetch.client import Client, Fetched
from origin.fetch.reasons import FetchFailed, ForbiddenAddress
from origin.fetch.resolver import GuardedResolver, ThreadResolver
from origin.fetch.targets import TargetRules
from tests.fetch import strangers
from tests.fetch.strangers import Names, Stranger, redirect, response

MEGABYTE = 1024 * 1024
LOOPBACK = AddressRules((ip_network("127.0.0.1/32"),))


@pytest.fixture(autouse=True)
def blockbuster() -> Iterator[BlockBuster]:
    """Fail a test in which the loop is blocked."""
    with blockbuster_ctx() as guard:
        yield guard


@pytest.fixture
async def there() -> AsyncIterator[Stranger]:
    async with strangers.stranger() as server:
        yield server


@pytest.fixture
async def open_client(there: Stranger) -> AsyncIterator[Client]:
    """Reach the stranger on 127.0.0.1, and nothing else that is private."""
    client = Client(TargetRules(LOOPBACK, frozenset({there.port})), resolver=Names())
    yield client
    await client.close()


@pytest.fixture
async def closed_client(there: Stranger) -> AsyncIterator[Client]:
    """The default: nothing private, here with the stranger's port allowed."""
    names = Names(
        rebind=["127.0.0.1"],
        six=["::1"],
        mapped=["::ffff:127.0.0.1"],
        metadata=["169.254.169.254"],
        mixed=["10.0.0.1", "127.0.0.1", "fd00::1"],
        localhost=["127.0.0.1"],
    )
    client = Client(TargetRules(ports=frozenset({80, 443, there.port})), resolver=names)
    yield client
    await client.close()


async def _get(
    client: Client,
    url: str,
    *,
    deadline_s: float = 20.0,
    max_bytes: int = MEGABYTE,
    reserve: Callable[[int], None] | None = None,
) -> Fetched:
    return await client.get(url, deadline_s=deadline_s, max_bytes=max_bytes, reserve=reserve)


async def _reason(client: Client, url: str, *, deadline_s: float = 20.0) -> str:
    with pytest.raises(FetchFailed) as failure:
        await _get(client, url, deadline_s=deadline_s)
    return failure.value.reason.word


async def test_body_comes_whole_with_its_digest(there: Stranger, open_client: Client) -> None:
    """Equal bytes have equal digests, other bytes others."""
    url = there.at("/a", response(b"x" * 200_000, Cache_Control="max-age=600"))
    again = there.at("/b", response(b"x" * 200_000))
    other = there.at("/c", response(b"x" * 199_999 + b"y"))
    first, second, third = [await _get(open_client, one) for one in (url, again, other)]
    assert first.body == b"x" * 200_000
    assert first.fresh_s == 600
    assert first.digest == second.digest != third.digest


async def test_stranger_is_told_nothing(there: Stranger, open_client: Client) -> None:
    """No cookie comes back, and neither credentials nor referrer go out, on any hop."""
    there.at("/a", response(status="302 Found", Location="/b", Set_Cookie="who=anna; Path=/"))
    there.at("/b", response(b"body", Set_Cookie="who=anna"))
    await _get(open_client, there.url("/a"))
    await _get(open_client, there.url("/b"))
    told = "".join(there.heads).lower()
    assert told.count("get /") == 3
    assert not any(word in told for word in ("cookie", "referer", "authorization", "anna"))


async def test_environment_names_no_proxy(
    there: Stranger, open_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in the environment would see every URL and be asked in place of the guard."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    url = there.at("/a", response(b"direct"))
    assert (await _get(open_client, url)).body == b"direct"


@pytest.mark.parametrize(
    "behaviour",
    [strangers.hangs, strangers.stops_in_the_headers, strangers.drips],
    ids=["hangs", "slow-headers", "slow-drip"],
)
async def test_slow_stranger_is_given_up(
    there: Stranger, open_client: Client, behaviour: strangers.Behaviour
) -> None:
    """The deadline is for the whole: neither silence nor a byte now and then prolongs it."""
    assert await _reason(open_client, there.at("/slow", behaviour), deadline_s=0.3) == (
        "asset-timeout"
    )


async def test_redirects_share_one_deadline(there: Stranger, open_client: Client) -> None:
    """A hop does not start the clock anew."""
    there.at("/a", redirect("/b"))
    there.at("/b", strangers.hangs)
    assert await _reason(open_client, there.url("/a"), deadline_s=0.3) == "asset-timeout"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(response(status="404 Not Found"), "asset-missing", id="404"),
        pytest.param(response(b"gone", status="410 Gone"), "asset-missing", id="410"),
        pytest.param(response(status="403 Forbidden"), "asset-refused", id="403"),
        pytest.param(response(status="401 Unauthorized"), "asset-refused", id="401"),
        pytest.param(response(status="429 Too Many"), "asset-server", id="429-comes-again"),
        pytest.param(response(status="500 Oops"), "asset-server", id="500"),
        pytest.param(response(status="503 Busy"), "asset-server", id="503"),
        pytest.param(response(b""), "asset-empty", id="empty"),
        pytest.param(response(status="204 No Content"), "asset-empty", id="204"),
        pytest.param(response(b"x", status="206 Partial"), "asset-refused", id="206"),
        pytest.param(response(b"half", length=99), "asset-network", id="cut-short"),
        pytest.param(response(b"abcdef", length=3), "asset-network", id="sends-more-than-declared"),
        pytest.param(response(b"", length=2 * MEGABYTE), "asset-too-large", id="declares-much"),
        pytest.param(response(b"x" * (MEGABYTE + 1)), "asset-too-large", id="sends-much"),
        pytest.param(strangers.gzip_bomb(300 * MEGABYTE), "asset-too-large", id="gzip-bomb"),
        pytest.param(
            response(b"not gzip", Content_Encoding="gzip"), "asset-network", id="not-gzip"
        ),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "asset-network", id="not-http"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
            "asset-network",
            id="endless-header",
        ),
        pytest.param(b"", "asset-network", id="closes-at-once"),
        pytest.param(response(status="302 Found"), "asset-refused", id="redirect-to-nowhere"),
        pytest.param(redirect("http://["), "asset-refused", id="redirect-to-nonsense"),
        pytest.param(redirect("file:///etc/passwd"), "asset-refused", id="redirect-to-file"),
        pytest.param(redirect("gopher://x/1"), "asset-refused", id="redirect-to-gopher"),
        pytest.param(redirect("//u:p@public.test/"), "asset-refused", id="redirect-with-user"),
        pytest.param(redirect("http://public.test:22/"), "asset-refused", id="redirect-to-port"),
        pytest.param(redirect("http://127.0.0.2/"), "asset-refused", id="redirect-other-port"),
    ],
)
async def test_stranger_answers_badly(
    there: Stranger, open_client: Client, answer: bytes, reason: str
) -> None:
    """Each bad answer ends as its reason."""
    assert await _reason(open_client, there.at("/x", answer)) == reason


@pytest.mark.parametrize("behaviour", [strangers.resets, strangers.never_ends])
async def test_stranger_behaves_badly(
    there: Stranger, open_client: Client, behaviour: strangers.Behaviour
) -> None:
    """A reset is the network's, an endless body is cut at the cap."""
    expected = "asset-network" if behaviour is strangers.resets else "asset-too-large"
    assert await _reason(open_client, there.at("/x", behaviour)) == expected


async def test_compressed_body_counts_decompressed(there: Stranger, open_client: Client) -> None:
    """A body that unpacks to just the cap is taken, one byte more is not."""
    fits = there.at("/fits", strangers.gzip_bomb(MEGABYTE))
    assert len((await _get(open_client, fits)).body) == MEGABYTE
    assert await _reason(open_client, there.at("/more", strangers.gzip_bomb(MEGABYTE + 1))) == (
        "asset-too-large"
    )


async def test_three_redirects_are_followed_and_no_fourth(
    there: Stranger, open_client: Client
) -> None:
    """A short chain leads to the picture, a longer one or a loop to its refusal."""
    for hop in range(4):
        there.at(f"/{hop}", redirect(f"/{hop + 1}", "307 Temporary Redirect"))
    there.at("/4", response(b"there"))
    assert (await _get(open_client, there.url("/1"))).body == b"there"
    assert await _reason(open_client, there.url("/0")) == "asset-refused"
    loop = there.at("/loop", redirect("/loop"))
    assert await _reason(open_client, loop) == "asset-refused"
    assert there.asked["/loop"] == 4


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("0.0.0.0", id="any"),
        pytest.param("[::1]", id="loopback-6"),
        pytest.param("[::ffff:127.0.0.1]", id="mapped"),
        pytest.param("[::127.0.0.1]", id="compatible"),
        pytest.param("[64:ff9b::127.0.0.1]", id="nat64"),
        pytest.param("[2002:7f00:1::]", id="6to4"),
        pytest.param("①②⑦.0.0.1", id="circled-digits"),
        pytest.param("１２７.０.０.１", id="full-width-digits"),  # noqa: RUF001 - the attack
        pytest.param("127。0。0。1", id="ideographic-full-stops"),
        pytest.param("0x7f.1", id="hexadecimal"),
        pytest.param("2130706433", id="one-number"),
        pytest.param("127.1", id="short-form"),
        pytest.param("0177.0.0.1", id="octal"),
        pytest.param("127.0.0.1.", id="trailing-dot"),
        pytest.param("rebind.test", id="dns"),
        pytest.param("six.test", id="dns-6"),
        pytest.param("mapped.test", id="dns-mapped"),
        pytest.param("mixed.test", id="dns-all-private"),
        pytest.param("localhost", id="localhost"),
        pytest.param("LOCALHOST.", id="localhost-dressed-up"),
    ],
)
async def test_private_address_is_not_reached(
    there: Stranger, closed_client: Client, host: str
) -> None:
    """However a forbidden address is written, the server behind it is not even connected to."""
    there.at("/x", response(b"secret"))
    assert await _reason(closed_client, there.url("/x", host)) == "asset-forbidden-address"
    assert not there.asked


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.2:{port}/x", "http://[::1]:{port}/x", "http://metadata.test:{port}/x"],
    ids=["literal", "literal-6", "dns"],
)
async def test_redirect_to_private_address_is_not_followed(there: Stranger, target: str) -> None:
    """Every hop is checked like the first."""
    names = Names(metadata=["169.254.169.254"])
    client = Client(TargetRules(LOOPBACK, frozenset({there.port})), resolver=names)
    url = there.at("/x", redirect(target.format(port=there.port)))
    try:
        assert await _reason(client, url) == "asset-forbidden-address"
    finally:
        await client.close()
    assert there.asked == {"/x": 1}


async def test_socket_is_checked_even_when_nothing_else_was(there: Stranger) -> None:
    """The last check stands alone: a resolver that lets a forbidden answer pass changes nothing."""
    client = Client(TargetRules(ports=frozenset({there.port})), resolver=Names())
    client._session.connector._resolver = Names(rebind=["127.0.0.1"])  # type: ignore[union-attr] # the guard is taken out on purpose
    try:
        there.at("/x", response(b"secret"))
        assert await _reason(client, there.url("/x", "rebind.test")) == "asset-forbidden-address"
    finally:
        await client.close()
    assert not there.asked


async def test_name_is_resolved_for_each_connection(there: Stranger) -> None:
    """No answer of DNS is remembered: memory does not grow, and a moved host is found."""
    names = Names(moving=["127.0.0.1"])
    client = Client(TargetRules(LOOPBACK, frozenset({there.port})), resolver=names)
    try:
        there.at("/x", response(b"body"))
        await _get(client, there.url("/x", "moving.test"))
        names.answers["moving"] = ["10.0.0.1"]
        url = there.url("/x", "moving.test")
        assert await _reason(client, url) == "asset-forbidden-address"
    finally:
        await client.close()
    assert names.asked["moving.test"] == 2


async def test_name_with_a_public_answer_drops_the_private_ones() -> None:
    """Of mixed answers only those that may be reached are tried."""
    names = Names(both=["10.0.0.1", "93.184.216.34", "::1", "2606:4700::1"])
    found = await GuardedResolver(names, AddressRules()).resolve("both.test", 80)
    assert [answer["host"] for answer in found] == ["93.184.216.34", "2606:4700::1"]
    with pytest.raises(ForbiddenAddress):
        await GuardedResolver(Names(x=["10.0.0.1"]), AddressRules()).resolve("x", 80)


async def test_unknown_name_is_the_networks_fault(closed_client: Client, there: Stranger) -> None:
    """A name that does not resolve may resolve tomorrow."""
    assert await _reason(closed_client, there.url("/x", "nowhere.test")) == "asset-network"


async def test_closed_port_is_the_networks_fault(there: Stranger) -> None:
    """A server that is down is asked again later."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        client = Client(TargetRules(LOOPBACK, frozenset({port})), resolver=Names())
        try:
            assert await _reason(client, f"http://127.0.0.1:{port}/") == "asset-network"
        finally:
            await client.close()


async def test_system_resolver_runs_beside_the_loop() -> None:
    """The machine's own names resolve, in threads."""
    resolver = ThreadResolver()
    try:
        found = await resolver.resolve("localhost", 80, socket.AF_INET)
        assert {answer["host"] for answer in found} == {"127.0.0.1"}
    finally:
        await resolver.close()


async def test_bytes_are_asked_for_before_they_are_kept(
    there: Stranger, open_client: Client
) -> None:
    """The caller's budget hears of every byte."""
    taken: list[int] = []
    url = there.at("/x", response(b"x" * 300_000))
    await _get(open_client, url, reserve=taken.append)
    assert sum(taken) == 300_000


async def test_cancelled_download_ends(there: Stranger, open_client: Client) -> None:
    """A caller that gives up is not held, and its connection is dropped."""
    task = asyncio.create_task(_get(open_client, there.at("/x", strangers.hangs)))
    async with asyncio.timeout(20):
        while not there.asked:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
