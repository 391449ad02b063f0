"""Tell the sources of pictures apart: URLs with their host, and names of assets.

Stricter than URL parsers on purpose: what two parsers could read differently is no URL here, so
the host that is checked is the host that is asked.
"""

from __future__ import annotations

import re

HOST_PATTERN = r"^(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?$"
"""A host in lower case, `*.` for any below it, a port when it is not the scheme's own."""

_URL = re.compile(
    r"https?://([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(:[0-9]{1,5})?(?:[/?#][^\s\\\x00-\x1f\x7f\ud800-\udfff]*)?"
)
_URL_CHARS = 2_000
_ASSET_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*){0,7}")
_ASSET_CHARS = 200


def url_host(source: str) -> str | None:
    """Return host and port of an http(s) URL in lower case, or None when it is none."""
    if len(source) > _URL_CHARS:
        return None
    match = _URL.fullmatch(source)
    return (match[1] + (match[2] or "")).lower() if match else None


def host_allowed(host: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether `host` is one of `allowed`; `*.example.com` is any host below example.com."""
    return any(
        host == entry or (entry.startswith("*.") and host.endswith(entry[1:])) for entry in allowed
    )


def is_asset_name(source: str) -> bool:
    """Tell whether `source` names an asset: a relative path that stays inside its folder."""
    return len(source) <= _ASSET_CHARS and bool(_ASSET_NAME.fullmatch(source))


def is_source(source: str) -> bool:
    """Tell whether `source` is a URL or the name of an asset."""
    return url_host(source) is not None or is_asset_name(source)
