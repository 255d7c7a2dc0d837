"""Links mailed once more, drafts that go on elsewhere, and second applications of one institution."""

from datetime import timedelta

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.accounts.models import MailedLink
from careward.applications import acts, jobs, resending
from careward.applications.doubles import SECOND
from careward.applications.models import Application
from careward.correspondence import links
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen, now
from support.applying import ANSWERS, APPLICANT, DURING, VENDOR, draft, lacking, submitted
from support.opening import address_of
from support.public_form import DECLARED, PAGES, fill

pytestmark = pytest.mark.django_db

CODE, MAILBOX = ANSWERS["institution_code"], ANSWERS["mailbox"]


def _waiting(task: str) -> list[dict[str, str]]:
    return list(ProcrastinateJob.objects.filter(task_name=task).values_list("args", flat=True))


def test_a_resent_link_kills_the_older_and_a_second_run_sends_nothing() -> None:
    application = lacking()
    older = address_of(application)
    with frozen(DURING + timedelta(hours=1)):
        assert resending.resend(CODE, MAILBOX, now()) == 1
        assert resending.resend(CODE, MAILBOX, now()) == 0
    assert address_of(application) != older
    assert Client().get(older).status_code == 404
    assert Client().get(address_of(application)).status_code == 200
    letter = Letter.objects.get(kind="application_link")
    assert letter.to == [MAILBOX]


@pytest.mark.parametrize(("code", "mailbox"), [(CODE, "x@example.org"), ("9999999999", MAILBOX)])
def test_half_right_is_unknown(code: str, mailbox: str) -> None:
    lacking()
    assert resending.resend(code, mailbox, now()) == 0
    assert not Letter.objects.filter(kind="application_link").exists()


def test_known_and_unknown_get_the_same_answer_and_the_same_work(client: Client) -> None:
    lacking()
    answers = []
    for code in (CODE, "9999999999"):
        response = client.post("/application/resend/", {"institution_code": code, "mailbox": MAILBOX})
        answers.append((response.status_code, response.headers["Location"]))
    assert answers[0] == answers[1] == (302, "/application/resend/done/")
    assert len(_waiting("applications.resend")) == 2
    assert not Letter.objects.filter(kind="application_link").exists()


def test_one_case_is_not_flooded_with_links(client: Client) -> None:
    for _ in range(8):
        client.post("/application/resend/", {"institution_code": CODE, "mailbox": MAILBOX})
    assert len(_waiting("applications.resend")) == 5


def test_a_draft_goes_on_in_another_browser_by_a_mailed_link(client: Client) -> None:
    fill(client, "mode")
    assert Letter.objects.filter(kind="draft_link").count() == 0
    client.get("/apply/device/")
    assert client.post("/apply/device/").headers["Location"] == "/apply/tasks/"
    link = MailedLink.objects.not_revoked().get(purpose="draft")
    address = "/" + links.address(link.seed).split("/", 3)[3]
    other = Client()
    assert "範例護理之家" not in other.get(address).content.decode()
    assert other.get("/apply/tasks/").content.decode().count("已完成") == 0
    assert other.post(address, {"code": CODE}, follow=True).redirect_chain[-1][0] == "/apply/tasks/"
    assert "範例護理之家" in other.get("/apply/tasks/").content.decode()
    assert other.post("/apply/mode/", PAGES["mode"]).status_code == 302


def test_without_a_proved_mailbox_no_draft_link_is_mailed(client: Client) -> None:
    fill(client, "mailbox")
    client.post("/apply/device/")
    assert not MailedLink.objects.filter(purpose="draft").exists()


def test_a_sent_draft_has_no_draft_link_any_more(client: Client) -> None:
    fill(client)
    client.post("/apply/device/")
    client.post("/apply/check/", DECLARED)
    assert not MailedLink.objects.not_revoked().filter(purpose="draft").exists()


def test_a_second_application_is_noticed_offered_the_link_and_kept(client: Client) -> None:
    first = lacking(mailbox="first@example.org")
    response = client.post("/apply/institution/", PAGES["institution"])
    assert response.headers["Location"] == "/apply/already/"
    page = client.get("/apply/already/").content.decode()
    assert "first@example.org" not in page
    assert first.reference not in page
    client.post("/apply/already/send/")
    assert _waiting("applications.remind") == [{"code": CODE}]
    before = address_of(first)
    assert resending.remind(CODE) == 1
    assert address_of(first) == before
    fill(client)
    client.post("/apply/check/", DECLARED)
    second = Application.objects.sent().exclude(pk=first.pk).get()
    for _ in range(2):
        jobs.look_at_others(str(second.pk), [], "")
    warned = Letter.objects.get(kind="second_application")
    assert warned.to == ["first@example.org"]
    assert MAILBOX not in warned.body
    assert second.reference in first.findings.in_force().get().says
    assert first.reference in second.findings.in_force().get().says


def test_two_that_came_at_once_and_did_not_see_each_other_are_both_noted_and_the_earlier_is_warned() -> None:
    earlier, later = lacking(mailbox="a@example.org"), lacking(DURING + timedelta(seconds=1))
    for one in (earlier, later):
        one.findings.all().delete()
    for one in (earlier, later):
        jobs.look_at_others(str(one.pk), [], "")
    assert later.reference in earlier.findings.in_force().get().says
    assert earlier.reference in later.findings.in_force().get().says
    assert [letter.to for letter in Letter.objects.filter(kind="second_application")] == [["a@example.org"]]


def test_an_application_that_names_another_institution_now_is_noted_there_and_no_more_here() -> None:
    first, second, there = (
        lacking(),
        lacking(),
        lacking(institution_code="1131000018", mailbox="b@example.org"),
    )
    jobs.look_at_others(str(second.pk), [], "")
    acts.correct(second, APPLICANT, changes={"institution_code": "1131000018"}, arrived_at=DURING)
    jobs.look_at_others(str(second.pk), [], first.institution_code)
    assert not first.findings.in_force().filter(kind=SECOND).exists()
    assert second.reference in there.findings.in_force().get(kind=SECOND).says


def test_withdrawing_one_of_two_lifts_what_was_noted_on_both() -> None:
    first, second = lacking(), lacking()
    jobs.look_at_others(str(second.pk), [], "")
    assert first.findings.in_force().exists()
    acts.withdraw(second, APPLICANT, arrived_at=DURING)
    jobs.look_at_others(str(second.pk), [], "")
    assert not first.findings.in_force().exists()
    assert not second.findings.in_force().exists()


@pytest.mark.parametrize(
    ("sources", "noted"),
    [
        (["168.95.1.1/32"], True),
        (["168.95.1.0/28"], True),
        (["168.95.7.7/32"], False),
        (["2001:b000::/64"], False),
    ],
)
def test_an_address_another_institution_uses_is_noted_and_not_refused(
    sources: list[str], noted: bool
) -> None:
    lacking()
    other = lacking(institution_code="1131000018", sources=sources)
    assert other.findings.in_force().filter(kind="applications:address_shared").exists() is noted


def test_addresses_shared_within_one_vendor_are_no_finding() -> None:
    rented = {"mode": "rented", **VENDOR}
    lacking(**rented)
    same = lacking(institution_code="1131000018", **rented)
    assert not same.findings.in_force().exists()
    elsewhere = lacking(institution_code="1131000027", **{**rented, "vendor_business_id": "12345675"})
    assert elsewhere.findings.in_force().exists()


def test_an_institution_is_no_second_one_of_itself() -> None:
    application = submitted()
    draft()
    assert not application.findings.in_force().filter(kind="applications:second_application").exists()
