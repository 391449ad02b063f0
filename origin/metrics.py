"""Count what the service does, for one page that adds up all workers of the machine.

Labels are bounded: templates of the catalog, words of our own, the first campaigns that a slot
hears of; never a recipient or a URL.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

from origin.countfiles import drop_gauges, labels_in, reserve, take_slot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Buckets from a memory hit to well past the deadline."""

CAMPAIGNS = 100
"""Campaigns that a worker counts by name, those of the workers before it in its slot included."""

KEPT_SERIES = 1_000

ROUTES = ("i", "o")
STAGES = ("link", "resolve", "assets", "queue", "paint", "encode", "cache")
"""What every picture passes through."""

log = logging.getLogger(__name__)

TEXT_FAULTS = {
    "missing-glyphs": "missing",
    "ellipsised": "ellipsised",
    "clipped": "clipped",
    "unknown-family": "unknown_families",
}
"""What is counted of a text, and where its report says so."""

_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Metrics:
    """Everything that is counted, by claims in our words.

    Args:
        directory: where the workers of the machine count together; None counts in this process
            alone, and so does a directory that cannot be written: who counts less still serves.
            The environment must name the same directory: the library reads it there.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory: Path | None = None
        self._slot: int | None = None
        self._campaigns: set[str] = set()
        if directory is not None:
            self._count_together(directory)
        self.registry = CollectorRegistry()
        self._requests = self._counter("requests", "Answers", "route", "status", "template")
        self._request_seconds = self._histogram(
            "request_seconds", "Seconds from the request's head to its answer", "route"
        )
        self._stage_seconds = self._histogram(
            "stage_seconds", "Seconds per stage of a picture", "stage"
        )
        self._queue_wait = self._histogram(
            "render_queue_wait_seconds", "Seconds that pictures waited for a painter"
        )
        self._shed = self._counter("shed", "Pictures refused at the painters' door", "reason")
        self._fallback = self._counter("fallback", "Pictures less than asked for", "reason")
        self._pictures = self._counter("pictures", "Pictures given", "source", "state")
        self._made = self._counter("made", "Pictures drawn, or not", "result")
        self._renewals = self._counter("renewals", "Pictures drawn anew behind", "result")
        self._text = self._counter("text", "Texts drawn otherwise than asked", "template", "what")
        self._cache = self._counter("cache_requests", "Look-ups in a tier", "tier", "result")
        self._cache_events = self._counter("cache_events", "Events of a tier", "tier", "event")
        self._cache_written = self._counter("cache_written_bytes", "Bytes given to a tier", "tier")
        self._cache_held = Gauge(
            "signet_cache_held_bytes",
            "Bytes that a tier keeps, of all workers together",
            ("tier",),
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._coalesced = self._counter("coalesced", "Requests that shared another's picture")
        self._breaker = Gauge(
            "signet_breaker_state",
            "1 while a dependency is not asked, in any worker",
            ("dep",),
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self._signatures = self._counter("signature_failures", "Links refused", "reason")
        self._slot_notes = self._counter(
            "slot_notes", "Deviations in open slots", "note", "campaign"
        )
        self._ssrf = self._counter("ssrf_blocked", "Fetches refused for where they went")
        self._restarts = self._counter("child_restarts", "Children replaced", "kind")
        self._keep_series()

    def _keep_series(self) -> None:
        """Keep the series that every picture counts in: finding one costs more than counting."""
        keep = lru_cache(KEPT_SERIES)
        self._request = keep(
            lambda route, status, template: self._requests.labels(route, str(status), template)
        )
        self._route = keep(lambda route: self._request_seconds.labels(route))
        self._stage = keep(lambda stage: self._stage_seconds.labels(_word(stage)))
        self._picture = keep(
            lambda source, state: self._pictures.labels(_word(source), _word(state))
        )
        # A histogram's first count makes its buckets, in files: 8 ms for those of one picture.
        for route in ROUTES:
            self._route(route)
        for stage in STAGES:
            self._stage(stage)

    def _count_together(self, directory: Path) -> None:
        try:
            slot, self._slot = take_slot(directory)
            # Gauges of the worker that had the slot before tell nothing any more.
            drop_gauges(directory, slot)
            self._campaigns = labels_in(directory, slot, "signet_slot_notes_total", "campaign")
            self._campaigns -= {"", "other"}
            reserve(directory, slot)
        except OSError as error:
            log.warning("this worker counts alone: %s", error.strerror)
            self.close()
            values.ValueClass = values.MutexValue
            return
        self._directory = directory
        # The library's own choice is files per process id, which pile up.
        values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call] # the library is untyped here

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"signet_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, *labels: str) -> Histogram:
        return Histogram(f"signet_{name}", meaning, labels, registry=self.registry, buckets=SECONDS)

    def request(self, route: str, status: int, template: str, seconds: float) -> None:
        """Count an answer; `template` is a published one's name, or empty."""
        self._request(route, status, template).inc()
        self._route(route).observe(seconds)

    def stages(self, stage_ms: Mapping[str, float]) -> None:
        """Note how long each stage of a picture took."""
        for stage, spent_ms in stage_ms.items():
            self._stage(stage).observe(spent_ms / 1000)

    def queue_wait(self, seconds: float) -> None:
        """Note how long a picture waited for a painter."""
        self._queue_wait.observe(seconds)

    def shed(self, reason: str) -> None:
        """Count a picture that was refused at the painters' door."""
        self._shed.labels(_word(reason)).inc()

    def fallback(self, reason: str) -> None:
        """Count a picture less than asked for; what follows a colon in `reason` is left out."""
        self._fallback.labels(_word(reason)).inc()

    def picture(self, source: str, state: str = "fresh") -> None:
        """Count a picture that was given: `source` as in `cache.Outcome`, `state` of its entry.

        Args:
            state: `fresh`, `stale` (it is being drawn anew) or `transient` (nobody may keep it).
        """
        self._picture(source, state).inc()

    def made(self, result: str, count: int) -> None:
        """Count makings: `kept`, `transient` or `failed`."""
        self._made.labels(_word(result)).inc(count)

    def renewal(self, result: str, count: int) -> None:
        """Count tries to draw anew behind an answer: `renewed` or `failed`."""
        self._renewals.labels(_word(result)).inc(count)

    def text(self, template: str, reports: Iterable[Mapping[str, object]]) -> None:
        """Count the texts that a painter reports to have drawn otherwise than asked.

        Args:
            reports: of one picture, see `vips_render.pixels.text.TextReport`.
        """
        for report in reports:
            for what, key in TEXT_FAULTS.items():
                if report.get(key):
                    self._text.labels(template, what).inc()

    def cache_request(self, tier: str, result: str, count: int = 1) -> None:
        """Count look-ups in a tier: `hit` or `miss`."""
        self._cache.labels(_word(tier), _word(result)).inc(count)

    def cache_event(self, tier: str, event: str, count: int) -> None:
        """Count what happened to a tier: `put`, `corrupt`, `error`, `refusal` or `eviction`."""
        self._cache_events.labels(_word(tier), _word(event)).inc(count)

    def cache_bytes(self, tier: str, *, held: int | None = None, written: int = 0) -> None:
        """Say what a tier keeps now, where it is known, and count what it was given."""
        self._cache_written.labels(_word(tier)).inc(written)
        if held is not None:
            self._cache_held.labels(_word(tier)).set(held)

    def coalesced(self) -> None:
        """Count a request that waited for a picture already under way."""
        self._coalesced.inc()

    def breaker(self, dependency: str, *, is_open: bool) -> None:
        """Say whether a dependency is left alone for now."""
        self._breaker.labels(_word(dependency)).set(int(is_open))

    def signature_failure(self, reason: str) -> None:
        """Count a link that was refused."""
        self._signatures.labels(_word(reason)).inc()

    def slot_note(self, note: str, campaign: str = "") -> None:
        """Count an open slot whose value was trimmed, refused or missing.

        Args:
            campaign: as it was signed; empty where the link names none.
        """
        self._slot_notes.labels(_word(note), self._campaign(campaign)).inc()

    def _campaign(self, name: str) -> str:
        if not name or name in self._campaigns:
            return name
        if len(self._campaigns) >= CAMPAIGNS or not _WORD.fullmatch(name):
            return "other"
        self._campaigns.add(name)
        return name

    def ssrf_blocked(self) -> None:
        """Count a fetch that was refused for the address it went to."""
        self._ssrf.inc()

    def child_restart(self, kind: str) -> None:
        """Count a painter or decoder that was replaced."""
        self._restarts.labels(_word(kind)).inc()

    def page(self) -> bytes:
        """Return the page in Prometheus' text format; reads files when workers count together."""
        if self._directory is None:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, str(self._directory))  # type: ignore[no-untyped-call] # the library is untyped here
        return generate_latest(together)

    def close(self) -> None:
        """Give the slot back."""
        if self._slot is not None:
            os.close(self._slot)
            self._slot = None


def _word(label: str) -> str:
    """Keep a label to one of our own words, so that no input can multiply the series."""
    word = label.partition(":")[0]
    return word if _WORD.fullmatch(word) else "other"
