from __future__ import annotations

import shutil
from pathlib import Path

from tests.nginx.site import SIGNATURE, Site, link, start_site
from tests.nginx.stub import NOT_KEPT, Reply, Stub

CANARY = "Canary"
FIELDS = {
    "time", "request_id", "kind", "template", "link", "status", "bytes", "cache", "degraded",
    "duration_s", "upstream_s",
}  # fmt: skip


def logs(site: Site) -> str:
    """Read every file of the data directory that nginx writes text to."""
    return "".join(path.read_text(errors="replace") for path in site.data_dir.rglob("*.log"))


def target(kind: str, number: int) -> bytes:
    """Write a link with the canary in its payload and its query."""
    path = f"/{kind}/card/1/k1.j{CANARY}{number}.{SIGNATURE}.png"
    return f"{path}?name={CANARY}".encode()


async def test_names_occur_in_no_log(tmp_path: Path, stub: Stub, site: Site) -> None:
    """Whatever happens to a request, neither its payload nor its query is written to a log."""
    await site.nginx.stop()
    strict = await start_site(stub, tmp_path, ("burst=5000 nodelay", "burst=1 nodelay"))
    try:
        for kind in "io":
            await strict.get(target(kind, 1))
            await strict.get(target(kind, 1), "HEAD")
            await strict.get(target(kind, 1), "POST", b"x=1", Content_Length="3", Referer=CANARY)
            await strict.get(target(kind, 1), "GET", b"x" * 2000, Content_Length="2000")
            await strict.get(target(kind, 2) + b" Smith")
            await strict.get(target(kind, 3) + b"\xc3\xa9\x01")
            await strict.get(target(kind, 4) + b"A" * 9000, User_Agent=CANARY)
            for number in range(5, 12):
                await strict.get(target(kind, number))
            stub.always(Reply(cut_after=10).with_headers(NOT_KEPT))
            await strict.get(target(kind, 20))
            stub.always(Reply(frame="chunked", cut_after=10))
            await strict.get(target(kind, 21))
            stub.always(Reply(status=503))
            await strict.get(target(kind, 22))
            stub.always(Reply(headers=(("X-Too-Big", "a" * 70000),)))
            await strict.get(target(kind, 23))
            stub.always(Reply())
            # A cache that cannot be written to is nginx's own kind of emergency.
            zone = tmp_path / "nginx" / {"i": "sealed", "o": "open"}[kind]
            shutil.rmtree(zone)
            zone.write_text("in the way")
            await strict.get(target(kind, 24))
        await strict.get(f"/nothing/{CANARY}?{CANARY}")
        await stub.stop()
        for kind in "io":
            await strict.get(target(kind, 30))
        await strict.get(f"/readyz?{CANARY}")
        await strict.log(42)
    finally:
        await strict.nginx.stop()
    assert CANARY not in logs(strict)
    await stub.start()


async def test_log_line_says_what_happened(site: Site) -> None:
    """One JSON line per request: which template, which link, from where, how long; nothing else."""
    site.stub.always(Reply().with_headers(NOT_KEPT, ("X-Signet-Degraded", "asset-timeout:avatar")))
    answer = await site.get(f"{link('abc', kind='o')}?name={CANARY}")
    (line,) = await site.log(1)
    assert set(line) == FIELDS
    assert line["request_id"] == answer.header("x-request-id")
    assert (line["kind"], line["template"], line["status"]) == ("o", "card", "200")
    assert (line["cache"], line["degraded"]) == ("MISS", "asset-timeout:avatar")
    assert line["link"] == "abcxxxxx"


async def test_log_shows_no_usable_signature(site: Site) -> None:
    """The log tells links apart, but a reader of it cannot ask for the picture."""
    await site.get(f"/i/card/1/k1.j{CANARY}.{SIGNATURE}.png")
    await site.get(f"/i/card/1/k1.j{CANARY}.{SIGNATURE}.png extra")
    assert [line["link"] for line in await site.log(2)] == [SIGNATURE[:8]] * 2
    assert SIGNATURE not in logs(site)
