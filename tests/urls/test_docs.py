from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

from origin.urls.esp import MAILERS, slot_query
from origin.urls.keyring import SigningKey
from origin.urls.link import Link
from origin.urls.path import read, sign
from tests.urls.vectors import RING, ROOT, URLS

DOCS = ROOT / "docs"
PAGE = (DOCS / "signing.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
KEY = RING.signing_key().to_text()

# A signer in another language is given the vectors on its input and prints their paths.
RUN_PYTHON = """
import json, sys
sys.path.insert(0, sys.argv[1])
from sign import sign
print(json.dumps([sign(*arguments) for arguments in json.load(sys.stdin)]))
"""
RUN_NODE = """
import { readFileSync } from "node:fs";
const { sign } = await import(process.argv[1]);
const calls = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(calls.map((values) => sign(...values))));
"""


def arguments_of(vector: dict[str, Any]) -> list[object]:
    """Return what a signer takes to make the path of `vector`."""
    key = next(key["signing_key"] for key in URLS["keys"] if key["kid"] == vector["kid"])
    return [
        key, vector["template"], vector["version"], vector["payload"], vector["extension"]
    ]  # fmt: skip


def node() -> str:
    """Return the interpreter of the JavaScript tests; without it they fail, never skip."""
    found = shutil.which("node")
    assert found, "node is missing; install it: apt-get install nodejs"
    return found


def paths_made_by(command: list[str]) -> list[str]:
    """Run a signer over all vectors."""
    calls = [arguments_of(vector) for vector in URLS["links"]]
    done = subprocess.run(
        command, input=json.dumps(calls), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    paths: list[str] = json.loads(done.stdout)
    return paths


@pytest.mark.parametrize(("language", "file"), [("python", "sign.py"), ("js", "sign.mjs")])
def test_the_page_shows_the_snippets_that_are_run(language: str, file: str) -> None:
    """The first block of a language on the page is its snippet, byte for byte."""
    shown = next(code for name, code in BLOCKS if name == language)
    assert shown == (DOCS / "snippets" / file).read_text()


def test_the_python_snippet_signs_the_vectors() -> None:
    """The snippet makes every path of the vectors, in a bare interpreter."""
    command = [sys.executable, "-I", "-S", "-c", RUN_PYTHON, str(DOCS / "snippets")]
    assert paths_made_by(command) == [vector["path"] for vector in URLS["links"]]


def test_the_javascript_snippet_signs_the_vectors() -> None:
    """The snippet makes every path of the vectors, under Node without any package."""
    snippet = (DOCS / "snippets" / "sign.mjs").as_uri()
    command = [node(), "--input-type=module", "--eval", RUN_NODE, "--", snippet]
    assert paths_made_by(command) == [vector["path"] for vector in URLS["links"]]


@pytest.mark.parametrize(
    "code", [code for name, code in BLOCKS if name == "python" and "path = sign" in code]
)
def test_python_examples_make_good_links(code: str) -> None:
    """Every call on the page gives a path that the origin reads."""
    names: dict[str, Any] = {"key": KEY}
    exec((DOCS / "snippets" / "sign.py").read_text(), names)
    exec(code, names)
    link = read(names["path"], RING).link
    assert link.template == "renewal"
    assert link.open or link.variables == {"name": "Anna"}


def test_the_javascript_example_makes_a_good_link() -> None:
    """The call on the page gives a path that the origin reads."""
    (call,) = [code for name, code in BLOCKS if name == "js" and "path = sign" in code]
    snippet = (DOCS / "snippets" / "sign.mjs").read_text()
    code = f"{snippet}\nconst key = {json.dumps(KEY)};\n{call}\nconsole.log(path);"
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert read(done.stdout.strip(), RING).link.variables == {"name": "Anna"}


def test_the_page_shows_the_signed_text() -> None:
    """The bytes that the page prints are those of the first vector."""
    vector = URLS["links"][0]
    assert "".join(f"   {line}\n" for line in vector["mac_input"].split("\n")) in PAGE


@pytest.mark.parametrize("mailer", MAILERS)
def test_the_page_spells_each_mailer(mailer: str) -> None:
    """The table of mailers on the page is what the code writes."""
    tags = [slot_query(mailer, [slot]).partition("=")[2] for slot in ("first_name", "plan")]
    cells = " | ".join(f"`{tag.replace('|', chr(92) + '|')}`" for tag in tags)
    assert f"| {mailer} | {cells} |" in PAGE


def test_a_sender_needs_the_standard_library_only() -> None:
    """The signing modules import and sign in an interpreter that sees no installed package."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from origin.urls.keyring import SigningKey\n"
        "from origin.urls.link import Link\n"
        "from origin.urls.path import sign\n"
        "print(sign(Link('renewal', 3), SigningKey.from_text(sys.argv[2])))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", code, str(ROOT), KEY],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == sign(Link("renewal", 3), SigningKey.from_text(KEY))
