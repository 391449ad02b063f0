"""Bring up the service as an operator does: its command on free ports, the shipped nginx in front.

The origin is started by its command, and nginx by `origin.nginx`, so that what is measured is the
shipped configuration, run as the demo runs it, and no copy of either.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from origin.nginx import CONFIG_FILE, Nginx, NginxError, find_nginx, render_config

EXAMPLES = Path(__file__).parent.parent / "examples" / "templates"
READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.02
"""Between two looks whether the origin is ready; each draws a pixel."""

STOP_WITHIN_S = 25.0


class ServiceFailed(Exception):  # noqa: N818 - reads as a claim where it is raised
    """The service cannot be brought up; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory with templates, each published as version 1, and a key ring.

    Attributes:
        key: what signs links, as `signet keys new` prints it.
    """

    directory: Path
    key: str

    @property
    def data(self) -> Path:
        """What the service writes, and nginx's own directory."""
        return self.directory / "data"

    @property
    def templates(self) -> Path:
        """The documents and their versions."""
        return self.directory / "templates"


@dataclass(frozen=True, slots=True)
class Origin:
    """A running origin: its port on the loopback, and the process that started all others."""

    port: int
    process_id: int


def prepare(directory: Path, templates: Path = EXAMPLES) -> Place:
    """Copy documents into an empty directory, publish all, and make a key.

    Raises:
        ServiceFailed: a command failed.
    """
    # Versions that somebody published beside the documents would make ours the second.
    shutil.copytree(templates, directory / "templates", ignore=shutil.ignore_patterns("versions"))
    (directory / "data").mkdir()
    place = Place(directory, _signet(directory, "keys", "new", "--quiet").strip())
    for template in sorted(place.templates.glob("*.json")):
        _signet(directory, "templates", "publish", template.stem)
    return place


@contextmanager
def origin(place: Place, *, workers: int | None = None) -> Iterator[Origin]:
    """Run the origin until the block ends; it is ready when the block begins.

    Args:
        workers: web workers, each with its painter; as many as cores unless given.

    Raises:
        ServiceFailed: it did not become ready.
    """
    (port,), log = free_ports(1), place.directory / "origin.log"
    count = [] if workers is None else ["--workers", str(workers)]
    words = ["serve", "--port", str(port), *count, *_places(place.directory)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            _command(place.directory, *words), stdout=output, stderr=output, cwd=place.directory
        )
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}/readyz", log)
        yield Origin(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def nginx(place: Place, behind: Origin) -> Iterator[tuple[int, int]]:
    """Run nginx in front of an origin; gives its port and its process.

    Raises:
        ServiceFailed: it is not installed, or did not come up.
    """
    binary = find_nginx()
    if binary is None:
        raise ServiceFailed("nginx is not installed: apt-get install nginx-light")
    public, hop = free_ports(2)
    config = render_config(
        CONFIG_FILE.read_text(),
        listen=f"127.0.0.1:{public}",
        origin=f"127.0.0.1:{behind.port}",
        hop=f"127.0.0.1:{hop}",
    )
    # nginx runs by itself; the loop is needed to start it and to end it.
    with asyncio.Runner() as runner:
        try:
            running = runner.run(Nginx.start(binary, place.data, config))
        except (NginxError, TimeoutError) as error:
            raise ServiceFailed(f"nginx did not come up: {error}") from error
        try:
            yield public, running.process.pid
        finally:
            runner.run(running.stop())


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that nobody has."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _command(directory: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "origin", *words, "--config", str(_settings(directory))]


def _settings(directory: Path) -> Path:
    path = directory / "signet.toml"
    keys = directory / "keys.json"
    path.write_text(f'metrics_port = 0\nlog_level = "warning"\nkeys_file = "{keys}"\n')
    return path


def _places(directory: Path) -> list[str]:
    return ["--templates", str(directory / "templates"), "--data-dir", str(directory / "data")]


def _signet(directory: Path, *words: str) -> str:
    places = [] if words[0] == "keys" else _places(directory)
    done = subprocess.run(  # noqa: S603 - our own command
        [*_command(directory, *words), *places], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServiceFailed(f"signet {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < give_up_at:
        # An HTTPError is an OSError too: not ready yet.
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
            return
        time.sleep(LOOK_EVERY_S)
    raise ServiceFailed(f"the origin is not ready; its last words:\n{log.read_text()[-2000:]}")
