"""Who writes: the unit and phone in a letter's footer, from the rulebook, by the institution it concerns."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models

from careward.kernel import clock
from careward.rulebook import NATIONWIDE, current


@dataclass(frozen=True, slots=True)
class Concern:
    """The institution a letter concerns, with type and county; all empty for a letter about a person's account.

    ``unit`` names the local unit that reviews, when it is not the one in charge of the type.
    """

    institution_code: str = ""
    institution_type: str = ""
    county: str = ""
    unit: str = ""

    @classmethod
    def of(cls, subject: models.Model) -> "Concern":
        """Read it off the subject: its own fields, else its institution, application or account, in this order."""
        if isinstance(getattr(subject, "institution_type", None), str):
            fields = ("institution_code", "institution_type", "county", "unit")
            return cls(*(str(getattr(subject, name, "")) for name in fields))
        institution = getattr(subject, "institution", None)
        if institution is not None:
            return cls(institution.code, institution.type, institution.county)
        for name in ("application", "account"):
            nearer = getattr(subject, name, None)
            if isinstance(nearer, models.Model):
                return cls.of(nearer)
        return cls()


def sender(concern: Concern) -> Mapping[str, object]:
    """The footer's values: the ministry's unit with its phone, and the county's unit that reviews.

    Without an institution every contact window is named (S0 註).
    """
    book = current()
    season = book.season_at(clock.now(), county=concern.county or NATIONWIDE)
    types = book.institution_types
    if concern.institution_type not in types:
        windows = [(types[id_].label, window.phone) for id_, window in season.contact_windows.items()]
        return {"windows": windows}
    kind = concern.institution_type
    found: dict[str, object] = {
        "unit": book.central_unit(kind).label,
        "type_label": types[kind].label,
        "phone": season.contact_window(kind).phone,
    }
    if concern.county in book.counties:
        found["county"] = book.county(concern.county).name
        by_type = book.local_unit(kind, concern.county)
        found["county_unit"] = book.types.local_units.get(concern.unit, by_type).label
    return found
