"""What an upload account sees over SFTP: its waiting files, its receipts, the specification."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from careward.checking.files import check
from careward.intake import publishing
from careward.intake.receipts import copy_waiting, receipts_of, waiting_of
from careward.kernel import clock
from careward.kernel.roc import RocMonth
from support import delivering

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


def test_every_answered_delivery_has_its_receipt_in_two_forms_and_where_something_was_found_in_four() -> None:
    account = delivering.account()
    accepted = delivering.checked(account)
    rejected = delivering.checked(account, b"", "名冊.csv")
    listed = {file.name: file for file in receipts_of(account.pk, "live")}
    assert sorted(listed) == sorted(
        f"{stem}.{form}"
        for stem, forms in (
            (f"11501-staff-{accepted.ticket}", ("json", "txt")),
            (rejected.ticket, ("json", "txt", "ods", "xlsx")),
        )
        for form in forms
    )
    for name, file in listed.items():
        content = delivering.receipt_bytes(account.pk, "live", name)
        assert content is not None
        assert (len(content), file.mtime) == (file.size, delivering.OPEN)
        assert name.isascii()


def test_the_receipt_says_what_became_of_the_file() -> None:
    account = delivering.account()
    delivery = delivering.checked(account, delivering.staff_csv(3, role="XXX"))
    written = delivering.receipt_bytes(account.pk, "live", f"11501-staff-{delivery.ticket}.json")
    plain = delivering.receipt_bytes(account.pk, "live", f"11501-staff-{delivery.ticket}.txt")
    assert written is not None
    assert plain is not None
    document = json.loads(written)
    assert document["ticket"] == delivery.ticket
    assert document["result"] == "rejected"
    assert document["counts"]["errors"] == delivery.error_count
    assert (
        sum(group["count"] for group in document["by_rule"]) == delivery.error_count + delivery.warning_count
    )
    assert delivery.ticket in plain.decode("utf-8-sig")


def test_receipts_of_another_account_lane_or_name_are_not_there() -> None:
    account = delivering.account()
    delivery = delivering.checked(account)
    name = f"11501-staff-{delivery.ticket}.txt"
    assert delivering.receipt_bytes(account.pk, "live", name)
    assert delivering.receipt_bytes(delivering.account(code="1131000010").pk, "live", name) is None
    assert delivering.receipt_bytes(account.pk, "test", name) is None
    for other in (
        f"11502-staff-{delivery.ticket}.txt",
        f"11501-staff-{delivery.ticket}.pdf",
        delivery.ticket,
        "",
    ):
        assert delivering.receipt_bytes(account.pk, "live", other) is None
    assert receipts_of(account.pk, "test") == []


def test_a_delivery_waits_until_it_is_answered() -> None:
    account = delivering.account()
    delivery = delivering.delivered(account)
    (waiting,) = waiting_of(str(account.pk), "live")
    assert (waiting.name, waiting.size, waiting.mtime) == ("staff-11501.csv", delivery.size, delivering.OPEN)
    assert receipts_of(account.pk, "live") == []
    assert delivering.receipt_bytes(account.pk, "live", f"11501-staff-{delivery.ticket}.txt") is None
    delivering.work(delivery)
    assert waiting_of(account.pk, "live") == []


def test_of_several_waiting_files_with_one_name_the_newest_is_shown_and_copied(tmp_path: Path) -> None:
    account = delivering.account()
    delivering.delivered(account, b"first")
    with clock.frozen(delivering.OPEN + timedelta(minutes=1)):
        delivering.delivered(account, b"second one")
    assert [file.size for file in waiting_of(account.pk, "live")] == [len(b"second one")]
    target = tmp_path / "copy"
    assert copy_waiting(account.pk, "live", "staff-11501.csv", target)
    assert target.read_bytes() == b"second one"
    assert target.stat().st_mode & 0o077 == 0


def test_nothing_is_copied_when_nothing_waits(tmp_path: Path) -> None:
    account = delivering.account()
    delivering.checked(account)
    assert not copy_waiting(account.pk, "live", "staff-11501.csv", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_the_specification_lies_there_as_it_is_in_force_with_clean_samples() -> None:
    files = publishing.files()
    spec = publishing.specification_in_force()
    assert files["1.0/interchange.yaml"].startswith("# 住宿機構資料介接規格".encode())
    samples = [path for path in files if path.startswith("1.0/samples/") and "faulty" not in path]
    assert len(samples) == 5 * len(spec.datasets)
    assert {"1.0/samples/staff-11501-faulty.csv", "1.0/interchange-1.0.ods"} <= set(files)
    for path in samples:
        said = re.fullmatch(r"1\.0/samples/([a-z_]+)-(\d{5})\.[a-z]+", path)
        assert said
        dataset = spec.dataset(said[1])
        period = RocMonth.parse(said[2])
        result = check(
            files[path],
            spec=spec,
            dataset=dataset,
            period=period,
            institution_code=None,
            today=period.last_day,
        )
        assert not result.findings
        assert result.row_count >= 1
