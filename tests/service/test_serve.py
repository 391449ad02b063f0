from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from origin.config import metrics_directory
from origin.serve import count_anew
from tests.cache.worlds import read_only_folder
from tests.processes import Service, eventually
from tests.service.conftest import STUB
from tests.service.stub import BODY

Start = Callable[..., Service]
CANARY = "Anneliese"


class Crowd:
    """Ask one after the other until told to stop, and remember what did not come back whole."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.failures: list[str] = []
        self.answers = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                status, body = self.service.get("/i/ok")
            except OSError as error:
                self.failures.append(repr(error))
                continue
            if (status, body) != (200, BODY):
                self.failures.append(f"{status} {body!r}")
            self.answers += 1

    def __enter__(self) -> Crowd:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def test_killed_worker_is_replaced_and_requests_go_on(start: Start) -> None:
    """`kill -9` of an idle worker costs nobody an answer, and there are as many as before."""
    service = start()
    assert eventually(lambda: len(service.pids()) == 2)
    before = service.pids()
    os.kill(min(before), signal.SIGKILL)
    assert eventually(lambda: len(service.pids()) == 2 and service.pids() != before)
    with Crowd(service) as crowd:
        assert eventually(lambda: crowd.answers > 50)
    assert crowd.failures == []
    assert {pid for _ in range(40) if (pid := int(service.get("/i/pid")[1]))} <= service.pids()


def test_stop_finishes_what_is_in_flight(start: Start) -> None:
    """SIGTERM lets a slow picture arrive whole, then all processes end well."""
    service = start()
    with ThreadPoolExecutor() as pool:
        slow = [pool.submit(service.get, "/i/slow") for _ in range(4)]
        time.sleep(0.5)
        pids = service.pids()
        assert service.stop() == 0
        assert [future.result() for future in slow] == [(200, BODY)] * 4
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_old_workers_hand_over_without_a_gap(start: Start) -> None:
    """A worker that served enough is replaced by one that serves already: nobody waits or fails."""
    service = start(workers=1, max_requests=40)
    first = service.pids()
    with Crowd(service) as crowd:
        assert eventually(lambda: not service.pids() & first and len(service.pids()) == 1)
    assert crowd.failures == []
    assert crowd.answers > 40


def test_reload_replaces_all_workers_without_a_gap(start: Start) -> None:
    """HUP brings new workers with new settings up before the old ones go."""
    service = start()
    assert eventually(lambda: len(service.pids()) == 2)
    before = service.pids()
    with Crowd(service) as crowd:
        service.master.send_signal(signal.SIGHUP)
        assert eventually(lambda: not service.pids() & before and len(service.pids()) == 2)
    assert crowd.failures == []
    assert service.master.poll() is None


def test_counts_survive_workers_and_move_with_the_keeper(start: Start) -> None:
    """Another worker takes over the page and the sweeping from one that is killed."""
    service = start()
    assert eventually(lambda: len(service.pids()) == 2)
    for _ in range(10):
        service.get("/i/ok")
    series = 'signet_requests_total{route="i",status="200",template=""}'
    assert eventually(lambda: service.count(series) == 10)
    sweeps = service.data_dir / "sweeps"
    keeper = int(sweeps.read_text().split()[-1])
    os.kill(keeper, signal.SIGKILL)
    assert eventually(lambda: int(sweeps.read_text().split()[-1]) != keeper)
    assert eventually(lambda: service.count(series) == 10)
    swept_by = sweeps.read_text().split()
    assert len(set(swept_by)) == 2, "one process sweeps at a time"


def test_connections_outlive_those_of_nginx(start: Start) -> None:
    """Answers keep the connection open, and it serves the next request."""
    service = start()
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as wire:
        for _ in range(3):
            wire.sendall(b"HEAD /i/ok HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in wire.recv(65536)


def test_faulty_settings_on_reload_change_nothing(start: Start, tmp_path: Path) -> None:
    """A typo in the file at HUP is logged, and the service goes on as it was."""
    file = tmp_path / "signet.toml"
    file.write_text("deadline_s = 2.5\n")
    service = start(config=file)
    file.write_text('deadline_s = "soon"\n')
    service.master.send_signal(signal.SIGHUP)
    assert eventually(lambda: "'soon' is not allowed" in service.log())
    assert eventually(service.answers)
    assert service.master.poll() is None


def test_service_that_cannot_start_stops(tmp_path: Path) -> None:
    """A worker that cannot be built at the start ends the master, with a status that says so."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "unbuildable").touch()
    service = Service(tmp_path, STUB)
    assert service.master.wait(timeout=40) == 3
    assert "Worker failed to boot" in service.log()


