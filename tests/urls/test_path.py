from __future__ import annotations

import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.urls.encoding import to_base64url
from origin.urls.errors import KeyRingError, LinkInvalid, LinkMalformed, LinkRefused, UrlError
from origin.urls.keyring import KeyRing, SigningKey
from origin.urls.link import EXTENSIONS, Link
from origin.urls.path import read, sign
from origin.urls.payload import DEPTH, PAYLOAD_CHARS
from tests.urls.vectors import RING, URLS, named

SEALED: str = URLS["links"][0]["path"]
OPEN: str = next(link["path"] for link in URLS["links"] if "o" in link["payload"])

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
names = st.from_regex("[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
links = st.builds(
    Link,
    template=st.from_regex("[a-z0-9][a-z0-9-]{0,63}", fullmatch=True),
    version=st.just("latest") | st.integers(1, 999_999_999),
    extension=st.sampled_from(EXTENSIONS),
    variables=st.dictionaries(names, json_values, max_size=3),
    modifications=st.dictionaries(
        words, st.dictionaries(words, json_values, max_size=2), max_size=2
    ),
    open=st.lists(names, max_size=4, unique=True).map(tuple),
    expires=st.none() | st.integers(1, 253_402_300_799),
    layout=st.just("") | words,
    scale=st.integers(1, 4),
    quality=st.none() | st.integers(1, 100),
    locale=st.sampled_from(["", "de", "de-CH", "zh-Hant-TW"]),
    timezone=st.sampled_from(["", "Europe/Zurich", "Etc/GMT+5"]),
    campaign=st.just("") | words,
    recipient=st.just("") | words,
    experiment=st.just("") | words,
)


def signed(payload: str, kind: str = "i") -> str:
    """Sign any payload by hand, as a hostile or future holder of the key could."""
    key = RING.signing_key()
    path = f"/{kind}/renewal/3/{key.kid}.{payload}"
    mac = hmac.digest(key.subkey, f"signet.v1\n{path}.png".encode(), "sha256")
    return f"{path}.{to_base64url(mac[:16])}.png"


@pytest.mark.parametrize("vector", named(URLS["links"]))
def test_vectors_sign_to_their_paths(vector: dict[str, Any]) -> None:
    """What a vector says signs to exactly its path, and its path reads back to what it says."""
    request = read(vector["path"], RING)
    sub_key = RING.verifying_subkey(vector["kid"])
    assert sign(request.link, SigningKey(vector["kid"], sub_key)) == vector["path"]
    assert request.link.kid == vector["kid"]
    assert request.link.template == vector["template"]
    assert request.link.version == vector["version"]
    assert request.link.extension == vector["extension"]
    assert request.link.variables == vector["payload"].get("v", {})
    assert request.link.open == tuple(vector["payload"].get("o", ()))


def test_every_option_reaches_its_field() -> None:
    """Each key of the payload is the field of the link that the documentation names."""
    vector = next(link for link in URLS["links"] if link["name"] == "every option")
    assert read(vector["path"], RING).link == Link(
        template="renewal",
        version=3,
        extension="jpg",
        variables={"name": "Anna"},
        modifications={"badge": {"visible": False}, "title": {"text": "Hello"}},
        expires=1893456000,
        layout="story",
        scale=2,
        quality=82,
        locale="de-CH",
        timezone="Europe/Zurich",
        campaign="spring-2026",
        recipient="r-81723",
        experiment="headline",
        kid="k2",
    )


@pytest.mark.parametrize("vector", named(URLS["refused"]))
def test_refused_vectors_are_refused(vector: dict[str, Any]) -> None:
    """Whatever no key has signed in this very spelling is refused, with its reason."""
    for target in (vector["target"], vector["target"].encode()):
        with pytest.raises(LinkRefused) as caught:
            read(target, RING)
        assert caught.value.reason == vector["reason"]


@pytest.mark.parametrize("vector", named(URLS["malformed"]))
def test_malformed_vectors_still_name_their_picture(vector: dict[str, Any]) -> None:
    """A well signed link that cannot be read says which default picture may stand in."""
    with pytest.raises(LinkMalformed) as caught:
        read(vector["target"], RING)
    fault = caught.value
    assert fault.reason == vector["reason"]
    assert (fault.template, fault.version, fault.extension) == ("renewal", 3, "png")


@given(links)
def test_read_inverts_sign(link: Link) -> None:
    """A link reads back as it was signed, from text and from bytes, and signs the same again."""
    path = sign(link, RING)
    assert read(path, RING).link == replace(link, kid="k2")
    assert read(path.encode("ascii"), RING) == read(path, RING)
    assert sign(link, RING) == path


@given(links)
def test_a_path_needs_no_encoding(link: Link) -> None:
    """A path has only characters that no hop re-encodes."""
    assert set(sign(link, RING)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./"
    )


@given(st.sampled_from([SEALED, OPEN]), st.data())
def test_any_one_character_changed_is_refused(path: str, data: st.DataObject) -> None:
    """No single character of a good path can be exchanged, removed or doubled."""
    at = data.draw(st.integers(0, len(path) - 1))
    other = data.draw(st.characters().filter(lambda character: character != path[at]))
    for changed in (
        path[:at] + other + path[at + 1 :],
        path[:at] + path[at + 1 :],
        path[: at + 1] + path[at:],
    ):
        with pytest.raises(LinkRefused):
            read(changed, RING)


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_read_raises_only_its_own_errors(target: bytes | str) -> None:
    """No bytes and no text, lone surrogates included, bring out anything but a `UrlError`."""
    with pytest.raises(UrlError):
        read(target, RING)


@given(st.binary(max_size=200))
def test_open_slots_take_any_bytes(query: bytes) -> None:
    """Whatever stands behind the `?` of an open link, the link is served."""
    assert read(OPEN.encode() + b"?" + query, RING).link == read(OPEN, RING).link


@given(
    st.binary(max_size=60)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from("vmobxlsqgzcuerwhk"), json_values, max_size=4).map(
        lambda value: json.dumps(value).encode()
    ),
    st.sampled_from("io"),
)
def test_signed_payloads_raise_only_their_own_errors(body: bytes, kind: str) -> None:
    """A holder of the key cannot break the reader either."""
    try:
        request = read(signed("j" + to_base64url(body), kind), RING)
    except UrlError:
        return
    assert request.link.kind == kind


