"""The page that checks a file before it is sent: the same report, and nothing kept."""

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from careward.intake import precheck_views, publishing, sample_forms, samples
from careward.intake.grouping import Receipt
from careward.intake.models import Delivery
from support import delivering
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]
PAGE = "/check/"


@pytest.fixture
def institution(client: Client) -> Client:
    delivering.account()
    return sign_in(client, person("institution", institution_code=delivering.CODE))


def _check(client: Client, content: bytes, name: str = "staff-11501.csv", want: str = "page") -> Any:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content), "want": want})


def test_the_report_is_the_one_the_delivery_gets(institution: Client) -> None:
    content = delivering.staff_csv(3, role="XXX", training_hours="X")
    page = _check(institution, content).content.decode()
    delivery = delivering.checked(delivering.account(), content)
    written = Receipt.of(delivery)
    assert written.findings
    for found in written.findings:
        for words in (found.rule, found.what, found.how, f"第 {found.line} 列"):
            assert words in page
    assert f"{delivery.error_count} 項錯誤" in page


def test_a_clean_file_may_be_sent(institution: Client) -> None:
    page = _check(institution, delivering.staff_csv(5)).content.decode()
    assert "可以上傳" in page
    assert "檢查別的檔案" in page
    assert "共 5 筆" in page


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("名冊.csv", b"x", "file.name_without_dataset"),
        ("staff-11501.csv", b"", "file.empty"),
        ("staff-11401.csv", b"x", "delivery.month_not_asked_for"),
        ("staff-11512.csv", b"x", "delivery.month_not_open"),
        ("staff-11501.csv", b"PK\x03\x04" + bytes(40), "file.not_text"),
        ("staff-11501.csv", b"%PDF-1.7\n", "file.not_text"),
    ],
)
def test_what_would_be_refused_whole_is_said_too(
    institution: Client, name: str, content: bytes, rule: str
) -> None:
    assert rule in _check(institution, content, name).content.decode()


def test_another_institutions_code_is_noticed_and_accepted_files_are_compared_with(
    institution: Client,
) -> None:
    assert (
        "staff.institution_is_the_accounts"
        in _check(institution, delivering.staff_csv(code="1131000010")).content.decode()
    )
    spec = publishing.specification_in_force()
    facts: dict[str, Any] = {
        "institution_code": delivering.CODE,
        "period": delivering.MONTH,
        "n": 3,
        "seed": 1,
    }
    moves, roster = (
        sample_forms.as_csv(spec.dataset(name), samples.good_rows(spec, spec.dataset(name), **facts))
        for name in ("movements", "residents")
    )
    assert "還沒有收下同月份的" in _check(institution, moves, "movements-11501.csv").content.decode()
    delivering.checked(delivering.account(), roster, "residents-11501.csv")
    assert "還沒有收下同月份的" not in _check(institution, moves, "movements-11501.csv").content.decode()


def test_nothing_of_it_is_kept(institution: Client, own_store: Path) -> None:
    before = sorted(own_store.rglob("*")) if own_store.exists() else []
    with CaptureQueriesContext(connection) as asked:
        _check(institution, delivering.staff_csv(3, role="XXX"))
        _check(institution, delivering.staff_csv(3), want="ods")
    assert not Delivery.objects.exists()
    assert (sorted(own_store.rglob("*")) if own_store.exists() else []) == before
    written = [query["sql"] for query in asked if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not [sql for sql in written if "intake_" in sql or "journal" in sql]


def test_no_line_of_a_log_tells_of_it(institution: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        _check(institution, delivering.staff_csv(3, role="XXX"))
        _check(institution, delivering.staff_csv(3, role="XXX"), want="txt")
        _check(institution, b"\x00" * 40)
    rows = delivering.staff_rows(3)
    told = [row[name] for row in rows for name in ("name", "personal_id")]
    written = "\n".join(record.getMessage() for record in caplog.records)
    assert [word for word in ("staff-11501", "XXX", *told) if word in written] == []


def test_numbers_and_names_are_masked(institution: Client) -> None:
    page = _check(institution, delivering.staff_csv(3, role="XXX")).content.decode()
    for row in delivering.staff_rows(3):
        assert row["personal_id"] not in page
        assert row["name"] not in page


@pytest.mark.parametrize("want", ["ods", "xlsx"])
def test_all_of_many_findings_are_in_the_workbook_and_the_page_says_how_many_it_leaves_out(
    institution: Client, want: str
) -> None:
    content = delivering.staff_csv(400, role="XXX")
    page = _check(institution, content).content.decode()
    assert "還有 100 項" in page
    answer = _check(institution, content, want=want)
    assert answer["Content-Disposition"] == f'attachment; filename="precheck.{want}"'
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert len(book.get_sheet_by_name("依規則").to_python()) == 401
    assert "沒有送出" in str(book.get_sheet_by_name("回條").to_python())


def test_the_text_says_that_nothing_was_sent(institution: Client) -> None:
    said = _check(institution, delivering.staff_csv(1, role="X"), want="txt").content.decode("utf-8-sig")
    assert "沒有送出，也沒有保存" in said


def test_too_large_none_busy_and_too_often_are_told(
    institution: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "最多檢查 5 MB" in _check(institution, bytes((5 << 20) + 1)).content.decode()
    assert institution.post(PAGE, {"file": SimpleUploadedFile("x", bytes(11 << 20))}).status_code == 413
    assert "請選擇要檢查的檔案" in institution.post(PAGE, {"want": "page"}).content.decode()
    precheck_views._ONE_AT_A_TIME.acquire()
    try:
        assert "請等幾秒鐘" in _check(institution, b"x").content.decode()
    finally:
        precheck_views._ONE_AT_A_TIME.release()
    monkeypatch.setattr(type(precheck_views.OFTEN), "take", lambda throttle, key: False)
    assert _check(institution, b"x").status_code == 429


def test_only_institutions_find_it(client: Client) -> None:
    assert client.get(PAGE).status_code == 302
    assert sign_in(client, person("officer")).get(PAGE).status_code == 404
