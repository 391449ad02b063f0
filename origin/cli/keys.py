"""`signet keys`: make, list, retire and revoke the keys that sign links."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from origin.cli.options import ConfigFile, DataDir, KeysFile, open_ring, read_settings
from origin.cli.purge import purge_nginx
from origin.cli.screen import counted, say, show_table, tell
from origin.urls.keyring import KeyRing

keys = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make, list, retire and revoke the keys that sign links.",
)


Kid = Annotated[str, typer.Argument(metavar="KEY", help="as `signet keys list` shows it")]


@keys.command()
def new(
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="print the signing key and nothing else")
    ] = False,
    config: ConfigFile = None,
    keys_file: KeysFile = None,
) -> None:
    """Make a key that signs from now on; older keys go on verifying.

    Prints the signing key for your senders. It signs links and can do nothing else; the
    secret it comes from never leaves the key file. The first key makes the file (mode 0600).
    Servers see a new key within a second.

    \b
    Examples:
      signet keys new
      SIGNET_SIGNING_KEY=$(signet keys new --quiet)
    """
    path = read_settings(config, keys_file=keys_file).keys_file
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        ring = (KeyRing.load(path) if path.exists() else KeyRing()).new_key(now=time.time())
        ring.save(path)
    signing = ring.signing_key()
    if not quiet:
        tell(f"key {signing.kid} is in {path} and signs from now on")
        tell("the signing key, for your senders; keep it out of pages and repositories:")
    say(signing.to_text())


@keys.command("list")
def list_(*, config: ConfigFile = None, keys_file: KeysFile = None) -> None:
    """Show every key of the ring with its state; secrets are not shown.

    \b
    Example:
      signet keys list
    """
    ring = open_ring(read_settings(config, keys_file=keys_file))
    active = any(key.state == "active" for key in ring.keys)
    signing = ring.signing_key().kid if active else ""
    rows = [
        (
            key.kid,
            "signs and verifies" if key.kid == signing else _STATES[key.state],
            _date(key.created_at),
            "" if key.revoked_at is None else _date(key.revoked_at),
        )
        for key in ring.keys
    ]
    show_table(("key", "state", "made", "revoked"), rows)


@keys.command()
def retire(kid: Kid, *, config: ConfigFile = None, keys_file: KeysFile = None) -> None:
    """Sign nothing more with a key; the links that it has signed stay good.

    The last step of a rotation, when all senders have the new key: what is signed with the old
    signing key from now on is still accepted, so revoke a key that has leaked.

    \b
    Example:
      signet keys retire k1
    """
    path = read_settings(config, keys_file=keys_file).keys_file
    with _alone(path):
        ring = KeyRing.load(path).retire(kid)
        ring.save(path)
    _tell_rest(ring, f"key {kid} is retired: its links stay good")


@keys.command()
def revoke(
    kid: Kid,
    *,
    config: ConfigFile = None,
    keys_file: KeysFile = None,
    data_dir: DataDir = None,
) -> None:
    """Refuse every link that a key has signed, for ever.

    Workers see it within a second. The nginx that runs on the data directory then asks them about
    every link anew; no picture is drawn again for that. What mail proxies keep is theirs.

    \b
    Example:
      signet keys revoke k1
    """
    settings = read_settings(config, keys_file=keys_file, data_dir=data_dir)
    path = settings.keys_file
    with _alone(path):
        ring = KeyRing.load(path).revoke(kid, now=time.time())
        ring.save(path)
    _tell_rest(ring, f"key {kid} is revoked")
    if settings.data_dir.is_dir():
        # A link that nginx has kept is not verified again.
        purge_nginx(settings, None)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let nobody else change the ring at `path`: a key that is lost takes its links along."""
    descriptor = None
    # Where no lock can be made, no ring can be saved either, and `save` says what to do.
    with suppress(OSError):
        descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _tell_rest(ring: KeyRing, what: str) -> None:
    """Say what was done, and how many keys that leaves to sign with."""
    active = sum(key.state == "active" for key in ring.keys)
    tell(f"{what}; {counted(active, 'key')} can still sign")
    if not active:
        tell("make a new one before you sign again: signet keys new")


_STATES = {"active": "verifies", "verify": "verifies", "revoked": "refused"}


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
