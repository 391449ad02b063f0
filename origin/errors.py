"""Say what went wrong in the service, and what the world is told about it.

    OriginError
    └── SettingsRefused       settings that cannot be used, with every fault

The one table from error to HTTP status is below. It names its rows instead of importing them:
some of the errors that it answers live in packages that must not be imported here (links are
read with the standard library only). A subclass is answered like its nearest named ancestor.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass


class OriginError(Exception):
    """Anything that the service itself refuses."""


class SettingsRefused(OriginError):  # noqa: N818 - reads as a claim where it is raised
    """Settings that cannot be used; `faults` has one line for each, secrets masked."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Answer:
    """What an error becomes on the wire and in the log.

    Attributes:
        status: HTTP status.
        slug: a stable word for programs, metrics and logs.
        sentence: what the public may read; never says why a signature was refused.
        level: level of the log line, as in `logging`.
    """

    status: int
    slug: str
    sentence: str
    level: int


ANSWERS = {
    "LinkRefused": Answer(403, "link-refused", "This link is not valid.", logging.WARNING),
    "HTTPNotFound": Answer(404, "not-found", "There is nothing here.", logging.INFO),
    "HTTPMethodNotAllowed": Answer(
        405, "method-not-allowed", "This address answers GET and HEAD.", logging.INFO
    ),
    "HTTPRequestEntityTooLarge": Answer(
        413, "too-large", "The request is larger than this address takes.", logging.WARNING
    ),
    "HTTPClientError": Answer(
        400, "bad-request", "The request cannot be understood.", logging.WARNING
    ),
    "Exception": Answer(500, "internal", "Something failed on our side.", logging.ERROR),
}


def answer_to(error: Exception) -> Answer:
    """Return the row of the table for `error`, or for its nearest named ancestor."""
    return next(ANSWERS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in ANSWERS)
