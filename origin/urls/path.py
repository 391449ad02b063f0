"""Sign a link into its path, and read a request target back.

    /i/{template}/{version|latest}/{kid}.{payload}.{sig}.{ext}               sealed
    /o/{template}/{version|latest}/{kid}.{payload}.{sig}.{ext}?slot=value&…  open

The signature is the first 16 bytes of HMAC-SHA256(sub-key, text), 22 characters of base64url,
where text is "signet.v1", a line feed, and the path without ".{sig}". It is compared as text, so
that of the sixteen spellings of its 16 bytes only one is good, and everything before it is
matched raw: nothing is decoded for an unsigned request.
"""

from __future__ import annotations

import hmac
import re
from typing import Protocol, cast

from origin.urls.encoding import to_base64url
from origin.urls.errors import LinkInvalid, LinkMalformed, LinkRefused, MalformedReason
from origin.urls.keyring import KID_PATTERN, KeyRing, SigningKey
from origin.urls.link import (
    EXTENSIONS,
    TEMPLATE_PATTERN,
    VERSION_PATTERN,
    Extension,
    Link,
    SignedRequest,
    Version,
    refuse_bad_address,
)
from origin.urls.payload import PAYLOAD_CHARS, PayloadError, dump_payload, load_payload
from origin.urls.slots import read_slots

SCHEME = "signet.v1"
SIGNATURE_BYTES = 16

_match_path = re.compile(
    rf"(?P<signed>/(?P<kind>[io])/(?P<template>{TEMPLATE_PATTERN})"
    rf"/(?P<version>latest|{VERSION_PATTERN})/(?P<kid>{KID_PATTERN})"
    rf"\.(?P<payload>[A-Za-z0-9_-]{{1,{PAYLOAD_CHARS}}}))"
    rf"\.(?P<sig>[A-Za-z0-9_-]{{22}})\.(?P<ext>{'|'.join(EXTENSIONS)})"
).fullmatch


class Signer(Protocol):
    """What can sign: a whole `KeyRing`, or the `SigningKey` of a sender."""

    def signing_key(self) -> SigningKey:
        """Return the sub-key that signs now."""


def sign(link: Link, signer: Signer) -> str:
    """Return the path of `link`, signed with the newest key of `signer`.

    Same link, same key, same path. An open link takes its slots in a query behind it.

    Raises:
        LinkInvalid: a field outside its range; names the field and what is allowed.
        KeyRingError: the ring has no active key.
    """
    refuse_bad_address(link)
    try:
        payload = dump_payload(link)
    except PayloadError as fault:
        raise LinkInvalid(str(fault)) from fault
    key = signer.signing_key()
    signed = f"/{link.kind}/{link.template}/{link.version}/{key.kid}.{payload}"
    return f"{signed}.{_signature(key.subkey, signed, link.extension)}.{link.extension}"


def read(raw_target: bytes | str, ring: KeyRing) -> SignedRequest:
    """Verify a request target and return what it asks for.

    Expiry is not looked at: a lapsed link is still a good one, see `Link.expired`.

    Args:
        raw_target: path and query exactly as they stood in the request line. A text may hold
            undecodable bytes as surrogate escapes, as aiohttp passes them.

    Raises:
        LinkRefused: not a path of this scheme, key unknown or revoked, signature wrong, or the
            prefix and the open slots disagree.
        LinkMalformed: the signature is good, the payload is not readable in this version.
    """
    path, _, query = _as_bytes(raw_target).partition(b"?")
    # Latin-1 maps every byte to itself, so the pattern sees the raw path.
    match = _match_path(path.decode("latin-1"))
    if match is None:
        raise LinkRefused("bad-path", "this is no path of a signed link, in its one spelling")
    subkey = ring.verifying_subkey(match["kid"])
    if not hmac.compare_digest(_signature(subkey, match["signed"], match["ext"]), match["sig"]):
        raise LinkRefused("bad-signature", "the signature does not belong to this path")
    link = _link(match)
    if link.kind != match["kind"]:
        if link.kind == "o":
            raise LinkRefused("slots-under-i", "a link under /i cannot have open slots")
        raise LinkRefused("no-slots-under-o", "a link under /o must have open slots")
    if link.kind == "i":
        return SignedRequest(link)
    slots, notes = read_slots(query, link.open)
    return SignedRequest(link, slots, notes)


def _signature(subkey: bytes, signed: str, extension: str) -> str:
    text = f"{SCHEME}\n{signed}.{extension}".encode("ascii")
    return to_base64url(hmac.digest(subkey, text, "sha256")[:SIGNATURE_BYTES])


def _as_bytes(target: bytes | str) -> bytes:
    if isinstance(target, bytes):
        return target
    try:
        return target.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return target.encode("utf-8", "replace")


def _link(part: re.Match[str]) -> Link:
    version: Version = "latest" if part["version"] == "latest" else int(part["version"])
    extension = cast("Extension", part["ext"])  # the pattern allows no other

    def malformed(reason: MalformedReason, message: str) -> LinkMalformed:
        return LinkMalformed(
            reason,
            message,
            template=part["template"],
            version=version,
            extension=extension,
        )

    form, encoded = part["payload"][0], part["payload"][1:]
    if form == "s":
        raise malformed("encrypted-payload", "encrypted links are not available in this version")
    if form != "j":
        raise malformed("unknown-payload-form", "this version does not know the payload's form")
    try:
        fields = load_payload(encoded)
    except PayloadError as fault:
        raise malformed("bad-payload", f"the payload cannot be used: {fault}") from fault
    return Link(
        template=part["template"],
        version=version,
        extension=extension,
        kid=part["kid"],
        **fields,  # type: ignore[arg-type]  # load_payload checked every field's type
    )
