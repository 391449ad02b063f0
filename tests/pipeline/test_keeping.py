from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from origin.pipeline.keeping import DRAFT_S, LATEST_S, STALE_S, YEAR_S, Keeping, keeping_of

NOW = 1_800_000_000.0
moments = st.none() | st.floats(NOW - 1e6, NOW + 1e9)


@given(pinned=st.booleans(), fresh_until=moments, expires=moments)
def test_no_answer_outlives_its_link(
    pinned: bool, fresh_until: float | None, expires: float | None
) -> None:
    """Max-age and stale-while-revalidate together end before the link does."""
    keeping = keeping_of(
        pinned=pinned, draft=False, fresh_until=fresh_until, expires=expires, now=NOW
    )
    assert keeping.max_age_s >= 0
    assert keeping.stale_s >= 0
    if expires is not None:
        assert not keeping.immutable
        assert keeping.max_age_s + keeping.stale_s <= max(0.0, expires - NOW)
    if fresh_until is not None:
        assert not keeping.immutable
        assert keeping.max_age_s <= max(0.0, fresh_until - NOW)


def test_only_what_cannot_change_is_immutable() -> None:
    """A pinned version without live input and without expiry is kept for ever."""
    keeping = keeping_of(pinned=True, draft=False, fresh_until=None, expires=None, now=NOW)
    assert keeping == Keeping(immutable=True, max_age_s=YEAR_S)


def test_a_moving_link_shows_a_publish_soon() -> None:
    """`latest` is asked again after a minute, and bridged while the origin is slow."""
    keeping = keeping_of(pinned=False, draft=False, fresh_until=None, expires=None, now=NOW)
    assert keeping == Keeping(max_age_s=LATEST_S, stale_s=STALE_S)


def test_a_draft_is_never_old() -> None:
    """A designer's next look shows the file as it is."""
    keeping = keeping_of(pinned=False, draft=True, fresh_until=None, expires=None, now=NOW)
    assert keeping == Keeping(max_age_s=DRAFT_S)
