"""Follow the key ring's file, so that a new or revoked key counts without a restart."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from origin.urls.errors import KeyRingError
from origin.urls.keyring import KeyRing

LOOK_EVERY_S = 1.0
"""The longest that a revoked key is still believed."""

_log = logging.getLogger(__name__)


class RingFile:
    """The key ring in a file, read again when the file has changed.

    A file that went bad changes nothing: links that verified go on verifying, and the log says
    what is wrong.

    Args:
        clock: seconds that never run backwards.

    Raises:
        KeyRingError: there is no usable ring to begin with.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._looked_at = clock()
        self._stamp = self._stamped()
        self._ring = KeyRing.load(path)

    def __call__(self) -> KeyRing:
        """Return the ring as it is now; costs a look at a clock, once a second one `stat`."""
        now = self._clock()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            stamp = self._stamped()
            if stamp != self._stamp:
                self._stamp = stamp
                self._reload()
        return self._ring

    def _reload(self) -> None:
        try:
            self._ring = KeyRing.load(self._path)
        except KeyRingError as error:
            _log.error("keeping the old key ring: %s", error)

    def _stamped(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
