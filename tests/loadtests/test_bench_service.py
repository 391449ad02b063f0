from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from loadtests.bench import cold, first, memory, processes
from loadtests.bench.client import Answer, Connection, Faulty, check
from loadtests.bench.links import Asked, example, links
from loadtests.bench.users import guest, users
from origin.urls.keyring import KeyRing
from origin.urls.path import read
from tests.docs.pages import ROOT

RING = KeyRing().new_key(now=0, secret=bytes(32))
KEY = RING.signing_key().to_text()
ASKED = Asked("card", "/i/card", "jpg", (3, 2))
JPEG = b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x02\x00\x03" + bytes(10) + b"\xff\xd9"
GOOD = {
    "content-type": "image/jpeg",
    "content-length": str(len(JPEG)),
    "cache-status": "Signet; fwd=miss; stored, nginx; fwd=uri-miss",
}


def figures(name: str, page: Path) -> str:
    text = page.read_text()
    return text.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]


def measured(tmp_path: Path, name: str, *words: str) -> str:
    page = tmp_path / "page.md"
    page.write_text(f"<!-- {name} -->\n<!-- /{name} -->\n")
    command = [sys.executable, "-m", f"loadtests.bench.{name}", *words, "--page", str(page)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=110, capture_output=True, text=True)
    return figures(name, page)


def test_cold_pictures_are_measured_through_the_whole_service(tmp_path: Path) -> None:
    """Origin, painters and nginx are real; every answer was checked, or the command had failed."""
    words = ["--rounds", "1", "--n", "4", "--seconds", "0.1", "--documents", "renewal-banner"]
    found = measured(tmp_path, "cold", *words, "--workers", "1", "--home", str(tmp_path))
    assert "| renewal-banner, JPEG |" in found
    assert "| renewal-banner, PNG |" in found
    assert "| painter |" in found
    assert "| web worker |" in found
    assert "| nginx |" in found
    assert (tmp_path / "images" / "performance-cold.svg").exists()


def test_the_first_picture_of_a_started_worker_is_measured(tmp_path: Path) -> None:
    """Each start is one of the real service, once per document."""
    found = measured(tmp_path, "first", "--starts", "1", "--n", "4")
    assert "| renewal-banner, PNG | 1 |" in found
    assert "| year-in-review, JPEG | 1 |" in found


def test_the_memory_of_a_real_painter_is_measured(tmp_path: Path) -> None:
    """It is the service's painter that draws, and more than an empty process is seen."""
    found = measured(tmp_path, "memory", "--n", "12", "--every", "3")
    last = next(line for line in found.splitlines() if line.startswith("| 12 |"))
    assert float(last.split()[3]) > 40
    assert (tmp_path / "images" / "performance-memory.svg").exists()


@pytest.mark.parametrize("name", ["renewal-banner", "year-in-review", "referral-poster"])
def test_no_two_links_ask_for_the_same_picture(name: str) -> None:
    """A text or number that came back would be a hit, or less to draw."""
    asked = links(KEY, example(name), "png", range(-30, 700))
    assert len({one.target for one in asked}) == 730
    variables = [str(read(one.target, RING).link.variables) for one in asked]
    assert len(set(variables)) == 730


def test_a_picture_drawn_for_the_request_is_good() -> None:
    """Through nginx both members are there, without it only the origin's."""
    check(ASKED, Answer(200, GOOD, JPEG, 1.0), through_nginx=True)
    alone = {**GOOD, "cache-status": "Signet; fwd=miss; stored"}
    check(ASKED, Answer(200, alone, JPEG, 1.0), through_nginx=False)


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        (403, {}),
        (200, {"content-type": "image/png"}),
        (200, {"x-signet-degraded": "overload"}),
        (200, {"cache-status": "nginx; hit"}),
        (200, {"cache-status": "Signet; hit; detail=memory, nginx; fwd=uri-miss"}),
        (200, {"cache-status": "Signet; fwd=miss; stored"}),
        (200, {"cache-status": ""}),
    ],
)
def test_anything_else_fails_the_run(status: int, changed: dict[str, str]) -> None:
    """Refused, of another type, lesser, out of a cache, or past nginx: no cold picture."""
    with pytest.raises(Faulty):
        check(ASKED, Answer(status, {**GOOD, **changed}, JPEG, 1.0), through_nginx=True)


async def test_answers_arrive_whole_however_they_are_cut() -> None:
    """Heads and bodies in any pieces, larger than the first room, one after the other."""
    bodies = [b"x" * 5_000_000, b"", b"short"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for body in bodies:
            await reader.readuntil(b"\r\n\r\n")
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-A: b\r\n\r\n" % len(body) + body
            for piece in (answer[:7], answer[7:40], answer[40:]):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.002)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        line = await Connection.open(server.sockets[0].getsockname()[1])
        for body in bodies:
            answer = await line.get("/")
            assert (answer.status, answer.headers["x-a"], answer.body) == (200, "b", body)
        with pytest.raises(ConnectionError):
            await line.get("/")


def test_processor_time_and_memory_are_those_of_the_process() -> None:
    """What another process does is not ours."""
    before = processes.cpu_ms([os.getpid()])
    sum(number * number for number in range(3_000_000))
    assert processes.cpu_ms([os.getpid()]) - before >= 50
    held = processes.memory(os.getpid())
    assert 10 < held.pss_mb <= held.rss_mb


def test_growth_is_told_from_the_tenth_on() -> None:
    """What fills at first is no growth, the most held later is, wherever the end lies."""
    course = memory.Course(
        list(range(0, 1100, 100)),
        [processes.Memory(mb, mb) for mb in (50, 100, 101, 110, 104, 104, 104, 104, 104, 104, 104)],
    )
    assert course.growth == pytest.approx(0.10)
    assert course.at(0.1) == (100, processes.Memory(100, 100))


def test_no_start_meets_the_guests_of_another() -> None:
    """Caches outlive a worker, so a picture that came back would not be drawn."""
    drawn = [number for start in range(7) for number in first.guests(start, 201)]
    assert len(set(drawn)) == len(drawn)


def test_the_first_guests_write_in_different_scripts() -> None:
    """Fonts that only some names need are part of what a first picture may have to wait for."""
    names = [guest(users(), first.guests(start, 201)[0])["name"] for start in range(5)]
    scripts = {unicodedata.name(name[0]).split()[0] for name in names}
    assert scripts == {"LATIN", "CJK", "CYRILLIC", "ARABIC", "HANGUL"}


def test_the_first_is_held_against_the_slow_ones_of_the_rest() -> None:
    """One slow picture of many does not make the first one look fast."""
    start = first.Start(1000.0, 30.0, [*[10.0] * 99, 500.0])
    assert start.ratio == pytest.approx(3.0)
    assert "| 3.00 | 3.00 |" in first.table({("card", "png"): [start]})


def test_shares_are_medians_of_rounds() -> None:
    """A round in which the machine was busy changes nothing."""
    rates = ((100, 80), (100, 10), (50, 45))
    runs = [cold.Run(engine, 6.0, rps, [1.0], {"a": 5.0, "b": 5.0}) for engine, rps in rates]
    assert cold.rate(runs)["share"] == 0.8
    assert cold.rate(runs)["cpu_share"] == 0.6
