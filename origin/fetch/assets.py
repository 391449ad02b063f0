"""Name the pictures of a scene and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from origin.fetch.reasons import STALE, Reason
from vips_render.bitmap import Bitmap


class Need(Protocol):
    """A picture that a layer shows, as `vips_render.scene.assets` names it."""

    @property
    def source(self) -> str:
        """`https://…` or the name of an asset of the template; empty when there is none."""

    @property
    def width(self) -> int:
        """Pixels to fill across, scale included."""

    @property
    def height(self) -> int:
        """Pixels to fill down, scale included."""

    @property
    def fit(self) -> str:
        """`cover` or `contain`."""

    @property
    def fallback(self) -> bool:
        """Shown only when another picture cannot be had."""


@dataclass(frozen=True, slots=True)
class Want:
    """One source at the largest size that any layer shows it."""

    source: str
    width: int
    height: int
    fit: str
    fallback: bool


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture ready to be drawn, or why it is not there.

    Attributes:
        bitmap: its pixels, no more of them than the box needs; None draws the layer's fallback.
        digest: names the pixels; empty without them.
        reason: a word for headers and metrics when something fell short, see `reasons`. A stale
            picture has both a bitmap and a reason.
        permanent: the reason is part of the picture; otherwise what is drawn is not kept.
        fresh_until: seconds since the epoch; None for an asset of the template, which never ages.
    """

    bitmap: Bitmap | None
    digest: str = ""
    reason: str | None = None
    permanent: bool = False
    fresh_until: float | None = None

    def is_fresh(self, now: float) -> bool:
        """Say whether it may be used without asking again."""
        return self.fresh_until is None or now < self.fresh_until


def absent(reason: Reason, now: float) -> Asset:
    """Return the lack of a picture."""
    until = now + reason.keep_s
    return Asset(None, reason=reason.word, permanent=reason.permanent, fresh_until=until)


def gone_stale(last_good: Asset, now: float) -> Asset:
    """Return the last good picture as a stand-in."""
    return replace(last_good, reason=STALE.word, permanent=False, fresh_until=now + STALE.keep_s)


def wants(needs: Iterable[Need]) -> list[Want]:
    """Merge what several layers show of one source; what any layer shows first is no fallback."""
    merged: dict[str, Want] = {}
    for need in needs:
        want = Want(need.source, need.width, need.height, need.fit, need.fallback)
        known = merged.get(need.source, want)
        merged[need.source] = Want(
            source=need.source,
            width=max(known.width, want.width),
            height=max(known.height, want.height),
            fit="cover" if "cover" in (known.fit, want.fit) else known.fit,
            fallback=known.fallback and want.fallback,
        )
    return list(merged.values())
