"""Source addresses an institution may upload from (IP 白名單): only public ones, and only narrow ones.

The special ranges are listed here, not asked of :mod:`ipaddress`, whose notion of "private" changes between
patch releases. Source: S0 (IP allow-list); IANA special-purpose address registries (RFC 6890 and successors).
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from unicodedata import normalize

Network = IPv4Network | IPv6Network

WIDEST_IPV4: Final = 24
WIDEST_IPV6: Final = 48
"""Prefix lengths [decided]: one office's network at most."""

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")

_SPECIAL: Final[tuple[tuple[str, Network], ...]] = tuple(
    (code, ip_network(network))
    for code, networks in (
        ("loopback", "127.0.0.0/8 ::1/128"),
        ("private", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 fc00::/7 fe80::/10"),
        ("cgnat", "100.64.0.0/10"),
        ("documentation", "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20"),
        ("multicast", "224.0.0.0/4 ff00::/8"),
        ("reserved", "0.0.0.0/8 192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4 2001::/23 2002::/16"),
    )
    for network in networks.split()
)


class RefusedSource(ValueError):
    """A source address that cannot be allowed.

    ``code`` is one of private, loopback, cgnat, documentation, multicast, reserved, too_wide, unreadable.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_source(text: str, *, allow_loopback: bool) -> Network:
    """Read one address or network (``/24`` or ``/255.255.255.0``; full-width characters and spaces forgiven).

    An address inside a network stands for that network [decided]; an IPv4-mapped IPv6 address becomes IPv4.
    ``allow_loopback`` is for the demo season and tests only. Raises :class:`RefusedSource`.
    """
    network = _read("".join(normalize("NFKC", text).split()))
    code = _special(network)
    if code is not None and not (code == "loopback" and allow_loopback):
        raise RefusedSource(code)
    if network.prefixlen < (WIDEST_IPV4 if network.version == 4 else WIDEST_IPV6):
        raise RefusedSource("too_wide")
    return network


def contains(networks: Iterable[Network], address_text: str) -> bool:
    """Say whether the peer at ``address_text`` comes from one of ``networks``; IPv4-mapped IPv6 equals IPv4.

    What is no address lies in no network: False.
    """
    try:
        address = ip_address(address_text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in _unmapped(network) for network in networks)


def _read(text: str) -> Network:
    if "%" in text:  # a zone names an interface of one machine, not a source
        raise RefusedSource("unreadable")
    try:
        return _unmapped(ip_network(text, strict=False))
    except ValueError as error:
        raise RefusedSource("unreadable") from error


def _unmapped(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network


def _special(network: Network) -> str | None:
    for code, special in _SPECIAL:
        if _inside(network, special):
            return code
    if network.version == 6 and network.prefixlen >= WIDEST_IPV6 and not _inside(network, _GLOBAL_UNICAST):
        return "reserved"
    return None


def _inside(network: Network, other: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)