def test_serving_starts_to_count_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What workers of an earlier start counted is wiped, and these count together."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    assert metrics_directory() is None
    (tmp_path / "counter_0.db").write_text("old")
    count_anew(tmp_path)
    assert metrics_directory() == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_counts_that_cannot_be_wiped_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the counters of before stay, nobody adds to them."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / "in the way").mkdir()
    count_anew(tmp_path)
    assert metrics_directory() is None


def test_read_only_data_is_served(start: Start, tmp_path: Path) -> None:
    """A disk that takes no byte costs the common counters, and neither start nor answers."""
    data = tmp_path / "data"
    rooms = ("cache", "fallback", "fonts", "metrics", "locks")
    with read_only_folder(tmp_path, rooms) as folder:
        data.symlink_to(folder)
        service = start(data_dir=data)
        assert eventually(lambda: len(service.pids()) == 2)
        assert service.get("/i/ok") == (200, BODY)
        assert service.stop() == 0


def test_second_service_keeps_out(start: Start, tmp_path: Path) -> None:
    """One data directory has one service: another one is told so and touches nothing."""
    service = start()
    for _ in range(10):
        service.get("/i/ok")
    series = 'signet_requests_total{route="i",status="200",template=""}'
    assert eventually(lambda: service.count(series) == 10)
    (tmp_path / "second").mkdir()
    second = Service(tmp_path / "second", STUB, data_dir=service.data_dir)
    assert second.master.wait(timeout=40) != 0
    assert f"another service holds {service.data_dir / 'locks' / 'serve.lock'}" in second.log()
    assert service.count(series) == 10


def test_killed_master_leaves_no_lock(start: Start, tmp_path: Path) -> None:
    """Who restarts a service that was killed need not wait until its workers have noticed."""
    service = start(workers=1)
    (worker,) = service.pids()
    os.kill(worker, signal.SIGSTOP)
    service.master.kill()
    service.master.wait(timeout=20)
    heir = start(data_dir=service.data_dir)
    assert eventually(heir.answers)
    os.kill(worker, signal.SIGKILL)


def test_service_that_serves_survives_workers_that_cannot_start(start: Start) -> None:
    """Once it served, a worker that cannot be built is tried again while the others go on."""
    service = start()
    assert eventually(lambda: len(service.pids()) == 2)
    time.sleep(1.1)
    marker = service.data_dir / "unbuildable"
    marker.touch()
    first, second = service.pids()
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: service.log().count("cannot be built") >= 2)
    assert service.answers()
    marker.unlink()
    assert eventually(lambda: len(service.pids()) == 2 and first not in service.pids())
    assert second in service.pids()
    assert eventually(lambda: all(service.answers() for _ in range(20)))


def test_no_recipient_reaches_the_log(start: Start) -> None:
    """A name in path, slot, header, or in any error about them, is in no line that is written."""
    service = start()
    for path in (
        f"/i/{CANARY}.png",
        f"/o/card.png?name={CANARY}",
        f"/{CANARY}?name={CANARY}",
        f"/i/refused.{CANARY}.png",
        f"/o/broken.png?name={CANARY}",
        f"/o/orphan.png?name={CANARY}",
    ):
        service.get(path)
        service.get(path, method="POST")
    head = f"\r\nHost: x\r\nUser-Agent: {CANARY}\r\nX-Request-Id: {CANARY}\r\n\r\n".encode()
    name = CANARY.encode()
    for raw in (
        b"GET /o/card.png?name=" + name + b"\xc3\xa9 HTTP/1.1" + head,
        b"GET /o/card.png?name=" + name + b" " + name + b" HTTP/1.1" + head,
        b"GET /i/" + name + b"\xff\xfe\x00 HTTP/1.1" + head,
        name + b" /i/" + name + b" HTTP/1.1" + head,
        b"GET /i/" + name + b" HTTP/9." + name + head,
        b"GET /i/" + name + b" HTTP/1.1\r\nHost: x\r\n" + name + b"\x01: x\r\n\r\n",
        b"GET /i/" + name * 2000 + b" HTTP/1.1" + head,
        b"GET /i/x HTTP/1.1\r\nHost: x\r\nContent-Length: " + name + b"\r\n\r\n",
        b"\x16\x03\x01" + name,
    ):
        assert not service.send(raw).startswith(b"HTTP/1.1 5"), raw[:60]
    service.stop()
    assert CANARY not in service.log()
    lines = service.log_lines()
    assert sum(line["logger"] == "aiohttp.server" for line in lines) >= 5
    errors = [line["error"] for line in lines if "error" in line]
    assert any("RuntimeError" in str(error) for error in errors)
    assert any(line["logger"] == "asyncio" for line in lines)