@pytest.mark.parametrize("query", ["?", "?junk", "?name=Eve", "?a#b", "?\u00fc"])
def test_the_query_of_a_sealed_link_never_counts(query: str) -> None:
    """Under /i the query changes nothing that is read."""
    assert read(SEALED + query, RING) == read(SEALED, RING)


def test_slots_are_read_from_the_query_of_an_open_link() -> None:
    """Under /o every open slot has its text or None, and no sealed variable is touched."""
    request = read(OPEN + "?name=Anna%20Lee&code=X&plan=", RING)
    assert request.slots == {"name": "Anna Lee", "plan": None}
    assert request.link.variables == {"code": "A1"}


def test_undecodable_bytes_come_as_surrogate_escapes() -> None:
    """A target that a server decoded with surrogate escapes reads as its bytes do."""
    raw = OPEN.encode() + b"?name=Jos\xe9"
    assert read(raw.decode("utf-8", "surrogateescape"), RING) == read(raw, RING)
    assert read(raw, RING).slots["name"] == "José"


def test_expiry_is_no_refusal() -> None:
    """A lapsed link still reads; it lapses in the second it names."""
    link = read(sign(Link("renewal", 3, expires=1_000), RING), RING).link
    assert not link.expired(now=999.9)
    assert link.expired(now=1_000.0)
    assert not Link("renewal", 3).expired(now=1e18)


def test_the_newest_key_signs_and_all_live_ones_verify() -> None:
    """Rotation changes who signs, and breaks no link; revocation breaks exactly its key's."""
    first = KeyRing().new_key(now=1)
    second = first.new_key(now=2)
    link = Link("renewal", 3)
    old, new = sign(link, first), sign(link, second)
    assert read(old, second).link.kid == "k1"
    assert read(new, second).link.kid == "k2"
    revoked = second.revoke("k1", now=3)
    assert read(new, revoked).link.kid == "k2"
    with pytest.raises(LinkRefused) as caught:
        read(old, revoked)
    assert caught.value.reason == "revoked-key"


def test_a_sender_signs_as_the_ring_does() -> None:
    """The printed signing key makes the same path as the ring that it comes from."""
    sender = SigningKey.from_text(RING.signing_key().to_text())
    link = Link("renewal", 3, variables={"name": "Anna"})
    assert sign(link, sender) == sign(link, RING)


def test_a_ring_without_active_key_cannot_sign() -> None:
    """Signing needs an active key, and says how to make one."""
    ring = KeyRing().new_key(now=1).retire("k1")
    with pytest.raises(KeyRingError, match="signet keys new"):
        sign(Link("renewal", 3), ring)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        (Link("Renewal", 3), "template"),
        (Link("-a", 3), "template"),
        (Link("a" * 65, 3), "template"),
        (Link("renewal\n", 3), "template"),
        (Link("renewal", 0), "version"),
        (Link("renewal", -1), "version"),
        (Link("renewal", True), "version"),
        (Link("renewal", 1_000_000_000), "version"),
        (Link("renewal", "newest"), "version"),  # type: ignore[arg-type]  # what a caller may do
        (Link("renewal", 3, "gif"), "extension"),  # type: ignore[arg-type]  # as above
        (Link("renewal", 3, scale=5), "scale"),
        (Link("renewal", 3, quality=0), "quality"),
        (Link("renewal", 3, expires=1_893_456_000_000), "milliseconds"),
        (Link("renewal", 3, budget=5), "budget"),
        (Link("renewal", 3, open=("a", "a")), "open"),
        (Link("renewal", 3, open=("a b",)), "open"),
        (Link("renewal", 3, locale="not a locale"), "locale"),
        (Link("renewal", 3, variables={"a b": 1}), "variables"),
        (Link("renewal", 3, variables={"a": float("nan")}), "JSON"),
        (Link("renewal", 3, variables={"a": object()}), "JSON"),
        (Link("renewal", 3, variables={"a": "\ud800"}), "JSON"),
        (Link("renewal", 3, variables={"a": "x" * PAYLOAD_CHARS}), "shorten"),
    ],
)
def test_what_cannot_be_read_is_not_signed(link: Link, message: str) -> None:
    """A link outside its ranges is refused at the sender, who is told what is allowed."""
    with pytest.raises(LinkInvalid, match=message):
        sign(link, RING)


@pytest.mark.parametrize(("inner", "is_good"), [(DEPTH - 3, True), (DEPTH - 2, False)])
def test_nesting_is_bounded_in_every_python(inner: int, is_good: bool) -> None:
    """One level more than allowed is refused by signer and reader alike, whatever Python bears."""
    value: object = []
    for _ in range(inner):
        value = [value]
    link = Link("renewal", 3, variables={"list": value})
    if is_good:
        assert read(sign(link, RING), RING).link.variables == {"list": value}
    else:
        with pytest.raises(LinkInvalid):
            sign(link, RING)
