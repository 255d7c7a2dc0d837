"""Documents of a signed case are replaced only after the sign-off was given up, knowingly (domain.md §2)."""

import pytest
from django.test import Client

from careward.applications import acts
from careward.applications.models import Application
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.journal import Actor
from careward.kernel.clock import frozen
from careward.provisioning.models import UploadAccount
from review.deciding import sign
from support.applying import APPLICANT, CLOSES, DURING, submitted, with_scan
from support.opening import open_case

pytestmark = pytest.mark.django_db


def signed() -> Application:
    """已簽核 while the window is still open."""
    application = submitted()
    with frozen(DURING):
        return sign(application)


def test_a_signed_case_takes_no_file_until_it_is_reopened_and_then_the_sign_off_is_void() -> None:
    application = signed()
    with pytest.raises(NotPermitted):
        with_scan(application)
    reopened = acts.reopen(application, APPLICANT, arrived_at=DURING)
    assert reopened.state == "submitted"
    assert not reopened.sign_offs.filter(voided_at=None).exists()
    assert UploadAccount.objects.get(application=reopened).state == "held"
    assert Letter.objects.get(kind="application_reopened").to == [reopened.mailbox]
    assert with_scan(reopened).documents.in_force().count() == 2


def test_after_the_window_nothing_is_reopened() -> None:
    application = signed()
    with pytest.raises(Refused) as refused:
        acts.reopen(application, APPLICANT, arrived_at=CLOSES.replace(hour=18))
    assert refused.value.code == "window_closed_lacking"


@pytest.mark.parametrize("role", ["officer", "vendor", "ministry", "system"])
def test_nobody_but_the_institution_reopens(role: str) -> None:
    with pytest.raises(NotPermitted):
        acts.reopen(signed(), Actor(role, "test"), arrived_at=DURING)


def test_the_page_says_what_it_means_and_asks_for_the_code(client: Client) -> None:
    application = signed()
    with frozen(DURING):
        open_case(client, application)
        assert "更換或補充文件" in client.get("/application/").content.decode()
        page = client.get("/application/reopen/").content.decode()
        assert "原來的簽核失效" in page
        client.post("/application/reopen/", {"code": "wrong"})
        application.refresh_from_db()
        assert application.state == "signed_off"
        client.post("/application/reopen/", {"code": application.institution_code})
        application.refresh_from_db()
        assert application.state == "submitted"
        assert "再加一個檔案" in client.get("/application/").content.decode()
