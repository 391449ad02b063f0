from __future__ import annotations

import html
import re

import pytest

from origin.urls.errors import MailerError
from origin.urls.esp import MAILERS, img_tag, slot_query
from origin.urls.mergetags import is_merge_tag
from origin.urls.path import read
from origin.urls.slots import read_slots
from tests.urls.vectors import RING, URLS

OPEN: str = next(link["path"] for link in URLS["links"] if "o" in link["payload"])

SPELLINGS = {
    "mailchimp": "first_name=*|URL:FNAME|*&plan=*|URL:PLAN|*",
    "klaviyo": ("first_name={{ first_name|urlencode }}&plan={{ person|lookup:'plan'|urlencode }}"),
    "hubspot": "first_name={{ contact.firstname }}&plan={{ contact.plan }}",
    "sendgrid": "first_name={{first_name}}&plan={{plan}}",
    "braze": (
        "first_name={{${first_name} | url_encode}}&plan={{custom_attribute.${plan} | url_encode}}"
    ),
    "customerio": (
        "first_name={{ customer.first_name | default: '' | url_encode }}"
        "&plan={{ customer.plan | default: '' | url_encode }}"
    ),
    "salesforce": (
        "first_name=%%=URLEncode(AttributeValue('FirstName'),true,true)=%%"
        "&plan=%%=URLEncode(AttributeValue('plan'),true,true)=%%"
    ),
}


def test_every_mailer_is_spelled() -> None:
    """The table above has each mailer that the package knows."""
    assert set(SPELLINGS) == set(MAILERS)


@pytest.mark.parametrize("mailer", MAILERS)
def test_each_mailer_has_its_own_syntax(mailer: str) -> None:
    """Slots are filled by the mailer's own tag, encoded where its syntax can."""
    assert slot_query(mailer, ["first_name", "plan"]) == SPELLINGS[mailer]


@pytest.mark.parametrize("mailer", MAILERS)
def test_a_test_send_shows_defaults(mailer: str) -> None:
    """Tags that the mailer leaves unresolved are recognised as such in every slot."""
    query = slot_query(mailer, ["name", "email", "plan"])
    for sent in (query, query.replace(" ", "%20"), html.escape(query)):
        slots, _ = read_slots(sent.encode(), ["name", "email", "plan"])
        assert set(slots.values()) == {None}


@pytest.mark.parametrize("mailer", MAILERS)
def test_the_image_tag_escapes_and_keeps_the_tags(mailer: str) -> None:
    """A browser reads back the very URL, and the mailer finds its tags unchanged in the HTML."""
    query = slot_query(mailer, ["name", "plan"])
    src = f"https://img.example.com{OPEN}?{query}"
    tag = img_tag(src, 600, 300, 'Tom & "Jerry" <3')
    attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
    assert re.fullmatch(r'<img( \w+="[^"<>]*")+>', tag)
    assert html.unescape(attributes["src"]) == src
    assert html.unescape(attributes["alt"]) == 'Tom & "Jerry" <3'
    assert (attributes["width"], attributes["height"]) == ("600", "300")
    for pair in query.split("&"):
        assert is_merge_tag(pair.partition("=")[2])
        assert pair in tag


@pytest.mark.parametrize("mailer", MAILERS)
def test_a_filled_link_reads_back(mailer: str) -> None:
    """Once the mailer has put values in the place of its tags, the origin reads them."""
    query = slot_query(mailer, ["name", "plan"])
    for value, pair in zip(("Anna%20Lee", "Gold+1"), query.split("&"), strict=True):
        query = query.replace(pair.partition("=")[2], value, 1)
    assert read(f"{OPEN}?{query}", RING).slots == {"name": "Anna Lee", "plan": "Gold 1"}


@pytest.mark.parametrize(
    ("mailer", "field", "tag"),
    [
        ("mailchimp", "MERGE7", "*|URL:MERGE7|*"),
        ("klaviyo", "Plan Name", "{{ person|lookup:'Plan Name'|urlencode }}"),
        ("hubspot", "company.name", "{{ company.name }}"),
        ("sendgrid", "user.plan", "{{user.plan}}"),
        ("braze", "city", "{{${city} | url_encode}}"),
        ("customerio", "event.plan", "{{ event.plan | default: '' | url_encode }}"),
        ("salesforce", "Plan Name", "%%=URLEncode(AttributeValue('Plan Name'),true,true)=%%"),
    ],
)
def test_the_sender_may_name_the_field(mailer: str, field: str, tag: str) -> None:
    """A field of the sender's own takes the place of the usual one."""
    assert slot_query(mailer, ["plan"], {"plan": field}) == f"plan={tag}"


@pytest.mark.parametrize(
    ("mailer", "slots", "fields", "message"),
    [
        ("mailgun", ["name"], {}, "mailchimp, klaviyo"),
        ("klaviyo", ["name"], {"nmae": "x"}, "nmae"),
        ("klaviyo", ["na me"], {}, "slot"),
        ("klaviyo", ["name"], {"name": "x' }}<script>"}, "field"),
        ("braze", ["name"], {"name": 'x"'}, "field"),
    ],
)
def test_what_no_tag_can_hold_is_refused(
    mailer: str, slots: list[str], fields: dict[str, str], message: str
) -> None:
    """Unknown mailers, strangers and names that would break a tag are refused by name."""
    with pytest.raises(MailerError, match=message):
        slot_query(mailer, slots, fields)
