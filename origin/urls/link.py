"""The nouns of the signed URL: what a link says, and what a request of it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from origin.urls.errors import LinkInvalid

Kind = Literal["i", "o"]
Version = int | Literal["latest"]
Extension = Literal["png", "jpg", "jpeg", "webp", "avif"]

EXTENSIONS: tuple[Extension, ...] = ("png", "jpg", "jpeg", "webp", "avif")
"""What a path may end in; the media type of the answer follows it."""

TEMPLATE_PATTERN = "[a-z0-9][a-z0-9-]{0,63}"
VERSION_PATTERN = "[1-9][0-9]{0,8}"


@dataclass(frozen=True, slots=True)
class Link:
    """What the signature of a URL covers.

    Attributes:
        template: name of the template, `[a-z0-9][a-z0-9-]{0,63}`.
        version: published version from 1, or "latest" for the moving one.
        extension: png, jpg, jpeg, webp or avif.
        variables: values by variable name; any JSON value.
        modifications: properties by layer name.
        open: names of the slots that the mailer fills in the query.
        budget: most distinct pictures that the open slots may make.
        expires: unix seconds after which the link has lapsed.
        layout: named size of the template.
        scale: pixels per layout pixel, 1-4.
        quality: 1-100.
        locale: BCP 47 tag.
        timezone: IANA name.
        campaign: what counters are kept by.
        recipient: whom the link was made for.
        experiment: experiment that the link takes part in.
        kid: key that signed the link; filled in by `read`, never looked at by `sign`.
    """

    template: str
    version: Version
    extension: Extension = "png"
    variables: Mapping[str, object] = field(default_factory=dict)
    modifications: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    budget: int | None = None
    expires: int | None = None
    layout: str = ""
    scale: int = 1
    quality: int | None = None
    locale: str = ""
    timezone: str = ""
    campaign: str = ""
    recipient: str = ""
    experiment: str = ""
    kid: str = ""

    @property
    def kind(self) -> Kind:
        """The prefix of its path: "i" sealed, "o" with open slots."""
        return "o" if self.open else "i"

    def expired(self, now: float) -> bool:
        """Tell whether the link has lapsed at `now`, unix seconds."""
        return self.expires is not None and self.expires <= now


class Note(StrEnum):
    """What was odd about a slot, for counting; never the value itself."""

    ABSENT = "absent"
    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    MERGE_TAG = "merge-tag"
    DOUBLE_ENCODED = "double-encoded"
    HTML_ESCAPED = "html-escaped"
    RAW_BYTES = "raw-bytes"
    LATIN_1 = "latin-1"
    CONTROL_CHARACTERS = "control-characters"
    REPEATED = "repeated"
    UNKNOWN_SLOT = "unknown-slot"
    QUERY_TOO_LONG = "query-too-long"


@dataclass(frozen=True, slots=True)
class SlotNote:
    """One oddity of a query; `slot` is empty when it belongs to no open slot."""

    slot: str
    note: Note


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A verified request.

    Attributes:
        link: what was signed.
        slots: every open slot of the link with its text, None where it counts as missing.
        slot_notes: oddities of the query, each at most once per slot.
    """

    link: Link
    slots: Mapping[str, str | None] = field(default_factory=dict)
    slot_notes: tuple[SlotNote, ...] = ()


def refuse_bad_address(link: Link) -> None:
    """Raise `LinkInvalid` if the parts of `link` that stand in the path cannot."""
    if not re.fullmatch(TEMPLATE_PATTERN, link.template):
        raise LinkInvalid(
            f"template {link.template!r}: use 1-64 of a-z, 0-9 and -, not beginning with -"
        )
    is_number = isinstance(link.version, int) and re.fullmatch(VERSION_PATTERN, str(link.version))
    if link.version != "latest" and not is_number:
        raise LinkInvalid(f"version {link.version!r}: use a number from 1 or 'latest'")
    if link.extension not in EXTENSIONS:
        raise LinkInvalid(f"extension {link.extension!r}: use one of {', '.join(EXTENSIONS)}")
