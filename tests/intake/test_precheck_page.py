"""The page that checks a file before it is sent: the same report, and nothing kept."""

import io
import json
import logging
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from careward.accounts.models import User
from careward.checking import sample_forms, samples
from careward.intake import confirming, precheck_views, prechecking, publishing
from careward.intake.grouping import Receipt
from careward.intake.models import Delivery
from careward.journal import Actor
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


def _file(client: Client, content: bytes, want: str, name: str = "staff-11501.csv") -> bytes:
    answer = _check(client, content, name, want)
    form = "zip" if name.endswith(".zip") and want in ("ods", "xlsx") else want
    assert answer["Content-Disposition"] == f'attachment; filename="precheck.{form}"'
    return b"".join(answer.streaming_content)


def _zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for stem, content in files.items():
            packed.writestr(f"一月/{stem if '.' in stem else stem.replace('__', '-') + '.csv'}", content)
    return made.getvalue()


def _of_a_month(*datasets: str) -> list[bytes]:
    spec = publishing.specification_in_force()
    facts: dict[str, Any] = {
        "institution_code": delivering.CODE,
        "period": delivering.MONTH,
        "n": 3,
        "seed": 1,
    }
    return [
        sample_forms.as_csv(spec.dataset(name), samples.good_rows(spec, spec.dataset(name), **facts))
        for name in datasets
    ]


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


def test_what_would_be_refused_whole_is_said_too(institution: Client) -> None:
    files = {
        "名冊.csv": (b"x", "file.name_without_dataset"),
        "staff-11501.csv": (b"", "file.empty"),
        "staff-11401.csv": (b"x", "delivery.month_not_asked_for"),
        "staff-11512.csv": (b"x", "delivery.month_not_open"),
        "events-11501.csv": (b"%PDF-1.7\n", "file.not_text"),
    }
    packed = _zipped(**{name: content for name, (content, _) in files.items()})
    page = _check(institution, packed, "一月.zip").content.decode()
    assert [rule for _, rule in files.values() if rule not in page] == []
    assert page.count("會退回") == 1 + len(files)


def test_another_institutions_code_is_noticed_and_accepted_files_are_compared_with(
    institution: Client,
) -> None:
    assert (
        "staff.institution_is_the_accounts"
        in _check(institution, delivering.staff_csv(code="1131000010")).content.decode()
    )
    moves, roster = _of_a_month("movements", "residents")
    assert "還沒有收下同月份的" in _check(institution, moves, "movements-11501.csv").content.decode()
    delivering.checked(delivering.account(), roster, "residents-11501.csv")
    assert "還沒有收下同月份的" not in _check(institution, moves, "movements-11501.csv").content.decode()


