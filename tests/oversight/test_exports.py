"""What leaves the platform leaves a row: lists and whole cases, by whom, narrowed to what."""

import csv
import io
import re
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from careward.accounts.models import ListExport, User
from careward.kernel.clock import frozen
from careward.review.models import CaseExport
from careward.store.spreadsheets import FORMATS
from review.deciding import REVIEW, officer, supervisor
from support.applying import submitted
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _during_the_review() -> object:
    with frozen(REVIEW):
        yield


def _signed_in(user: User) -> Client:
    return sign_in(Client(), user)


def _journalled(table: str) -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pgh_context->>'role', pgh_context->>'actor', pgh_context->>'act' FROM {table} ORDER BY pgh_id"
        )
        return list(cursor.fetchall())


@pytest.mark.parametrize("kind", FORMATS)
def test_a_list_taken_away_leaves_a_row_with_who_what_and_how_many(kind: str) -> None:
    submitted()
    chief = supervisor()
    _signed_in(chief).get("/oversight/lists/unsigned/", {"format": kind})
    row = ListExport.objects.get()
    assert (row.by, row.title, row.format, row.rows, row.at) == (chief, "尚未簽核", kind, 1, REVIEW)
    assert row.listing == "oversight:list"
    assert _journalled("accounts_listexportevent") == [("supervisor", str(chief.pk), "list.export")]


def test_the_row_says_what_the_list_was_narrowed_to() -> None:
    administrator = _signed_in(person("administrator"))
    administrator.get("/staff/", {"q": "王", "role": "officer", "format": "csv"})
    row = ListExport.objects.get()
    assert "「王」" in row.filters
    assert "「縣市承辦人」" in row.filters
    assert row.rows == 0


def test_looking_at_a_list_leaves_no_row() -> None:
    _signed_in(supervisor()).get("/oversight/lists/unsigned/")
    assert not ListExport.objects.exists()


def test_an_auditor_takes_a_case_away_whole_and_changes_nothing_but_the_log() -> None:
    application, auditor = submitted(), person("auditor")
    browser = _signed_in(auditor)
    before = _counts()
    assert "匯出整個案件" in browser.get(f"/review/{application.pk}/").content.decode()
    answer = browser.post(f"/review/{application.pk}/export/")
    assert answer.headers["Content-Type"] == "application/zip"
    assert CaseExport.objects.get().by == auditor
    assert _journalled("review_caseexportevent") == [("auditor", str(auditor.pk), "application.export")]
    after = _counts()
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"review_caseexport", "review_caseexportevent", "journal_digest"}


def _counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            found[table] = cursor.fetchone()[0]
        return found


def test_an_auditor_still_presses_nothing_else() -> None:
    application, browser = submitted(), _signed_in(person("auditor"))
    for act in ("", "note/", "assign/", "unmask/", "transfer/"):
        assert browser.post(f"/review/{application.pk}/{act}").status_code == 404


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_the_log_shows_lists_and_cases_the_latest_first(role: str) -> None:
    application = submitted()
    _signed_in(supervisor()).get("/oversight/lists/unsigned/", {"format": "ods"})
    with frozen(REVIEW.replace(hour=10)):
        _signed_in(officer()).post(f"/review/{application.pk}/export/")
        reader = _signed_in(person(role))
        page = reader.get("/exports/").content.decode()
        case, listed = page.index(f"整個案件 {application.reference}"), page.index("尚未簽核")
        assert case < listed
        assert "縣市主管" in page
        taken = reader.get("/exports/", {"format": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(taken)))
    assert [row["格式"] for row in rows] == ["ZIP", "ODS"]
    assert ListExport.objects.filter(listing="oversight:exports", by__role=role).count() == 1


def test_nobody_else_reads_the_log() -> None:
    for role in ("officer", "supervisor", "ministry", "vendor"):
        assert _signed_in(person(role)).get("/exports/").status_code == 404


def _callers(function: str) -> set[str]:
    source = Path(__file__).parents[2] / "src" / "careward"
    return {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if re.search(rf"\b({function})\(", path.read_text(encoding="utf-8"))
    }


def test_no_list_leaves_but_through_the_function_that_records_it() -> None:
    assert _callers("table_download") == {"accounts/exporting.py", "shell/importing.py"}
    assert not [path for path in _callers("write_table|write_book") if path.endswith("views.py")]
