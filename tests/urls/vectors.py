"""Read the vectors that every language shares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from origin.urls.encoding import from_base64url
from origin.urls.keyring import Key, KeyRing

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> dict[str, Any]:
    """Read `tests/vectors/{name}.json`."""
    document: dict[str, Any] = json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text())
    return document


URLS = load("urls")
SLOTS = load("slots")

RING = KeyRing(
    tuple(
        Key(key["kid"], from_base64url(key["secret"]), key["state"], created_at=number)
        for number, key in enumerate(URLS["keys"], start=1)
    )
)
"""The ring of the vectors: k1 verifies, k2 signs, k3 is revoked."""


def named(entries: list[dict[str, Any]]) -> list[Any]:
    """Give every vector its name as the id of its test."""
    return [pytest.param(entry, id=entry["name"]) for entry in entries]
