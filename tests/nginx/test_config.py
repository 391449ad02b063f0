from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from origin.nginx import CONFIG_FILE, NginxError, find_nginx, render_config
from origin.nginx.epochs import MAX_SCOPES

TEXT = CONFIG_FILE.read_text()
LITERALS = ("listen 8080;", "127.0.0.1:8081", "127.0.0.1:8082")


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


def test_package_carries_the_file_that_people_copy() -> None:
    """There is one configuration; demo, tests and load run on what operators run."""
    assert CONFIG_FILE.samefile(Path(__file__).parents[2] / "nginx.conf")


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


def test_every_reason_is_explained() -> None:
    """Whoever finds a reason in an answer or a log finds it on the page about nginx."""
    page = (CONFIG_FILE.resolve().parent / "docs" / "nginx.md").read_text()
    block = TEXT[TEXT.index("map $arg_reason") :]
    reasons = re.findall(r"^ +[a-z]+ ([a-z-]+);$", block[: block.index("}")], re.M)
    assert len(reasons) == 3
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.M) == reasons


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


def test_rendered_text_differs_in_addresses_only() -> None:
    """Every address is replaced wherever it stands, nothing else changes, and back again."""
    there = render_config(TEXT, listen="127.0.0.1:18080", origin="10.0.0.1:81", hop="127.0.0.1:82")
    assert not [literal for literal in LITERALS if literal in there]
    back = there.replace("listen 127.0.0.1:18080;", LITERALS[0])
    assert back.replace("10.0.0.1:81", LITERALS[1]).replace("127.0.0.1:82", LITERALS[2]) == TEXT


def test_addresses_may_look_like_each_other() -> None:
    """An origin at the port that the file gives to the hop stays what was asked for."""
    text = render_config(TEXT, listen="8081", origin="127.0.0.1:8082", hop="127.0.0.1:8081")
    assert text.count("server 127.0.0.1:8082 max_fails=0") == 4
    assert "listen 127.0.0.1:8081;" in text


@pytest.mark.parametrize("literal", LITERALS)
def test_missing_literal_is_an_error(literal: str) -> None:
    """An edited file that lost an address is refused instead of serving somewhere else."""
    with pytest.raises(NginxError, match=literal):
        render_config(TEXT.replace(literal, "x"), listen="1", origin="a:2", hop="b:3")
