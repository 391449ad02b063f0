from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.urls.encoding import from_base64url, to_base64url


@given(st.binary(max_size=50))
def test_bytes_and_text_are_one_to_one(raw: bytes) -> None:
    """Every text that reads as `raw` is the text that `raw` writes."""
    assert from_base64url(to_base64url(raw)) == raw


@given(st.text(max_size=30) | st.text("ABab01-_=", max_size=12))
def test_only_the_canonical_spelling_is_read(text: str) -> None:
    """A text either is what its bytes would write, or is refused with `ValueError`."""
    try:
        raw = from_base64url(text)
    except ValueError:
        return
    assert to_base64url(raw) == text


@pytest.mark.parametrize("text", ["QR", "QQ==", "Q", "Q Q", "QQ\n", "Q+Q", "é"])
def test_other_spellings_are_refused(text: str) -> None:
    """Spare bits, padding, foreign characters and impossible lengths are no spelling."""
    with pytest.raises(ValueError, match="base64url"):
        from_base64url(text)
