"""Facts of an institution-year from the registry, as first answers of the form."""

from typing import Any

from careward.registry.models import Institution
from careward.rewards.forms import ACCREDITATIONS, UNANNOUNCED

_NOT_COUNTED = {"elderly": "anyang_residents", "disability": "early_intervention_residents"}


def answers_from_registry(institution: Institution, year: str) -> dict[str, Any]:
    """What the registry knows: master data, the previous December's counts, the latest accreditations.

    Day of founding, penalties and indicators are not in the registry and stay to be filled in.
    """
    answers: dict[str, Any] = {
        "year": year,
        "institution_code": institution.code,
        "name": institution.name,
        "type": institution.type,
        "ownership": institution.ownership,
    }
    december = institution.occupancies.of_month(f"{int(year) - 1:03d}12").first()
    if december:
        answers |= {"open_beds": december.open_beds, "residents": december.residents}
        if name := _NOT_COUNTED.get(institution.type):
            answers[name] = december.not_counted_residents
    latest = list(institution.accreditations.order_by("-year", "-kind")[:ACCREDITATIONS])
    for n, one in enumerate(reversed(latest), 1):
        answers |= {
            f"a{n}_kind": "re" if one.kind == "re" else "regular",
            f"a{n}_grade": one.grade or UNANNOUNCED,
            f"a{n}_announced": one.announced_on,
            f"a{n}_valid_from": one.valid_from,
            f"a{n}_valid_to": one.valid_to,
        }
    return answers
