"""The mailbox is proved by a mailed code before anything can be sent from it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from careward.applications import proofs
from careward.applications.models import Application, MailboxProof
from careward.correspondence import jobs, links
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen
from support.applying import APPLICANT, DURING, draft
from support.public_form import DECLARED, PAGES, fill, mailed_code

pytestmark = pytest.mark.django_db


def _wrong() -> str:
    return "ACDEFH" if mailed_code()["code"] != "ACDEFH" else "HFEDCA"


def test_a_code_is_mailed_when_the_contact_page_is_kept_and_never_by_looking(client: Client) -> None:
    fill(client, "mailbox")
    assert Letter.objects.filter(kind="mailbox_code").count() == 1
    for _ in range(5):
        assert "office@example.org" in client.get("/apply/mailbox/").content.decode()
    client.post("/apply/contact/", PAGES["contact"])
    assert Letter.objects.filter(kind="mailbox_code").count() == 1


def test_no_table_holds_the_code_and_the_mail_does(client: Client, mailoutbox: list) -> None:  # type: ignore[type-arg]
    fill(client, "mailbox")
    code = mailed_code()["code"]
    assert re.fullmatch(r"[ACDEFHJKMPRTWXY]{6}", code)
    letter = Letter.objects.get(kind="mailbox_code")
    assert code not in letter.body + repr(MailboxProof.objects.values())
    jobs.send(letter_id=str(letter.pk))
    assert code in mailoutbox[0].body
    assert "範例護理之家" not in mailoutbox[0].body


def test_nothing_can_be_sent_before_the_mailbox_is_proved(client: Client) -> None:
    fill(client, "mailbox")
    client.post("/apply/mode/", PAGES["mode"])
    client.post("/apply/sources/", PAGES["sources"])
    assert client.post("/apply/check/", DECLARED).headers["Location"] == "/apply/mailbox/"
    assert Application.objects.get().state == "draft"


def test_another_mailbox_must_be_proved_again(client: Client) -> None:
    fill(client)
    response = client.post("/apply/contact/", {**PAGES["contact"], "mailbox": "other@example.org"})
    assert response.headers["Location"] == "/apply/mailbox/"
    assert not Application.objects.get().mailbox_proved


@pytest.mark.parametrize("shape", [str.lower, lambda c: f" {c[:3]} {c[3:]} ", lambda c: f"{c[:3]}-{c[3:]}"])
def test_case_and_blanks_of_the_code_do_not_matter(client: Client, shape: object) -> None:
    fill(client, "mailbox")
    typed = shape(mailed_code()["code"])  # type: ignore[operator]
    assert client.post("/apply/mailbox/", {"code": typed}).status_code == 302


def test_after_five_wrong_codes_the_right_one_is_dead_too_and_a_new_one_helps(client: Client) -> None:
    fill(client, "mailbox")
    wrong = {"code": _wrong()}
    for _ in range(4):
        assert "代碼不正確" in client.post("/apply/mailbox/", wrong).content.decode()
    assert "已經失效" in client.post("/apply/mailbox/", wrong).content.decode()
    assert "已經失效" in client.post("/apply/mailbox/", mailed_code()).content.decode()
    client.post("/apply/mailbox/new/")
    assert client.post("/apply/mailbox/", mailed_code()).headers["Location"] == "/apply/mode/"


def test_a_code_holds_to_its_last_moment_and_no_longer() -> None:
    application = draft()
    newest = proofs.ask(application, "new@example.org", APPLICANT)
    code = links.code(newest.seed)
    with frozen(DURING + timedelta(minutes=30, milliseconds=1)):
        assert proofs.prove(application, "new@example.org", code, APPLICANT) is proofs.Answer.OVER
    with frozen(DURING + timedelta(minutes=30)):
        assert proofs.prove(application, "new@example.org", code, APPLICANT) is proofs.Answer.PROVED
        assert proofs.prove(application, "new@example.org", code, APPLICANT) is proofs.Answer.OVER


def test_a_newer_code_replaces_the_older(client: Client) -> None:
    fill(client, "mailbox")
    older = mailed_code()
    client.post("/apply/mailbox/new/")
    assert "代碼不正確" in client.post("/apply/mailbox/", older).content.decode()


def test_a_mailbox_gets_five_codes_an_hour_and_no_more(client: Client) -> None:
    fill(client, "mailbox")
    for _ in range(7):
        client.post("/apply/mailbox/new/")
    assert Letter.objects.filter(kind="mailbox_code").count() == 5
    assert "太多封代碼信" in client.get("/apply/mailbox/").content.decode()


@given(st.text(max_size=30))
def test_no_typed_text_is_an_error(typed: str) -> None:
    application = draft()
    proofs.ask(application, "new@example.org", APPLICANT)
    assert proofs.prove(application, "new@example.org", typed, APPLICANT) is proofs.Answer.WRONG
