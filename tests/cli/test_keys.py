from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from origin.urls.keyring import KeyRing, SigningKey
from origin.urls.link import Link
from origin.urls.path import read, sign
from tests.cli.conftest import Signet
from tests.processes import eventually


def test_the_first_key_makes_the_file(desk: Path, signet: Signet) -> None:
    """A newcomer types one command; nobody else on the machine may read the secret."""
    said = signet("keys", "new", "--keys-file", "deep/ring.json")
    assert said.status == 0
    path = desk / "deep" / "ring.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(KeyRing.load(path).keys) == 1


def test_quiet_prints_the_signing_key_alone(desk: Path, signet: Signet) -> None:
    """A script takes standard output as it is, and what it signs with it the ring verifies."""
    said = signet("keys", "new", "--quiet")
    assert said.err == ""
    assert said.out.count("\n") == 1
    key = SigningKey.from_text(said.out.strip())
    target = sign(Link("card", 1), key)
    assert read(target, KeyRing.load(desk / "signet-keys.json")).link.kid == "k2"


def test_a_list_shows_states_and_no_secret(desk: Path, signet: Signet) -> None:
    """Newest signs, older verify, revoked are refused; the file's secrets stay in it."""
    signet("keys", "new")
    signet("keys", "new")
    signet("keys", "revoke", "k1")
    said = signet("keys", "list")
    states = {line.split()[0]: line for line in said.out.splitlines()}
    assert "signs and verifies" in states["k3"]
    assert "verifies" in states["k2"]
    assert "signs" not in states["k2"]
    assert "refused" in states["k1"]
    assert "2023-11-14" in states["k1"]
    for part in (desk / "signet-keys.json").read_text().split('"'):
        assert len(part) < 40 or part not in said.out


def test_a_revoked_key_is_said_to_leave_none(desk: Path, signet: Signet) -> None:
    """Whoever revokes the last key learns that nothing can be signed any more."""
    said = signet("keys", "revoke", "k1")
    assert said.status == 0
    assert "0 keys can still sign" in said.err
    assert "signet keys new" in said.err


def test_a_retired_key_verifies_and_signs_no_more(desk: Path, signet: Signet) -> None:
    """Rotation ends here: old links stay good, and the newest of the others signs."""
    old = signet("sign", "card").out.strip()
    signet("keys", "new")
    signet("keys", "new")
    said = signet("keys", "retire", "k3")
    assert said.status == 0
    assert "2 keys can still sign" in said.err
    assert "/k2." in signet("sign", "card").out
    signet("keys", "retire", "k1")
    assert "good, by key k1" in signet("verify", old).out
    assert "signet keys new" in signet("keys", "retire", "k2").err
    assert signet("sign", "card").status == 4
    signet("keys", "revoke", "k1")
    assert "revoked" in signet("keys", "retire", "k1").err


def waits_for_a_lock(process: subprocess.Popen[bytes]) -> bool:
    """Say whether the kernel holds the process back before a lock."""
    lines = Path("/proc/locks").read_text().splitlines()
    return any("->" in line and str(process.pid) in line.split() for line in lines)


def test_whoever_changes_the_ring_waits_for_the_one_before(desk: Path) -> None:
    """Commands at one moment all count: two new keys are two, and a key is given up once more."""
    path = desk / "signet-keys.json"
    commands = (("new", "--quiet"), ("new", "--quiet"), ("retire", "k1"), ("revoke", "k2"))
    with (desk / ".signet-keys.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "origin", "keys", *words],
                cwd=desk,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for words in commands
        ]
        assert eventually(lambda: all(map(waits_for_a_lock, running)))
        KeyRing.load(path).new_key(now=0.0).save(path)
    assert [process.wait(timeout=60) for process in running] == [0] * len(commands)
    states = {key.kid: key.state for key in KeyRing.load(path).keys}
    assert states == {"k1": "verify", "k2": "revoked", "k3": "active", "k4": "active"}


@pytest.mark.parametrize("command", ["revoke", "retire"])
def test_an_unknown_key_cannot_be_given_up(desk: Path, signet: Signet, command: str) -> None:
    """A slip of the finger changes nothing and names the keys that there are."""
    before = (desk / "signet-keys.json").read_bytes()
    said = signet("keys", command, "k9")
    assert said.status == 4
    assert "k1" in said.err
    assert (desk / "signet-keys.json").read_bytes() == before


def test_without_a_ring_every_command_says_how_to_make_one(desk: Path, signet: Signet) -> None:
    """The one thing that a newcomer lacks is named by its command."""
    (desk / "signet-keys.json").unlink()
    for arguments in (("keys", "list"), ("sign", "card"), ("verify", "/i/card/1/x")):
        said = signet(*arguments)
        assert said.status == 4
        assert "signet keys new" in said.err
