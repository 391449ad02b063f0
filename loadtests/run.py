"""Bring up origin and nginx on free ports, send both crowds at them, and take all down again.

    python -m loadtests.run --seconds 60

Needs nginx and the `load` extra. Everything happens on the loopback and in a temporary directory.
Exits with 1 if any picture was broken.

The origin is started by its command, as an operator does, and nginx by `origin.nginx`, so that what
is measured is the shipped configuration, run as the demo runs it, and no copy of either.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from origin.nginx import CONFIG_FILE, Nginx, NginxError, find_nginx, render_config

ROOT = Path(__file__).parent.parent
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 25.0
SPARE_S = 120.0
"""How much longer than its time a run may take, for warming the app, before it is ended."""


class RunFailed(Exception):  # noqa: N818 - reads as a claim where it is raised
    """The crowds cannot be sent; the text says why."""


def main() -> int:
    """Run the load and return the exit status."""
    parser = argparse.ArgumentParser(description="Send two crowds at origin and nginx.")
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: %(default)s)")
    parser.add_argument("--recipients", type=int, help="mails of the send (default: 2/s per core)")
    parser.add_argument("--members", type=int, default=60, help="pictures of the app")
    parser.add_argument("--users", type=int, help="clients of both crowds (default: 12 per core)")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    options.recipients = options.recipients or 2 * cores * options.seconds
    options.users = options.users or 12 * cores
    try:
        with tempfile.TemporaryDirectory(prefix="signet-load-") as place, ExitStack() as stack:
            return _run(options, Path(place), stack)
    except RunFailed as failure:
        sys.stderr.write(f"load: {failure}\n")
        return 1


def _run(options: argparse.Namespace, place: Path, stack: ExitStack) -> int:
    shutil.copytree(ROOT / "examples" / "templates", place / "templates")
    (place / "data").mkdir()
    key = _signet(place, "keys", "new", "--quiet").strip()
    for template in sorted((place / "templates").glob("*.json")):
        _signet(place, "templates", "publish", template.stem)
    public, origin, hop = _free_ports(3)
    stack.enter_context(_origin(place, origin))
    stack.enter_context(_nginx(place / "data", public, origin, hop))
    print(f"{options.seconds} s of two crowds at http://127.0.0.1:{public}", flush=True)
    return _crowds(options, f"http://127.0.0.1:{public}", key)


def _crowds(options: argparse.Namespace, host: str, key: str) -> int:
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests" / "locustfile.py")]
    command += ["--headless", "--only-summary", "--loglevel", "WARNING", "--host", host]
    command += ["--users", str(options.users), "--spawn-rate", str(options.users)]
    command += ["--run-time", f"{options.seconds}s", "--stop-timeout", "10"]
    command += ["--recipients", str(options.recipients), "--members", str(options.members)]
    try:
        return subprocess.run(  # noqa: S603 - our own command
            command,
            cwd=ROOT,
            env={**os.environ, "SIGNET_SIGNING_KEY": key},
            timeout=options.seconds + SPARE_S,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired as expired:
        raise RunFailed(f"the crowds did not end within {expired.timeout:.0f} s") from expired


def _command(place: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "origin", *words, "--config", str(_settings(place))]


def _settings(place: Path) -> Path:
    path = place / "signet.toml"
    path.write_text(f'metrics_port = 0\nlog_level = "warning"\nkeys_file = "{place}/keys.json"\n')
    return path


def _places(place: Path) -> list[str]:
    return ["--templates", str(place / "templates"), "--data-dir", str(place / "data")]


def _signet(place: Path, *words: str) -> str:
    places = [] if words[0] == "keys" else _places(place)
    done = subprocess.run(  # noqa: S603 - our own command
        [*_command(place, *words), *places], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RunFailed(f"signet {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def _origin(place: Path, port: int) -> Iterator[None]:
    log = place / "origin.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*_command(place, "serve"), "--port", str(port), *_places(place)],
            stdout=output,
            stderr=output,
            cwd=place,
        )
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}/readyz", log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < give_up_at:
        # An HTTPError is an OSError too: not ready yet.
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
            return
        time.sleep(0.1)
    raise RunFailed(f"the origin is not ready; its last words:\n{log.read_text()[-2000:]}")


@contextmanager
def _nginx(data: Path, public: int, origin: int, hop: int) -> Iterator[None]:
    binary = find_nginx()
    if binary is None:
        raise RunFailed("nginx is not installed: apt-get install nginx-light")
    config = render_config(
        CONFIG_FILE.read_text(),
        listen=f"127.0.0.1:{public}",
        origin=f"127.0.0.1:{origin}",
        hop=f"127.0.0.1:{hop}",
    )
    # nginx runs by itself; the loop is needed to start it and to end it.
    with asyncio.Runner() as runner:
        try:
            nginx = runner.run(Nginx.start(binary, data, config))
        except (NginxError, TimeoutError) as error:
            raise RunFailed(f"nginx did not come up: {error}") from error
        try:
            yield
        finally:
            runner.run(nginx.stop())


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


if __name__ == "__main__":
    sys.exit(main())
