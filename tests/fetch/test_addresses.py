from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.fetch.addresses import REFUSED, AddressRules, Network

RULES = AddressRules()


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("0.0.0.0", id="this-host"),
        pytest.param("0.1.2.3", id="this-network"),
        pytest.param("10.0.0.1", id="private-10"),
        pytest.param("100.64.0.1", id="carrier-nat"),
        pytest.param("100.100.100.200", id="alibaba-metadata"),
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("127.255.255.254", id="loopback-end"),
        pytest.param("168.63.129.16", id="azure-agent"),
        pytest.param("169.254.169.254", id="cloud-metadata"),
        pytest.param("172.16.0.1", id="private-172"),
        pytest.param("172.31.255.255", id="private-172-end"),
        pytest.param("192.0.0.8", id="dummy-address"),
        pytest.param("192.0.0.192", id="oracle-metadata"),
        pytest.param("192.0.2.1", id="documentation-1"),
        pytest.param("192.88.99.1", id="6to4-relay"),
        pytest.param("192.168.1.1", id="private-192"),
        pytest.param("198.18.0.1", id="benchmark"),
        pytest.param("198.19.255.255", id="benchmark-end"),
        pytest.param("198.51.100.7", id="documentation-2"),
        pytest.param("203.0.113.7", id="documentation-3"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("239.255.255.255", id="multicast-end"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::", id="unspecified"),
        pytest.param("::1", id="loopback-6"),
        pytest.param("::7f00:1", id="compatible-loopback"),
        pytest.param("::8.8.8.8", id="compatible-public"),
        pytest.param("::ffff:127.0.0.1", id="mapped-loopback"),
        pytest.param("::ffff:a9fe:a9fe", id="mapped-metadata-in-hex"),
        pytest.param("::ffff:0:127.0.0.1", id="translated-loopback"),
        pytest.param("64:ff9b::127.0.0.1", id="nat64-loopback"),
        pytest.param("64:ff9b::a00:1", id="nat64-private-in-hex"),
        pytest.param("64:ff9b:1::8.8.8.8", id="local-nat64-96"),
        pytest.param("64:ff9b:1:a9fe:a9:fe00::", id="local-nat64-48"),
        pytest.param("64:ff9b:1:ffff:ffff:ffff:ffff:ffff", id="local-nat64-end"),
        pytest.param("64:ff9b:2::1", id="beside-local-nat64"),
        pytest.param("64:ff9b::1:0:0", id="beside-nat64"),
        pytest.param("100::1", id="discard"),
        pytest.param("2001::1", id="teredo"),
        pytest.param("2001:0:53aa:64c:0:7fff:f5ff:fffe", id="teredo-private-client"),
        pytest.param("2001:2::1", id="benchmark-6"),
        pytest.param("2001:20::1", id="orchid"),
        pytest.param("2001:db8::1", id="documentation-6"),
        pytest.param("2002:7f00:1::1", id="6to4-loopback"),
        pytest.param("2002:808:808::1", id="6to4-public"),
        pytest.param("3fff::1", id="documentation-6-new"),
        pytest.param("4000::1", id="outside-global-unicast"),
        pytest.param("5f00::1", id="segment-routing"),
        pytest.param("fc00::1", id="unique-local"),
        pytest.param("fd00:ec2::254", id="aws-metadata-6"),
        pytest.param("fe80::1", id="link-local-6"),
        pytest.param("fe80::1%eth0", id="scoped"),
        pytest.param("2600::1%1", id="scoped-public"),
        pytest.param("fec0::1", id="site-local"),
        pytest.param("ff02::1", id="multicast-6"),
        pytest.param("2600::5efe:8.8.8.8", id="isatap-public"),
        pytest.param("2600::200:5efe:10.0.0.1", id="isatap-private"),
        pytest.param("0x7f.1", id="hexadecimal"),
        pytest.param("127.1", id="short-form"),
        pytest.param("2130706433", id="one-number"),
        pytest.param("0177.0.0.1", id="octal"),
        pytest.param("localhost", id="a-name"),
        pytest.param("", id="empty"),
    ],
)
def test_address_is_refused(host: str) -> None:
    """Nothing inside, reserved, tunnelled or ambiguous is reached."""
    assert RULES.refusal(host)


@pytest.mark.parametrize(
    "host",
    [
        "1.1.1.1",
        "8.8.8.8",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2001:4860:4860::8888",
        "2606:4700::1111",
        "2a00:1450::1",
    ],
)
def test_public_address_is_reached(host: str) -> None:
    """The public internet stays reachable, right up to the edges of what is refused."""
    assert RULES.refusal(host) is None


@given(st.sampled_from([network for network, _ in REFUSED]), st.data())
def test_whole_network_is_refused(network: Network, data: st.DataObject) -> None:
    """Every address of a network in the table is refused, not only its first."""
    address = network[data.draw(st.integers(0, network.num_addresses - 1))]
    assert RULES.refusal(str(address))


@given(st.ip_addresses(v=4))
def test_mapped_address_is_judged_as_the_one_it_maps(address: IPv4Address) -> None:
    """An IPv4 address written as IPv6 is neither better nor worse off."""
    assert RULES.refusal(f"::ffff:{address}") == RULES.refusal(str(address))


@given(st.ip_addresses(v=4))
def test_nat64_reaches_what_ipv4_reaches(address: IPv4Address) -> None:
    """On an IPv6-only network the same public hosts are reached, and no private one."""
    assert RULES.refusal(f"64:ff9b::{address}") == RULES.refusal(str(address))


@given(st.ip_addresses(v=6))
def test_only_global_unicast_is_reached(address: IPv6Address) -> None:
    """What the table has not heard of is refused too, but for global unicast and carried IPv4."""
    if RULES.refusal(str(address)) is None:
        assert address in ip_network("2000::/3") or address.ipv4_mapped or "64:ff9b" in str(address)


def test_allowed_network_is_reached_and_no_other() -> None:
    """An operator opens one network, in both of its spellings, and nothing beside it."""
    rules = AddressRules((ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")))
    assert rules.refusal("10.1.2.3") is None
    assert rules.refusal("::ffff:10.1.2.3") is None
    assert rules.refusal("fd00:1::5") is None
    assert rules.refusal("10.2.0.1")
    assert rules.refusal("fd00:2::5")


def test_allowed_tunnel_does_not_open_what_it_carries() -> None:
    """Allowing a transition network does not allow private addresses inside it."""
    rules = AddressRules((ip_network("2002::/16"), ip_network("64:ff9b:1::/48")))
    assert rules.refusal("2002:808:808::1") is None
    assert rules.refusal("64:ff9b:1::8.8.8.8") is None
    assert rules.refusal("2002:7f00:1::1")
    assert rules.refusal("64:ff9b:1::10.0.0.1")
