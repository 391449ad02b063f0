"""Get bytes from a stranger's server, guarded.

Addresses are checked three times: literals in the URL (which are never resolved), every answer of
DNS, and each socket before it connects, which is the check that cannot be walked around. Redirects
are followed by hand, so that each hop is checked like the first. The stranger is told nothing: no
cookies, no proxy of the environment, no referrer; and nothing that it says about size or type is
believed.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from origin.fetch.freshness import fresh_s
from origin.fetch.reasons import (
    EMPTY,
    FORBIDDEN,
    MISSING,
    NETWORK,
    REFUSED,
    SERVER,
    TIMEOUT,
    TOO_LARGE,
    FetchFailed,
    ForbiddenAddress,
    Reason,
)
from origin.fetch.resolver import GuardedResolver, ThreadResolver
from origin.fetch.targets import TargetRules

REDIRECTS = 3
CONNECTIONS = 64
CONNECTIONS_PER_HOST = 8
CHUNK_BYTES = 64 * 1024

_REDIRECT = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_COME_AGAIN = frozenset({408, 425, 429})

_HEADERS = {
    "User-Agent": "Signet",
    "Accept": "image/png, image/jpeg, image/webp, image/gif",
    # Pictures are compressed already. Who compresses them again is decompressed, within the cap.
    "Accept-Encoding": "identity",
}

Reserve = Callable[[int], None]
"""Asks for so many bytes more of memory; raises FetchFailed when there are none."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Bytes as they came, their digest, and for how many seconds they are fresh, None for ever."""

    body: bytes
    digest: str
    fresh_s: float | None


class Client:
    """One pool of connections to anywhere that the rules allow; made inside a running loop."""

    def __init__(self, rules: TargetRules, *, resolver: AbstractResolver | None = None) -> None:
        self._rules = rules
        self._resolver = GuardedResolver(resolver or ThreadResolver(), rules.addresses)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=CONNECTIONS,
                limit_per_host=CONNECTIONS_PER_HOST,
                resolver=self._resolver,
                # The cache of names has no bound, and names come from strangers.
                use_dns_cache=False,
                socket_factory=self._socket,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            headers=_HEADERS,
            # `get` bounds the whole, redirects and body included.
            timeout=aiohttp.ClientTimeout(total=None),
        )

    async def get(
        self, text: str, *, deadline_s: float, max_bytes: int, reserve: Reserve | None = None
    ) -> Fetched:
        """Return what `text` leads to, through at most `REDIRECTS` redirects.

        Args:
            text: a URL as it was written by whoever wrote it.
            max_bytes: of the body after decompression, counted as it arrives.

        Raises:
            FetchFailed: with the reason; nothing else is raised.
        """
        try:
            async with asyncio.timeout(deadline_s):
                url = self._rules.target(text)
                for _ in range(REDIRECTS + 1):
                    outcome = await self._hop(url, max_bytes, reserve)
                    if isinstance(outcome, Fetched):
                        return outcome
                    url = outcome
            raise FetchFailed(REFUSED)
        except TimeoutError:
            raise FetchFailed(TIMEOUT) from None
        except (aiohttp.InvalidURL, UnicodeError):
            raise FetchFailed(REFUSED) from None
        except (aiohttp.ClientError, OSError) as error:
            raise FetchFailed(FORBIDDEN if _is_forbidden(error) else NETWORK) from None

    def target(self, text: str) -> URL:
        """Read a URL as `get` does, without asking it.

        Raises:
            FetchFailed: it would not be asked.
        """
        return self._rules.target(text)

    async def close(self) -> None:
        """Drop all connections."""
        await self._session.close()
        await self._resolver.close()

    async def _hop(self, url: URL, max_bytes: int, reserve: Reserve | None) -> Fetched | URL:
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status in _REDIRECT:
                return self._rules.follow(url, response.headers.get("Location"))
            if (reason := _refusal(response.status)) is not None:
                raise FetchFailed(reason)
            if (response.content_length or 0) > max_bytes:
                raise FetchFailed(TOO_LARGE)
            return await _read(response, max_bytes, reserve)

    def _socket(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        family, kind, proto, _, address = info
        if self._rules.addresses.refusal(str(address[0])) is not None:
            raise ForbiddenAddress("the address is forbidden")
        return socket.socket(family, kind, proto)


async def _read(
    response: aiohttp.ClientResponse, max_bytes: int, reserve: Reserve | None
) -> Fetched:
    chunks = []
    size = 0
    digest = hashlib.blake2b(digest_size=16)
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise FetchFailed(TOO_LARGE)
        if reserve is not None:
            reserve(len(chunk))
        digest.update(chunk)
        chunks.append(chunk)
    if not size:
        raise FetchFailed(EMPTY)
    return Fetched(b"".join(chunks), digest.hexdigest(), fresh_s(response.headers))


def _refusal(status: int) -> Reason | None:
    if status == 200:
        return None
    if status == 204:
        return EMPTY
    if status in _GONE:
        return MISSING
    return SERVER if status >= 500 or status in _COME_AGAIN else REFUSED


def _is_forbidden(error: BaseException) -> bool:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return isinstance(inner, ForbiddenAddress)
