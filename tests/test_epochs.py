from __future__ import annotations

import threading
from pathlib import Path

import pytest

from origin.epochs import LOOK_EVERY_S, Epochs, purge_everything, purge_template


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the counters lie; nothing was purged yet."""
    return tmp_path / "epochs.json"


def test_a_purge_of_a_template_changes_its_epoch_alone(path: Path) -> None:
    """Only the purged template's keys change; every purge changes them again."""
    epochs = Epochs(path, clock := Clock())
    seen = [(epochs.of("a"), epochs.of("b"))]
    for _ in range(2):
        purge_template(path, "a", now=1_000)
        clock.now += LOOK_EVERY_S
        seen.append((epochs.of("a"), epochs.of("b")))
    assert len({a for a, _ in seen}) == 3
    assert len({b for _, b in seen}) == 1


def test_a_purge_of_everything_changes_every_epoch(path: Path) -> None:
    """Templates that nobody has named yet are purged too."""
    epochs = Epochs(path, clock := Clock())
    before = epochs.of("a"), epochs.of("b")
    purge_everything(path, now=1_000)
    clock.now += LOOK_EVERY_S
    after = epochs.of("a"), epochs.of("b")
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_file_is_looked_at_once_a_second(path: Path) -> None:
    """Between two looks an epoch costs no file access."""
    epochs = Epochs(path, clock := Clock())
    before = epochs.of("a")
    purge_template(path, "a", now=1_000)
    clock.now += LOOK_EVERY_S * 0.9
    assert epochs.of("a") == before
    clock.now += LOOK_EVERY_S * 0.2
    assert epochs.of("a") != before


def test_a_purge_after_a_loss_never_repeats_an_epoch(path: Path) -> None:
    """Entries that outlived the counters, in Redis say, do not come back by a later purge."""
    epochs = Epochs(path, clock := Clock())
    purge_template(path, "a", now=1_000)
    before = epochs.of("a")
    path.unlink()
    purge_template(path, "a", now=1_001)
    clock.now += LOOK_EVERY_S
    assert epochs.of("a") != before


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"everything": "x", "templates": {}}', '{"templates": []}', "\xff"]
)
def test_a_damaged_file_is_a_purge_forgotten_not_a_picture_lost(path: Path, content: str) -> None:
    """Serving goes on, and the next purge writes a good file."""
    path.write_text(content, encoding="latin-1")
    assert Epochs(path, Clock()).of("a") == "0.0"
    purge_template(path, "a", now=1_000)
    assert Epochs(path, Clock()).of("a") == "0.1000"


def test_purges_at_once_are_all_kept(path: Path) -> None:
    """Two commands at the same moment do not overwrite each other."""
    names = [f"t{number}" for number in range(16)]
    threads = [
        threading.Thread(target=purge_template, args=(path, name), kwargs={"now": 1_000})
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    epochs = Epochs(path, Clock())
    assert [epochs.of(name) for name in names] == ["0.1000"] * 16
