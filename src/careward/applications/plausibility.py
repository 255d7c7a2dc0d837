"""Whether an ID number or a source address is likely to be right: pure questions, for findings an officer judges.

Nothing here refuses anything: the form refuses what cannot be; these are for data that came another way (imported,
carried over, corrected) and for what may be but seldom is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from careward.kernel.identifiers import is_business_id, is_personal_id
from careward.kernel.text import nfkc, spellings

_OLDER: Final = 4


@dataclass(frozen=True, slots=True)
class Widths:
    """From where on a range is remarked on: IPv4 addresses all together, and the shortest quiet IPv6 prefix."""

    most_ipv4: int
    shortest_ipv6: int


def wide(sources: Sequence[str], widths: Widths) -> tuple[str, ...]:
    """The networks (CIDR texts) an officer should ask about: IPv4 that add up to too many, IPv6 wider than one line.

    Of IPv4 all that are more than one address are named, since it is their sum that is remarked on.
    """
    networks = [ip_network(source) for source in sources]
    v4 = [one for one in networks if isinstance(one, IPv4Network)]
    too_many = sum(one.num_addresses for one in v4) > widths.most_ipv4
    found = [one for one in v4 if too_many and one.num_addresses > 1]
    wider = [one for one in networks if isinstance(one, IPv6Network) and one.prefixlen < widths.shortest_ipv6]
    return tuple(str(one) for one in (*found, *wider))


def only_ipv6(sources: Sequence[str]) -> bool:
    """Whether addresses were given and none is IPv4: few lines here have a fixed IPv6 address and no IPv4 one."""
    return bool(sources) and all(ip_network(source).version != _OLDER for source in sources)


def wrong_person_id(number: str | None) -> bool:
    """Whether an ID number is there and its check digit does not hold. Source: S0 受理申請; domain.md §5."""
    return bool(number) and not is_personal_id(str(number))


def wrong_business_id(number: str) -> bool:
    """Whether a 統一編號 is there and its check digit does not hold."""
    return bool(number) and not is_business_id(number)


def same_name(one: str, other: str) -> bool:
    """Whether two names of an institution are equal as people write them: 臺 and 台, widths and spaces aside."""
    return not set(_written(one)).isdisjoint(_written(other))


def _written(name: str) -> tuple[str, ...]:
    return spellings("".join(nfkc(name).split()))
