from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from blockbuster import blockbuster_ctx

from origin.metrics import Metrics
from tests.service.stub import BODY, MadeUpImages, served, small_app

Client = TestClient[web.Request, web.Application]
ClientOf = Callable[[web.Application], Awaitable[Client]]


@pytest.fixture(autouse=True)
def unblocked() -> Iterator[None]:
    """Fail a test whose request makes the loop wait for the system."""
    with blockbuster_ctx("origin"):
        yield


@pytest.fixture
def images() -> MadeUpImages:
    return MadeUpImages()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def client(aiohttp_client: ClientOf, images: MadeUpImages, metrics: Metrics) -> Client:
    return await aiohttp_client(small_app(images, metrics, give_up_s=0.3))


async def raw(client: Client, request: bytes) -> bytes:
    """Send `request` as it is, and return all that comes back before the server hangs up."""
    assert isinstance(client.server, TestServer)
    reader, writer = await asyncio.open_connection(client.server.host, client.server.port)
    writer.write(request)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_picture_comes_with_its_length_and_type(client: Client) -> None:
    """A picture is never chunked: nginx would cache a torn one that has no length."""
    answer = await client.get("/i/card/1/ok.png")
    assert answer.status == 200
    assert await answer.read() == BODY
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(len(BODY))
    assert "Transfer-Encoding" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Timing-Allow-Origin"] == "*"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_headers_leave_in_their_order(client: Client) -> None:
    """On the wire too, Cache-Control stands before X-Accel-Expires."""
    answer = await raw(client, b"GET /i/ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert 0 < answer.index(b"Cache-Control") < answer.index(b"X-Accel-Expires")


async def test_head_is_get_without_a_body(client: Client) -> None:
    """HEAD gives the headers of GET, length included, and not one byte of the picture."""
    got = await client.get("/o/card/ok.png?name=Anna")
    request = b"HEAD /o/card/ok.png?name=Anna HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head, _, body = (await raw(client, request)).partition(b"\r\n\r\n")
    assert body == b""
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    varying = {"date", "x-request-id", "connection"}
    of_head = {name.lower(): value for name, value in lines.items()}
    of_get = {name.lower(): value for name, value in got.headers.items()}
    assert of_get["content-length"] == str(len(BODY))
    assert {k: v for k, v in of_head.items() if k not in varying} == {
        k: v for k, v in of_get.items() if k not in varying
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_known_pictures_are_not_sent_again(client: Client, method: str) -> None:
    """A matching validator gets 304 with the headers of the full answer and no body."""
    etag = served().entry.etag
    answer = await client.request(
        method, "/i/ok", headers={"If-None-Match": f'"other", W/"{etag}"'}
    )
    assert answer.status == 304
    assert await answer.read() == b""
    assert answer.headers["ETag"] == f'"{etag}"'
    assert answer.headers["Cache-Control"].endswith("immutable")
    other = await client.request(method, "/i/ok", headers={"If-None-Match": '"other"'})
    assert other.status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/i/card/1/k1.jAAA.sig.png?x=%41+%2B&amp;y=%c3%a9",
        "/o/a%2Fb/../c//d.png?name=%E2%82%AC&&=",
        "/i/a%0Ab%00.png",
        "/o/card?",
        "/%69/ok",
    ],
)
async def test_pipeline_gets_the_target_as_it_came(
    client: Client, images: MadeUpImages, target: str
) -> None:
    """Signatures cover raw bytes: nothing is decoded, ordered or normalised before."""
    request = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    assert b" 200 " in (await raw(client, request)).split(b"\r\n")[0]
    assert images.targets == [target]


async def test_refusal_says_nothing_and_is_not_kept(client: Client, metrics: Metrics) -> None:
    """403 is the one error: short text, no store, no reason but in the metrics."""
    answer = await client.get("/i/card/refused.png")
    assert answer.status == 403
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "ETag" not in answer.headers
    text = await answer.text()
    assert len(text) < 80
    assert "signature" not in f"{text}{answer.headers}"
    page = metrics.page().decode()
    assert 'signet_signature_failures_total{reason="bad-signature"} 1.0' in page


@pytest.mark.parametrize(("word", "reason"), [("broken", "error"), ("stuck", "deadline")])
async def test_whatever_fails_a_picture_is_sent(
    client: Client, metrics: Metrics, word: str, reason: str
) -> None:
    """An unexpected error or a pipeline that hangs is a neutral picture, named, never kept."""
    answer = await client.get(f"/o/card/{word}.png?name=Anna")
    assert answer.status == 200
    assert await answer.read() == b"plain"
    assert answer.headers["X-Signet-Degraded"] == reason
    assert answer.headers["Cache-Control"] == "no-store"
    assert f'signet_fallback_total{{reason="{reason}"}} 1.0' in metrics.page().decode()


async def test_only_get_and_head_are_answered(client: Client) -> None:
    """Other methods are told which ones there are, as a problem document."""
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"):
        answer = await client.request(method, "/i/ok")
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD"}
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/i", "/I/ok", "/x/i/ok", "//i/ok"])
async def test_other_paths_are_a_problem(client: Client, images: MadeUpImages, path: str) -> None:
    """What is not under /i/ or /o/ byte for byte is 404 in the one shape of errors."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    head, _, body = (await raw(client, request)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"Content-Type: application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == 404
    assert f"X-Request-Id: {problem['request_id']}".encode() in head
    assert images.targets == []


async def test_request_id_is_nginx_or_ours(client: Client) -> None:
    """An id in nginx's form is kept through; any other text is not let in."""
    given = "0123456789abcdef0123456789abcdef"
    kept = await client.get("/i/ok", headers={"X-Request-Id": given})
    assert kept.headers["X-Request-Id"] == given
    for odd in ("Anna", given.upper(), given + "0"):
        answer = await client.get("/i/ok", headers={"X-Request-Id": odd})
        assert answer.headers["X-Request-Id"] != odd
        assert len(answer.headers["X-Request-Id"]) == 32


async def test_no_answer_names_our_software(client: Client) -> None:
    """Versions of Python and aiohttp are nobody's business."""
    for path in ("/i/ok", "/i/refused", "/nowhere", "/livez"):
        assert (await client.get(path)).headers["Server"] == "Signet"


async def test_requests_are_counted_by_template_and_logged_once(
    client: Client, images: MadeUpImages, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    """Each request is one line and one count; templates are named, targets never."""
    images.answers["/i/ok"] = served(template="card", version="3", stage_ms={"paint": 2.0})
    with caplog.at_level(logging.INFO, logger="origin.request"):
        await client.get("/i/ok")
        await client.get("/nowhere")
    page = metrics.page().decode()
    assert 'signet_requests_total{route="i",status="200",template="card"} 1.0' in page
    assert 'signet_requests_total{route="none",status="404",template=""} 1.0' in page
    assert 'signet_stage_seconds_count{stage="paint"} 1.0' in page
    lines = [vars(record)["signet_fields"] for record in caplog.records]
    assert [line["route"] for line in lines] == ["i", "none"]
    assert (lines[0]["template"], lines[0]["version"], lines[0]["bytes"]) == (
        "card",
        "3",
        len(BODY),
    )


async def test_caller_who_hangs_up_hurts_nobody(client: Client) -> None:
    """A connection that is reset in the middle of an answer leaves the service as it was."""
    assert isinstance(client.server, TestServer)
    with socket.create_connection((client.server.host, client.server.port)) as wire:
        wire.sendall(b"GET /i/stuck HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.05)
    assert (await client.get("/i/ok")).status == 200
