"""The institution's page: what it sent and what became of it, and nobody else's."""

import re
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from careward.intake.models import Delivery
from careward.intake.receipts import receipt_in
from careward.kernel import clock
from support import delivering
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open", "host_key")]

OTHER = "1131000010"


@pytest.fixture
def host_key(own_store: Path, settings: Settings) -> None:
    """What the account's panel shows for comparing; any key will do."""
    settings.HOME = own_store.parent
    folder = own_store.parent / "secrets" / "ssh"
    folder.mkdir(parents=True)
    key = b64encode(b"a key made up for tests").decode()
    (folder / "ssh_host_ed25519_key.pub").write_text(f"ssh-ed25519 {key} test\n")


@pytest.fixture
def institution(client: Client) -> Client:
    """Somebody of the institution, signed in."""
    return sign_in(client, person("institution", institution_code=delivering.CODE))


def _page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    assert "no-store" in response["Cache-Control"]
    return response.content.decode()


def _counting() -> CaptureQueriesContext:
    return CaptureQueriesContext(connection)


def _receipt(delivery: Delivery) -> str:
    return f"/my/deliveries/{delivery.ticket}/"


def test_an_institution_sees_everything_it_sent_newest_first(institution: Client) -> None:
    account = delivering.account()
    first = delivering.checked(account)
    with clock.frozen(delivering.OPEN + timedelta(hours=1)):
        second = delivering.checked(account, b"", "名冊.csv")
    with clock.frozen(delivering.OPEN + timedelta(hours=2)):
        third = delivering.delivered(account)
    page = _page(institution, "/my/")
    assert [page.index(d.ticket) for d in (third, second, first)] == sorted(
        page.index(d.ticket) for d in (third, second, first)
    )
    for words in ("已收到", "未通過", "已收下", "長照人員", "名冊.csv", "範例護理之家"):
        assert words in page


def test_an_institution_that_sent_nothing_is_told_how_to_begin(institution: Client) -> None:
    delivering.account()
    page = _page(institution, "/my/")
    assert "還沒有上傳過檔案" in page
    assert "/specification/" in page


def test_a_long_list_has_pages_and_its_queries_do_not_grow(institution: Client) -> None:
    account = delivering.account()
    deliveries = [delivering.delivered(account) for _ in range(2)]
    _page(institution, "/my/")
    with _counting() as few:
        _page(institution, "/my/")
    deliveries += [delivering.delivered(account) for _ in range(28)]
    with _counting() as many:
        first = _page(institution, "/my/")
    second = _page(institution, "/my/?page=2")
    assert len(many) == len(few)
    shown = re.findall(r"/my/deliveries/(\d{10})/", first + second)
    assert sorted(shown) == sorted(d.ticket for d in deliveries)


def test_the_receipt_page_shows_each_error_with_where_what_and_how(institution: Client) -> None:
    delivery = delivering.checked(delivering.account(), delivering.staff_csv(2, role="XXX"))
    page = _page(institution, _receipt(delivery))
    for words in (
        "未通過",
        "第 2 列",
        "第 3 列",
        "E00001",
        "職務",
        "XXX",
        "staff.role.code_list",
        "應為：",
        "修正：",
    ):
        assert words in page
    for row in delivering.staff_rows(2):
        assert row["personal_id"] not in page
        assert row["name"] not in page


def test_all_of_2500_errors_are_on_the_pages_with_as_many_queries_as_one(institution: Client) -> None:
    account = delivering.account()
    small = delivering.checked(account, delivering.staff_csv(1, role="XXX"))
    five_each = {
        "role": "X",
        "employment": "X",
        "nationality": "X",
        "training_hours": "X",
        "employed_from": "X",
    }
    large = delivering.checked(account, delivering.staff_csv(500, **five_each))
    assert large.error_count == 2500
    _page(institution, _receipt(small))
    with _counting() as few:
        _page(institution, _receipt(small))
    lines: list[str] = []
    for number in range(1, 26):
        with _counting() as many:
            page = _page(institution, f"{_receipt(large)}?page={number}")
        assert len(many) == len(few)
        assert "2,500 項錯誤" in page
        lines += re.findall(r"第 (\d+) 列</span><br>", page)
    assert [int(line) for line in lines] == [line for line in range(2, 502) for _ in five_each]


def test_the_receipt_is_grouped_by_rule_and_by_record_with_counts(institution: Client) -> None:
    delivery = delivering.checked(delivering.account(), delivering.staff_csv(3, role="XXX", employment="X"))
    by_rule = _page(institution, f"{_receipt(delivery)}?by=rule")
    assert by_rule.count("3 處<span") == 2
    one = _page(institution, f"{_receipt(delivery)}?by=line&rule=staff.employment.code_list")
    assert "staff.role.code_list" not in one
    assert one.count("staff.employment.code_list") >= 3
    by_record = _page(institution, f"{_receipt(delivery)}?by=record")
    assert by_record.count("2 項<span") == 3
    assert "職務、聘用別" in by_record
    line = _page(institution, f"{_receipt(delivery)}?by=line&line=3")
    assert "第 3 列</span><br>" in line
    assert "第 2 列</span><br>" not in line


