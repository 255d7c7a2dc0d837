"""An institution's public code gives nobody a hold on it: not from another county, not a second time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from careward.accounts.models import Role, User
from careward.applications.models import Application
from careward.flow import Refused
from careward.gateway.keys import host_keys
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.provisioning import acts as provisioning
from careward.provisioning.models import UploadAccount
from careward.registry.acts import register
from careward.registry.models import Institution
from careward.review import acts as reviewing
from support.applying import ANSWERS, submitted
from support.signing_in import person

pytestmark = pytest.mark.django_db

REVIEW = taipei(2025, 12, 10, 9)


@pytest.fixture(autouse=True)
def _during_the_review() -> Iterator[None]:
    with frozen(REVIEW):
        yield


@pytest.fixture
def officer() -> User:
    return person("officer", county="10007", unit="health")


def _known(**changes: Any) -> Institution:
    fields = ("name", "type", "county", "ownership")
    known = {
        field: ANSWERS[f"institution_{field}" if field in ("name", "type") else field] for field in fields
    }
    return register(Actor.system("test"), code=ANSWERS["institution_code"], **{**known, **changes})


def _sign(application: Application, officer: User) -> Application:
    ticked = [item.id for item in application.rules.checklist_for(application.mode, application.kind)]
    return reviewing.sign_off(application, Actor("officer", str(officer.pk)), ticked=ticked, remark="")


@pytest.mark.parametrize("of", [{"county": "63000"}, {"type": "elderly"}])
def test_an_institution_of_another_county_or_desk_cannot_be_signed_here(
    of: dict[str, str], officer: User
) -> None:
    _known(**of)
    with pytest.raises(Refused, match="institution_elsewhere"):
        _sign(submitted(), officer)
    institution = Institution.objects.get()
    assert {field: getattr(institution, field) for field in of} == of
    assert not UploadAccount.objects.exists()


def test_an_institution_of_the_same_desk_can_be_signed(officer: User) -> None:
    _known(type="psychiatric_nursing")
    assert _sign(submitted(), officer).state == "signed_off"
    assert Institution.objects.get().type == "general_nursing"


def test_of_two_applications_of_one_institution_one_can_be_signed(officer: User) -> None:
    first, second = submitted(), submitted(mailbox="another@example.org")
    _sign(first, officer)
    with pytest.raises(Refused, match="institution_has_account") as refused:
        _sign(second, officer)
    assert first.reference in refused.value.message
    second.refresh_from_db()
    assert second.state == "submitted"
    assert Institution.objects.get().mailbox == first.mailbox


def test_after_the_account_is_closed_the_other_application_can_be_signed(officer: User) -> None:
    host_keys(Path(settings.HOME))
    first, second = submitted(), submitted()
    _sign(first, officer)
    vendor = Actor("vendor", "test")
    account = provisioning.create(
        UploadAccount.objects.get(), vendor, username="cw115-x", sources=["168.95.1.1"], allow_loopback=False
    )
    provisioning.close(account, vendor)
    assert _sign(second, officer).state == "signed_off"


@pytest.mark.parametrize("role", Role.values)
def test_who_sees_an_account_is_who_sees_its_institution(role: str, officer: User) -> None:
    _sign(submitted(), officer)
    of_county = {"county": "10007", "unit": "health"} if role == "supervisor" else {}
    viewer = (
        officer
        if role == "officer"
        else person(role, institution_code=ANSWERS["institution_code"], **of_county)
    )
    institutions = Institution.objects.visible_to(viewer).count()
    assert UploadAccount.objects.visible_to(viewer).count() == institutions == (role != "administrator")
