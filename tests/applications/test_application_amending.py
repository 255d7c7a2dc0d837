"""Correcting, withdrawing and taking back from the mailed link: shown first, then done by a typed code."""

from datetime import timedelta

import pytest
from django.test import Client

from careward.applications import acts
from careward.applications.models import Application, Correction, MailboxProof
from careward.correspondence import links
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen
from careward.kernel.identifiers import make_national_id
from support.applying import ANSWERS, APPLICANT, CLOSES, DURING, lacking, submitted
from support.opening import open_case

pytestmark = pytest.mark.django_db

CODE = {"code": ANSWERS["institution_code"]}
CONTACT = {"contact_name": "", "contact_phone": "02-23456789", "mailbox": ANSWERS["mailbox"]}


@pytest.fixture
def application(client: Client) -> Application:
    application = submitted()
    open_case(client, application)
    return application


def test_a_correction_changes_nothing_until_it_is_sent_by_the_typed_code(
    client: Client, application: Application
) -> None:
    assert (
        client.post("/application/correct/contact/", CONTACT).headers["Location"] == "/application/correct/"
    )
    page = client.get("/application/correct/").content.decode()
    assert "02-23456789" in page
    assert ANSWERS["contact_phone"] in page
    for answers in ({}, {"code": "1"}):
        assert client.post("/application/correct/send/", answers).status_code == 200
    application.refresh_from_db()
    assert application.contact_phone == ANSWERS["contact_phone"]
    assert client.post("/application/correct/send/", CODE).headers["Location"] == "/application/"
    application.refresh_from_db()
    assert (application.contact_phone, application.contact_name) == ("02-23456789", ANSWERS["contact_name"])
    assert Correction.objects.made().get().changes == {"contact_phone": "02-23456789"}
    assert not Correction.objects.begun().exists()
    assert Letter.objects.about(application).filter(kind="application_corrected").count() == 1


def test_people_are_masked_in_the_correction_and_an_empty_box_leaves_them(
    client: Client, application: Application
) -> None:
    page = client.get("/application/correct/person/").content.decode()
    assert "林○○" in page
    assert ANSWERS["person_name"] not in page
    client.post("/application/correct/person/", {"person_name": "王大明", "person_id": make_national_id(8)})
    page = client.get("/application/correct/send/").content.decode()
    assert "王○○" in page
    assert make_national_id(8) not in page


def test_another_mailbox_is_proved_before_the_correction_can_be_sent(
    client: Client, application: Application
) -> None:
    response = client.post("/application/correct/contact/", {**CONTACT, "mailbox": "new@example.org"})
    assert response.headers["Location"] == "/application/correct/mailbox/"
    assert client.get("/application/correct/send/").headers["Location"] == "/application/correct/"
    code = links.code(MailboxProof.objects.latest("pk").seed)
    assert (
        client.post("/application/correct/mailbox/", {"code": code}).headers["Location"]
        == "/application/correct/"
    )
    client.post("/application/correct/send/", CODE)
    application.refresh_from_db()
    assert application.mailbox == "new@example.org"
    assert client.get("/application/").status_code == 403


def test_another_mode_asks_for_its_pages_and_says_what_will_be_missing(
    client: Client, application: Application
) -> None:
    response = client.post("/application/correct/mode/", {"mode": "rented"})
    assert response.headers["Location"] == "/application/correct/vendor/"
    client.post("/application/correct/mode/", {"mode": "nursing_home_system"})
    page = client.get("/application/correct/send/").content.decode()
    assert "還要上傳：介接意向書" in page
    client.post("/application/correct/send/", CODE)
    application.refresh_from_db()
    assert (application.state, application.mode, application.sources) == (
        "lacking",
        "nursing_home_system",
        [],
    )


def test_a_correction_given_up_is_forgotten(client: Client, application: Application) -> None:
    client.post("/application/correct/contact/", CONTACT)
    client.post("/application/correct/drop/")
    assert not Correction.objects.exists()
    assert client.get("/application/correct/send/").headers["Location"] == "/application/correct/"


def test_what_is_typed_back_as_it_was_is_no_correction(client: Client, application: Application) -> None:
    client.post("/application/correct/contact/", CONTACT)
    client.post("/application/correct/contact/", {**CONTACT, "contact_phone": ANSWERS["contact_phone"]})
    assert Correction.objects.begun().get().changes == {}


@pytest.mark.parametrize(("act", "state"), [("withdraw", "withdrawn"), ("restore", "submitted")])
def test_binding_acts_need_the_typed_code_and_leave_a_letter(
    client: Client, application: Application, act: str, state: str
) -> None:
    if act == "restore":
        acts.withdraw(application, APPLICANT, arrived_at=DURING)
    before = Application.objects.get().state
    assert "確認" in client.get(f"/application/{act}/").content.decode()
    assert client.post(f"/application/{act}/", {}).status_code == 200
    assert Application.objects.get().state == before
    assert client.post(f"/application/{act}/", CODE, follow=True).status_code == 200
    assert Application.objects.get().state == state
    assert Letter.objects.filter(
        kind=f"application_{'withdrawn' if act == 'withdraw' else 'restored'}"
    ).exists()


def test_after_the_window_the_pages_lead_back_to_the_case() -> None:
    client, application = Client(), lacking()
    with frozen(CLOSES + timedelta(milliseconds=1)):
        open_case(client, application)
        assert "更正申請資料" not in client.get("/application/").content.decode()
        for page in ("correct/", "correct/contact/", "withdraw/", "restore/"):
            assert client.get(f"/application/{page}").headers["Location"] == "/application/"
            assert client.post(f"/application/{page}", CODE).status_code in {302, 405}
    assert Application.objects.get().state == "lacking"


def test_the_receipt_behind_the_link_shows_where_the_case_stands(
    client: Client, application: Application
) -> None:
    response = client.get("/application/receipt.pdf")
    assert response.content.startswith(b"%PDF-")
    assert "no-store" in response.headers["Cache-Control"]
