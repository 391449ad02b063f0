"""Decide how long caches may keep an answer."""

from __future__ import annotations

from dataclasses import dataclass

YEAR_S = 31_536_000
"""What caches understand as for ever."""

LATEST_S = 60
"""How long a moving link may show the version before: the delay of a publish in an inbox."""

DRAFT_S = 1
"""A designer waits for the next look, not longer; the second fetch of a page is still a hit."""

STALE_S = 86_400
"""How long an old picture may bridge an origin that is slow; a day, as mail proxies keep it."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the delivery headers say of an answer's life."""

    immutable: bool = False
    max_age_s: int = 0
    stale_s: int = 0


def keeping_of(
    *, pinned: bool, draft: bool, fresh_until: float | None, expires: float | None, now: float
) -> Keeping:
    """Return how long a full picture may be kept.

    It is immutable only when nothing behind it can change: a pinned version, no live input, no
    expiry. Otherwise `max_age_s` ends with the least of its inputs, and with `stale_s` added never
    outlives the link's expiry.

    Args:
        fresh_until: unix seconds until which the picture's live inputs hold; None without any.
        expires: unix seconds at which the link lapses; None when it never does.
    """
    if draft:
        return Keeping(max_age_s=DRAFT_S)
    if pinned and fresh_until is None and expires is None:
        return Keeping(immutable=True, max_age_s=YEAR_S)
    left = [float(YEAR_S if pinned else LATEST_S)]
    left += [moment - now for moment in (fresh_until, expires) if moment is not None]
    max_age_s = max(0, int(min(left)))
    beyond = STALE_S if expires is None else max(0, int(expires - now) - max_age_s)
    return Keeping(max_age_s=max_age_s, stale_s=min(STALE_S, beyond) if max_age_s else 0)
