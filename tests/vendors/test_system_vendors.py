"""System vendors enter their data once, prove their mailbox, and hand out a code."""

import asyncssh
import pytest
from django.template.loader import render_to_string
from django.test import Client

from careward.accounts.models import MailedLink
from careward.applications import acts as applying
from careward.applications import pages
from careward.applications.models import Application
from careward.correspondence import links
from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel.clock import frozen
from careward.shell.forms import PlainForm
from careward.vendors import acts, jobs
from careward.vendors.models import PURPOSE, SystemVendor
from support.applying import APPLICANT, DURING, draft
from support.applying import VENDOR as VENDOR_TYPED
from support.applying import lacking as submitted_form
from support.signing_in import person, sign_in
from support.vendors import KNOWN, VENDOR, entered, listed

pytestmark = pytest.mark.django_db
FORM = {**KNOWN, "sources": "168.95.10.0/28\n168.95.10.3"}


def open_link(client: Client, vendor: SystemVendor) -> None:
    link = MailedLink.objects.not_revoked().get(purpose=PURPOSE, subject_id=str(vendor.pk))
    address = "/" + links.address(link.seed).split("/", 3)[3]
    assert client.get(address).status_code == 200
    assert client.post(address, {"code": vendor.business_id}).headers["Location"] == "/vendors/mine/"


def test_from_entering_to_the_code(client: Client) -> None:
    assert client.post("/vendors/enter/", FORM).headers["Location"] == "/vendors/entered/"
    vendor = SystemVendor.objects.get()
    assert (vendor.state, vendor.code) == ("unproved", "")
    open_link(client, vendor)
    assert (
        "統一編號與登錄的不同" in client.post("/vendors/mine/", {"business_id": "04595252"}).content.decode()
    )
    client.post("/vendors/mine/", {"business_id": "０４５９５２５７"})
    vendor.refresh_from_db()
    assert vendor.state == "listed"
    assert vendor.code in client.get("/vendors/mine/").content.decode()
    assert vendor.code in Letter.objects.get(kind="vendor_code").body
    assert SystemVendor.objects.with_code(f" {vendor.code.lower()} ") == vendor


def test_a_known_company_gets_the_same_answer_and_its_own_mailbox_the_letter(client: Client) -> None:
    listed()
    answer = client.post("/vendors/enter/", {**FORM, "mailbox": "stranger@example.org"})
    assert answer.headers["Location"] == "/vendors/entered/"
    assert SystemVendor.objects.count() == 1
    jobs.send_link(KNOWN["business_id"])
    assert {mailbox for letter in Letter.objects.all() for mailbox in letter.to} == {KNOWN["mailbox"]}


def test_of_two_entries_of_one_company_the_first_confirmed_counts() -> None:
    first, second = entered(), entered(mailbox="stranger@example.org")
    acts.confirm(first, VENDOR)
    with pytest.raises(Refused) as refused:
        acts.confirm(second, VENDOR)
    assert refused.value.code == "listed_already"


def test_changed_by_its_link_and_only_what_may_be_changed(client: Client) -> None:
    vendor = listed()
    open_link(client, vendor)
    changed = {"name": KNOWN["name"], "contact": "錢小舟", "phone": "02-27005678", "sources": "168.95.20.1"}
    client.post("/vendors/mine/change/", {**changed, "public_key": ""})
    vendor.refresh_from_db()
    assert (vendor.contact, vendor.phone, vendor.sources) == ("錢小舟", "02-27005678", ["168.95.20.1/32"])
    with pytest.raises(ValueError, match="business_id"):
        acts.change(vendor, VENDOR, changes={"business_id": "12345675"})


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("business_id", "12345678", "統一編號不正確"),
        ("phone", "27001234", "請連同區碼"),
        ("sources", "10.0.0.1", "不是可以用的來源位址"),
        ("public_key", "ssh-ed25519 nonsense", "不是 OpenSSH 格式"),
        ("public_key", asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode(), "3072"),
    ],
)  # fmt: skip
def test_bad_input_is_told_at_its_box(client: Client, field: str, typed: str, told: str) -> None:
    page = client.post("/vendors/enter/", {**FORM, field: typed}).content.decode()
    assert told in page
    assert not SystemVendor.objects.exists()


