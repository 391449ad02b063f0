"""Say why a link was not served, or could not be made.

    UrlError
    ├── LinkRefused       not signed by this ring: the one case that is answered 403
    ├── LinkMalformed     signed by this ring, but not readable: answered with a neutral picture
    ├── LinkInvalid       a link that a sender asked for and that cannot be signed
    ├── KeyRingError      a key ring or signing key that cannot be used
    └── MailerError       a mailer, slot or field that no merge tag can be written for

Reasons are short fixed words, fit for headers and metrics. No message holds a secret or a value
of a variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from origin.urls.link import Extension, Version

RefusedReason = Literal[
    "bad-path",
    "unknown-key",
    "revoked-key",
    "bad-signature",
    "slots-under-i",
    "no-slots-under-o",
]
MalformedReason = Literal["encrypted-payload", "unknown-payload-form", "bad-payload"]


class UrlError(Exception):
    """Anything that this package refuses; the message is safe to show."""


class LinkRefused(UrlError):  # noqa: N818 - reads as a claim where it is raised
    """A request target that no key of the ring has signed in this spelling."""

    def __init__(self, reason: RefusedReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LinkMalformed(UrlError):  # noqa: N818 - reads as a claim where it is raised
    """A well signed link whose payload this version cannot read.

    Carries what the path said, so that the template's default picture can be served in the
    right format.
    """

    def __init__(
        self,
        reason: MalformedReason,
        message: str,
        *,
        template: str,
        version: Version,
        extension: Extension,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.template = template
        self.version = version
        self.extension = extension


class LinkInvalid(UrlError):  # noqa: N818 - reads as a claim where it is raised
    """A link that cannot be signed; the message names the field and what is allowed."""


class KeyRingError(UrlError):
    """Keys that cannot be used; the message names the file or key and what to do."""


class MailerError(UrlError):
    """No merge tag can be written; the message names what is allowed."""
