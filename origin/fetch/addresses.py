"""Decide which IP addresses the fetcher may reach.

Pure: no sockets, no DNS. The resolver asks for every answer it gets, the client for literal hosts,
which are never resolved, and the connector once more for each socket that it is about to connect.

Refuses by default; the table is IANA's special-purpose registries, and in IPv6 everything outside
global unicast. IPv4 carried inside IPv6 is unwrapped, and both must be allowed. Does not stop a
public host that proxies to a private one, nor a NAT64 prefix that a network picked for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_TABLE = {
    "0.0.0.0/8": "this network (RFC 1122)",
    "10.0.0.0/8": "private (RFC 1918)",
    "100.64.0.0/10": "shared by a carrier's customers (RFC 6598)",
    "127.0.0.0/8": "loopback (RFC 1122)",
    "168.63.129.16/32": "Azure's host agent",
    "169.254.0.0/16": "link-local, cloud metadata (RFC 3927)",
    "172.16.0.0/12": "private (RFC 1918)",
    "192.0.0.0/24": "protocol assignments (RFC 6890)",
    "192.0.2.0/24": "documentation (RFC 5737)",
    "192.88.99.0/24": "6to4 relays (RFC 7526)",
    "192.168.0.0/16": "private (RFC 1918)",
    "198.18.0.0/15": "benchmarks (RFC 2544)",
    "198.51.100.0/24": "documentation (RFC 5737)",
    "203.0.113.0/24": "documentation (RFC 5737)",
    "224.0.0.0/4": "multicast (RFC 5771)",
    "240.0.0.0/4": "reserved, broadcast (RFC 1112, 919)",
    "::/128": "unspecified (RFC 4291)",
    "::1/128": "loopback (RFC 4291)",
    "::/96": "IPv4-compatible (RFC 4291)",
    "::ffff:0:0:0/96": "IPv4-translated (RFC 2765)",
    "64:ff9b:1::/48": "local NAT64 (RFC 8215)",
    "100::/64": "discarded (RFC 6666)",
    "2001::/32": "Teredo (RFC 4380)",
    "2001:2::/48": "benchmarks (RFC 5180)",
    "2001::/23": "protocol assignments (RFC 2928)",
    "2001:db8::/32": "documentation (RFC 3849)",
    "2002::/16": "6to4 (RFC 3056, deprecated by 7526)",
    "3fff::/20": "documentation (RFC 9637)",
    "fc00::/7": "unique local (RFC 4193)",
    "fe80::/10": "link-local (RFC 4291)",
    "fec0::/10": "site-local (RFC 3879)",
    "ff00::/8": "multicast (RFC 4291)",
}

REFUSED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(text), reason) for text, reason in _TABLE.items()
)
"""What is never reached unless allowed: each network with its use and where that is written."""

_MAPPED = IPv6Network("::ffff:0:0/96")  # RFC 4291: an IPv4 address as an IPv6 socket writes it
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how an IPv6-only network reaches IPv4
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291

_LAST_32_BITS = tuple(
    IPv6Network(text) for text in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
)
"""Where an IPv4 address fills the end. A local NAT64 may place it elsewhere: another reason to
refuse that network whole unless it is allowed."""


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Which addresses may be reached.

    `allowed` networks are reached although the table refuses them: an operator's own picture host.
    """

    allowed: tuple[Network, ...] = ()

    def refusal(self, host: str) -> str | None:
        """Return why the literal address `host` must not be reached, or None when it may be."""
        try:
            address = ip_address(host)
        except ValueError:
            return "not an IP address"
        if isinstance(address, IPv6Address) and address.scope_id:
            return "scoped to an interface (RFC 4007)"
        return next((why for one in unwrap(address) if (why := self._why(one))), None)

    def _why(self, address: Address) -> str | None:
        if any(address in network for network in self.allowed):
            return None
        for network, reason in REFUSED:
            if address in network:
                return reason
        if isinstance(address, IPv4Address) or address in _NAT64:
            return None
        if address not in _GLOBAL_UNICAST:
            return "outside global unicast (RFC 4291)"
        return "ISATAP (RFC 5214)" if _is_isatap(address) else None


def unwrap(address: Address) -> Iterator[Address]:
    """Give the address and every IPv4 address that it carries; a mapped one is only its IPv4."""
    if isinstance(address, IPv4Address):
        yield address
        return
    number = int(address)
    last = IPv4Address(number & 0xFFFF_FFFF)
    if address in _MAPPED:
        yield last
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    elif any(address in network for network in _LAST_32_BITS) or _is_isatap(address):
        yield last


def _is_isatap(address: IPv6Address) -> bool:
    # RFC 5214, 6.1: an interface identifier of ::0:5efe or ::200:5efe and the IPv4 address.
    return int(address) >> 32 & 0xFFFF_FFFF in (0x0000_5EFE, 0x0200_5EFE)
