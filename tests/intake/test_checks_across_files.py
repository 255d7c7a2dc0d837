"""Checks that look into what the same institution had accepted: other files of the month, the month before."""

import pytest

from careward.checking import sample_forms
from careward.intake import publishing
from careward.intake.grouping import Receipt
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.receipts import receipt_in
from careward.kernel.roc import RocMonth
from careward.provisioning.models import UploadAccount
from support import delivering

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


def sent(of: UploadAccount, dataset: str, *rows: dict[str, str], month: str = "11501") -> Delivery:
    spec = publishing.specification_in_force()
    table = spec.dataset(dataset)
    fixed = {"period": month, "institution_code": of.institution.code}
    content = sample_forms.as_csv(table, [{**table.example, **fixed, **row} for row in rows])
    return delivering.checked(of, content, f"{dataset}-{month}.csv")


def rules(delivery: Delivery) -> set[str]:
    return {line.rule for line in Receipt.of(delivery).chosen(rule="", line="")}


def test_an_event_of_somebody_who_is_not_on_the_roster_is_an_error() -> None:
    account = delivering.account()
    assert sent(account, "residents", {}).state == "accepted"
    assert sent(account, "events", {}).state == "accepted"
    stranger = sent(account, "events", {"resident_key": "R0777"})
    assert (stranger.state, rules(stranger)) == ("rejected", {"events.resident_is_listed"})


def test_an_event_outside_the_stay_is_an_error_that_names_the_stay() -> None:
    account = delivering.account()
    sent(account, "residents", {"discharged_on": "1150110"})
    late = sent(account, "events", {"happened_on": "1150111"})
    (line,) = Receipt.of(late).chosen(rule="events.happened_on_in_stay", line="")
    assert late.state == "rejected"
    assert "1150110" in line.what


def test_without_a_roster_it_is_said_that_nothing_was_compared() -> None:
    told = sent(delivering.account(), "events", {"resident_key": "R0777"})
    assert told.state == "accepted"
    assert "住民名冊" in receipt_in(told, "txt").decode("utf-8-sig")


def test_another_institutions_roster_and_the_test_lane_are_not_looked_into() -> None:
    sent(delivering.account(code="1131000010"), "residents", {"resident_key": "R0777"})
    account, test = delivering.account(), delivering.account("test", code="1131000011")
    sent(test, "residents", {})
    assert sent(account, "residents", {}).state == "accepted"
    assert sent(account, "events", {"resident_key": "R0777"}).state == "rejected"


def test_a_weight_that_changed_much_since_last_month_only_warns() -> None:
    account = delivering.account()
    sent(account, "weights", {"weight_kg": "60"})
    changed = sent(account, "weights", {"weight_kg": "56.9", "weighed_on": "1150210"}, month="11502")
    assert (changed.state, rules(changed)) == ("accepted", {"weights.weight_changes_little"})
    little = sent(account, "weights", {"weight_kg": "57", "weighed_on": "1150210"}, month="11502")
    assert (little.state, rules(little)) == ("accepted", set())


def test_a_replaced_file_is_no_longer_looked_into() -> None:
    account = delivering.account()
    sent(account, "residents", {})
    sent(account, "residents", {"resident_key": "R0002"})
    assert sent(account, "events", {}).state == "rejected"
    assert sent(account, "events", {"resident_key": "R0002"}).state == "accepted"


def test_a_month_in_which_nothing_happened_is_a_heading_without_rows() -> None:
    account = delivering.account()
    quiet = sent(account, "events")
    assert (quiet.state, quiet.row_count) == ("accepted", 0)
    assert AcceptedFile.objects.that_count().get(dataset="events").rows == 0
    assert sent(account, "staff").state == "rejected"


def test_nobodys_birthday_is_kept() -> None:
    import polars

    from careward.store.objects import objects

    sent(delivering.account(), "residents", {"birth_date": "0350102"})
    with objects().local_copy(AcceptedFile.objects.get().parquet_key) as path:
        kept = polars.read_parquet(path)
    assert kept["birth_date"].to_list() == [1946]
    assert RocMonth.parse("11501").first_day.year == 2026
