from __future__ import annotations

import pytest

from origin.cli.expiry import parse_expiry, say_expiry

NOW = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ("30d", 1_800_000_000 + 30 * 86_400),
        ("12h", 1_800_000_000 + 12 * 3_600),
        ("90m", 1_800_000_000 + 90 * 60),
        ("2w", 1_800_000_000 + 14 * 86_400),
        ("1900000000", 1_900_000_000),
        ("2027-01-15", 1_800_057_600),
        ("2027-01-15T09:00", 1_800_003_600),
        ("2027-01-15T09:00Z", 1_800_003_600),
        ("2027-01-15T10:00+01:00", 1_800_003_600),
    ],
)
def test_every_way_to_say_a_moment_gives_its_second(text: str, expires: int) -> None:
    """Spans count from now, a date to its end, a time without an offset in UTC."""
    assert parse_expiry(text, now=NOW) == expires


@pytest.mark.parametrize(
    "text",
    ["", "soon", "30", "30 d", "-1d", "0d", "2027-01-14", "1700000000", "2027-13-01", "9999-12-31"],
    ids=lambda text: text or "empty",
)
def test_what_is_no_future_moment_is_refused_with_what_is_allowed(text: str) -> None:
    """A slip in --expires never makes a link that lapses at once or never."""
    with pytest.raises(ValueError, match="a span"):
        parse_expiry(text, now=NOW)


def test_a_moment_is_said_with_its_distance() -> None:
    """A person sees at once whether a link still holds, and for how long."""
    assert say_expiry(1_800_172_800, now=NOW) == "2027-01-17 08:00:00 UTC (in 2 days)"
    assert say_expiry(1_799_996_400, now=NOW) == "2027-01-15 07:00:00 UTC (lapsed 1 hour ago)"