def test_what_was_adapted_is_said(institution: Client) -> None:
    content = delivering.staff_csv().decode("utf-8-sig").encode("cp950")
    delivery = delivering.checked(delivering.account(), content)
    page = _page(institution, _receipt(delivery))
    assert delivery.state == "accepted"
    assert "Big5" in page


def test_an_error_of_the_whole_file_is_shown_without_a_line(institution: Client) -> None:
    delivery = delivering.checked(delivering.account(), b"", "名冊.csv")
    page = _page(institution, _receipt(delivery))
    assert "整個檔案" in page
    assert "file.name_without_dataset" in page
    assert "從檔名看不出來" in page


def test_an_error_of_a_whole_row_is_not_said_to_be_of_the_whole_file(institution: Client) -> None:
    delivery = delivering.checked(delivering.account(), delivering.staff_csv(2) + b"a,b\r\n")
    page = _page(institution, _receipt(delivery))
    assert "file.row_ragged" in page
    assert "整列" in page
    assert "整個檔案" not in page


def test_the_page_of_every_answered_test_says_that_it_does_not_count(institution: Client) -> None:
    account = delivering.account("test")
    rejected = delivering.checked(account, delivering.staff_csv(name=""))
    superseded, accepted = delivering.checked(account), delivering.checked(account)
    superseded.refresh_from_db()
    assert [one.state for one in (rejected, superseded, accepted)] == ["rejected", "superseded", "accepted"]
    for one in (rejected, superseded, accepted):
        assert "不列入正式資料" in _page(institution, _receipt(one)), one.state


def test_while_a_file_waits_its_page_says_so_and_there_is_no_receipt(institution: Client) -> None:
    delivery = delivering.delivered(delivering.account())
    assert "正在等候檢核" in _page(institution, _receipt(delivery))
    for form in ("json", "txt"):
        assert institution.get(f"{_receipt(delivery)}receipt.{form}").status_code == 404


@pytest.mark.parametrize(
    ("form", "media"), [("json", "application/json"), ("txt", "text/plain; charset=utf-8")]
)
def test_the_receipt_can_be_taken_along(institution: Client, form: str, media: str) -> None:
    delivery = delivering.checked(delivering.account())
    response = institution.get(f"{_receipt(delivery)}receipt.{form}")
    assert b"".join(response.streaming_content) == receipt_in(delivery, form)
    assert response["Content-Type"] == media
    assert response["Content-Disposition"] == f'attachment; filename="11501-staff-{delivery.ticket}.{form}"'
    assert "no-store" in response["Cache-Control"]


def test_another_institutions_delivery_is_not_there(institution: Client) -> None:
    delivering.account()
    delivery = delivering.checked(delivering.account(code=OTHER), delivering.staff_csv(code=OTHER))
    assert delivery.ticket not in _page(institution, "/my/")
    for address in ("", "receipt.json", "receipt.txt"):
        assert institution.get(_receipt(delivery) + address).status_code == 404


@pytest.mark.parametrize("role", ["officer", "ministry", "vendor"])
def test_staff_have_no_part_in_the_institutions_pages(client: Client, role: str) -> None:
    delivery = delivering.checked(delivering.account())
    sign_in(client, person(role))
    for address in ("/my/", _receipt(delivery), f"{_receipt(delivery)}receipt.json"):
        assert client.get(address).status_code == 404


def test_nobody_sees_anything_without_signing_in(client: Client) -> None:
    delivery = delivering.checked(delivering.account())
    for address in ("/my/", _receipt(delivery), f"{_receipt(delivery)}receipt.txt"):
        assert client.get(address).status_code == 302


@pytest.mark.parametrize(
    "query", ["by=nothing", "page=999", "page=x", "rule=none", "line=x", "by=record&page=-1"]
)
def test_a_strange_query_still_gives_a_page(institution: Client, query: str) -> None:
    delivery = delivering.checked(delivering.account(), delivering.staff_csv(role="XXX"))
    _page(institution, f"{_receipt(delivery)}?{query}")


def test_what_a_file_says_is_shown_as_text_never_as_markup(institution: Client) -> None:
    delivery = delivering.checked(
        delivering.account(), delivering.staff_csv(role="<script>alert(1)</script>"), "staff-11501-<b>.csv"
    )
    page = _page(institution, _receipt(delivery))
    assert "<script>alert" not in page
    assert "<b>.csv" not in page
    assert "&lt;script&gt;alert" in page
