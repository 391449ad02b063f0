"""Make standard streams of any make good enough to write to, whatever is written."""

from __future__ import annotations

import io
import os
import sys


def settle_streams() -> None:
    """Give closed streams a place to write to, and let no character be too strange for a screen."""
    # A file that is opened later would take the number of a closed stream, and get its text.
    while (free := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(free)
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def give_up_stdout() -> None:
    """Send what is left in the buffer nowhere: Python would complain again when it flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
