"""Say how a child process failed its caller.

ChildError
├── ChildTimeout          no answer within the deadline
├── ChildCrashed          the process ended, or spoke nonsense, instead of answering
└── ChildFault            it answered that something unforeseen went wrong inside
"""

from __future__ import annotations


class ChildError(Exception):
    """A child gave no result; says nothing about what it was asked."""


class ChildTimeout(ChildError):  # noqa: N818 - reads as a claim where it is raised
    """The deadline passed; a child that was at work on the call has been killed."""


class ChildCrashed(ChildError):  # noqa: N818 - reads as a claim where it is raised
    """The process is gone; `exit_status` is negative for a signal, None if never known."""

    def __init__(self, name: str, exit_status: int | None) -> None:
        super().__init__(f"{name} ended with exit status {exit_status}")
        self.exit_status = exit_status


class ChildFault(ChildError):  # noqa: N818 - reads as a claim where it is raised
    """The child lives but its own code failed; its standard error has the traceback."""
