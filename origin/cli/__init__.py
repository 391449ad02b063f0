"""The command line `signet`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `signet` with the arguments of this process, and exit with its status."""
    from origin.cli.streams import settle_streams

    settle_streams()
    try:
        from origin.cli.app import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        # While modules were loaded: `run` ends by itself.
        status = 130
    sys.exit(status)
