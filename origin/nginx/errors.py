"""What goes wrong with nginx, in words for whoever runs it."""

from __future__ import annotations


class NginxError(Exception):
    """nginx cannot be configured, started or told; the text says what to do."""
