"""Count purges, so that every cache forgets what it holds of a template.

The epoch of a template is part of its cache keys. A purge raises it in one small file; workers
notice within a second, and what memory, disk and Redis keep under the old keys is never asked
for again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

LOOK_EVERY_S = 1.0
"""Seconds between two looks at the file: the longest a worker serves what was purged."""


@dataclass(frozen=True, slots=True)
class _Counts:
    """What the file says; a template that was never purged has no entry."""

    everything: int = 0
    templates: dict[str, int] = field(default_factory=dict)


class Epochs:
    """The purge counters in the file at `path`; a missing or damaged file counts as never purged.

    `clock` gives seconds and never runs backwards.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._looked_at: float | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._counts = _Counts()

    def of(self, template: str) -> str:
        """Return the epoch to mix into the cache keys of `template`; costs a look at a clock."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            self._look()
        return f"{self._counts.everything}.{self._counts.templates.get(template, 0)}"

    def _look(self) -> None:
        try:
            status = self._path.stat()
        except OSError:
            # Lost data forgets a purge; the disk tier beside it was lost with it.
            self._stamp, self._counts = None, _Counts()
            return
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._stamp, self._counts = stamp, _read(self._path)


def purge_template(path: Path, template: str, *, now: float) -> None:
    """Make every worker forget its pictures of `template`; `now` is seconds since the epoch."""
    with _locked(path):
        counts = _read(path)
        raised = _raised(counts.templates.get(template, 0), now)
        _write(path, _Counts(counts.everything, {**counts.templates, template: raised}))


def purge_everything(path: Path, *, now: float) -> None:
    """Make every worker forget all pictures; `now` is seconds since the epoch."""
    with _locked(path):
        counts = _read(path)
        _write(path, _Counts(_raised(counts.everything, now), counts.templates))


def _raised(count: int, now: float) -> int:
    """Go past `count`, and past any count of a file that was lost since."""
    return max(count + 1, int(now))


def _read(path: Path) -> _Counts:
    try:
        loaded = json.loads(path.read_bytes())
        templates = {str(name): int(count) for name, count in loaded["templates"].items()}
        return _Counts(int(loaded["everything"]), templates)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _Counts()


def _write(path: Path, counts: _Counts) -> None:
    fresh = path.with_name(f".{path.name}.new")
    content = {"everything": counts.everything, "templates": counts.templates}
    fresh.write_text(json.dumps(content, sort_keys=True) + "\n")
    fresh.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the one writer's lock; the kernel lets go of it when the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
