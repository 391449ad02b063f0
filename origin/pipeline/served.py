"""Carry one answer from the pipeline to its delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cache import Entry


@dataclass(frozen=True, slots=True)
class Served:
    """A picture, and how it may be kept.

    Attributes:
        entry: the bytes with their media type and strong ETag.
        cache: RFC 9211 parameters behind our name, such as `hit` or `fwd=miss; stored`.
        degraded: why the picture is less than was asked for; empty for the full picture.
        store: False forbids every cache to keep the answer.
        immutable: the same URL gives the same bytes for ever.
        max_age_s: seconds for which caches may serve it, when neither rule above decides.
        stale_s: seconds beyond that in which they may serve it while they ask again.
        stage_ms: milliseconds per stage of the pipeline, for Server-Timing.
        template: the template's name, or empty when the URL named none that exists.
        version: the published version that was drawn, or empty.
    """

    entry: Entry
    cache: str
    degraded: tuple[str, ...] = ()
    store: bool = True
    immutable: bool = False
    max_age_s: int = 0
    stale_s: int = 0
    stage_ms: Mapping[str, float] = field(default_factory=dict)
    template: str = ""
    version: str = ""


class Images(Protocol):
    """What delivery asks of the pipeline."""

    async def image_for(self, target: str) -> Served:
        """Return the picture of a signed URL, whatever has failed behind it.

        Args:
            target: the raw request target after the host, percent-encoding untouched.

        Raises:
            LinkRefused: the signature does not hold; the only error status under /i and /o.
        """

    async def neutral(self, target: str, reason: str) -> Served:
        """Return a plain picture of the right size and type; needs no file and no child."""
