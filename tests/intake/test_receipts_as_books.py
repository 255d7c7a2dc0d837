"""Receipts as workbooks: every finding, masked, beside the receipt over SFTP and on the page."""

import io
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from careward.intake.grouping import Receipt
from careward.intake.models import Delivery
from careward.intake.receipt_books import complete
from careward.intake.receipts import BOOKS, receipt_in, receipts_of
from careward.intake.reconciling import LEFT_AFTER_SECONDS, reconcile
from careward.store.objects import objects
from support import delivering
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


def _faulty(n: int = 3) -> Delivery:
    return delivering.checked(delivering.account(), delivering.staff_csv(n, role="=XXX", training_hours="X"))


def _sheets(delivery: Delivery, form: str) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(receipt_in(delivery, form)))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize("form", BOOKS)
def test_every_finding_stands_on_both_sheets_and_the_cover_counts_them(form: str) -> None:
    delivery = _faulty(400)
    sheets = _sheets(delivery, form)
    assert list(sheets) == ["回條", "依規則", "依列"]
    cover = dict(row[:2] for row in sheets["回條"])
    assert cover["收件編號"] == delivery.ticket
    assert int(cover["錯誤項數"]) == delivery.error_count >= 800
    assert len(sheets["依規則"]) - 1 == delivery.error_count + delivery.warning_count
    by_record = sheets["依列"][1:]
    assert sum(int(row[2]) for row in by_record) == delivery.error_count
    assert len(by_record) == 400
    heading = sheets["依規則"][0]
    first = dict(zip(heading, sheets["依規則"][1], strict=True))
    told = Receipt.of(delivery).chosen(rule=first["規則"], line=str(int(first["列"])))[0]
    assert (first["檔案中的內容"], first["問題"], first["修正"]) == (told.found, told.what, told.how)


def test_numbers_and_names_are_masked_in_it() -> None:
    delivery = _faulty()
    for form in BOOKS:
        said = str(_sheets(delivery, form))
        assert "=XXX" in said
        for row in delivering.staff_rows(3):
            assert row["personal_id"] not in said
            assert row["name"] not in said


def test_it_lies_beside_the_receipt_over_sftp_where_something_was_found() -> None:
    delivery = _faulty()
    account = delivery.account_id
    listed = {file.name: file.size for file in receipts_of(account, "live")}
    assert len(listed) == 4
    for form in BOOKS:
        name = f"{delivery.receipt_name}.{form}"
        content = delivering.receipt_bytes(account, "live", name)
        assert content is not None
        assert len(content) == listed[name]
    clean = delivering.checked(delivering.account(code="1131000010"), delivering.staff_csv(code="1131000010"))
    assert (clean.error_count, clean.warning_count) == (0, 0)
    assert len(receipts_of(clean.account_id, "live")) == 2
    assert delivering.receipt_bytes(clean.account_id, "live", f"{clean.receipt_name}.ods") is None


def test_what_a_killed_worker_left_out_is_made_of_the_receipt_and_is_the_same() -> None:
    delivery = _faulty()
    before = {form: _sheets(delivery, form) for form in BOOKS}
    for form in BOOKS:
        objects().remove(f"{delivery.receipt_key}.{form}")
    delivering.work(delivery, again=True)
    assert {form: _sheets(delivery, form) for form in BOOKS} == before
    complete(delivery)


def test_tidying_leaves_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = _faulty()
    monkeypatch.setattr("careward.intake.reconciling.LEFT_AFTER_SECONDS", -LEFT_AFTER_SECONDS)
    assert reconcile().removed == 0
    assert objects().exists(f"{delivery.receipt_key}.ods")


def test_the_page_offers_it_and_makes_one_that_is_missing(client: Client) -> None:
    delivery = _faulty()
    objects().remove(f"{delivery.receipt_key}.xlsx")
    sign_in(client, person("institution", institution_code=delivering.CODE))
    page = client.get(f"/my/deliveries/{delivery.ticket}/").content.decode()
    for form in BOOKS:
        address = f"/my/deliveries/{delivery.ticket}/receipt.{form}"
        assert address in page
        answer = client.get(address)
        assert b"".join(answer.streaming_content) == receipt_in(delivery, form)
        assert f'filename="{delivery.receipt_name}.{form}"' in answer["Content-Disposition"]
    clean = delivering.checked(delivery.account)
    assert client.get(f"/my/deliveries/{clean.ticket}/receipt.ods").status_code == 404
    assert ".ods" not in client.get(f"/my/deliveries/{clean.ticket}/").content.decode()


def test_a_missing_one_of_a_long_receipt_is_left_to_the_worker(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = _faulty()
    objects().remove(f"{delivery.receipt_key}.xlsx")
    monkeypatch.setattr("careward.intake.receipts.MOST_ON_PAGE", 2)
    sign_in(client, person("institution", institution_code=delivering.CODE))
    address = f"/my/deliveries/{delivery.ticket}/"
    assert client.get(f"{address}receipt.xlsx")["Location"] == address
    assert "還在製作" in client.get(address).content.decode()
    assert not objects().exists(f"{delivery.receipt_key}.xlsx")
    delivering.work(delivery, again=True)
    answer = client.get(f"{address}receipt.xlsx")
    assert b"".join(answer.streaming_content) == receipt_in(delivery, "xlsx")
