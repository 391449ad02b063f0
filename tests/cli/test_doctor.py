from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Signet
from tests.processes import free_port


def states(out: str) -> dict[str, str]:
    """Read the state of each check off the table."""
    rows = [line for line in out.splitlines() if "  " in line.strip()]
    return {row[: row.index("  ")]: row[row.index("  ") :].split()[0] for row in rows}


def test_a_machine_that_can_serve_is_said_to(desk: Path, signet: Signet) -> None:
    """Everything necessary is there; scripts, libvips and nginx are shown with what they are."""
    said = signet("doctor")
    assert said.status == 0
    found = states(said.out)
    for what in ("keys", "templates", "disk", "libvips", "fonts", "script Latin", "nginx"):
        assert found[what] == "good", what
    assert "closed to csv, matrix, vips" in said.out
    assert "nginx/" in said.out


def test_what_is_missing_is_said_with_what_to_do(desk: Path, signet: Signet) -> None:
    """Status 1, and a command for each thing that pictures cannot be served without."""
    (desk / "signet-keys.json").unlink()
    (desk / "templates" / "versions" / "card" / "1" / "template.json").write_text("{}")
    (desk / "data").write_text("a file where the directory should be")
    said = signet("doctor")
    assert said.status == 1
    found = states(said.out)
    assert found["keys"] == found["disk"] == found["template card"] == "missing"
    assert "keys: signet keys new" in said.out
    assert "SIGNET_DATA_DIR" in said.out
    assert "missing: keys, template card, disk" in said.err


def test_what_is_poor_does_not_fail(
    desk: Path, signet: Signet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A faulty draft and a dead Redis cost no picture, so the status stays 0."""
    (desk / "templates" / "card.json").write_text("{")
    monkeypatch.setenv("SIGNET_CACHE_REDIS", f"redis://127.0.0.1:{free_port()}/0")
    said = signet("doctor")
    assert said.status == 0
    found = states(said.out)
    assert found["template card"] == found["redis"] == "poor"
    assert "signet templates check card" in said.out
