"""Run a service in processes of its own, and watch it from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(claim: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Wait until `claim` holds; False when it did not in time."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if claim():
            return True
        time.sleep(0.05)
    return False


class Service:
    """A running service of real processes.

    `program` is what Python runs, `directory` gets the data and the log; `settings` are handed
    over as environment variables.
    """

    def __init__(self, directory: Path, program: Sequence[str], **settings: object) -> None:
        given: dict[str, object] = {
            "port": free_port(),
            "metrics_port": free_port(),
            "data_dir": directory / "data",
            "workers": 2,
            **settings,
        }
        self.port = int(str(given["port"]))
        self.metrics_port = int(str(given["metrics_port"]))
        self.data_dir = Path(str(given["data_dir"]))
        self.log_path = directory / "log"
        variables = {f"SIGNET_{name.upper()}": str(value) for name, value in given.items()}
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self.log_path.open("ab") as log:
            self.master = subprocess.Popen(
                [sys.executable, *program],
                cwd=ROOT,
                env={**kept, **variables},
                stdout=log,
                stderr=log,
            )

    def get(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        """Ask over a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path)
            answer: HTTPResponse = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answers(self, path: str = "/livez") -> bool:
        """Say whether `path` answers 200 now."""
        with contextlib.suppress(OSError, HTTPException):
            return self.get(path)[0] == 200
        return False

    def send(self, raw: bytes) -> bytes:
        """Send bytes as they are, and return everything that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as wire:
            wire.sendall(raw)
            wire.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: wire.recv(65536), b""))

    def pids(self) -> set[int]:
        """Return the processes of the workers, as the kernel has them."""
        path = f"/proc/{self.master.pid}/task/{self.master.pid}/children"
        return {int(pid) for pid in Path(path).read_text().split()}

    def metrics(self) -> str:
        """Return the metrics page."""
        connection = HTTPConnection("127.0.0.1", self.metrics_port, timeout=30)
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def count(self, series: str) -> float:
        """Return the value of `series` on the metrics page; 0 when it is not there (yet)."""
        with contextlib.suppress(OSError, HTTPException):
            for line in self.metrics().splitlines():
                if line.startswith(f"{series} "):
                    return float(line.split()[-1])
        return 0.0

    def log(self) -> str:
        """Return everything that was logged."""
        return self.log_path.read_text()

    def log_lines(self) -> list[dict[str, object]]:
        """Return the log, line by line; a line that is no JSON fails the test."""
        return [json.loads(line) for line in self.log().splitlines()]

    def stop(self) -> int:
        """Ask for a stop and wait for it; return the exit status."""
        self.master.send_signal(signal.SIGTERM)
        return self.master.wait(timeout=40)

    def end(self) -> None:
        """Stop it, whatever state it is in."""
        if self.master.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
        if self.master.poll() is None:
            self.master.kill()
            self.master.wait()
