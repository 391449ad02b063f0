from __future__ import annotations

from pathlib import Path

import pytest

from origin.pipeline.ring import LOOK_EVERY_S, RingFile
from origin.urls.errors import KeyRingError
from origin.urls.keyring import KeyRing


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_changed_ring_counts_within_a_second(tmp_path: Path) -> None:
    """A key added to the file verifies without a restart, after the next look."""
    path, clock = tmp_path / "keys.json", Clock()
    ring = KeyRing().new_key(now=1)
    ring.save(path)
    follow = RingFile(path, clock)
    ring.new_key(now=2).save(path)
    assert follow().signing_key().kid == ring.signing_key().kid
    clock.now += LOOK_EVERY_S
    assert follow().signing_key().kid != ring.signing_key().kid


def test_a_damaged_ring_changes_nothing(tmp_path: Path) -> None:
    """Links that verified go on verifying when the file is damaged or gone, until it is mended."""
    path, clock = tmp_path / "keys.json", Clock()
    KeyRing().new_key(now=1).save(path)
    follow = RingFile(path, clock)
    before = follow()
    for damage in (lambda: path.write_text("{"), path.unlink):
        damage()
        clock.now += LOOK_EVERY_S
        assert follow() == before
    KeyRing().new_key(now=3).save(path)
    clock.now += LOOK_EVERY_S
    assert follow() != before


def test_without_a_ring_nothing_starts(tmp_path: Path) -> None:
    """There is no default secret."""
    with pytest.raises(KeyRingError):
        RingFile(tmp_path / "none.json", Clock())
