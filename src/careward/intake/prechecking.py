"""The very same check before a file is sent, for somebody signed in: nothing of it is kept.

Unlike ``careward intake check`` it knows the institution: its code, the months taken now, the files accepted before.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from careward.intake.checking import check, refusals
from careward.intake.confirming import confirmed_of
from careward.intake.findings import Finding
from careward.intake.marking import Marker
from careward.intake.models import Delivery
from careward.intake.months import Taken, name_the_right_one, not_taken
from careward.intake.naming import FileName, recognise
from careward.intake.publishing import season_in_force, specification_in_force
from careward.intake.remembering import AcceptedBefore
from careward.intake.report import Confirmed, Document, ReceivedFile, receipt_document
from careward.intake.rules import clean_name
from careward.intake.spill import CheckResult, Findings
from careward.intake.table import Unreadable
from careward.provisioning.models import Lane
from careward.registry.models import Institution
from careward.rulebook.interchange import Dataset


@dataclass(frozen=True, slots=True)
class Prechecked:
    """What would be found: the receipt as data, without a ticket, and the findings it is made of."""

    document: Document
    result: CheckResult
    dataset: Dataset | None
    confirmed: Confirmed


def precheck(content: bytes, name: str, institution: Institution, at: datetime) -> Prechecked:
    """Check a file as it would be checked on arrival in the live lane now; changes and keeps nothing."""
    spec = specification_in_force()
    said: FileName | None = None
    try:
        said = recognise(name, spec=spec)
        result = _checked(content, name, said, institution, at)
    except Unreadable as unreadable:
        result = _alone(*refusals(unreadable, spec))
    confirmed = confirmed_of(institution, said.dataset.id) if said and result.warnings else {}
    document = receipt_document(
        result,
        file=ReceivedFile(
            "", clean_name(name), hashlib.sha256(content).hexdigest(), len(content), at, "offline"
        ),
        spec=spec,
        dataset=said.dataset if said else None,
        period=said.period if said else None,
        institution_code=institution.code,
        checked_at=at,
        confirmed=confirmed,
    )
    return Prechecked(document, result, said.dataset if said else None, confirmed)


def _checked(
    content: bytes, name: str, said: FileName, institution: Institution, at: datetime
) -> CheckResult:
    spec, taken = specification_in_force(), Taken(season_in_force(), Lane.LIVE, at)
    refused = not_taken(taken, spec, said, name, content)
    if refused:
        return _alone(refused)
    result = check(
        content,
        spec=spec,
        dataset=said.dataset,
        period=said.period,
        institution_code=institution.code,
        today=at.date(),
        known=AcceptedBefore(Delivery(institution=institution, lane=Lane.LIVE), said.period),
        marker=Marker(institution.code, said.dataset, said.period),
    )
    name_the_right_one(
        result, spec=spec, dataset=said.dataset, period=said.period, name=name, takes=taken.takes
    )
    return result


def _alone(*found: Finding) -> CheckResult:
    return CheckResult(Findings.of(found), 0, (), readable=True)
