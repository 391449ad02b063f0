from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from origin.urls.link import Link
from origin.urls.path import read, sign
from tests.docs.commands import lines_of, mentions_of, parse, unknown_in
from tests.docs.pages import PAGES, ROOT, blocks_of, prose_of
from tests.test_architecture import ORIGIN_LAYERS
from tests.urls.test_docs import arguments_of
from tests.urls.vectors import RING, URLS, named

README = ROOT / "README.md"
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.M)
# Whose machine a file was written on is nobody's business, and works on no other.
MACHINE_PATH = re.compile(rb"(?<![\w.])/(?:work|root|home|Users)/[\w.-]+")
NAMED_FILE = re.compile(
    r"`((?:origin|vips_render|cache|tests|docs|examples|loadtests|packaging)/[\w./-]*)`"
)
COMMANDS = [(page.name, line) for page in PAGES for line in dict.fromkeys(lines_of(page))]
MENTIONS = [(page.name, words) for page in PAGES for words in dict.fromkeys(mentions_of(page))]


def as_id(value: object) -> str | None:
    """Name a case by the command line that it is about."""
    return " ".join(value) if isinstance(value, tuple) else None


def test_there_are_commands_to_check() -> None:
    """The finder finds; a page without commands would make the next tests empty."""
    assert (
        "README.md",
        ("sign", "renewal-banner", "--open", "first_name", "--esp", "mailchimp"),
    ) in (COMMANDS)
    assert {page for page, _ in COMMANDS} >= {"README.md", "signing.md", "templates.md"}


@pytest.mark.parametrize(("page", "arguments"), COMMANDS, ids=as_id)
def test_every_command_line_is_understood(page: str, arguments: tuple[str, ...]) -> None:
    """What a reader copies from a page, the program can parse."""
    parse(arguments)


@pytest.mark.parametrize(
    "arguments", [("sing",), ("sign", "card", "--opne", "x"), ("render", "card")]
)
def test_a_wrong_command_line_is_noticed(arguments: tuple[str, ...]) -> None:
    """The check itself can fail."""
    with pytest.raises(Exception, match=r"(?i)no such|missing"):
        parse(arguments)


@pytest.mark.parametrize(("page", "arguments"), MENTIONS, ids=as_id)
def test_every_mention_exists(page: str, arguments: tuple[str, ...]) -> None:
    """A command that the prose speaks of exists, with the options that it names."""
    assert unknown_in(arguments) == ""


def readme_signer() -> dict[str, Any]:
    """Run the Python snippet of the README; it signs its example with the key that it is given."""
    (code,) = [block.code for block in blocks_of(README) if block.language == "python"]
    names: dict[str, Any] = {"key": RING.signing_key().to_text()}
    exec(code, names)
    return names


def test_the_readme_signs_as_the_origin_does() -> None:
    """The origin reads the example of the README as the link that it would sign itself."""
    values = {"first_name": "Ada", "accent": "#1d4ed8"}
    own = sign(Link("renewal-banner", 1, variables=values), RING)
    assert read(readme_signer()["path"], RING) == read(own, RING)


@pytest.mark.parametrize("vector", named(URLS["links"]))
def test_the_readme_signs_the_vectors(vector: dict[str, Any]) -> None:
    """Ten lines make good links of everything; of plain ASCII the very path of the vectors."""
    path = readme_signer()["sign"](*arguments_of(vector))
    if json.dumps(vector["payload"], ensure_ascii=False).isascii():
        assert path == vector["path"]
    key = arguments_of(vector)[0]
    assert isinstance(key, str)
    if key.startswith(f"{RING.signing_key().kid}:"):
        assert read(path, RING).link == read(vector["path"], RING).link


def anchors_of(page: Path) -> set[str]:
    """Return the fragments that GitHub gives the headings of a page."""
    plain = (
        re.sub(r"\[([^]]*)\]\([^)]*\)|`", r"\1", heading).strip().lower()
        for heading in HEADING.findall(prose_of(page))
    )
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def leads_nowhere(page: Path, target: str) -> bool:
    """Tell whether a relative link of a page has no file, or its fragment no heading."""
    name, _, fragment = target.partition("#")
    file = page.parent / name if name else page
    if not file.exists():
        return True
    return bool(fragment) and fragment not in anchors_of(file)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Relative links point to files that exist, and fragments to headings."""
    targets = [target for target in LINK.findall(prose_of(page)) if ":" not in target]
    assert [target for target in targets if leads_nowhere(page, target)] == []


def test_no_tracked_file_names_a_machine_path() -> None:
    """The project reads the same wherever it was cloned to."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    named_in = [
        f"{name.decode()}: {match.group().decode()}"
        for name in listed.stdout.split(b"\0")
        if name and (ROOT / name.decode()).is_file()
        for content in [(ROOT / name.decode()).read_bytes()]
        if b"\0" not in content[:8_000]
        for match in MACHINE_PATH.finditer(content)
    ]
    assert named_in == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    """A reader who goes where the prose points finds something there."""
    named_here = NAMED_FILE.findall(prose_of(page))
    assert [name for name in named_here if "NAME" not in name and not (ROOT / name).exists()] == []


def test_contributors_see_the_layers_as_they_are() -> None:
    """The list of layers is the one that the test of imports holds."""
    layers = "\n".join(" | ".join(names) for names in ORIGIN_LAYERS)
    assert f"```\n{layers}\n```\n" in (ROOT / "docs" / "contributing.md").read_text()
