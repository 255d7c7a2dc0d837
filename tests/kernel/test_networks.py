from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.kernel.networks import Network, RefusedSource, contains, parse_source

SPECIAL = {"private", "loopback", "cgnat", "documentation", "multicast", "reserved"}
GLOBAL_YET_SPECIAL = [IPv4Network(text) for text in ("224.0.0.0/4", "192.88.99.0/24", "192.0.0.0/24")]


@pytest.mark.parametrize(
    ("typed", "network"),
    [
        ("60.250.1.5", "60.250.1.5/32"),
        (" ６０．２５０．１．５ ", "60.250.1.5/32"),
        ("60.250.1.0/24", "60.250.1.0/24"),
        ("60.250.1.0 / 29", "60.250.1.0/29"),
        ("60.250.1.5/24", "60.250.1.0/24"),
        ("60.250.1.0/255.255.255.0", "60.250.1.0/24"),
        ("::ffff:60.250.1.5", "60.250.1.5/32"),
        ("::ffff:60.250.1.0/120", "60.250.1.0/24"),
        ("2001:B030::1", "2001:b030::1/128"),
        ("2001:b030:1::/48", "2001:b030:1::/48"),
        ("172.32.0.1", "172.32.0.1/32"),
        ("100.128.0.1", "100.128.0.1/32"),
    ],
)
def test_a_public_source_is_read_however_it_is_written(typed: str, network: str) -> None:
    assert parse_source(typed, allow_loopback=False) == ip_network(network)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("10.1.2.3", "private"),
        ("10.0.0.0/8", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.0/24", "private"),
        ("169.254.1.1", "private"),
        ("fc00::1", "private"),
        ("fe80::1", "private"),
        ("::ffff:192.168.1.1", "private"),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("100.64.0.1", "cgnat"),
        ("100.127.255.255", "cgnat"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.9", "documentation"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("0.0.0.0", "reserved"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("198.18.0.1", "reserved"),
        ("::", "reserved"),
        ("::1.2.3.4", "reserved"),
        ("::ffff:0:0/90", "reserved"),
        ("64:ff9b::8.8.8.8", "reserved"),
        ("2002:a00:1::1", "reserved"),
        ("2001:0:1::1", "reserved"),
        ("4000::1", "reserved"),
        ("60.250.0.0/23", "too_wide"),
        ("0.0.0.0/0", "too_wide"),
        ("60.250.1.5/0.0.0.0", "too_wide"),
        ("2001:b030::/47", "too_wide"),
        ("::/0", "too_wide"),
        ("", "unreadable"),
        ("60.250.1", "unreadable"),
        ("60.250.1.256", "unreadable"),
        ("060.250.1.5", "unreadable"),
        ("60.250.1.5/33", "unreadable"),
        ("60.250.1.5-60.250.1.9", "unreadable"),
        ("fe80::1%eth0", "unreadable"),
        ("https://example.tw", "unreadable"),
        ("1022361861", "unreadable"),
    ],
)
def test_a_source_that_cannot_be_allowed_is_refused_with_the_code(typed: str, code: str) -> None:
    with pytest.raises(RefusedSource) as refusal:
        parse_source(typed, allow_loopback=False)
    assert refusal.value.code == code


def test_the_demo_may_allow_loopback_and_nothing_else_special() -> None:
    assert parse_source("127.0.0.2", allow_loopback=True) == IPv4Network("127.0.0.2/32")
    assert parse_source("::1", allow_loopback=True) == IPv6Network("::1/128")
    for typed, code in [
        ("127.0.0.0/8", "too_wide"),
        ("10.0.0.1", "private"),
        ("203.0.113.9", "documentation"),
    ]:
        with pytest.raises(RefusedSource) as refusal:
            parse_source(typed, allow_loopback=True)
        assert refusal.value.code == code


def judged(text: str, *, allow_loopback: bool = False) -> Network | str:
    try:
        return parse_source(text, allow_loopback=allow_loopback)
    except RefusedSource as refusal:
        return refusal.code


@given(st.ip_addresses(v=4))
def test_only_addresses_the_internet_routes_are_allowed(address: IPv4Address) -> None:
    outcome = judged(str(address))
    if isinstance(outcome, str):
        assert outcome in SPECIAL
        assert not address.is_global or any(address in network for network in GLOBAL_YET_SPECIAL)
    else:
        assert address.is_global
        assert contains([outcome], str(address))
        assert contains([outcome], f"::ffff:{address}")


@given(st.ip_addresses(v=6))
def test_only_ipv6_addresses_of_global_unicast_are_allowed(address: IPv6Address) -> None:
    outcome = judged(str(address))
    if isinstance(outcome, str):
        assert outcome in SPECIAL
    else:
        assert address.is_global or address.ipv4_mapped
        assert contains([outcome], str(address))


@given(st.text(max_size=30))
def test_any_text_is_either_a_source_or_refused_with_a_known_code(text: str) -> None:
    outcome = judged(text, allow_loopback=True)
    assert outcome in SPECIAL | {"too_wide", "unreadable"} or not isinstance(outcome, str)


def test_a_peer_is_let_in_from_its_networks_only() -> None:
    networks = [IPv4Network("60.250.1.0/24"), IPv6Network("2001:b030:1::/48")]
    assert contains(networks, "60.250.1.255")
    assert contains(networks, "::ffff:60.250.1.7")
    assert contains(networks, "2001:b030:1:ffff::1")
    assert not contains(networks, "60.250.2.0")
    assert not contains(networks, "::ffff:60.250.2.0")
    assert not contains(networks, "2001:b030:2::1")
    assert not contains([], "60.250.1.1")


def test_a_network_kept_in_mapped_form_lets_in_the_ipv4_peer() -> None:
    assert contains([IPv6Network("::ffff:60.250.1.0/120")], "60.250.1.9")


@pytest.mark.parametrize("peer", ["", "unknown", "60.250.1.5:22", "/run/socket", "60.250.1.0/24"])
def test_a_peer_without_readable_address_is_not_let_in(peer: str) -> None:
    assert not contains([IPv4Network("60.250.1.0/24")], peer)
