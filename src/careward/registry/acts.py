"""What changes the registry.

Institutions have no procedure yet: they are entered, and corrected by entering anew.
"""

from datetime import date, datetime

from django.db import transaction

from careward import rulebook
from careward.journal import Actor, acting
from careward.registry.models import Institution, PersonInCharge


def register(
    by: Actor,
    *,
    code: str,
    name: str,
    type: str,  # noqa: A002 – the field's word
    county: str,
    ownership: str,
    mailbox: str = "",
    licensed: bool = True,
    founded_on: date | None = None,
) -> Institution:
    """Enter an institution, or correct what is known of the one with this code; returns it.

    An empty ``mailbox`` or ``founded_on`` leaves the known one. Raises UnknownCode for a type, county or
    ownership that the rulebook does not have.
    """
    book = rulebook.current()
    known: dict[str, object] = {
        "name": name,
        "type": book.institution_type(type).id,
        "county": book.county(county).code,
        "ownership": book.ownership(ownership).id,
        "licensed": licensed,
    }
    if mailbox:
        known["mailbox"] = mailbox
    if founded_on:
        known["founded_on"] = founded_on
    with transaction.atomic(), acting(by, "institution.register"):
        institution, _ = Institution.objects.update_or_create(code=code, defaults=known)
    return institution


def name_person(
    institution: Institution, by: Actor, *, name: str, number: str | None, at: datetime
) -> PersonInCharge:
    """Enter who is in charge from ``at`` on; whoever was before is so until then. Returns the new row."""
    with transaction.atomic(), acting(by, "institution.name_person"):
        Institution.objects.select_for_update().get(pk=institution.pk)
        institution.people_in_charge.filter(until=None).update(until=at)
        return PersonInCharge.objects.create(institution=institution, name=name, number=number, since=at)
