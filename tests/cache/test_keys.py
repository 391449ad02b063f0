from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cache import content_key

PARTS = st.lists(st.binary(max_size=6) | st.text(alphabet="ab\ud800é", max_size=4), max_size=5)


def as_bytes(parts: list[bytes | str]) -> list[bytes]:
    return [p.encode("utf-8", "surrogatepass") if isinstance(p, str) else p for p in parts]


@given(PARTS, PARTS)
def test_keys_are_equal_exactly_when_all_parts_are(
    one: list[bytes | str], two: list[bytes | str]
) -> None:
    """No two lists of parts share a key, however their bytes are shifted between parts."""
    assert (content_key(*one) == content_key(*two)) == (as_bytes(one) == as_bytes(two))


def test_a_byte_moved_to_the_next_part_gives_another_key() -> None:
    """The length of each part is part of the key."""
    assert len({content_key("ab", "c"), content_key("a", "bc"), content_key("abc")}) == 3


def test_a_key_is_a_safe_path() -> None:
    """The path is made of hexadecimal digits, whatever the parts were."""
    key = content_key("../../etc/passwd", b"\x00")
    assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{40}", key.path)
    assert key.path == f"{key.hex[:2]}/{key.hex}"


def test_a_key_is_the_same_on_every_machine() -> None:
    """The digest is fixed: a change of it empties every cache and wants a new version."""
    assert content_key("card", b"1").hex == "7ca3ee6795d829b979a79c4d2cb2b076018d1f04"
