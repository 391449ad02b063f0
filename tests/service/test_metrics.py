from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.metrics import MetricWrapperBase

from origin.countfiles import forget_dead, labels_in
from origin.metrics import CAMPAIGNS, Metrics

ROOT = Path(__file__).resolve().parents[2]

COUNT_AND_DIE = """
import sys, time
from pathlib import Path
from origin.metrics import Metrics
metrics = Metrics(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    metrics.request("i", 200, "card", 0.01)
for campaign in sys.argv[3:]:
    metrics.slot_note("empty", campaign)
metrics.cache_bytes("memory", held=7)
metrics.breaker("redis", is_open=True)
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def worker(directory: Path, answers: int, *campaigns: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", COUNT_AND_DIE, str(directory), str(answers), *campaigns],
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
    left = sorted(path.name for path in tmp_path.glob("gauge_*.db"))
    assert left == ["gauge_livemax_1.db", "gauge_livesum_1.db"]
    page = page_of(tmp_path)
    assert 'signet_breaker_state{dep="redis"} 1.0' in page
    assert 'signet_cache_held_bytes{tier="memory"} 7.0' in page
    kill(living)
    forget_dead(tmp_path)
    page = page_of(tmp_path)
    assert 'signet_breaker_state{dep="redis"} 1.0' not in page
    assert 'signet_cache_held_bytes{tier="memory"} 7.0' not in page


def test_bytes_of_all_workers_are_added_up(tmp_path: Path) -> None:
    """Each worker has a memory of its own, and the machine has all of them."""
    workers = [worker(tmp_path, 0) for _ in range(2)]
    assert 'signet_cache_held_bytes{tier="memory"} 14.0' in page_of(tmp_path)
    for process in workers:
        kill(process)


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
    assert 'signet_slot_notes_total{campaign="",note="other"} 1.0' in page


def test_campaigns_are_counted_by_name_up_to_a_bound() -> None:
    """The first hundred have series of their own, later ones and odd names share one."""
    metrics = Metrics()
    for number in range(CAMPAIGNS + 20):
        metrics.slot_note("empty", f"spring-{number}")
    for name in ("Anna@example.org", "x" * 65, "Spring"):
        metrics.slot_note("empty", name)
    metrics.slot_note("empty", "spring-0")
    page = metrics.page().decode()
    assert page.count("signet_slot_notes_total{") == CAMPAIGNS + 1
    assert 'signet_slot_notes_total{campaign="spring-0",note="empty"} 2.0' in page
    assert 'signet_slot_notes_total{campaign="other",note="empty"} 23.0' in page


def test_campaigns_of_all_workers_of_a_slot_are_bounded(tmp_path: Path) -> None:
    """A worker that follows another counts its campaigns too, or replacements would pile up."""
    names = [f"c{number}" for number in range(CAMPAIGNS + 30)]
    kill(worker(tmp_path, 0, *names[: CAMPAIGNS - 10]))
    kill(worker(tmp_path, 0, *names[20:]))
    page = page_of(tmp_path)
    assert page.count("signet_slot_notes_total{") == CAMPAIGNS + 1
    assert 'signet_slot_notes_total{campaign="other",note="empty"} 30.0' in page
    assert 'signet_slot_notes_total{campaign="c20",note="empty"} 2.0' in page


@pytest.mark.parametrize("content", [b"", b"\xff" * 50, bytes(1 << 20)])
def test_a_torn_file_of_counts_keeps_no_worker_from_starting(
    tmp_path: Path, content: bytes
) -> None:
    """What a killed worker left half written is not trusted."""
    (tmp_path / "counter_0.db").write_bytes(content)
    assert labels_in(tmp_path, 0, "signet_slot_notes_total", "campaign") == set()


def test_every_promised_series_is_counted() -> None:
    """Each claim of the object moves the series of that name."""
    metrics = Metrics()
    metrics.request("o", 200, "card", 0.2)
    metrics.stages({"paint": 2.0})
    metrics.queue_wait(0.02)
    metrics.shed("deadline")
    metrics.fallback("expired")
    metrics.picture("disk", "stale")
    metrics.made("kept", 2)
    metrics.renewal("failed", 3)
    metrics.text(
        "card",
        [
            {"layer": "a", "missing": "\u4e00", "clipped": True, "ellipsised": False},
            {"layer": "b", "missing": "", "clipped": True, "unknown_families": ["Nope"]},
        ],
    )
    metrics.cache_request("disk", "hit", 4)
    metrics.cache_event("redis", "eviction", 5)
    metrics.cache_bytes("memory", held=6, written=7)
    metrics.coalesced()
    metrics.breaker("redis", is_open=True)
    metrics.signature_failure("unknown-key")
    metrics.slot_note("slot-trimmed", "spring")
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
        'signet_pictures_total{source="disk",state="stale"} 1.0',
        'signet_made_total{result="kept"} 2.0',
        'signet_renewals_total{result="failed"} 3.0',
        'signet_text_total{template="card",what="missing-glyphs"} 1.0',
        'signet_text_total{template="card",what="clipped"} 2.0',
        'signet_text_total{template="card",what="unknown-family"} 1.0',
        'signet_cache_requests_total{result="hit",tier="disk"} 4.0',
        'signet_cache_events_total{event="eviction",tier="redis"} 5.0',
        'signet_cache_written_bytes_total{tier="memory"} 7.0',
        'signet_cache_held_bytes{tier="memory"} 6.0',
        "signet_coalesced_total 1.0",
        'signet_breaker_state{dep="redis"} 1.0',
        'signet_signature_failures_total{reason="unknown-key"} 1.0',
        'signet_slot_notes_total{campaign="spring",note="slot-trimmed"} 1.0',
        "signet_ssrf_blocked_total 1.0",
        'signet_child_restarts_total{kind="painter"} 1.0',
    ):
        assert series in page, series
    assert 'what="ellipsised"' not in page


def series_of(metric: MetricWrapperBase) -> str:
    """Write a series as the page names it, with its labels."""
    family: Metric = next(iter(metric.collect()))
    suffix = "_total" if family.type == "counter" else ""
    labels = ",".join(metric._labelnames)
    return f"{family.name}{suffix}{{{labels}}}" if labels else f"{family.name}{suffix}"


def test_operators_read_the_series_as_they_are() -> None:
    """The table in the docs has every series with its labels, and no other."""
    counted = {
        series_of(metric)
        for metric in vars(Metrics()).values()
        if isinstance(metric, MetricWrapperBase)
    }
    page = (ROOT / "docs" / "operators.md").read_text()
    assert set(re.findall(r"^\| `(signet_[^`]+)` \|", page, re.M)) == counted
