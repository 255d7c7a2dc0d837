"""Who may see what of which institution: decided once, asked by every package that shows them."""

from typing import Final, Protocol

from django.db.models import Q

from careward import rulebook

SEES_ALL: Final = frozenset({"ministry", "vendor", "auditor"})
NOBODY: Final = Q(pk__in=[])


class Viewer(Protocol):
    """As much of a signed-in person as reach depends on; ``unit`` is a local unit of the rulebook."""

    role: str
    county: str
    unit: str
    institution_code: str


def types_in_charge(local_unit: str) -> tuple[str, ...]:
    """Ids of the institution types a county's unit (``social``, ``health``) is in charge of.

    Source: domain.md §5 (老福, 身障 → 社會局處; 護理之家, 住宿長照 → 衛生局).
    """
    types = rulebook.current().institution_types.values()
    return tuple(kind.id for kind in types if kind.local_unit == local_unit)


def reach(viewer: object, *, code: str, kind: str, county: str) -> Q:
    """What ``viewer`` may see of a table, whose fields for institution code, type and county are named here.

    An officer: the county's institutions of the types the own unit is in charge of; ministry, vendor and
    auditor: all; an institution's people: their own; everybody else, the anonymous visitor too: nothing.
    """
    role = getattr(viewer, "role", "")
    if role in SEES_ALL:
        return Q()
    if role == "officer":
        return _of_county(viewer, kind, county)  # type: ignore[arg-type]
    own = getattr(viewer, "institution_code", "")
    return Q(**{code: own}) if role == "institution" and own else NOBODY


def _of_county(viewer: Viewer, kind: str, county: str) -> Q:
    types = types_in_charge(viewer.unit)
    return Q(**{county: viewer.county, f"{kind}__in": types}) if viewer.county and types else NOBODY
