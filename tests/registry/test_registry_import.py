"""Importing institutions, beds and accreditations: preview, dry run, errors by row, all or nothing, idempotent."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from careward.accounts.models import User
from careward.flow.importing import Change, HasChanged, carry_out, plan
from careward.journal import Actor
from careward.ops.importing import run
from careward.registry.acts import register
from careward.registry.importing import IMPORTERS
from careward.registry.models import Accreditation, Institution, Occupancy
from careward.store.spreadsheets import write_table
from careward.store.tables import read_table
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db

BY = Actor("ministry", "test")
INSTITUTIONS = (
    "機構代碼,機構名稱,機構類型,縣市,屬性,電子信箱,備註\n"
    "1131000009,範例護理之家,一般護理之家,彰化縣,私立,Office@Example.org,略\n"
    "E-001,範例老人養護中心,老人福利機構,台中市,公設民營,,\n"
).encode()
BEDS = "code,month,開放床數,實際住民數,不列計人數\n1131000009,11312,49,,\nE-001,113/12,,60,5\n".encode()
GRADES = (
    "機構代碼,評鑑年度,評鑑種類,等第,公告日,效期起日,效期迄日\n"
    "1131000009,112,評鑑,合格,112/12/01,113/01/01,116/12/31\n"
    "E-001,111,評鑑,甲等,111/11/30,112/01/01,114/12/31\n"
    "E-001,114,評鑑,,,,\n"
).encode()


def enter(kind: str, content: bytes) -> dict[str, int]:
    made = plan(IMPORTERS[kind], content)
    assert made.faults == ()
    return dict(carry_out(IMPORTERS[kind], content, BY, shown=made.digest).counts)


def test_the_plan_changes_nothing_and_says_everything() -> None:
    made = plan(IMPORTERS["institutions"], INSTITUTIONS)
    assert [line.change for line in made.lines] == [Change.NEW, Change.NEW]
    assert made.ignored == ("備註",)
    assert [(d.label, d.old, d.new) for d in made.lines[1].details][2:4] == [
        ("機構類型", None, "老人福利機構"),
        ("縣市", None, "臺中市"),
    ]
    assert not Institution.objects.exists()


def test_importing_twice_changes_nothing_the_second_time() -> None:
    assert enter("institutions", INSTITUTIONS) == {"new": 2, "changed": 0, "same": 0}
    assert enter("institutions", INSTITUTIONS) == {"new": 0, "changed": 0, "same": 2}
    assert Institution.objects.get(code="1131000009").mailbox == "office@example.org"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), min(pgh_context ->> 'role') FROM registry_institutionevent")
        assert cursor.fetchone() == (2, "ministry")


def test_a_change_shows_old_beside_new_and_a_blank_cell_keeps_what_is_known() -> None:
    enter("institutions", INSTITUTIONS)
    changed = INSTITUTIONS.replace("彰化縣".encode(), "南投縣".encode()).replace(b"Office@Example.org", b"")
    made = plan(IMPORTERS["institutions"], changed)
    (line,) = made.of(Change.CHANGED)
    assert [(d.label, d.old, d.new) for d in line.details] == [("縣市", "彰化縣", "南投縣")]
    enter("institutions", changed)
    assert Institution.objects.get(code="1131000009").mailbox == "office@example.org"


def test_a_name_that_differs_by_its_spelling_alone_is_no_change() -> None:
    register(BY, code="E-9", name="台中　老家", type="elderly", county="66000", ownership="private")
    content = "機構代碼,機構名稱,機構類型,縣市,屬性\nE-9,臺中老家,老人福利機構,臺中市,私立\n".encode()
    assert plan(IMPORTERS["institutions"], content).counts["same"] == 1


def test_what_was_shown_is_what_is_done_or_nothing() -> None:
    made = plan(IMPORTERS["institutions"], INSTITUTIONS)
    register(BY, code="E-001", name="別的名字", type="elderly", county="66000", ownership="public")
    with pytest.raises(HasChanged):
        carry_out(IMPORTERS["institutions"], INSTITUTIONS, BY, shown=made.digest)
    assert Institution.objects.count() == 1


def test_a_lost_leading_zero_is_told_by_row() -> None:
    content = "機構代碼,機構名稱,機構類型,縣市,屬性\n131000009,甲,一般護理之家,彰化縣,私立\n".encode()
    (fault,) = plan(IMPORTERS["institutions"], content).faults
    assert (fault.row, fault.column) == (2, "機構代碼")
    assert "開頭的 0" in fault.says


def test_one_fault_and_nothing_is_imported() -> None:
    content = INSTITUTIONS + "X,乙,旅館,彰化縣,私立,,\n".encode()
    made = plan(IMPORTERS["institutions"], content)
    assert [(f.row, f.column) for f in made.faults] == [(4, "機構類型")]
    with pytest.raises(ValueError, match="1 faults"):
        carry_out(IMPORTERS["institutions"], content, BY, shown=made.digest)
    assert not Institution.objects.exists()


def test_beds_and_residents_by_month() -> None:
    enter("institutions", INSTITUTIONS)
    assert enter("occupancy", BEDS) == {"new": 2, "changed": 0, "same": 0}
    assert enter("occupancy", BEDS)["same"] == 2
    told = Occupancy.objects.of_month("11312").values_list(
        "institution__code", "open_beds", "residents", "not_counted_residents"
    )
    assert sorted(told) == [("1131000009", 49, None, 0), ("E-001", None, 60, 5)]


def test_more_not_counted_than_residents_is_refused_by_row() -> None:
    enter("institutions", INSTITUTIONS)
    (fault,) = plan(IMPORTERS["occupancy"], BEDS.replace(b"60,5", b"60,61")).faults
    assert (fault.row, fault.column) == (3, "不列計人數")


def test_accreditations_with_the_types_own_grades() -> None:
    enter("institutions", INSTITUTIONS)
    assert enter("accreditation", GRADES) == {"new": 3, "changed": 0, "same": 0}
    assert enter("accreditation", GRADES)["same"] == 3
    told = Accreditation.objects.get(institution__code="E-001", year=111)
    assert (told.grade, told.kind, told.valid_to) == ("甲", "regular", date(2025, 12, 31))
    assert Accreditation.objects.get(year=114).grade == ""


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("合格,112", "甲,112", "等第"),
        ("甲等,111/11/30", "甲等,", "公告日"),
        ("112/01/01,114/12/31", "112/01/01,111/12/31", "效期迄日"),
        ("E-001,114", "E-404,114", "機構代碼"),
    ],
)
def test_what_cannot_be_an_accreditation_is_told_by_row(old: str, new: str, column: str) -> None:
    enter("institutions", INSTITUTIONS)
    faults = plan(IMPORTERS["accreditation"], GRADES.replace(old.encode(), new.encode())).faults
    assert [fault.column for fault in faults] == [column]


@pytest.mark.parametrize("kind", IMPORTERS)
def test_the_empty_table_has_the_right_headings(kind: str) -> None:
    importer = IMPORTERS[kind]
    heading = [column.label for column in importer.columns()]
    written = write_table("csv", "x", heading, [["x"] * len(heading)])
    assert read_table(written, importer.columns()).ignored == ()


@pytest.fixture
def keeper(client: Client) -> Client:
    return sign_in(client, person("ministry"))


def choose(client: Client, content: bytes) -> Any:
    return client.post(
        "/registry/import/institutions/", {"file": SimpleUploadedFile("機構.csv", content)}, follow=True
    )


def test_the_page_shows_what_would_change_then_imports_once(keeper: Client) -> None:
    shown = choose(keeper, INSTITUTIONS)
    assert "新增 2 筆" in shown.content.decode()
    assert not Institution.objects.exists()
    digest = shown.context["plan"].digest
    done = keeper.post("/registry/import/institutions/?preview", {"shown": digest}, follow=True)
    assert "已匯入：新增 2 筆" in done.content.decode()
    assert Institution.objects.count() == 2
    again = keeper.post("/registry/import/institutions/?preview", {"shown": digest}, follow=True)
    assert "已經超過保留時間" in again.content.decode()


def test_a_file_that_is_no_table_is_told_at_its_box(keeper: Client) -> None:
    page = choose(keeper, b"%PDF-1.7").content.decode()
    assert "這個檔案不是表格" in page
    assert "錯誤：" in page


def test_faults_are_listed_and_offer_no_button(keeper: Client) -> None:
    page = choose(keeper, INSTITUTIONS.replace("彰化縣".encode(), "火星".encode())).content.decode()
    assert "第 2 列" in page
    assert "確認匯入" not in page


def test_a_button_pressed_on_an_old_page_shows_the_plan_again(keeper: Client) -> None:
    shown = choose(keeper, INSTITUTIONS)
    register(BY, code="E-001", name="別的名字", type="elderly", county="66000", ownership="public")
    page = keeper.post("/registry/import/institutions/?preview", {"shown": shown.context["plan"].digest})
    assert "已經有人更改" in page.content.decode()
    assert Institution.objects.count() == 1


def test_the_waiting_file_lies_sealed(keeper: Client, stands_somewhere: Any) -> None:
    choose(keeper, INSTITUTIONS)
    assert stands_somewhere("Office@Example.org") == []


@pytest.mark.parametrize("kind", ["ods", "xlsx", "csv"])
def test_empty_tables_can_be_fetched(keeper: Client, kind: str) -> None:
    answer = keeper.get(f"/registry/import/occupancy/?empty={kind}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert len(answer.content) > 20


@pytest.mark.parametrize("role", ["officer", "institution", "administrator"])
def test_only_the_registrys_keepers_find_the_page(client: Client, role: str) -> None:
    user: User = person(role)
    sign_in(client, user)
    assert client.get("/registry/import/institutions/").status_code == 404


def test_the_command_tells_then_imports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "機構.csv"
    file.write_bytes(INSTITUTIONS)
    assert run(file, kind="institutions", dry_run=True) == 0
    assert not Institution.objects.exists()
    assert run(file, kind="institutions", dry_run=False) == 0
    assert Institution.objects.count() == 2
    file.write_bytes(INSTITUTIONS.replace("彰化縣".encode(), "火星".encode()))
    assert run(file, kind="institutions", dry_run=False) == 1
    assert "第 2 列 縣市" in capsys.readouterr().err
    assert run(tmp_path / "none.csv", kind="institutions", dry_run=False) == 2
    assert run(file, kind="people", dry_run=False) == 2
