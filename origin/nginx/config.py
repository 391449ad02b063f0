"""Configure nginx by the project's `nginx.conf`, in which only three addresses ever change."""

from __future__ import annotations

import re
from pathlib import Path

from origin.nginx.errors import NginxError

CONFIG_FILE = Path(__file__).with_name("nginx.conf")

LISTEN = "listen 8080;"
ORIGIN_ADDRESS = "127.0.0.1:8081"
HOP_ADDRESS = "127.0.0.1:8082"


def render_config(text: str, *, listen: str, origin: str, hop: str) -> str:
    """Put the addresses of this run into the text of `nginx.conf`.

    Args:
        listen: where the world asks, `8080` or `127.0.0.1:8080`.
        origin: `host:port` of the service.
        hop: `host:port` on this machine where nginx talks to itself; any free port.

    Raises:
        NginxError: the text lacks an address that should be replaced.
    """
    values = {LISTEN: f"listen {listen};", ORIGIN_ADDRESS: origin, HOP_ADDRESS: hop}
    for literal in values:
        if literal not in text:
            raise NginxError(f"nginx.conf does not contain {literal!r}, which has to be replaced")
    # One pass, so that a value that looks like another literal is left alone.
    pattern = re.compile("|".join(map(re.escape, values)))
    return pattern.sub(lambda found: values[found.group()], text)
