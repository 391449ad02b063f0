from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache import CorruptEntryError, Entry, content_key, etag_of
from cache.entry import TAG_PREFIX_BYTES, is_tagged, pack, unpack
from tests.cache.worlds import entry_of

TEXT = st.text(st.characters(), max_size=20)
SECONDS = st.floats(allow_nan=False)
ENTRIES = st.builds(
    Entry,
    body=st.binary(max_size=300),
    media_type=TEXT,
    etag=TEXT,
    made_at=SECONDS,
    fresh_until=st.none() | SECONDS,
    tag=TEXT,
    notes=st.lists(TEXT, max_size=3).map(tuple),
)
KEY = content_key("a")


@given(ENTRIES)
def test_an_entry_survives_its_stored_form(entry: Entry) -> None:
    """Unpack is the inverse of pack."""
    assert unpack(KEY, pack(KEY, entry)) == entry


@given(ENTRIES, st.data())
def test_a_changed_byte_is_never_another_entry(entry: Entry, data: st.DataObject) -> None:
    """Any byte changed to any other value is refused."""
    stored = bytearray(pack(KEY, entry))
    index = data.draw(st.integers(0, len(stored) - 1))
    stored[index] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CorruptEntryError):
        unpack(KEY, bytes(stored))


@given(ENTRIES, st.data())
def test_lost_or_added_bytes_are_never_another_entry(entry: Entry, data: st.DataObject) -> None:
    """Any truncation and any addition is refused, down to nothing at all."""
    stored = pack(KEY, entry)
    cut = data.draw(st.integers(0, len(stored) - 1))
    with pytest.raises(CorruptEntryError):
        unpack(KEY, stored[:cut])
    with pytest.raises(CorruptEntryError):
        unpack(KEY, stored + data.draw(st.binary(min_size=1, max_size=9)))


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    """Bytes that were never packed raise nothing but the cache's own error."""
    with pytest.raises(CorruptEntryError):
        unpack(KEY, data)


def test_an_entry_under_another_key_is_corrupt() -> None:
    """A whole and sound body that lies under the wrong name is not served."""
    with pytest.raises(CorruptEntryError):
        unpack(content_key("b"), pack(KEY, entry_of()))


@given(TEXT, TEXT)
def test_the_tag_can_be_told_from_the_first_bytes(tag: str, other: str) -> None:
    """The prefix suffices to say whose an entry is."""
    prefix = pack(KEY, entry_of(tag=tag))[:TAG_PREFIX_BYTES]
    assert is_tagged(prefix, tag)
    assert is_tagged(prefix, other) == (tag == other)
    assert not is_tagged(prefix[:-1], tag)


def test_staleness_begins_at_the_second_named() -> None:
    """An entry is fresh before `fresh_until` and stale from it on; without one it never is."""
    assert not entry_of(fresh_until=100.0).is_stale(99.9)
    assert entry_of(fresh_until=100.0).is_stale(100.0)
    assert not entry_of().is_stale(1e12)


def test_the_etag_follows_the_body_alone() -> None:
    """Equal bodies share an etag, others do not."""
    assert etag_of(b"a") == etag_of(b"a") != etag_of(b"b")
