"""What the platform notices about an application by itself, for the officer: it never blocks anything.

A second application of the institution, addresses another institution uses too or that seldom are right, numbers whose
check digit does not hold, and a registry that knows the institution otherwise (domain.md §2).
"""

from collections.abc import Iterable, Mapping
from typing import Final

from careward.applications import doubles, jobs, sharing
from careward.applications.findings import settle
from careward.applications.models import Application
from careward.applications.plausibility import (
    Widths,
    only_ipv6,
    same_name,
    wide,
    wrong_business_id,
    wrong_person_id,
)
from careward.applications.rules import listed, shown_source
from careward.flow import Step, after
from careward.registry.models import Institution
from careward.rulebook import current

DIFFERS: Final = "applications:registry_differs"
NAMED: Final = "applications:registry_name_differs"
UNLICENSED: Final = "applications:registry_unlicensed"
PERSON_ID: Final = "applications:person_id_check"
BUSINESS_ID: Final = "applications:business_id_check"
WIDE: Final = "applications:address_wide"
ONLY_IPV6: Final = "applications:address_only_ipv6"
OF_VENDOR: Final = "applications:address_of_vendor"
OWN: Final = frozenset(
    {
        doubles.SECOND, sharing.SHARED, DIFFERS, NAMED, UNLICENSED, PERSON_ID, BUSINESS_ID, WIDE, ONLY_IPV6, OF_VENDOR,
    }
)  # fmt: skip
"""All that is settled about an application at once, with one look at what was noted before."""

Found = Mapping[str, Mapping[str, object]]
"""What is so now: the kind of a finding to its values."""


@after("application", "submit")
@after("application", "correct")
@after("application", "mend")
@after("application", "withdraw")
@after("application", "restore")
def look(step: Step[Application]) -> None:
    """Note what is to be noted about the application, and let those it stands, or stood, beside be looked at."""
    application = step.subject
    # The others in a job: their rows are not held here, and two at once see each other afterwards.
    before = step.facts.get("before", {})
    jobs.look_at_others.defer(
        application_id=str(application.pk),
        former=list(before.get("sources", ())),
        former_code=before.get("institution_code", ""),
    )
    settle(application, OWN, _found(application))


def _found(application: Application) -> Found:
    """What is so now, of the kinds ``OWN``."""
    touched = sharing.touching(application)
    return {
        **doubles.found(application),
        **sharing.found(application, touched),
        **_of_vendor(application, touched),
        **_implausible(application),
        **_differs(application),
    }


def _of_vendor(application: Application, touched: Iterable[sharing.Use]) -> Found:
    """An institution that says the system is its own, at an address others have from a vendor."""
    if application.way is not None and application.way.asks_vendor.value:
        return {}
    rented = {use.vendor_name for use in touched if use.institution_code != application.institution_code}
    names = sorted(rented - {""})
    return {OF_VENDOR: {"vendors": listed(names), "mode": application.mode_label}} if names else {}


def _implausible(application: Application) -> Found:
    """What the form would have refused or seldom sees. Without the number: a finding holds nothing personal."""
    limits = current().policies.sources
    broad = wide(application.sources, Widths(limits.most_ipv4.value, limits.shortest_ipv6.value))
    found: dict[str, dict[str, object]] = {}
    if wrong_person_id(application.person_id):
        found[PERSON_ID] = {}
    if wrong_business_id(application.vendor_business_id):
        found[BUSINESS_ID] = {"number": application.vendor_business_id}
    if broad:
        found[WIDE] = {"addresses": listed(map(shown_source, broad)), "most": limits.most_ipv4.value}
    if only_ipv6(application.sources):
        found[ONLY_IPV6] = {}
    return found


def _differs(application: Application) -> Found:
    known = Institution.objects.with_code(application.institution_code).first()
    same = known is None or (
        (known.type, known.county, known.ownership)
        == (application.institution_type, application.county, application.ownership)
    )
    found: dict[str, dict[str, object]] = {}
    if known is not None and not same:
        found[DIFFERS] = {"type": known.type_label, "county": known.county_label}
    if known is not None and not same_name(known.name, application.institution_name):
        found[NAMED] = {"name": known.name}
    if known is not None and not known.licensed:
        found[UNLICENSED] = {}
    return found
