"""Write the query of an open link in the merge tags of a mailer (ESP), URL-encoded where it can.

Per mailer, what its own pages say:

- mailchimp: `*|FNAME|*`; the prefix `URL:` encodes.
  https://mailchimp.com/developer/marketing/docs/merge-fields/
- klaviyo: Django's `urlencode` behind a pipe, without spaces around it; properties that are not
  built in are reached by `person|lookup`.
  https://developers.klaviyo.com/en/docs/glossary-of-variable-filters
- hubspot: contact tokens take no filters in emails, so the value arrives unencoded.
  https://developers.hubspot.com/docs/cms/reference/hubl/filters
- sendgrid: no helper encodes URLs. Two braces escape for HTML, which an attribute needs; three
  would let a quote in a name end the attribute.
  https://www.twilio.com/docs/sendgrid/for-developers/sending-email/using-handlebars
- braze: `url_encode`, which encodes `&`, `#` and `+` too.
  https://www.braze.com/docs/user_guide/personalization_and_dynamic_content/liquid/advanced_filters
- customerio: `url_encode`; without a `default` a missing attribute fails the whole message.
  https://docs.customer.io/journeys/using-liquid
- salesforce: AMPscript `URLEncode(text, true, true)` encodes any text, not only whole URLs;
  `AttributeValue` is empty where the column is missing.
  https://developer.salesforce.com/docs/marketing/marketing-cloud-ampscript/references/mc-ampscript-http/mc-ampscript-reference-http-url-encode.md

No tag written here holds `"`, `&`, `<` or `>`, so `img_tag` can escape the whole attribute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

from origin.urls.errors import MailerError

Mailer = Literal["mailchimp", "klaviyo", "hubspot", "sendgrid", "braze", "customerio", "salesforce"]
MAILERS: tuple[Mailer, ...] = get_args(Mailer)

_SAME_FIELD = {"name": "first_name", "first": "first_name", "firstname": "first_name"} | {
    "last": "last_name", "lastname": "last_name", "surname": "last_name",
}  # fmt: skip

# What a mailer calls the fields that every mailer has; other slots keep their own name.
_FIELDS: dict[Mailer, dict[str, str]] = {
    "mailchimp": {"first_name": "FNAME", "last_name": "LNAME"},
    "klaviyo": {},
    "hubspot": {"first_name": "firstname", "last_name": "lastname"},
    "sendgrid": {},
    "braze": {"email": "email_address"},
    "customerio": {},
    "salesforce": {"first_name": "FirstName", "last_name": "LastName", "email": "emailaddr"},
}
_KLAVIYO_BUILT_IN = frozenset({"first_name", "last_name", "email"})
_BRAZE_BUILT_IN = frozenset(
    {"first_name", "last_name", "email_address", "city", "country", "language", "user_id"}
)


def slot_query(mailer: str, slots: Sequence[str], fields: Mapping[str, str] | None = None) -> str:
    """Return `slot=tag&…` with the tags of `mailer`; goes behind the `?` of an open link.

    Args:
        mailer: one of `MAILERS`.
        slots: names of the open slots, in the order they shall have.
        fields: what the mailer calls the field of a slot, where it is not the usual name.

    Raises:
        MailerError: unknown mailer, a field for no slot, or a name that no tag can hold.
    """
    if mailer not in MAILERS:
        raise MailerError(f"mailer {mailer!r} is not known; use one of {', '.join(MAILERS)}")
    given = dict(fields or {})
    strangers = sorted(set(given) - set(slots))
    if strangers:
        raise MailerError(f"{', '.join(strangers)}: no open slot has this name")
    pairs = []
    for slot in slots:
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", slot):
            raise MailerError(f"slot {slot!r}: a name has only A-Z a-z 0-9 _")
        field = given.get(slot) or _usual_field(mailer, slot)
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_. -]*", field):
            raise MailerError(f"field {field!r} of slot {slot}: use A-Z a-z 0-9 _ . - and space")
        pairs.append(f"{slot}={_TAGS[mailer](field)}")
    return "&".join(pairs)


def img_tag(src: str, width: int, height: int, alt: str) -> str:
    """Return the whole `<img>` for an email, escaped for its attributes.

    Args:
        src: the URL, with the query of `slot_query` when it is open.
        width: pixels at which it is shown; half the picture's own for scale 2.
        height: as `width`.
        alt: text for those who see no pictures; may hold merge tags without `"`, `&`, `<`, `>`.
    """
    return (
        f'<img src="{_attribute(src)}" width="{width:d}" height="{height:d}" '
        f'alt="{_attribute(alt)}">'
    )


def _attribute(text: str) -> str:
    # A single quote stays: merge tags need it, and the attributes are in double quotes.
    for character, entity in (("&", "&amp;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    return text


def _usual_field(mailer: Mailer, slot: str) -> str:
    known = _SAME_FIELD.get(slot, slot)
    field = _FIELDS[mailer].get(known, known)
    return field.upper() if mailer == "mailchimp" else field


def _klaviyo(field: str) -> str:
    value = field if field in _KLAVIYO_BUILT_IN else f"person|lookup:'{field}'"
    return f"{{{{ {value}|urlencode }}}}"


def _braze(field: str) -> str:
    value = f"${{{field}}}" if field in _BRAZE_BUILT_IN else f"custom_attribute.${{{field}}}"
    return f"{{{{{value} | url_encode}}}}"


def _within(owner: str, field: str) -> str:
    """Put `field` under its usual owner, unless it names one (`company.name`)."""
    return field if "." in field else f"{owner}.{field}"


_TAGS: dict[Mailer, Callable[[str], str]] = {
    "mailchimp": lambda field: f"*|URL:{field}|*",
    "klaviyo": _klaviyo,
    "hubspot": lambda field: f"{{{{ {_within('contact', field)} }}}}",
    "sendgrid": lambda field: f"{{{{{field}}}}}",
    "braze": _braze,
    "customerio": lambda field: (
        f"{{{{ {_within('customer', field)} | default: '' | url_encode }}}}"
    ),
    "salesforce": lambda field: f"%%=URLEncode(AttributeValue('{field}'),true,true)=%%",
}
