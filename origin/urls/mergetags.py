"""Recognise what a mailer leaves behind when it has no value: its own tag, or a word for nothing.

A picture that greets `*|FNAME|*` is worse than one that greets nobody by name, so a slot that
holds an unresolved tag counts as missing. The rules lean on what people are really called:

- An opening that no name contains (`*|`, `{{`, `{%`, `<%`, `${`, `%%x%%`) counts anywhere in the
  value, so that a tag cut short by a `#` or glued to other text is found too.
- Brackets, single braces, single `%` and the like count only around the *whole* value: `[Ada]`
  is a tag of Campaign Monitor, MailUp or MailWizz long before it is a person, while
  `Ada [Countess]`, `100% cotton` and `A$AP` pass.
- Words for nothing count in the spellings that programs print. `Null`, `Nan` and `Nil` with one
  capital are people's names and pass; `null`, `NULL`, `nan`, `NaN` and `nil` are not. `None` is
  what Python prints, so it is missing in every spelling.
- `(x)` and `-x-` pass: they are nicknames and decoration more often than tags of Mad Mimi or
  SendGrid's former templates.
"""

from __future__ import annotations

import re

_opening = re.compile(
    r"""
      \*\|                         # *|FNAME|*            Mailchimp, Mandrill
    | \{\{                         # {{ x }}, {{{ x }}}   Liquid, Handlebars, HubL, Django
    | \{%                          # {% if x %}           Liquid, HubL, Django
    | <%                           # <%= x %>             Adobe Campaign, Mapp
    | [$#@]\{                      # ${x}, #{x}, @{x}     Braze, Mailmodo, Responsys
    | %%[A-Za-z_=@$\[][^%]*%%      # %%x%%, %%=v(@x)=%%   Salesforce, Pardot
    """,
    re.VERBOSE,
).search

_whole = re.compile(
    r"""
      \[{1,2}[A-Za-z][^\[\]]*\]{1,2}   # [x], [[x]]           Campaign Monitor, GetResponse
    | \{!?[A-Za-z][^{}]*\}             # {x}, {!x}            AWeber, Vertical Response
    | %[A-Za-z][A-Za-z0-9_.-]*%        # %x%, %recipient.x%   ActiveCampaign, Mailgun
    | \$[A-Z][A-Z0-9_.]*\$             # $SUBSCRIBER.X$       Constant Contact; capitals only
    | \#\#[^#]+\#\#                    # ##x##                INinbox
    | ~[A-Za-z]+\.[^~]+~               # ~Contact.X~          Keap
    | @[A-Z][A-Z0-9_]*@                # @FIRSTNAME@          Dotdigital
    | <<[^<>]+>>                       # <<x>>                mail merges
    """,
    re.VERBOSE,
).fullmatch

# `%%Address%%` must be seen before decoding, which would read its `%Ad` as a byte. No well encoded
# value begins with `%%`, or is one word between two bare `%`.
_raw = re.compile(r"%%[A-Za-z_=@$\[].*%%|%[A-Za-z][A-Za-z0-9_.-]*%", re.DOTALL).fullmatch

_NOTHING = frozenset({"null", "NULL", "nil", "nan", "NaN", "NaT"})
_NOTHING_IN_ANY_CASE = frozenset(
    {"none", "undefined", "n/a", "#n/a", "(null)", "(none)", "<null>", "<nil>", "<none>", "<na>"}
)


def is_merge_tag(text: str) -> bool:
    """Tell whether decoded, trimmed `text` holds a tag that no mailer has filled."""
    return _opening(text) is not None or _whole(text) is not None


def is_raw_merge_tag(raw: str) -> bool:
    """Tell whether a value as it stood in the query is a tag written with percent signs."""
    return _raw(raw) is not None


def is_placeholder(text: str) -> bool:
    """Tell whether decoded, trimmed `text` is a program's word for nothing."""
    return text in _NOTHING or text.casefold() in _NOTHING_IN_ANY_CASE
