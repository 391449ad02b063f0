from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.documents import document, write
from tests.cli.conftest import Signet


def fact(out: str, name: str) -> str:
    """Read one line of the table."""
    (line,) = [line for line in out.splitlines() if line.startswith(f"{name}  ")]
    return line.removeprefix(name).strip()


def signed(signet: Signet, *arguments: str) -> str:
    """Make a link of the card."""
    return signet("sign", "card", *arguments).out.strip()


def test_a_good_link_says_what_it_says(desk: Path, signet: Signet) -> None:
    """Template, values, expiry and options are read back, then what is drawn from them."""
    url = signed(
        *(signet, "--var", "first_name=Zoë", "--var", "points=7"),
        *("--expires", "2099-12-31", "--layout", "story", "--campaign", "spring"),
    )
    said = signet("verify", url)
    assert said.status == 0
    assert fact(said.out, "signature") == "good, by key k1"
    assert fact(said.out, "version") == "1"
    assert fact(said.out, "sealed first_name") == '"Zoë"'
    assert fact(said.out, "sealed points") == "7"
    assert fact(said.out, "expires").startswith("2100-01-01 00:00:00 UTC (in ")
    assert fact(said.out, "campaign") == "spring"
    assert fact(said.out, "drawn from") == "card version 1"
    assert fact(said.out, "size") == "100 x 300, scale 1"
    assert fact(said.out, "format") == "jpeg, quality 82"
    assert len(fact(said.out, "cache key")) == 40
    assert fact(said.out, "on disk") == "no"


def test_slots_are_shown_as_decoded(desk: Path, signet: Signet) -> None:
    """What the mailer wrote is shown as it is understood, with what was odd about it."""
    url = signed(signet, "--open", "first_name")
    said = signet("verify", f"{url}?first_name=J%25C3%25B8rg&other=1")
    assert fact(said.out, "open first_name") == '"Jørg" (double-encoded)'
    assert fact(said.out, "query") == "unknown-slot"
    said = signet("verify", f"{url}?first_name=*|FNAME|*")
    assert fact(said.out, "open first_name") == "missing (merge-tag)"


def test_equal_pictures_have_one_key(desk: Path, signet: Signet) -> None:
    """Links that draw the same share their place in the cache; others do not."""
    urls = [
        signed(signet, "--var", "first_name=Ada"),
        signed(signet, "--var", "first_name=Ada", "--recipient", "u1"),
        f"{signed(signet, '--open', 'first_name')}?first_name=Ada",
        signed(signet, "--var", "first_name=Bo"),
    ]
    keys = [fact(signet("verify", url).out, "cache key") for url in urls]
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_a_path_alone_is_enough(desk: Path, signet: Signet) -> None:
    """A line of a log can be verified as it stands."""
    url = signed(signet)
    assert signet("verify", url.removeprefix("http://127.0.0.1:8080")).status == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda url: url.replace("/card/", "/cord/"), "bad-signature"),
        (lambda url: url[:-5] + ("A" if url[-5] != "A" else "B") + url[-4:], "bad-signature"),
        (lambda url: url.replace(".jpg", ".png"), "bad-signature"),
        (lambda url: url.replace("/k1.", "/k7."), "unknown-key"),
        (lambda url: url[:-30], "bad-path"),
        (lambda url: url.replace("/i/", "/o/"), "bad-signature"),
        (lambda url: "https://example.com/", "bad-path"),
    ],
    ids=["template", "signature", "extension", "key", "cut", "prefix", "stranger"],
)
def test_a_refused_link_says_why_to_its_owner(
    desk: Path, signet: Signet, change: object, reason: str
) -> None:
    """The reason, which the public is never told, and what to do; status 3."""
    assert callable(change)
    said = signet("verify", change(signed(signet)))
    assert (said.status, said.out) == (3, "")
    assert f"refused: {reason}" in said.err


def test_a_revoked_key_refuses_its_links(desk: Path, signet: Signet) -> None:
    """What `keys revoke` promises is what verify says."""
    url = signed(signet)
    signet("keys", "revoke", "k1")
    said = signet("verify", url)
    assert said.status == 3
    assert "revoked-key" in said.err


def test_a_lapsed_link_is_good_but_draws_less(
    desk: Path, signet: Signet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Expiry is no refusal: it is answered with a picture, and the status tells."""
    url = signed(signet, "--expires", "1m")
    monkeypatch.setattr("origin.cli.verify.time.time", lambda: 4_000_000_000.0)
    said = signet("verify", url)
    assert said.status == 1
    assert "lapsed" in fact(said.out, "expires")
    assert "the default picture" in said.err


def test_a_good_link_to_nothing_says_so(desk: Path, signet: Signet) -> None:
    """The signature holds, the template is gone: status 1 and what is sent instead."""
    url = signed(signet)
    (desk / "templates" / "versions").rename(desk / "gone")
    said = signet("verify", url)
    assert said.status == 1
    assert "good, by key k1" in said.out
    assert "no version 1" in said.err


def test_deviations_of_values_are_noted(
    desk: Path, signet: Signet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that the document does not take any more is named, with what it takes."""
    url = signed(signet, "--latest", "--var", "points=900")
    assert "note points" not in signet("verify", url).out
    variables = document()["variables"] | {"points": {"type": "number", "max": 10}}
    write(desk / "templates", document(variables=variables))
    monkeypatch.setenv("SIGNET_DRAFTS", "true")
    said = signet("verify", url)
    assert fact(said.out, "drawn from") == "card draft"
    assert "at most 10" in fact(said.out, "note points")
