"""Pure decisions about changes: what differs, what an officer should look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from careward.applications.rules import label_of, listed, shown_source
from careward.applications.telling import Difference
from careward.kernel.text import mask_name
from careward.rulebook.change_lists import Changes

SECTIONS: Final = ("sources", "person")
"""Pages of the form a change may go through."""


@dataclass(frozen=True, slots=True)
class Data:
    """Connection data that may be changed; None: not known, or stays as it is."""

    sources: Sequence[str] | None
    person_name: str | None


def differences(before: Data, after: Data, *, masked: bool = True) -> tuple[Difference, ...]:
    """Old beside new of what ``after`` changes. Two masked names may look the same: they differ."""
    found = []
    if after.sources is not None:
        old, new = in_a_row(before.sources or ()), in_a_row(after.sources)
        found.append(Difference("sources", label_of("sources"), old, new))
    if after.person_name is not None:
        old, new = (mask_name(n) if masked else n for n in (before.person_name or "", after.person_name))
        found.append(Difference("person_name", label_of("person_name"), old, new))
    return tuple(found)


def in_a_row(sources: Sequence[str]) -> str:
    """Addresses as people write them, in one line."""
    return listed(shown_source(source) for source in sources)


def wide(sources: Sequence[str], limits: Changes) -> tuple[str, ...]:
    """Networks so large that an officer should ask whether all of it is the institution's."""
    found = []
    for source in sources:
        network = ip_network(source)
        least = limits.wide_from_prefix_v4 if network.version == 4 else limits.wide_from_prefix_v6
        if network.prefixlen < least.value:
            found.append(source)
    return tuple(found)


def touching(mine: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Those of ``mine`` that have addresses in common with any of ``others``."""
    theirs = [ip_network(other) for other in others]
    return tuple(
        source
        for source in mine
        if any(o.version == n.version and o.overlaps(n) for n in [ip_network(source)] for o in theirs)
    )
