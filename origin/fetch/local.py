"""Read the pictures that a template brings along, as if they came from elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable

from origin.fetch.client import Fetched, Reserve
from origin.fetch.reasons import EMPTY, MISSING, NETWORK, REFUSED, TOO_LARGE, FetchFailed

_log = logging.getLogger(__name__)

Local = Callable[[str], bytes | None]
"""Reads an asset of the template by name; may block, since it is called in a thread."""


async def read_local(
    local: Local | None, name: str, max_bytes: int, reserve: Reserve | None = None
) -> Fetched:
    """Read an asset of the template.

    Raises:
        FetchFailed: with the reason; nothing else is raised.
    """
    if "://" in name or name.startswith(("data:", "//")):
        raise FetchFailed(REFUSED)
    try:
        body = await asyncio.to_thread(local, name) if local else None
    except Exception as error:  # a fault of the disk must not cost the rest of the picture
        _log.error("an asset of a template cannot be read: %s", type(error).__name__)
        raise FetchFailed(NETWORK) from None
    if body is None:
        raise FetchFailed(MISSING)
    if not body or len(body) > max_bytes:
        raise FetchFailed(TOO_LARGE if body else EMPTY)
    if reserve is not None:
        reserve(len(body))
    digest = await asyncio.to_thread(hashlib.blake2b, body, digest_size=16)
    return Fetched(body, digest.hexdigest(), None)


async def at_hand(fetched: Fetched, reserve: Reserve) -> Fetched:
    """Give bytes that were read before, as a download would."""
    reserve(len(fetched.body))
    return fetched