def test_nothing_of_it_is_kept(institution: Client, own_store: Path) -> None:
    before = sorted(own_store.rglob("*")) if own_store.exists() else []
    with CaptureQueriesContext(connection) as asked:
        _check(institution, delivering.staff_csv(3, role="XXX"))
        _file(institution, delivering.staff_csv(3), "ods")
    assert not Delivery.objects.exists()
    assert (sorted(own_store.rglob("*")) if own_store.exists() else []) == before
    written = [query["sql"] for query in asked if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not [sql for sql in written if "intake_" in sql or "journal" in sql]


def test_no_line_of_a_log_tells_of_it(institution: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        _check(institution, delivering.staff_csv(3, role="XXX"))
        _file(institution, delivering.staff_csv(3, role="XXX"), "txt")
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
    book = CalamineWorkbook.from_filelike(io.BytesIO(_file(institution, content, want)))
    assert len(book.get_sheet_by_name("依規則").to_python()) == 401
    cover = str(book.get_sheet_by_name("回條").to_python())
    assert "沒有送出" in cover
    assert ".json" not in cover, "there is no signed receipt of what was not sent"


def test_the_text_says_that_nothing_was_sent(institution: Client) -> None:
    said = _file(institution, delivering.staff_csv(1, role="X"), "txt").decode("utf-8-sig")
    assert "沒有送出，也沒有保存" in said


def test_too_large_none_busy_and_too_often_are_told(
    institution: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "最多檢查 5 MB" in _check(institution, bytes((5 << 20) + 1)).content.decode()
    unread = institution.post(PAGE, {"file": SimpleUploadedFile("x", bytes(11 << 20))})
    assert unread.status_code == 413
    assert "最多檢查 5 MB 的檔案。更大的檔案請直接上傳" in unread.content.decode()
    assert "掃描" not in unread.content.decode()
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


def test_each_file_of_a_zip_has_its_own_answer_and_is_compared_with_those_beside_it(
    institution: Client,
) -> None:
    moves, roster = _of_a_month("movements", "residents")
    packed = _zipped(
        movements__11501=moves, residents__11501=roster, staff__11501=delivering.staff_csv(2, role="X")
    )
    page = _check(institution, packed, "一月.zip").content.decode()
    assert "壓縮檔裡有 3 個檔案" in page
    assert "1 個會退回" in page
    assert [name in page for name in ("residents-11501.csv", "movements-11501.csv", "staff-11501.csv")] == [
        True
    ] * 3
    assert page.count("可以上傳") == 2
    assert "還沒有收下同月份的" not in page


def test_a_faulty_file_of_a_zip_is_not_compared_with(institution: Client) -> None:
    moves, _ = _of_a_month("movements", "residents")
    page = _check(
        institution, _zipped(movements__11501=moves, residents__11501=b"x"), "一月.zip"
    ).content.decode()
    assert "還沒有收下同月份的" in page


def test_workbooks_of_a_zip_come_in_a_zip_one_for_each_file(institution: Client) -> None:
    packed = _zipped(staff__11501=delivering.staff_csv(2, role="X"), residents__11501=b"x")
    with zipfile.ZipFile(io.BytesIO(_file(institution, packed, "ods", "一月.zip"))) as made:
        assert sorted(made.namelist()) == ["01-residents-11501.ods", "02-staff-11501.ods"]
        book = CalamineWorkbook.from_filelike(io.BytesIO(made.read("02-staff-11501.ods")))
        assert len(book.get_sheet_by_name("依規則").to_python()) == 3


def test_a_zip_that_would_not_be_taken_apart_says_why(institution: Client) -> None:
    packed = _zipped(staff__11501=bytes(6 << 20))
    assert "bundle.heavy" in _check(institution, packed, "一月.zip").content.decode()


def test_what_was_confirmed_is_said_though_the_process_has_no_key(institution: Client) -> None:
    account = delivering.account()
    content = delivering.staff_csv(2, employed_to="1150630")
    delivery = delivering.checked(account, content)
    warned = next(one for one in Receipt.of(delivery).findings if one.warns)
    user = User.objects.get(role="institution")
    by = Actor("institution", str(user.pk))
    confirming.confirm(delivery, [warned], reason="聘約到六月", user=user, by=by)
    assert _check(institution, content).content.decode().count("聘約到六月") == 1
    assert _file(institution, content, "txt").decode().count("聘約到六月") == 1


def _told_by(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """In place of the check this program runs in the limited process; its order is ``order``."""
    begun = "import json, os, sys, time; order = json.loads(sys.stdin.readline()); "
    monkeypatch.setattr(prechecking, "_WORDS", ("-c", begun + program))


@pytest.mark.parametrize(
    "program",
    [
        "os.abort()",
        "sys.exit(1)",
        "open('/proc/self/fd/%d' % order['answer'], 'w').write('[]'); os.kill(os.getpid(), 9)",
        "print('{' * (1 << 21), flush=True); time.sleep(600)",
        "os.close(1); time.sleep(600)",
        "time.sleep(600)",
    ],
)
def test_whatever_becomes_of_the_process_the_page_says_so_and_goes_on(
    institution: Client, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(prechecking, "_STARTING_SECONDS", 1)
        broken.setattr(prechecking, "_WAITS", 0)
        _told_by(broken, program)
        assert "檢查不完" in _check(institution, delivering.staff_csv(1)).content.decode()
    _told_by(monkeypatch, "open('/proc/self/fd/%d' % order['answer'], 'w').write('[]')")
    assert "檢查結果" not in _check(institution, delivering.staff_csv(1)).content.decode()


def test_the_process_has_neither_secret_nor_database(
    institution: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAREWARD_DATA_KEYS", "secret")
    told = "json.dump([{'env': dict(os.environ), 'order': order}], os.fdopen(order['answer'], 'w'))"
    _told_by(monkeypatch, told)
    there = delivering.institution()
    [answer] = prechecking.precheck(io.BytesIO(b"x"), "staff-11501.csv", there, delivering.OPEN, shown=1)
    assert set(answer["env"]) <= {
        "LANG", "LC_CTYPE", "POLARS_MAX_THREADS", "MALLOC_ARENA_MAX", "CAREWARD_RULES",
    }  # fmt: skip
    assert "secret" not in json.dumps(answer["order"])


def test_its_limits_hold() -> None:
    limits = (
        "import resource; from careward.checking import precheck_process as one; one.limit(61); "
        "print(*(resource.getrlimit(what)[1] for what in (resource.RLIMIT_AS, resource.RLIMIT_CPU,"
        " resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)))"
    )
    said = subprocess.run([sys.executable, "-c", limits], capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(1 << 30), "61", str(256 << 20), "0"]


def test_a_clean_file_as_large_as_the_page_takes_is_answered(institution: Client) -> None:
    heading, *rows = delivering.staff_csv(1_000).decode().splitlines()
    key = heading.split(",").index("record_key")
    made = [
        ",".join([*cells[:key], f"K{turn}-{place}", *cells[key + 1 :]])
        for turn in range(45)
        for place, cells in enumerate(row.split(",") for row in rows)
    ]
    content = "\n".join([heading, *made]).encode()
    assert 4_000_000 < len(content) < 5 << 20
    assert "檢查不完" not in _check(institution, content).content.decode()