def test_a_key_is_kept_without_its_comment(client: Client) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519", comment="somebody@home").export_public_key().decode()
    client.post("/vendors/enter/", {**FORM, "public_key": key})
    kept = SystemVendor.objects.get().public_key
    assert kept.startswith("ssh-ed25519 ")
    assert "somebody" not in kept


@pytest.mark.parametrize(
    ("kind", "form"), [("ssh-ed25519", "rfc4716"), ("ecdsa-sha2-nistp256", "openssh"), ("ssh-rsa", "openssh")]
)
def test_a_vendors_key_may_be_any_that_opens_an_account(client: Client, kind: str, form: str) -> None:
    size = {"key_size": 3072} if kind == "ssh-rsa" else {}
    key = asyncssh.generate_private_key(kind, **size).export_public_key(form).decode()
    client.post("/vendors/enter/", {**FORM, "public_key": key})
    assert SystemVendor.objects.get().public_key.startswith(f"{kind} ")


def test_a_secret_key_pasted_by_mistake_is_not_shown_again(client: Client) -> None:
    secret = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    page = client.post("/vendors/enter/", {**FORM, "public_key": secret}).content.decode()
    assert "換一把新的" in page
    assert "PRIVATE KEY" not in page
    assert secret.splitlines()[1] not in page


def test_staff_see_the_directory_and_close_with_a_reason(client: Client) -> None:
    vendor = listed()
    sign_in(client, person("ministry"))
    assert vendor.code in client.get("/vendors/").content.decode()
    client.post(f"/vendors/{vendor.pk}/close/", {"reason": "公司歇業"})
    assert SystemVendor.objects.with_code(vendor.code) is None
    assert "公司歇業" in Letter.objects.get(kind="vendor_closed").body


def test_closing_without_a_reason_is_refused_by_the_act_too() -> None:
    with pytest.raises(Refused):
        acts.close(listed(), Actor("ministry", "test"), reason=" ")


def test_entering_without_end_is_stopped(client: Client) -> None:
    for _ in range(10):
        client.post("/vendors/enter/", FORM)
    assert client.post("/vendors/enter/", FORM).status_code == 429


def test_looking_at_the_link_changes_nothing(client: Client) -> None:
    vendor = entered()
    link = MailedLink.objects.get(purpose=PURPOSE)
    for _ in range(3):
        client.get("/" + links.address(link.seed).split("/", 3)[3])
    vendor.refresh_from_db()
    assert vendor.state == "unproved"
    link.refresh_from_db()
    assert link.last_opened_at is None


def page_of(application: Application, **typed: str) -> PlainForm:
    empty = {"vendor_name": "", "vendor_business_id": "", "vendor_contact": "", "vendor_phone": ""}
    return pages.form_for("vendor", application, {**empty, **typed})


def test_an_institution_chooses_its_vendor_by_code_and_need_not_type_its_data() -> None:
    vendor = listed()
    application = draft(mode="rented", sources=[])
    form = page_of(application, vendor_code=f" {vendor.code.lower()}")
    assert form.is_valid(), form.errors
    assert pages.changes_of("vendor", form) == {
        "vendor_code": vendor.code,
        "vendor_name": KNOWN["name"],
        "vendor_business_id": KNOWN["business_id"],
        "vendor_contact": KNOWN["contact"],
        "vendor_phone": KNOWN["phone"],
        "sources": KNOWN["sources"],
    }


def test_addresses_already_given_stay_when_a_vendor_is_chosen() -> None:
    vendor = listed()
    form = page_of(draft(mode="rented"), vendor_code=vendor.code)
    assert form.is_valid()
    assert "sources" not in pages.changes_of("vendor", form)


