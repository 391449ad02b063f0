from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from origin.urls.encoding import to_base64url
from origin.urls.errors import KeyRingError, LinkRefused
from origin.urls.keyring import Key, KeyRing, SigningKey
from tests.urls.vectors import RING, URLS


def test_sub_keys_match_the_vectors() -> None:
    """The signing sub-key is the HMAC of the secret under its label, as other languages make it."""
    for key, vector in zip(RING.keys, URLS["keys"], strict=True):
        assert to_base64url(key.subkey("sign")) == vector["sign_subkey"]
        assert SigningKey(key.kid, key.subkey("sign")).to_text() == vector["signing_key"]


def test_purposes_have_keys_of_their_own() -> None:
    """Whoever holds the sub-key of one purpose holds neither the secret nor another sub-key."""
    key = RING.keys[0]
    assert len({key.secret, key.subkey("sign"), key.subkey("seal")}) == 3


def test_a_file_holds_the_whole_ring(tmp_path: Path) -> None:
    """What is saved loads as it was, times and states included."""
    ring = KeyRing().new_key(now=10.9).new_key(now=20).new_key(now=30)
    ring = ring.revoke("k1", now=40.9).retire("k2")
    path = tmp_path / "keys.json"
    ring.save(path)
    assert KeyRing.load(path) == ring
    assert [(key.state, key.created_at, key.revoked_at) for key in ring.keys] == [
        ("revoked", 10, 40),
        ("verify", 20, None),
        ("active", 30, None),
    ]


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    """A new file and a replaced one have mode 0600, and nothing else is left in the directory."""
    path = tmp_path / "keys.json"
    path.write_text("{}")
    path.chmod(0o644)
    for target in (path, tmp_path / "new.json"):
        RING.save(target)
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert {entry.name for entry in tmp_path.iterdir()} == {"keys.json", "new.json"}


def test_a_failed_save_leaves_the_old_ring(tmp_path: Path) -> None:
    """When the new file cannot take its place, the old one and nothing else is there."""
    path = tmp_path / "keys.json"
    path.mkdir()
    (path / "inside").touch()
    with pytest.raises(KeyRingError, match="cannot be written"):
        RING.save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]
    with pytest.raises(KeyRingError, match="cannot be written"):
        RING.save(tmp_path / "missing" / "keys.json")


def test_the_newest_active_key_signs() -> None:
    """Age decides, then order; keys that only verify or are revoked never sign."""
    secret = bytes(32)
    ring = KeyRing(
        (
            Key("new", secret, "active", 20),
            Key("old", secret, "active", 10),
            Key("retired", secret, "verify", 30),
            Key("gone", secret, "revoked", 40, 50),
        )
    )
    assert ring.signing_key().kid == "new"
    assert KeyRing().new_key(now=5).new_key(now=5).signing_key().kid == "k2"


def test_a_kid_is_never_used_twice() -> None:
    """Revoked keys stay in the ring, so that a new key cannot revive their links."""
    ring = KeyRing().new_key(now=1).revoke("k1", now=2).new_key(now=3)
    assert [key.kid for key in ring.keys] == ["k1", "k2"]
    assert ring.keys[0].secret != ring.keys[1].secret


def test_revocation_is_for_ever() -> None:
    """A second revocation keeps the first one's time, and no change brings the key back."""
    ring = KeyRing().new_key(now=1).revoke("k1", now=2)
    assert ring.revoke("k1", now=9) == ring
    with pytest.raises(KeyRingError, match="revoked"):
        ring.retire("k1")


def test_exactly_one_key_is_tried() -> None:
    """A kid names its key; unknown and revoked ones are told apart for the operator."""
    assert RING.verifying_subkey("k1") == RING.keys[0].subkey("sign")
    for kid, reason in (("k3", "revoked-key"), ("k9", "unknown-key")):
        with pytest.raises(LinkRefused) as caught:
            RING.verifying_subkey(kid)
        assert caught.value.reason == reason


def test_unknown_keys_are_named() -> None:
    """A change to a key that is not there says which ones are."""
    with pytest.raises(KeyRingError, match="k1, k2, k3"):
        RING.revoke("k7", now=1)


def test_secrets_are_whole() -> None:
    """A secret of another length is refused before it can sign."""
    with pytest.raises(KeyRingError, match="32 bytes"):
        KeyRing().new_key(now=1, secret=b"short")


def test_secrets_are_never_shown() -> None:
    """Neither ring, key nor signing key shows a secret when it is printed."""
    shown = f"{RING!r} {RING.keys[1]!r} {RING.signing_key()!r} {RING.signing_key()}"
    for vector in URLS["keys"]:
        assert vector["secret"] not in shown
        assert vector["sign_subkey"] not in shown
    for key in RING.keys:
        assert repr(key.secret) not in shown
        assert repr(key.subkey("sign")) not in shown


GOOD = {"kid": "k1", "secret": to_base64url(bytes(32)), "state": "active", "created": 1}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[]",
        "[" * 100_000,
        '{"signet_keys": 2, "keys": []}',
        '{"signet_keys": 1}',
        '{"signet_keys": 1, "keys": {}}',
        '{"signet_keys": 1, "keys": [7]}',
        '{"signet_keys": 1, "keys": [], "more": 1}',
        json.dumps({"signet_keys": 1, "keys": [GOOD, GOOD]}),
        json.dumps({"signet_keys": 1, "keys": [GOOD | {"kid": "K 1"}]}),
        json.dumps({"signet_keys": 1, "keys": [GOOD | {"kid": None}]}),
        json.dumps({"signet_keys": 1, "keys": [GOOD | {"secret": "c2hvcnQ"}]}),
        json.dumps({"signet_keys": 1, "keys": [GOOD | {"secret": GOOD["secret"] + "="}]}),  # type: ignore[operator]  # a text
        json.dumps({"signet_keys": 1, "keys": [GOOD | {"state": "asleep"}]}),
        json.dumps({"signet_keys": 1, "keys": [GOOD | {"state": []}]}),
        json.dumps({"signet_keys": 1, "keys": [GOOD | {"created": "today"}]}),
        json.dumps({"signet_keys": 1, "keys": [GOOD | {"revoked": None}]}),
        json.dumps({"signet_keys": 1, "keys": [GOOD | {"note": "x"}]}),
    ],
)
def test_a_broken_file_is_named_with_a_remedy(tmp_path: Path, content: str) -> None:
    """What is no key ring is refused by name, with what to do, and without its content."""
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(KeyRingError, match="restore") as caught:
        KeyRing.load(path)
    assert str(path) in str(caught.value)
    assert "AAAA" not in str(caught.value)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    """Without a ring the reader is told the command that makes one."""
    with pytest.raises(KeyRingError, match="signet keys new") as caught:
        KeyRing.load(tmp_path / "keys.json")
    assert "keys.json" in str(caught.value)


def test_an_unreadable_file_says_what_is_needed(tmp_path: Path) -> None:
    """A directory or bytes that are no text are refused by name."""
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    for path in (tmp_path, tmp_path / "bytes.json"):
        with pytest.raises(KeyRingError, match="cannot be read") as caught:
            KeyRing.load(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "k1", "k1:", ":abc", "k1:c2hvcnQ", "K1:" + "A" * 43, "k1:" + "A" * 43 + "="]
)
def test_a_broken_signing_key_is_refused_without_repeating_it(text: str) -> None:
    """What is no signing key is refused with its form, and never echoed."""
    with pytest.raises(KeyRingError, match="kid:subkey") as caught:
        SigningKey.from_text(text)
    assert not text or text not in str(caught.value)
