"""Say why a picture from elsewhere is not there, in words for headers and metrics.

Permanent reasons are part of the personalised picture and are kept with it; transient ones pass,
so what is drawn under them is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass

PERMANENT_S = 3_600.0
TRANSIENT_S = 2.0
CRASHED_S = 60.0
"""A picture that brought a decoder down would bring down the next one too."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One word, whether it stays true, and for how many seconds nobody asks again."""

    word: str
    permanent: bool
    keep_s: float


def _permanent(word: str) -> Reason:
    return Reason(word, permanent=True, keep_s=PERMANENT_S)


def _transient(word: str, keep_s: float = TRANSIENT_S) -> Reason:
    return Reason(word, permanent=False, keep_s=keep_s)


MISSING = _permanent("asset-missing")  # 404, 410, or a name that the template does not have
REFUSED = _permanent("asset-refused")  # other 4xx, a URL that is not fetched, too many redirects
NOT_A_PICTURE = _permanent("asset-not-a-picture")
TOO_LARGE = _permanent("asset-too-large")  # in bytes, or in the pixels that its header declares
BROKEN = _permanent("asset-broken")  # a picture that ends early or cannot be decoded
FORBIDDEN = _permanent("asset-forbidden-address")
EMPTY = _permanent("asset-empty")

TIMEOUT = _transient("asset-timeout")
NETWORK = _transient("asset-network")
SERVER = _transient("asset-server")  # 5xx, and 408, 425, 429, which ask to come again
OVERLOAD = _transient("asset-overload")  # our own bounds: bytes in flight, decoders
STALE = _transient("asset-stale")  # the last good picture stands in
CRASHED = _transient("asset-broken", CRASHED_S)


class FetchFailed(Exception):  # noqa: N818 - reads as a claim where it is raised
    """Bytes could not be had; carries the reason and nothing of the URL."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.word)
        self.reason = reason


class ForbiddenAddress(OSError):  # noqa: N818 - reads as a claim where it is raised
    """An address that must not be reached; an OSError, since connectors pass only those on."""
