"""Bring up origin and nginx on free ports, send both crowds at them, and take all down again.

    python -m loadtests.run --seconds 60

Needs nginx and the `load` extra. Everything happens on the loopback and in a temporary directory.
Exits with 1 if any picture was broken.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from loadtests import service

ROOT = Path(__file__).parent.parent
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
    except (RunFailed, service.ServiceFailed) as failure:
        sys.stderr.write(f"load: {failure}\n")
        return 1


def _run(options: argparse.Namespace, directory: Path, stack: ExitStack) -> int:
    place = service.prepare(directory)
    running = stack.enter_context(service.origin(place))
    public, _ = stack.enter_context(service.nginx(place, running))
    print(f"{options.seconds} s of two crowds at http://127.0.0.1:{public}", flush=True)
    return _crowds(options, f"http://127.0.0.1:{public}", place.key)


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


if __name__ == "__main__":
    sys.exit(main())
