from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from origin.metrics import Metrics, forget_dead

ROOT = Path(__file__).resolve().parents[2]

COUNT_AND_DIE = """
import sys, time
from pathlib import Path
from origin.metrics import Metrics
metrics = Metrics(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    metrics.request("i", 200, "card", 0.01)
metrics.breaker("redis", is_open=True)
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def worker(directory: Path, answers: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", COUNT_AND_DIE, str(directory), str(answers)],
        env={"PROMETHEUS_MULTIPROC_DIR": str(directory), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def page_of(directory: Path) -> str:
    program = (
        "import sys; from pathlib import Path; from origin.metrics import Metrics;"
        "sys.stdout.write(Metrics(Path(sys.argv[1])).page().decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(directory)],
        env={"PROMETHEUS_MULTIPROC_DIR": str(directory), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_counters_go_on_when_workers_are_killed(tmp_path: Path) -> None:
    """The page adds up living and dead, and files stay as many as workers lived at once."""
    first, second = worker(tmp_path, 2), worker(tmp_path, 3)
    files = sorted(path.name for path in tmp_path.glob("counter_*.db"))
    assert files == ["counter_0.db", "counter_1.db"]
    kill(first)
    heir = worker(tmp_path, 5)
    assert sorted(path.name for path in tmp_path.glob("counter_*.db")) == files
    line = 'signet_requests_total{route="i",status="200",template="card"} 10.0'
    assert line in page_of(tmp_path)
    kill(second)
    kill(heir)


def test_gauges_end_with_their_worker(tmp_path: Path) -> None:
    """A breaker that a dead worker had open is nobody's breaker; that of a living one counts."""
    dead, living = worker(tmp_path, 0), worker(tmp_path, 0)
    kill(dead)
    forget_dead(tmp_path)
    assert [path.name for path in tmp_path.glob("gauge_*.db")] == ["gauge_livemax_1.db"]
    assert 'signet_breaker_state{dep="redis"} 1.0' in page_of(tmp_path)
    kill(living)
    forget_dead(tmp_path)
    assert 'signet_breaker_state{dep="redis"} 1.0' not in page_of(tmp_path)


def test_files_have_their_blocks(tmp_path: Path) -> None:
    """Counting on a disk that has filled up must not touch a hole: that kills the process."""
    process = worker(tmp_path, 1)
    for path in tmp_path.glob("*.db"):
        status = path.stat()
        assert status.st_blocks * 512 >= status.st_size >= 1 << 20
    kill(process)


def test_labels_are_words_of_ours() -> None:
    """What follows a colon is dropped, and text that is no word becomes `other`."""
    metrics = Metrics()
    metrics.fallback("asset-timeout:avatar")
    metrics.fallback("https://example.org/Anna")
    metrics.shed("queue")
    metrics.slot_note("Anna")
    page = metrics.page().decode()
    assert 'signet_fallback_total{reason="asset-timeout"} 1.0' in page
    assert "Anna" not in page
    assert 'signet_slot_notes_total{note="other"} 1.0' in page


def test_every_promised_series_is_counted() -> None:
    """Each claim of the object moves the series of that name."""
    metrics = Metrics()
    metrics.request("o", 200, "card", 0.2)
    metrics.stages({"paint": 2.0})
    metrics.queue_wait(0.02)
    metrics.shed("deadline")
    metrics.fallback("expired")
    metrics.cache_request("disk", "hit")
    metrics.coalesced()
    metrics.breaker("redis", is_open=True)
    metrics.signature_failure("unknown-key")
    metrics.slot_note("slot-trimmed")
    metrics.ssrf_blocked()
    metrics.child_restart("painter")
    page = metrics.page().decode()
    for series in (
        'signet_requests_total{route="o",status="200",template="card"} 1.0',
        'signet_request_seconds_count{route="o"} 1.0',
        'signet_stage_seconds_sum{stage="paint"} 0.002',
        "signet_render_queue_wait_seconds_sum 0.02",
        'signet_shed_total{reason="deadline"} 1.0',
        'signet_fallback_total{reason="expired"} 1.0',
        'signet_cache_requests_total{result="hit",tier="disk"} 1.0',
        "signet_coalesced_total 1.0",
        'signet_breaker_state{dep="redis"} 1.0',
        'signet_signature_failures_total{reason="unknown-key"} 1.0',
        'signet_slot_notes_total{note="slot-trimmed"} 1.0',
        "signet_ssrf_blocked_total 1.0",
        'signet_child_restarts_total{kind="painter"} 1.0',
    ):
        assert series in page, series
