"""Resolve names in threads of our own, and drop answers that must not be reached.

A name whose servers never answer holds a thread for many seconds. In the loop's shared pool a few
of them would stop everything else that is done there, the disk cache first.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

from origin.fetch.addresses import AddressRules
from origin.fetch.reasons import ForbiddenAddress

THREADS = 16
ANSWERS = 8


class ThreadResolver(AbstractResolver):
    """Ask the system's resolver, `THREADS` names at a time."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host` that this machine has a route for."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, _lookup, host, port, family
        )
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=proto, flags=_NUMERIC
            )
            for kind, proto, address in found
        ]

    async def close(self) -> None:
        """Let running look-ups end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedResolver(AbstractResolver):
    """Pass on what another resolver answers, without the addresses that `rules` refuse."""

    def __init__(self, inner: AbstractResolver, rules: AddressRules) -> None:
        self._inner = inner
        self._rules = rules

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return at most `ANSWERS` addresses that may be reached.

        Raises:
            ForbiddenAddress: there are answers, and none of them may be reached.
        """
        answers = await self._inner.resolve(host, port, family)
        allowed = [answer for answer in answers if self._rules.refusal(answer["host"]) is None]
        if answers and not allowed:
            raise ForbiddenAddress("every address of the name is forbidden")
        return allowed[:ANSWERS]

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


def _lookup(host: str, port: int, family: int) -> list[tuple[int, int, str]]:
    infos = socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [(kind, proto, str(address[0])) for kind, _, proto, _, address in infos]
