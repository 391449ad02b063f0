"""Run what may block in a few threads of its own.

The loop's default threads serve everybody; a disk that hangs would hold them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Aside:
    """A few threads, and the way to wait for what runs in them."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def __call__(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Return what `work` returns; a caller who hangs up leaves it running."""
        done = self._threads.submit(work, *given, **named)
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Start nothing more, and wait for nothing."""
        self._threads.shutdown(wait=False, cancel_futures=True)
