from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from origin.fetch.reasons import FetchFailed
from origin.fetch.targets import TargetRules

RULES = TargetRules()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("picture.png", id="no-scheme"),
        pytest.param("//public.test/x", id="scheme-missing"),
        pytest.param("ftp://public.test/x", id="ftp"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("data:image/png;base64,AA", id="data"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("http:/public.test", id="one-slash"),
        pytest.param("http:///x", id="no-host"),
        pytest.param("http://user@public.test/", id="user"),
        pytest.param("http://user:word@public.test/", id="password"),
        pytest.param("http://@public.test/", id="empty-user"),
        pytest.param("http://public.test\\@127.0.0.1/", id="backslash"),
        pytest.param("http://public.test:22/", id="ssh-port"),
        pytest.param("http://public.test:0/", id="port-zero"),
        pytest.param("http://public.test:99999/", id="port-beyond"),
        pytest.param("http://[::1", id="bracket-open"),
        pytest.param("http://pub\u00adlic.test/", id="soft-hyphen"),
        pytest.param("http://public.test/" + "x" * 5_000, id="very-long"),
        pytest.param(" http://public.test/", id="leading-space"),
        pytest.param("http://[fe80::1%25eth0]/", id="scoped"),
    ],
)
def test_url_is_refused(text: str) -> None:
    """Nothing but a plain http or https URL is asked."""
    with pytest.raises(FetchFailed):
        RULES.target(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("http://public.test", "http://public.test"),
        ("HTTPS://Public.Test:443/A?b=c#d", "https://public.test/A?b=c"),
        ("https://bücher.test/ä", "https://xn--bcher-kva.test/%C3%A4"),
        ("http://8.8.8.8/x", "http://8.8.8.8/x"),
        ("http://[2606:4700::1]/x", "http://[2606:4700::1]/x"),
        ("https://public.test/a@b", "https://public.test/a@b"),
    ],
)
def test_url_is_asked(text: str, asked: str) -> None:
    """Ordinary URLs pass, in one spelling and without the fragment."""
    assert str(RULES.target(text)) == asked


def test_https_is_never_left() -> None:
    """A redirect may lead to https, and never back."""
    secure, plain = URL("https://public.test/a"), URL("http://public.test/a")
    assert RULES.follow(plain, "https://public.test/b") == URL("https://public.test/b")
    assert RULES.follow(secure, "../b?c") == URL("https://public.test/b?c")
    with pytest.raises(FetchFailed):
        RULES.follow(secure, "http://public.test/b")


@given(st.text(max_size=60))
def test_any_text_is_a_url_or_refused(text: str) -> None:
    """Whatever a recipient's data holds, it is asked as http or refused; nothing else is raised."""
    for candidate in (text, f"http://{text}", f"https://public.test/{text}"):
        try:
            url = RULES.target(candidate)
        except FetchFailed:
            continue
        assert url.scheme in {"http", "https"}
        assert url.raw_user is None
        assert url.port in RULES.ports
