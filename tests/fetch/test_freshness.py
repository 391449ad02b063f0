from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.fetch.freshness import DEFAULT_S, LEAST_S, MOST_S, fresh_s


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, DEFAULT_S, id="nothing-said"),
        pytest.param({"Cache-Control": "public"}, DEFAULT_S, id="nothing-of-time"),
        pytest.param({"Cache-Control": "public, max-age=600"}, 600, id="max-age"),
        pytest.param({"Cache-Control": 'Max-Age = "600"'}, 600, id="quoted"),
        pytest.param({"Cache-Control": "max-age=600", "Age": "100"}, 500, id="already-aged"),
        pytest.param({"Cache-Control": "max-age=600", "Age": "-5"}, 600, id="age-is-nonsense"),
        pytest.param({"Cache-Control": "s-maxage=5, max-age=600"}, 600, id="shared-is-not-ours"),
        pytest.param({"Cache-Control": "max-age=0"}, LEAST_S, id="zero"),
        pytest.param({"Cache-Control": "no-cache"}, LEAST_S, id="no-cache"),
        pytest.param({"Cache-Control": "max-age=600, no-store"}, LEAST_S, id="no-store"),
        pytest.param({"Cache-Control": "max-age=99999999"}, MOST_S, id="years"),
        pytest.param({"Cache-Control": "max-age=-1"}, DEFAULT_S, id="negative"),
    ],
)
def test_freshness_follows_the_sender(headers: dict[str, str], seconds: float) -> None:
    """What the sender says counts, within bounds."""
    assert fresh_s(headers) == seconds


@given(st.text(), st.text())
def test_any_header_gives_a_bounded_freshness(control: str, age: str) -> None:
    """Whatever a stranger writes, the answer is a time within the bounds."""
    assert LEAST_S <= fresh_s({"Cache-Control": control, "Age": age}) <= MOST_S
