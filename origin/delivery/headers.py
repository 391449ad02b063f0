"""Decide the headers of a picture: how long it lives, where it came from, what is less in it.

Pure. The order counts: nginx 1.22 ignores the whole of Cache-Control, and stale-while-revalidate
in it, when X-Accel-Expires came before. Expires is never sent (its rules changed between nginx
versions), nor a cookie (nginx keeps no answer that sets one).
"""

from __future__ import annotations

from urllib.parse import quote

from origin.pipeline.keeping import YEAR_S
from origin.pipeline.served import Served

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
    # A picture opened in a tab of its own runs and loads nothing.
    "Content-Security-Policy": "default-src 'none'; sandbox",
}

NO_STORE = {"Cache-Control": "no-store", "X-Accel-Expires": "0"}


def picture_headers(served: Served) -> dict[str, str]:
    """Return the headers of `served` in the order in which they must be sent."""
    headers = {**_lifetime(served), "ETag": f'"{served.entry.etag}"', **SECURITY}
    headers["Cache-Status"] = f"Signet; {served.cache}"
    if served.stage_ms:
        headers["Server-Timing"] = ", ".join(
            f"{name};dur={spent_ms:.2f}" for name, spent_ms in served.stage_ms.items()
        )
    if served.degraded:
        # A layer's name may be any text; a header's may not.
        headers["X-Signet-Degraded"] = ", ".join(
            quote(reason, safe=":-_.") for reason in served.degraded
        )
    return headers


def _lifetime(served: Served) -> dict[str, str]:
    """Say how long the answer may be kept; X-Accel-Expires is nginx's copy of max-age."""
    if not served.store:
        return NO_STORE
    if served.immutable:
        return {
            "Cache-Control": f"public, max-age={YEAR_S}, immutable",
            "X-Accel-Expires": str(YEAR_S),
        }
    if served.max_age_s <= 0:
        return {"Cache-Control": "no-cache", "X-Accel-Expires": "0"}
    control = f"public, max-age={served.max_age_s}"
    if served.stale_s > 0:
        control += f", stale-while-revalidate={served.stale_s}"
    return {"Cache-Control": control, "X-Accel-Expires": str(served.max_age_s)}


def is_known(if_none_match: str, etag: str) -> bool:
    """Claim that the client has this body already (RFC 9110, 13.1.2: weak comparison, lists, *).

    `etag` comes without quotes and holds no comma, as digests do.
    """
    if if_none_match.strip() == "*":
        return True
    held = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return f'"{etag}"' in held
