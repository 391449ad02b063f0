from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from loadtests.pictures import fault_of
from origin.config import Settings, font_dirs
from tests.docs.pages import ROOT

DOCUMENT = {
    "name": "greeting",
    "canvas": {"width": 120, "height": 40, "background": "#ffffff"},
    "variables": {"name": {"type": "text", "default": "you"}},
    "layers": [
        {
            "name": "line", "kind": "text", "text": "Hi {{ name }}",
            "font": {"size": 20, "family": "Inter"},
            "box": {"x": 4, "y": 4, "width": 112, "height": 32},
        },
    ],
}  # fmt: skip
KEYS = {
    "peer", "variant", "card", "format", "n", "ms", "p50", "p95", "mean", "rps", "wall_ms",
    "cpu_ms_mean", "bytes_mean", "peak_rss_mb", "setup_ms", "versions", "notes",
    "stages_ms",
}  # fmt: skip


def test_a_contestant_says_when_it_is_ready_and_closes_with_its_figures(tmp_path: Path) -> None:
    """Any harness that knows the contract can start it, wait for it and read what it measured."""
    (tmp_path / "greeting.json").write_text(json.dumps(DOCUMENT))
    (tmp_path / "fonts").mkdir()
    font = next(file for place in font_dirs(Settings()) for file in place.rglob("*.ttf"))
    shutil.copy(font, tmp_path / "fonts")
    words = ["--card", "greeting", "--format", "jpeg", "--n", "3", "--warmup", "2", "--wait"]
    places = ["--assets", str(tmp_path), "--templates", str(tmp_path), "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.bench.contestant", *words, *places, "--dump", "0,5"],
        cwd=ROOT, input="go\n", capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    ready, last = done.stdout.splitlines()
    assert json.loads(ready) == {"ready": True}
    closing = json.loads(last)
    assert closing.keys() == KEYS
    assert (closing["peer"], closing["n"], len(closing["ms"])) == ("Signet", 3, 3)
    for number in (0, 5):
        body = (tmp_path / f"greeting-{number}.jpg").read_bytes()
        headers = {"content-type": "image/jpeg", "content-length": str(len(body))}
        assert fault_of(200, headers, body, "jpg", (120, 40)) == ""
