"""What the platform notices about a change, for the officer; computed whenever it is looked at, blocks nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value

from careward.applications.questions import TouchesNetwork
from careward.changes import data
from careward.changes.models import ConnectionChange
from careward.changes.procedure import APPROVED
from careward.changes.rules import in_a_row, touching, wide
from careward.kernel.texts import text
from careward.provisioning.models import UploadAccount


@dataclass(frozen=True, slots=True)
class Noticed:
    """One thing: what was noticed, and what to look at."""

    says: str
    look_at: str


def noticed(change: ConnectionChange) -> tuple[Noticed, ...]:
    """Everything to be noticed about a change as things stand now."""
    return tuple(_about_sources(change)) + tuple(_about_state(change))


def _said(kind: str, **values: object) -> Noticed:
    return Noticed(
        text(f"changes:findings.{kind}.says", **values), text(f"changes:findings.{kind}.look_at", **values)
    )


def _about_sources(change: ConnectionChange) -> Iterator[Noticed]:
    if not change.sources:
        return
    others = _others(change)
    used = [network for account in others for network in account.networks]
    shared = touching(change.sources, used)
    if shared:
        count = len({account.institution_id for account in others})
        yield _said("shared", addresses=in_a_row(shared), count=count)
    large = wide(change.sources, change.rules.changes)
    if large:
        yield _said("wide", addresses=in_a_row(large))


def _others(change: ConnectionChange) -> list[UploadAccount]:
    """Accounts of other institutions with addresses in common; those of one vendor serve many and are no finding."""
    application = change.application
    wanted = Value(list(change.sources or ()), ArrayField(models.TextField()))
    others = UploadAccount.objects.in_use().filter(TouchesNetwork("networks", wanted))
    others = others.exclude(institution__code=application.institution_code)
    if application.vendor_business_id:
        others = others.exclude(application__vendor_business_id=application.vendor_business_id)
    return list(others)


def _about_state(change: ConnectionChange) -> Iterator[Noticed]:
    account = data.account_of(change.application)
    if change.sources is not None and account is None:
        yield _said("no_account")
    elif account is not None and account.state == "suspended":
        yield _said("suspended")
    before = change.application.connection_changes.filter(state=APPROVED).exclude(pk=change.pk)
    for other in before:
        yield _said("approved_before", reference=other.reference)
