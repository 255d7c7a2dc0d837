"""Behind the mailed link: nothing by GET, everything by a page that says what it will do."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from careward.applications import acts
from careward.applications.models import Application, ApplicationQuerySet
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen
from support.applying import ANSWERS, APPLICANT, CLOSES, lacking, pdf_scan, submitted, with_scan
from support.opening import address_of, open_case

pytestmark = pytest.mark.django_db

UPLOAD = "/application/documents/institution_commitment/"


def _fingerprint() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM applications_application t"
        )
        applications = cursor.fetchone()[0]
        cursor.execute("SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM applications_document t")
        return f"{applications} {cursor.fetchone()[0]}"


def _read(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert b"".join(response) != b""


def test_from_the_letter_to_the_completed_application(client: Client) -> None:
    application = lacking()
    address = address_of(application)
    assert client.get(address).status_code == 200
    wrong = client.post(address, {"code": "9999999999"})
    assert wrong.status_code == 200
    assert client.get("/application/").status_code == 403
    open_case(client, application)
    page = client.get("/application/").content.decode()
    assert "缺件" in page
    assert "機構介接承諾書" in page
    assert "114 年 12 月 8 日（一）17:00" in page
    sheet = client.get("/application/sheets/institution_commitment.pdf")
    assert sheet.headers["Content-Type"] == "application/pdf"
    assert sheet.headers["Content-Disposition"].startswith("attachment")
    assert client.get("/application/complete/").status_code == 302
    client.post(UPLOAD, {"file": SimpleUploadedFile("承諾書.pdf", pdf_scan())})
    page = client.get("/application/").content.decode()
    assert "承諾書.pdf" in page
    assert "完成申請" in page
    confirm = client.get("/application/complete/").content.decode()
    assert "交由彰化縣政府審查" in confirm
    assert "機構代碼與申請表不同" in client.post("/application/complete/", {"code": "1"}).content.decode()
    assert Application.objects.get().state == "lacking"
    done = client.post("/application/complete/", {"code": " １１３１００ ０００９ "}, follow=True)
    assert "待審查" in done.content.decode()
    assert Application.objects.get().state == "submitted"
    kinds = {letter.kind for letter in Letter.objects.about(application)}
    assert kinds == {"application_received_lacking", "application_completed"}


def test_reading_changes_nothing_however_often(client: Client) -> None:
    application = with_scan(lacking())
    document = application.documents.get()
    open_case(client, application)
    before = _fingerprint()
    files = f"/application/files/{document.pk}/"
    pages = ["/application/", "/application/complete/", "/application/sheets/institution_commitment.pdf"]
    pages += [UPLOAD, f"{UPLOAD}?replaces={document.pk}", files, f"{files}original/", f"{files}remove/"]
    for address in pages:
        for _ in range(3):
            _read(client, address)
        client.options(address)
        if not address.endswith("original/"):
            client.head(address)
    assert _fingerprint() == before


def test_buttons_pressed_with_nothing_filled_in_bind_nobody(client: Client) -> None:
    application = with_scan(lacking())
    before = _fingerprint()
    address = address_of(application)
    for _ in range(3):
        client.get(address)
        client.post(address, {})
        client.post(address, {"code": ""})
    for closed in (
        "/application/complete/",
        UPLOAD,
        f"/application/files/{application.documents.get().pk}/remove/",
    ):
        assert client.post(closed, {}).status_code == 403
    open_case(client, application)
    client.post("/application/complete/", {})
    client.post(UPLOAD, {})
    assert _fingerprint() == before


def test_a_file_can_be_replaced_and_removed(client: Client) -> None:
    application = with_scan(lacking())
    first = application.documents.get()
    open_case(client, application)
    client.post(f"{UPLOAD}?replaces={first.pk}", {"file": SimpleUploadedFile("新的.pdf", pdf_scan(2))})
    second = application.documents.in_force().get()
    assert (second.name, second.pages) == ("新的.pdf", 2)
    assert "要移除這個檔案嗎" in client.get(f"/application/files/{second.pk}/remove/").content.decode()
    client.post(f"/application/files/{second.pk}/remove/")
    assert not application.documents.in_force().exists()
    assert client.get(f"/application/files/{second.pk}/").status_code == 404


def test_after_the_window_the_case_can_be_read_but_not_changed(client: Client) -> None:
    application = with_scan(lacking())
    late = CLOSES + timedelta(milliseconds=1)
    with frozen(late):
        open_case(client, application)
        page = client.get("/application/").content.decode()
        assert "補件通知" in page
        assert "上傳用印後的文件" not in page
        refused = client.post(UPLOAD, {"file": SimpleUploadedFile("a.pdf", pdf_scan())}).content.decode()
        assert "文件補傳已於 114 年 12 月 8 日（一）17:00 截止" in refused
        assert "02-85907137" in refused
        completed = client.post("/application/complete/", {"code": application.institution_code})
        assert "17:00:00.001" in completed.content.decode()
    assert Application.objects.get().state == "lacking"
    assert application.documents.count() == 1


def test_completing_twice_shows_the_case_and_sends_one_letter(client: Client) -> None:
    application = with_scan(lacking())
    open_case(client, application)
    for _ in range(2):
        response = client.post("/application/complete/", {"code": application.institution_code})
        assert response.headers["Location"] == "/application/"
    assert Letter.objects.about(application).filter(kind="application_completed").count() == 1


def test_a_completed_case_may_change_its_documents_until_the_window_closes(client: Client) -> None:
    application = submitted()
    open_case(client, application)
    page = client.get("/application/").content.decode()
    assert "更換" in page
    assert "完成申請</a>" not in page
    response = client.post(UPLOAD, {"file": SimpleUploadedFile("a.pdf", pdf_scan())})
    assert response.status_code == 302
    assert application.documents.in_force().count() == 2
    with frozen(CLOSES + timedelta(milliseconds=1)):
        open_case(client, application)
        assert "更換" not in client.get("/application/").content.decode()


def test_the_case_page_masks_the_person(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    page = client.get("/application/").content.decode()
    assert ANSWERS["person_id"] not in page
    assert "林○○" in page
    assert ANSWERS["person_name"] not in page


def test_the_link_still_opens_after_the_window_and_dies_with_the_last_supplement(client: Client) -> None:
    application = lacking()
    address = address_of(application)
    until = application.rules.application_link_expires_at
    with frozen(until):
        assert client.get(address).status_code == 200
    with frozen(until + timedelta(milliseconds=1)):
        assert client.get(address).status_code == 404


def test_pages_behind_the_link_are_not_kept_by_browsers(client: Client) -> None:
    open_case(client, lacking())
    assert client.get("/application/").headers["Cache-Control"] == "no-store"


def _viewer(role: str, county: str = "", unit: str = "", institution_code: str = "") -> Any:
    return SimpleNamespace(role=role, county=county, unit=unit, institution_code=institution_code)


def _seen(viewer: object) -> ApplicationQuerySet:
    return Application.objects.visible_to(viewer)


def test_each_sees_sent_applications_of_their_own_reach_only() -> None:
    nursing, elderly = lacking(), lacking(institution_type="elderly", institution_code="E-001")
    elsewhere = lacking(county="63000", institution_code="1131000010")
    hidden = acts.start(
        Application(season="115", kind="new", institution_type="general_nursing", county="10007"),
        APPLICANT, arrived_at=CLOSES,
    )  # fmt: skip
    health = _viewer("officer", county="10007", unit="health")
    assert set(_seen(health)) == {nursing}
    assert set(_seen(_viewer("officer", county="10007", unit="social"))) == {elderly}
    assert set(_seen(_viewer("officer", county="10007", unit="unknown"))) == set()
    assert set(_seen(_viewer("ministry", unit="nursing"))) == {nursing, elsewhere}
    assert set(_seen(_viewer("ministry"))) == set()
    for role in ("vendor", "auditor"):
        assert set(_seen(_viewer(role))) == {nursing, elderly, elsewhere}
    assert set(_seen(_viewer("institution", institution_code="E-001"))) == {elderly}
    assert set(_seen(_viewer("institution"))) == set()
    assert set(_seen(_viewer("administrator"))) == set()
    assert set(Application.objects.drafts()) == {hidden}
