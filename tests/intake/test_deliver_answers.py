"""What people really send: always a clear answer to the institution, never an error of the platform."""

from collections.abc import Callable
from pathlib import Path

import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.checking.naming import clean_name
from careward.correspondence.models import Letter
from careward.intake.grouping import Receipt
from careward.intake.receipts import receipt_in
from careward.kernel.identifiers import make_national_id
from careward.store.objects import objects
from support import delivering

needs_database = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


def _clean() -> bytes:
    return delivering.staff_csv()


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "an empty file": ("staff-11501.csv", lambda: b"", "file.empty"),
    "a file cut off in a quoted cell": ("staff-11501.csv", lambda: _clean() + b'11501,"1131', "file.quote"),
    "a PDF": ("staff-11501.csv", lambda: b"%PDF-1.7\n", "file.not_text"),
    "bytes of no encoding": (
        "staff-11501.csv",
        lambda: b"period,name\n11501,\xff\xfe\x80\xff\n",
        "file.encoding",
    ),
    "headings alone": ("staff-11501.csv", lambda: _clean().splitlines()[0], "file.no_rows"),
    "a dataset nobody knows": ("staffs-11501.csv", _clean, "file.dataset_unknown"),
    "a name that says nothing": ("名冊.csv", _clean, "file.name_without_dataset"),
    "a month no calendar has": ("staff-11513.csv", _clean, "file.name_without_period"),
    "another month inside than the name says": ("staff-11502.csv", _clean, "staff.period_is_the_files"),
    "a month of another season": ("staff-11612.csv", _clean, "delivery.month_not_asked_for"),
    "another institution's code": (
        "staff-11501.csv",
        lambda: delivering.staff_csv(code="1131000010"),
        "staff.institution_is_the_accounts",
    ),
}


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_rejected_with_what_to_do(case: str) -> None:
    name, content, rule = BAD[case]
    delivery = delivering.checked(delivering.account(), content(), name)
    assert delivery.state == "rejected"
    assert delivery.name == name
    found = Receipt.of(delivery).chosen(rule=rule, line="")
    assert found
    assert all(one.what and one.expected and one.how and not one.warns for one in found)
    assert "{" not in "".join(one.what + one.expected + one.how for one in found)
    assert rule in receipt_in(delivery, "txt").decode("utf-8-sig")
    (letter,) = Letter.objects.about(delivering.told(delivery))
    assert letter.kind == "delivery_rejected"
    assert (letter.to, letter.cc) == (["office@example.org"], [])
    assert delivery.ticket in letter.body
    assert f"{delivery.error_count} 項錯誤" in letter.body


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
def test_the_letter_of_an_accepted_file_says_where_the_receipt_lies() -> None:
    for lane, folder in (("live", "/receipts"), ("test", "/test/receipts")):
        delivery = delivering.checked(delivering.account(lane))
        (letter,) = Letter.objects.about(delivering.told(delivery))
        assert letter.kind == "delivery_accepted"
        assert f"{folder}/11501-staff-{delivery.ticket}.txt" in letter.body
        assert f"/my/deliveries/{delivery.ticket}/" in letter.body
        assert "115 年度" in letter.subject
        assert "{" not in letter.body


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
@pytest.mark.parametrize("faulty", [False, True], ids=["accepted", "rejected"])
def test_no_number_and_no_name_of_a_file_stands_anywhere_in_clear(
    faulty: bool, own_store: Path, stands_somewhere: Callable[[str], list[str]]
) -> None:
    rows = delivering.staff_rows(3)
    content = delivering.staff_csv(3, role="XXX") if faulty else delivering.staff_csv(3)
    delivery = delivering.checked(delivering.account(), content)
    secrets = {row["personal_id"] for row in rows} | {row["name"] for row in rows} | {rows[0]["licence_no"]}
    assert len(secrets) > 3
    stored = b"".join(file.read_bytes() for file in own_store.rglob("*") if file.is_file())
    shown = receipt_in(delivery, "json").decode() + receipt_in(delivery, "txt").decode()
    if not faulty:
        with objects().open(delivery.accepted_file.parquet_key) as file:
            frame = polars.read_parquet(file.read())
        assert frame["personal_id_hash"].n_unique() == 3
        shown += str(frame.to_dicts())
    for secret in secrets:
        assert stands_somewhere(secret) == []
        assert secret.encode() not in stored
        assert secret not in shown


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
def test_a_number_in_a_files_name_is_masked_before_it_is_kept(
    stands_somewhere: Callable[[str], list[str]],
) -> None:
    number = make_national_id(7)
    delivery = delivering.checked(delivering.account(), name=f"staff-11501-{number}.csv")
    assert delivery.state == "accepted"
    assert stands_somewhere(number) == []


def test_a_name_is_kept_without_folders_and_unseen_signs() -> None:
    assert clean_name("C:\\資料\\staff-11501.csv") == "staff-11501.csv"
    assert clean_name("../../staff\u202e-11501.csv\r\n") == "staff-11501.csv"
    assert clean_name("staff-11501-一月份名冊.csv") == "staff-11501-一月份名冊.csv"


@given(st.text(max_size=400))
def test_any_name_is_kept_the_same_way_every_time(name: str) -> None:
    kept = clean_name(name)
    assert len(kept) <= 255
    assert clean_name(kept) == kept
    assert not set(kept) & set("\0\r\n/\\\u202e")
