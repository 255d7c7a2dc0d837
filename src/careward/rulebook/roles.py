"""Roles: what each may see and whether it may change anything (rules/roles.yaml)."""

from typing import Final, Literal

from careward.rulebook.values import ById, Entry, Frozen, Text

ROLES: Final = ("officer", "supervisor", "ministry", "vendor", "institution", "auditor", "administrator")
"""Every role the file must have, and no other: pages and procedures name them."""

Scope = Literal["county_unit", "central_unit", "everything", "own_institution", "nothing"]


class RoleFacts(Entry):
    """One role: what it reaches, whether it may change anything, which roles may stand in for it (職務代理人)."""

    id: str
    label: Text
    scope: Scope
    acts: bool
    deputies: tuple[str, ...]


POSITIONS: Final = ("head", "clerk", "delegate", "company_head", "company_clerk")
"""Every position the file must have, and no other: acts and pages name them."""

Right = Literal["read", "unmask", "confirm", "share", "keys", "people", "delegate", "clients"]


class PositionFacts(Entry):
    """What somebody may do in the place they sit at: an institution of their own or delegated, or a company."""

    id: str
    label: Text
    may: tuple[Right, ...]


class Roles(Frozen):
    """roles.yaml, in the order pages list them."""

    roles: ById[RoleFacts]
    positions: ById[PositionFacts]
