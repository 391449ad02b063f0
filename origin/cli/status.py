"""Tell the shell how a command ended, and the person what to do about it."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """The exit statuses of every command; a script may rely on them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    MISSING = 4
    INTERRUPTED = 130


MEANINGS = {
    Status.OK: "done",
    Status.FAILED: "faults were found, or something that was asked for could not be done",
    Status.USAGE: "the command line or a setting cannot be understood",
    Status.REFUSED: "the link is refused: it is not signed by a key of this ring",
    Status.MISSING: "something is missing on this machine: keys, templates, fonts, a program",
    Status.INTERRUPTED: "interrupted from the keyboard",
}


class CommandFailed(Exception):  # noqa: N818 - reads as a claim where it is raised
    """A command that ends here.

    `hint` says what to do about it; both are printed to standard error, neither as a traceback.
    """

    def __init__(self, message: str, *, hint: str = "", status: Status = Status.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status
