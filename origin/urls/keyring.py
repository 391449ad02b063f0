"""Keep the keys that sign links, newest first to sign, all but the revoked ones to verify.

Every key has a random secret that never leaves the ring. What signs is a sub-key,
HMAC-SHA256(secret, "signet.v1.sign"): a sender is given that and nothing else, so that a leak at
a sender opens no other door, and revoking one kid shuts it.

The ring is immutable: every change gives a new ring, which the caller saves. Times are unix
seconds and passed in; only `load` and `save` touch the disk.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self, get_args

from origin.urls.encoding import from_base64url, to_base64url
from origin.urls.errors import KeyRingError, LinkRefused

State = Literal["active", "verify", "revoked"]

SECRET_BYTES = 32
KID_PATTERN = "[a-z0-9]{1,16}"
FILE_VERSION = 1


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The one sub-key that a sender holds: it signs links and can do nothing else."""

    kid: str
    subkey: bytes = field(repr=False)

    def to_text(self) -> str:
        """Write as `kid:subkey`, fit for an environment variable of the sender."""
        return f"{self.kid}:{to_base64url(self.subkey)}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote.

        Raises:
            KeyRingError: not a signing key; the text itself is not repeated.
        """
        kid, _, encoded = text.strip().partition(":")
        try:
            subkey = from_base64url(encoded)
        except ValueError:
            subkey = b""
        if not re.fullmatch(KID_PATTERN, kid) or len(subkey) != SECRET_BYTES:
            raise KeyRingError(
                "this is no signing key; it reads kid:subkey, as `signet keys new` prints it"
            )
        return cls(kid, subkey)

    def signing_key(self) -> SigningKey:
        """Answer as a ring does, so that either can be handed to `sign`."""
        return self


@dataclass(frozen=True, slots=True)
class Key:
    """One secret of the ring.

    Attributes:
        kid: its name in links, 1-16 of a-z and 0-9; never used twice.
        secret: 32 random bytes.
        state: "active" may sign and verifies, "verify" only verifies, "revoked" does neither.
        created_at: unix seconds.
        revoked_at: unix seconds, when it was revoked.
    """

    kid: str
    secret: bytes = field(repr=False)
    state: State
    created_at: int
    revoked_at: int | None = None

    def subkey(self, purpose: str) -> bytes:
        """Derive the 32 bytes for one purpose, such as "sign"."""
        return hmac.digest(self.secret, f"signet.v1.{purpose}".encode("ascii"), "sha256")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Every key that this origin has had; `keys` is in order of creation."""

    keys: tuple[Key, ...] = ()
    # Derived once: a request must not pay a second HMAC for its sub-key.
    _subkeys: Mapping[str, bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kids = [key.kid for key in self.keys]
        if len(set(kids)) != len(kids):
            raise KeyRingError("two keys of the ring have one kid; rename or remove one of them")
        live = {key.kid: key.subkey("sign") for key in self.keys if key.state != "revoked"}
        object.__setattr__(self, "_subkeys", live)

    def signing_key(self) -> SigningKey:
        """Return the sub-key of the newest active key.

        Raises:
            KeyRingError: no key is active.
        """
        active = [key for key in self.keys if key.state == "active"]
        if not active:
            raise KeyRingError("the key ring has no active key; make one with `signet keys new`")
        newest = max(reversed(active), key=lambda key: key.created_at)
        return SigningKey(newest.kid, self._subkeys[newest.kid])

    def verifying_subkey(self, kid: str) -> bytes:
        """Return the signing sub-key of exactly `kid`.

        Raises:
            LinkRefused: the kid was never here, or is revoked.
        """
        subkey = self._subkeys.get(kid)
        if subkey is not None:
            return subkey
        if any(key.kid == kid for key in self.keys):
            raise LinkRefused("revoked-key", "the key of this link is revoked")
        raise LinkRefused("unknown-key", "the key of this link is not in the ring")

    def new_key(self, *, now: float, secret: bytes | None = None) -> KeyRing:
        """Return a ring whose newest key signs from now on; the others still verify.

        Args:
            secret: 32 bytes from a cryptographic source; made here when left out.
        """
        secret = secrets.token_bytes(SECRET_BYTES) if secret is None else secret
        if len(secret) != SECRET_BYTES:
            raise KeyRingError(f"a secret has {SECRET_BYTES} bytes, this one has {len(secret)}")
        numbers = [int(key.kid[1:]) for key in self.keys if re.fullmatch("k[0-9]+", key.kid)]
        kid = f"k{max(numbers, default=0) + 1}"
        return KeyRing((*self.keys, Key(kid, secret, "active", int(now))))

    def retire(self, kid: str) -> KeyRing:
        """Return a ring where `kid` verifies what it has signed and signs nothing more."""
        key = self._key(kid)
        if key.state == "revoked":
            raise KeyRingError(f"key {kid} is revoked, and stays so; make a new one instead")
        return self._with(replace(key, state="verify"))

    def revoke(self, kid: str, *, now: float) -> KeyRing:
        """Return a ring that refuses every link of `kid`.

        The key stays in the ring, so that its name is never given again.
        """
        key = self._key(kid)
        if key.state == "revoked":
            return self
        return self._with(replace(key, state="revoked", revoked_at=int(now)))

    def _key(self, kid: str) -> Key:
        for key in self.keys:
            if key.kid == kid:
                return key
        known = ", ".join(key.kid for key in self.keys) or "none"
        raise KeyRingError(f"no key {kid!r} in the ring; it has: {known}")

    def _with(self, changed: Key) -> KeyRing:
        return KeyRing(tuple(changed if key.kid == changed.kid else key for key in self.keys))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a ring from its file.

        Raises:
            KeyRingError: the file is missing, unreadable or not a key ring.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except FileNotFoundError as fault:
            raise KeyRingError(
                f"{path}: no key ring here; make one with `signet keys new`, or set "
                "SIGNET_KEYS_FILE to the right file"
            ) from fault
        except (OSError, UnicodeDecodeError) as fault:
            raise KeyRingError(
                f"{path}: cannot be read ({type(fault).__name__}); it must be a file that the "
                "user of this process may read, mode 0600"
            ) from fault
        try:
            return cls(_keys_of(json.loads(text)))
        except (ValueError, RecursionError, KeyRingError) as fault:
            # A decoder's own text may quote the file, and the file holds secrets.
            why = str(fault) if isinstance(fault, KeyRingError) else "it is not JSON"
            raise KeyRingError(
                f"{path}: not a key ring: {why}; restore the file from your backup"
            ) from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the ring to its file, mode 0600, so that a reader sees the old or the new one.

        Raises:
            KeyRingError: the directory cannot be written.
        """
        document = {"signet_keys": FILE_VERSION, "keys": [_document(key) for key in self.keys]}
        temporary = ""
        try:
            # mkstemp makes the file 0600 from its first byte on.
            handle, temporary = tempfile.mkstemp(dir=Path(path).parent, prefix=".signet-keys-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps(document, indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError as fault:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            raise KeyRingError(
                f"{path}: cannot be written ({fault.strerror}); its directory must exist and "
                "belong to the user of this process"
            ) from fault


def _document(key: Key) -> dict[str, object]:
    document: dict[str, object] = {
        "kid": key.kid,
        "secret": to_base64url(key.secret),
        "state": key.state,
        "created": key.created_at,
    }
    if key.revoked_at is not None:
        document["revoked"] = key.revoked_at
    return document


def _keys_of(document: object) -> tuple[Key, ...]:
    if not isinstance(document, dict) or document.get("signet_keys") != FILE_VERSION:
        raise KeyRingError(f'it must be an object with "signet_keys": {FILE_VERSION}')
    entries = document.get("keys")
    if set(document) != {"signet_keys", "keys"} or not isinstance(entries, list):
        raise KeyRingError('it must have "signet_keys", a list "keys", and nothing else')
    return tuple(_key_of(entry, number) for number, entry in enumerate(entries, start=1))


def _key_of(entry: object, number: int) -> Key:
    fault = KeyRingError(
        f"key number {number} must have kid, secret (32 bytes as base64url), state "
        f"({', '.join(get_args(State))}), created and, when revoked, revoked (unix seconds)"
    )
    required = {"kid", "secret", "state", "created"}
    if not isinstance(entry, dict) or not required <= set(entry) <= required | {"revoked"}:
        raise fault
    kid, encoded, state = entry["kid"], entry["secret"], entry["state"]
    created, revoked = entry["created"], entry.get("revoked")
    if not (isinstance(kid, str) and isinstance(encoded, str) and state in get_args(State)):
        raise fault
    if type(created) is not int or (type(revoked) is not int and "revoked" in entry):
        raise fault
    try:
        secret = from_base64url(encoded)
    except ValueError:
        raise fault from None
    if len(secret) != SECRET_BYTES or not re.fullmatch(KID_PATTERN, kid):
        raise fault
    return Key(kid, secret, state, created, revoked)
