from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from origin.urls.esp import MAILERS
from origin.urls.keyring import KeyRing
from origin.urls.link import SignedRequest
from origin.urls.path import read
from tests.catalog.documents import write
from tests.cli.conftest import CARD, Signet


def opened(desk: Path, url: str) -> SignedRequest:
    """Verify a link as the server would."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return read(target, KeyRing.load(desk / "signet-keys.json"))


def test_a_link_is_pinned_to_the_newest_version(desk: Path, signet: Signet) -> None:
    """What was sent shows what was published then, in the document's own format."""
    said = signet("sign", "card", "--var", "first_name=Ada", "--var", "points=42")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("http://127.0.0.1:8080/i/card/1/k1.")
    assert said.out.endswith(".jpg\n")
    assert opened(desk, said.out.strip()).link.variables == {"first_name": "Ada", "points": 42}


def test_every_option_is_in_the_link(desk: Path, signet: Signet) -> None:
    """What the command line says is what the signature covers."""
    said = signet(
        *("sign", "card", "--open", "first_name", "--expires", "2099-12-31", "--layout", "story"),
        *("--scale", "2", "--quality", "70", "--locale", "de-CH", "--timezone", "Europe/Zurich"),
        *("--campaign", "spring", "--recipient", "u1", "--format", "webp"),
        *("--public-url", "https://img.example.com/"),
    )
    assert said.out.startswith("https://img.example.com/o/card/1/")
    link = opened(desk, said.out.strip()).link
    assert link.open == ("first_name",)
    assert link.expires == 4_102_444_800
    assert (link.layout, link.scale, link.quality, link.extension) == ("story", 2, 70, "webp")
    assert (link.locale, link.timezone) == ("de-CH", "Europe/Zurich")
    assert (link.campaign, link.recipient) == ("spring", "u1")


def test_latest_follows_and_version_pins(desk: Path, signet: Signet) -> None:
    """The moving link is asked for by name; an older version can be pinned."""
    assert "/i/card/latest/" in signet("sign", "card", "--latest").out
    assert "/i/card/1/" in signet("sign", "card", "--version", "1").out
    said = signet("sign", "card", "--version", "7")
    assert said.status == 1
    assert "version 7" in said.err


def test_an_unpublished_template_says_how_to_publish(desk: Path, signet: Signet) -> None:
    """A draft cannot be pinned, and the way out is one command."""
    write(desk / "templates", CARD | {"name": "fresh"})
    for arguments in (("sign", "fresh"), ("sign", "fresh", "--latest")):
        said = signet(*arguments)
        assert said.status == 1
        assert "signet templates publish fresh" in said.err


@pytest.mark.parametrize(
    ("variable", "why"),
    [
        ("points=many", "number"),
        ("points=1001", "at most 1000"),
        ("code=abc", "pattern"),
        ("first_name=" + "x" * 21, "20 characters"),
        ("frist_name=Ada", "first_name"),
    ],
)
def test_a_value_that_is_not_allowed_signs_nothing(
    desk: Path, signet: Signet, variable: str, why: str
) -> None:
    """Faults of a sender show when he signs, never in an inbox."""
    said = signet("sign", "card", "--var", variable)
    assert (said.status, said.out) == (1, "")
    assert variable.partition("=")[0] in said.err
    assert why in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--var", "first_name"),
        ("--var", "=Ada"),
        ("--var", "first_name=a", "--var", "first_name=b"),
        ("--var", "first_name=a", "--open", "first_name"),
        ("--open", "points"),
        ("--open", "nothing"),
        ("--open", "first_name", "--open", "first_name"),
        ("--open", "first_name=FNAME"),
        ("--expires", "yesterday"),
        ("--expires", "2001-01-01"),
        ("--format", "gif"),
        ("--scale", "5"),
        ("--layout", "stroy"),
        ("--esp", "mailchimp"),
        ("-o", "file.csv"),
        ("--colour", "red"),
        (),
    ],
    ids=" ".join,
)
def test_a_contradiction_is_a_matter_of_usage(
    desk: Path, signet: Signet, arguments: tuple[str, ...]
) -> None:
    """A command line that cannot be meant ends with status 2, one sentence and no link."""
    said = signet("sign", *(("card",) if arguments else ()), *arguments)
    assert (said.status, said.out) == (2, "")
    assert "Traceback" not in said.err


class Image(HTMLParser):
    """Reads an `<img>` as a mail program does."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.found: dict[str, str | None] = {}
        self.feed(tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes of the one tag."""
        assert tag == "img"
        self.found = dict(attrs)


@pytest.mark.parametrize("mailer", MAILERS)
def test_a_tag_for_a_mailer_is_whole(desk: Path, signet: Signet, mailer: str) -> None:
    """Source with the mailer's merge tag, size as shown, and the document's text are all there."""
    said = signet(
        *("sign", "card", "--var", "points=7", "--open", "first_name", "--esp", mailer),
        *("--scale", "2", "--public-url", "https://img.example.com"),
    )
    assert (said.status, said.err) == (0, "")
    image = Image(said.out).found
    assert (image["width"], image["height"]) == ("200", "100")
    assert image["alt"] == "Hi there, 7 points"
    source = image["src"] or ""
    assert source.startswith("https://img.example.com/o/card/1/")
    assert "?first_name=" in source
    assert opened(desk, source.partition("?")[0]).link.scale == 2


def test_a_tag_has_the_size_of_its_layout_and_the_field_of_its_mailer(
    desk: Path, signet: Signet
) -> None:
    """Another size is shown as such; a slot may have another name at the mailer."""
    said = signet(
        "sign", "card", "--open", "first_name=VORNAME", "--esp", "mailchimp", "--layout", "story"
    )
    image = Image(said.out).found
    assert (image["width"], image["height"]) == ("100", "300")
    assert "first_name=*|URL:VORNAME|*" in (image["src"] or "")
    assert "SIGNET_PUBLIC_URL" in said.err


def test_an_unknown_mailer_names_those_that_are_known(desk: Path, signet: Signet) -> None:
    """A typo in the mailer's name is answered with the list."""
    said = signet("sign", "card", "--open", "first_name", "--esp", "mailchump")
    assert said.status == 1
    assert "mailchimp" in said.err


def test_settings_that_cannot_be_used_are_all_said(
    desk: Path, signet: Signet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fault of every setting in one go, and status 2."""
    monkeypatch.setenv("SIGNET_PORT", "many")
    monkeypatch.setenv("SIGNET_PUBLICURL", "x")
    said = signet("sign", "card")
    assert said.status == 2
    assert "SIGNET_PORT" in said.err
    assert "SIGNET_PUBLIC_URL" in said.err
