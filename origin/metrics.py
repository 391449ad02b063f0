"""Count what the service does, for one page that adds up all workers of the machine.

Workers count into files of a shared directory. A worker takes the lowest free slot there and
goes on with the slot's files, so that counters never fall and the files stay as many as there
were workers at once, however often workers are replaced. The kernel frees the slot of a worker
that dies.

Labels are bounded: templates that are published, words of our own; never a recipient or a URL.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Buckets from a memory hit to well past the deadline."""

RESERVED_BYTES = 1 << 20
"""Blocks of each file of a slot: some 7,000 series at 150 bytes."""

log = logging.getLogger(__name__)

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
        self._cache = self._counter("cache_requests", "Look-ups in a tier", "tier", "result")
        self._coalesced = self._counter("coalesced", "Requests that shared another's picture")
        self._breaker = Gauge(
            "signet_breaker_state",
            "1 while a dependency is not asked, in any worker",
            ("dep",),
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self._signatures = self._counter("signature_failures", "Links refused", "reason")
        self._slot_notes = self._counter("slot_notes", "Deviations in open slots", "note")
        self._ssrf = self._counter("ssrf_blocked", "Fetches refused for where they went")
        self._restarts = self._counter("child_restarts", "Children replaced", "kind")

    def _count_together(self, directory: Path) -> None:
        try:
            slot, self._slot = _take_slot(directory)
            # Gauges of the worker that had the slot before tell nothing any more.
            _drop_gauges(directory, slot)
            _reserve(directory, slot)
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
        self._requests.labels(route, str(status), template).inc()
        self._request_seconds.labels(route).observe(seconds)

    def stages(self, stage_ms: Mapping[str, float]) -> None:
        """Note how long each stage of a picture took."""
        for stage, spent_ms in stage_ms.items():
            self._stage_seconds.labels(_word(stage)).observe(spent_ms / 1000)

    def queue_wait(self, seconds: float) -> None:
        """Note how long a picture waited for a painter."""
        self._queue_wait.observe(seconds)

    def shed(self, reason: str) -> None:
        """Count a picture that was refused at the painters' door."""
        self._shed.labels(_word(reason)).inc()

    def fallback(self, reason: str) -> None:
        """Count a picture less than asked for; what follows a colon in `reason` is left out."""
        self._fallback.labels(_word(reason)).inc()

    def cache_request(self, tier: str, result: str) -> None:
        """Count a look-up in a tier: `hit`, `miss`, `stale` or `error`."""
        self._cache.labels(_word(tier), _word(result)).inc()

    def coalesced(self) -> None:
        """Count a request that waited for a picture already under way."""
        self._coalesced.inc()

    def breaker(self, dependency: str, *, is_open: bool) -> None:
        """Say whether a dependency is left alone for now."""
        self._breaker.labels(_word(dependency)).set(int(is_open))

    def signature_failure(self, reason: str) -> None:
        """Count a link that was refused."""
        self._signatures.labels(_word(reason)).inc()

    def slot_note(self, note: str) -> None:
        """Count an open slot whose value was trimmed, refused or missing."""
        self._slot_notes.labels(_word(note)).inc()

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


def forget_dead(directory: Path) -> None:
    """Drop the gauges of every slot whose worker is gone; its counters stay.

    Never raises: the process manager, which calls it, would end.
    """
    for lock in directory.glob("slot-*.lock"):
        with contextlib.suppress(OSError):
            _forget(directory, lock)


def _forget(directory: Path, lock: Path) -> None:
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _drop_gauges(directory, int(lock.stem.removeprefix("slot-")))
    finally:
        os.close(descriptor)


def _take_slot(directory: Path) -> tuple[int, int]:
    """Lock the lowest free slot for the life of the process; return it and the descriptor."""
    slot = 0
    while True:
        descriptor = os.open(directory / f"slot-{slot}.lock", os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            slot += 1
            continue
        return slot, descriptor


def _drop_gauges(directory: Path, slot: int) -> None:
    mark_process_dead(slot, str(directory))  # type: ignore[no-untyped-call] # the library is untyped here


def _reserve(directory: Path, slot: int) -> None:
    """Give the slot's files their blocks now.

    The library maps sparse files, and writing to a map on a full disk kills the process.
    """
    for kind in ("counter", "histogram", "gauge_livemax"):
        with (directory / f"{kind}_{slot}.db").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVED_BYTES)


def _word(label: str) -> str:
    """Keep a label to one of our own words, so that no input can multiply the series."""
    word = label.partition(":")[0]
    return word if _WORD.fullmatch(word) else "other"
