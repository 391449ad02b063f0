from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.delivery.headers import is_known, picture_headers
from tests.service.stub import served


def test_lifetime_follows_what_may_be_kept() -> None:
    """Forbidden beats for ever beats for a while; nginx's copy says the same."""
    cases = [
        (served(), "public, max-age=31536000, immutable", "31536000"),
        (served(store=False), "no-store", "0"),
        (served(immutable=False, max_age_s=60), "public, max-age=60", "60"),
        (
            served(immutable=False, max_age_s=60, stale_s=30),
            "public, max-age=60, stale-while-revalidate=30",
            "60",
        ),
        (served(immutable=False, max_age_s=0, stale_s=30), "no-cache", "0"),
        (served(immutable=False, max_age_s=-5), "no-cache", "0"),
    ]
    for picture, control, accel in cases:
        headers = picture_headers(picture)
        assert (headers["Cache-Control"], headers["X-Accel-Expires"]) == (control, accel)


def test_cache_control_comes_before_accel_expires() -> None:
    """The other order makes nginx 1.22 ignore stale-while-revalidate."""
    for store in (True, False):
        names = list(picture_headers(served(store=store)))
        assert names.index("Cache-Control") < names.index("X-Accel-Expires")


def test_no_answer_expires_by_date_or_sets_a_cookie() -> None:
    """Either would change or prevent caching in nginx."""
    names = {name.lower() for name in picture_headers(served())}
    assert not names & {"expires", "set-cookie", "vary", "pragma"}


def test_degradation_is_named_and_cannot_break_the_header() -> None:
    """Reasons are listed; a layer's name may be any text and still be one header line."""
    headers = picture_headers(served(degraded=("asset-timeout:avatar", "x:é, \r\nSet-Cookie: a")))
    assert headers["X-Signet-Degraded"] == (
        "asset-timeout:avatar, x:%C3%A9%2C%20%0D%0ASet-Cookie:%20a"
    )
    assert "X-Signet-Degraded" not in picture_headers(served())


def test_stages_are_told_in_milliseconds() -> None:
    """Server-Timing lists the stages that ran, and is absent when none did."""
    headers = picture_headers(served(stage_ms={"paint": 1.234, "encode": 0.5}))
    assert headers["Server-Timing"] == "paint;dur=1.23, encode;dur=0.50"
    assert "Server-Timing" not in picture_headers(served(cache="hit"))
    assert picture_headers(served(cache="hit"))["Cache-Status"] == "Signet; hit"


@pytest.mark.parametrize(
    ("if_none_match", "known"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", W/"abc" ,"y"', True),
        ("*", True),
        (" * ", True),
        ("", False),
        ("abc", False),
        ('"ABC"', False),
        ('"abcd"', False),
        ('w/"abc"', False),
    ],
)
def test_etags_compare_weakly(if_none_match: str, known: bool) -> None:
    """A validator matches alone, weak, or in a list; anything else is another body."""
    assert is_known(if_none_match, "abc") is known


@given(st.text())
def test_no_validator_breaks_the_comparison(if_none_match: str) -> None:
    """Whatever a client sends is compared, and only the quoted tag or a star matches."""
    if is_known(if_none_match, "abc"):
        assert '"abc"' in if_none_match or "*" in if_none_match
