"""Decide whether a URL may be asked at all, and where a redirect may lead. Pure: no sockets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address

from yarl import URL

from origin.fetch.addresses import AddressRules
from origin.fetch.reasons import FORBIDDEN, REFUSED, FetchFailed

URL_CHARS = 4_096

_AUTHORITY = re.compile(r"https?://([^/?#\\]+)", re.IGNORECASE)

_NUMBERS_AND_DOTS = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)
"""What the system's resolver may read as an IPv4 address: 127.1, 0x7f.1, 2130706433, 0177.0.0.1."""


@dataclass(frozen=True, slots=True)
class TargetRules:
    """Which URLs may be asked: `ports` of http and https, and the addresses behind them."""

    addresses: AddressRules = field(default_factory=AddressRules)
    ports: frozenset[int] = frozenset({80, 443})

    def target(self, text: str) -> URL:
        """Read a URL in full: what is checked here is what is asked, in one spelling.

        Raises:
            FetchFailed: not http or https, names a user, another port, or a forbidden literal.
        """
        authority = _AUTHORITY.match(text)
        # The parser drops an empty user; a text that shows one is refused whatever it holds.
        if len(text) > URL_CHARS or authority is None or "@" in authority[1]:
            raise FetchFailed(REFUSED)
        try:
            url = URL(text)
            host, port = url.raw_host, url.port
        except ValueError:
            raise FetchFailed(REFUSED) from None
        if not host or port not in self.ports or url.raw_user is not None:
            raise FetchFailed(REFUSED)
        if self._is_forbidden_literal(host):
            raise FetchFailed(FORBIDDEN)
        return url.with_fragment(None)

    def follow(self, url: URL, location: str | None) -> URL:
        """Return where a redirect from `url` leads.

        Raises:
            FetchFailed: nowhere, from https to http, or to what `target` refuses.
        """
        if not location:
            raise FetchFailed(REFUSED)
        try:
            joined = url.join(URL(location))
        except ValueError:
            raise FetchFailed(REFUSED) from None
        there = self.target(location if _AUTHORITY.match(location) else str(joined))
        if url.scheme == "https" and there.scheme != "https":
            raise FetchFailed(REFUSED)
        return there

    def _is_forbidden_literal(self, host: str) -> bool:
        try:
            ip_address(host)
        except ValueError:
            return ":" in host or bool(_NUMBERS_AND_DOTS.fullmatch(host))
        return self.addresses.refusal(host) is not None
