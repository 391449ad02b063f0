"""Run a real `redis-server` of the tests' own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RedisServer:
    """A server in memory only, with `unix_url` and `tcp_url` to reach it."""

    process: subprocess.Popen[bytes]
    unix_url: str
    tcp_url: str


def free_port() -> int:
    """Name a port of loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Start a server in a new folder, and stop it with its process id afterwards."""
    program = shutil.which("redis-server")
    assert program, "the tests need Debian's redis-server: apt-get install redis-server"
    # Not pytest's folder: the path of a Unix socket may not exceed 107 bytes.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        port = free_port()
        path = Path(folder) / "redis.sock"
        options = f"--port {port} --bind 127.0.0.1 --unixsocket {path} --dir {folder}"
        process = subprocess.Popen(
            [program, *options.split(), "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_for(path, process)
            yield RedisServer(process, f"unix://{path}", f"redis://127.0.0.1:{port}/0")
        finally:
            process.kill()
            process.wait()


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert process.poll() is None, "redis-server ended at once"
        with socket.socket(socket.AF_UNIX) as probe:
            if path.exists() and probe.connect_ex(str(path)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError("redis-server did not open its socket")
