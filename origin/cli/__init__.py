"""The command line `signet`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `signet` with the arguments of this process, and exit with its status."""
    from origin.cli.app import run

    sys.exit(run(sys.argv[1:]))