def test_the_chosen_code_stands_on_the_application_and_is_shown_to_both_sides(client: Client) -> None:
    vendor = listed()
    with frozen(DURING):
        application = draft(mode="rented", sources=[])
        form = page_of(application, vendor_code=vendor.code)
        assert form.is_valid(), form.errors
        changes = pages.changes_of("vendor", form)
        saved = applying.save(application, APPLICANT, changes=changes, arrived_at=DURING)
        assert saved.vendor_code == vendor.code
        sent = applying.submit(saved, APPLICANT, notice_version="1", arrived_at=DURING)
        assert vendor.code in render_to_string("applications/_answers.html", {"application": sent})
        sign_in(client, person("officer", county=sent.county))
        page = client.get(f"/review/{sent.pk}/").content.decode()
    assert vendor.code in page
    assert vendor.business_id in page


def test_typing_a_vendor_or_changing_the_mode_drops_the_code() -> None:
    vendor = listed()
    application = draft(mode="rented", vendor_code=vendor.code)
    form = page_of(application, vendor_code="", **VENDOR_TYPED)
    assert form.is_valid(), form.errors
    assert pages.changes_of("vendor", form)["vendor_code"] == ""
    application.answer({"mode": "own"})
    assert application.vendor_code == ""


def test_a_code_that_stands_beside_newly_typed_data_is_asked_about() -> None:
    vendor = listed()
    application = draft(mode="rented", vendor_code=vendor.code, vendor_name=vendor.name)
    assert not pages.form_for("vendor", application)["vendor_phone"].value()
    assert vendor.name in pages.form_for("vendor", application).fields["vendor_code"].help_text
    both = page_of(application, vendor_code=vendor.code, vendor_phone="02-23456789")
    assert not both.is_valid()
    assert "請擇一填寫" in str(both.errors["vendor_code"])
    assert page_of(application, vendor_code=vendor.code).is_valid()


def test_an_unknown_or_closed_code_is_told_and_the_rest_can_be_typed() -> None:
    vendor = acts.close(listed(), Actor("ministry", "test"), reason="歇業")
    form = page_of(draft(mode="rented"), vendor_code=vendor.code)
    assert not form.is_valid()
    assert "找不到廠商代碼" in str(form.errors["vendor_code"])
    assert page_of(draft(mode="rented"), **VENDOR_TYPED).is_valid()


def test_addresses_of_one_vendor_are_no_finding_between_its_institutions() -> None:
    vendor = listed()
    chosen = {
        "vendor_name": vendor.name,
        "vendor_business_id": vendor.business_id,
        "vendor_contact": vendor.contact,
        "vendor_phone": vendor.phone,
        "sources": vendor.sources,
    }
    with frozen(DURING):
        for code in ("1131000009", "1131000018"):
            sent = submitted_form(institution_code=code, mode="rented", **chosen)
            kinds = {finding.kind for finding in sent.findings.in_force()}
            assert "applications:address_shared" not in kinds


def test_a_company_whose_link_has_expired_has_another_sent_to_its_own_mailbox_by_its_number(
    client: Client,
) -> None:
    vendor = listed()
    MailedLink.objects.all().delete()
    answer = client.post("/vendors/link/", {"business_id": " ０４５９５２５７ "})
    assert answer.headers["Location"] == "/vendors/link/sent/"
    jobs.send_link(KNOWN["business_id"])
    open_link(client, vendor)
    assert vendor.code in client.get("/vendors/mine/").content.decode()


def test_whether_a_company_is_listed_is_not_told_by_asking_for_its_link(client: Client) -> None:
    answers = [client.post("/vendors/link/", {"business_id": number}) for number in ("04595257", "04595252")]
    assert len({(one.status_code, one.headers["Location"]) for one in answers}) == 1
    assert "統一編號不正確" in client.post("/vendors/link/", {"business_id": "12345678"}).content.decode()


def test_of_an_unused_entry_the_lapsed_session_says_what_a_vendor_must_type(client: Client) -> None:
    page = client.get("/vendors/mine/").content.decode()
    assert "再輸入一次統一編號" in page
    assert "/vendors/link/" in page
    assert "貴機構" not in page.split("<main", 1)[1].split("</main", 1)[0]
