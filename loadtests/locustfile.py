"""Two crowds for locust: mails opened after a send, and pictures inside an app.

    SIGNET_SIGNING_KEY=… locust -f loadtests/locustfile.py --headless --host http://127.0.0.1:8080

The send starts with the test and is over with it; its openings are fetched by a few image proxies,
each a client of its own. Versions 1 of the example templates must be published. `loadtests.run`
brings all of this up by itself.
"""

from __future__ import annotations

import logging
import time
import urllib.request
from collections import defaultdict, deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

import gevent
from locust import FastHttpUser, between, events, task
from rich.console import Console
from rich.table import Table

from loadtests.corpus import Corpus, Opening, Picture
from loadtests.pictures import fault_of, is_hit, percentile
from loadtests.shapes import Popularity
from origin.urls.keyring import SigningKey

MAIL, APP = "mail opens", "in-app"
GIVE_UP_S = 10.0
"""Far past the promise of 2.5 s: a client that gives up earlier would hide how late it was."""

SEEN_BEFORE = 0.8
"""Part of the app's members whose pictures were shown before the run."""


@dataclass(slots=True)
class Crowds:
    """What is asked for in this run, and what came of it."""

    openings: deque[Opening] = field(default_factory=deque)
    pictures: list[Picture] = field(default_factory=list)
    popularity: Popularity = field(default_factory=lambda: Popularity(1))
    random: Random = field(default_factory=Random)
    started_at: float = 0.0
    latest_s: float = 0.0
    answered_ms: dict[tuple[str, bool], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    faults: list[str] = field(default_factory=list)


CROWDS = Crowds()


class Reader(FastHttpUser):
    """Fetch pictures and look at every one."""

    abstract = True
    network_timeout = GIVE_UP_S
    connection_timeout = GIVE_UP_S

    def look(self, crowd: str, picture: Picture, agent: str) -> None:
        """Fetch one picture and note how long it took, from where it came, and what is wrong."""
        began = time.perf_counter()
        with self.client.get(
            picture.target, name=crowd, headers={"User-Agent": agent}, catch_response=True
        ) as answer:
            body = answer.content or b""
            took_ms = (time.perf_counter() - began) * 1000
            headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
            fault = fault_of(answer.status_code, headers, body, picture.extension, picture.size)
            CROWDS.answered_ms[crowd, is_hit(headers.get("cache-status", ""))].append(took_ms)
            if fault:
                CROWDS.faults.append(f"{crowd}: {fault}: {picture.target}")
                answer.failure(fault)
            else:
                answer.success()


class MailProxy(Reader):
    """One of the clients by which image proxies fetch what a send makes people look at."""

    weight = 1

    @task
    def open_next(self) -> None:
        """Take the next opening, wait for its time, and fetch."""
        if not CROWDS.openings:
            gevent.sleep(0.5)
            return
        opening = CROWDS.openings.popleft()
        late_s = time.monotonic() - CROWDS.started_at - opening.at_s
        CROWDS.latest_s = max(CROWDS.latest_s, late_s)
        gevent.sleep(max(0.0, -late_s))
        self.look(MAIL, opening.picture, opening.agent)


class AppUser(Reader):
    """Someone who scrolls through an app: few pictures of many are shown all the time."""

    weight = 3
    wait_time = between(0.05, 0.25)

    @task
    def scroll(self) -> None:
        """Fetch whatever is popular."""
        picture = CROWDS.pictures[CROWDS.popularity.pick(CROWDS.random)]
        self.look(APP, picture, "ExampleApp/1.0")


def add_options(parser: Any) -> None:
    """Add what a run may choose."""
    add = parser.add_argument
    add("--signing-key", env_var="SIGNET_SIGNING_KEY", is_secret=True, help="kid:subkey")
    add("--recipients", type=int, default=240, help="mails of the send")
    add("--members", type=int, default=60, help="pictures of the app")
    add("--seed", type=int, default=1, help="same seed, same links and times")


def plan(environment: Any, **_: Any) -> None:
    """Sign all links, and show the app's pictures once to all but its newest members."""
    options = environment.parsed_options
    corpus = Corpus(SigningKey.from_text(options.signing_key or ""), options.seed)
    seconds = float(options.run_time or 60)
    CROWDS.openings = deque(corpus.send(options.recipients, seconds * 0.9))
    CROWDS.pictures = corpus.app_pictures(options.members)
    CROWDS.popularity = Popularity(options.members)
    CROWDS.random = Random(options.seed)
    # Shown yesterday, so kept today; one after the other, as over a day.
    for picture in CROWDS.pictures[: int(options.members * SEEN_BEFORE)]:
        url = f"{environment.host}{picture.target}"
        urllib.request.urlopen(url, timeout=GIVE_UP_S).close()  # noqa: S310 - the host under test
    # Its own statistics do not know hits from misses.
    logging.getLogger("locust.stats_logger").disabled = True


def start(**_: Any) -> None:
    """Let the send begin."""
    CROWDS.started_at = time.monotonic()


def report(environment: Any, **_: Any) -> None:
    """Print one row per crowd and cache outcome; fail on the first broken picture."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("crowd", "requests", "hits", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(heading, justify="left" if heading == "crowd" else "right")
    for crowd in (MAIL, APP):
        hits, misses = (CROWDS.answered_ms[crowd, hit] for hit in (True, False))
        total = hits + misses
        ratio = f"{100 * len(hits) / len(total):.1f} %" if total else "-"
        for name, values, cell in (
            (crowd, total, ratio),
            ("  hit", hits, ""),
            ("  miss", misses, ""),
        ):
            times = [f"{percentile(values, part):.1f}" if values else "-" for part in (50, 95, 99)]
            table.add_row(name, str(len(values)), cell, *times)
    console = Console()
    console.print(table)
    count = sum(map(len, CROWDS.answered_ms.values()))
    console.print(f"\nbroken pictures: {len(CROWDS.faults)} of {count}")
    console.print(f"openings not made: {len(CROWDS.openings)}; latest {CROWDS.latest_s:.1f} s late")
    for fault in CROWDS.faults[:10]:
        console.print(f"  {fault}", soft_wrap=True, highlight=False)
    if CROWDS.faults or not count:
        environment.process_exit_code = 1


for event, listener in (
    (events.init_command_line_parser, add_options),
    (events.init, plan),
    (events.test_start, start),
    (events.quitting, report),
):
    event.add_listener(listener)  # type: ignore[no-untyped-call]  # locust does not say
