from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from origin.nginx import CONFIG_FILE, MAX_SCOPES, find_nginx

TEXT = CONFIG_FILE.read_text()


def statements() -> Iterator[tuple[str, str]]:
    """Yield the line above each directive, and its first line."""
    above, begins = "", True
    for line in map(str.strip, TEXT.splitlines()):
        is_code = bool(line) and not line.startswith("#")
        if is_code and begins and line != "}":
            yield above, line
        if is_code:
            begins = line.endswith((";", "{", "}"))
        above = line


def test_every_directive_has_a_reason_above() -> None:
    """Whoever edits the configuration learns first what each line is for."""
    bare = [line for above, line in statements() if not re.match(r"# .{4,}", above)]
    assert sum(1 for _ in statements()) > 100
    assert not bare


@pytest.mark.parametrize("prepared", [False, True], ids=["empty-directory", "after-purges"])
def test_shipped_file_is_valid_as_it_is(tmp_path: Path, *, prepared: bool) -> None:
    """The file that a newcomer copies passes nginx's own check, whatever exists around it."""
    (tmp_path / "nginx.conf").write_text(TEXT)
    if prepared:
        # As long and as many as they can be.
        names = [f"{number:-<64}".replace("-", "x") for number in range(MAX_SCOPES)]
        lines = [f"template:{name} 8;\nlink:{name}/AbCdEfGhIjKlMnOpQrStUv 9;\n" for name in names]
        (tmp_path / "epoch.conf").write_text("all 7;\n" + "".join(lines))
    done = subprocess.run(
        [str(find_nginx()), "-t", "-p", str(tmp_path), "-c", "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_captures_are_named_and_nothing_is_rewritten() -> None:
    """Unnamed captures and the rewrite module were this server's memory faults of 2026."""
    patterns = [line for _, line in statements() if line.startswith('"~')]
    assert patterns
    assert not [line for line in patterns if re.search(r"(?<!\\)\((?!\?)", line)]
    names = {line.split()[0] for _, line in statements()}
    assert not names & {"rewrite", "if", "slice", "set", "break"}


def test_expired_pictures_are_granted_by_answer_only() -> None:
    """`updating` would serve every expired picture once more, past the expiry of its link."""
    (stale,) = [line for _, line in statements() if line.startswith("proxy_cache_use_stale")]
    assert "updating" not in stale
    assert "proxy_cache_lock off;" in TEXT
