"""Checked exactly once, whatever workers do; the newest accepted file stands."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import polars
import pytest
from django.db import connection

from careward.correspondence.models import Letter
from careward.intake import acts, examining
from careward.intake.models import AcceptedFile, Delivery
from careward.kernel import clock
from careward.store.objects import objects
from support import delivering

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


def _letters(delivery: Delivery) -> list[str]:
    return [letter.kind for letter in Letter.objects.about(delivering.told(delivery))]


def _in_force() -> list[AcceptedFile]:
    return list(AcceptedFile.objects.in_force())


def test_a_clean_file_is_accepted_and_its_parquet_has_its_rows() -> None:
    delivery = delivering.checked(delivering.account(), delivering.staff_csv(7))
    assert (delivery.state, delivery.row_count, delivery.error_count) == ("accepted", 7, 0)
    assert delivery.checked_at == delivering.OPEN
    kept = delivery.accepted_file
    assert (kept.dataset, kept.period, kept.lane, kept.rows) == ("staff", "11501", "live", 7)
    with objects().open(kept.parquet_key) as file:
        frame = polars.read_parquet(file.read())
    assert frame.height == 7


def test_the_worker_running_twice_checks_once_and_writes_one_letter() -> None:
    delivery = delivering.checked(delivering.account())
    before = Delivery.objects.values().get(pk=delivery.pk)
    delivering.work(delivery)
    assert Delivery.objects.values().get(pk=delivery.pk) == before
    assert AcceptedFile.objects.count() == 1
    assert _letters(delivery) == ["delivery_accepted"]


@pytest.mark.parametrize("content", [None, b""], ids=["clean", "empty"])
def test_a_worker_overtaken_by_another_in_mid_check_changes_nothing(
    content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = delivering.delivered(delivering.account(), content)
    quick = examining.examined

    def slow(subject: Delivery, content: bytes | None) -> Any:
        monkeypatch.setattr("careward.intake.examining.examined", quick)
        delivering.work(delivery)
        return quick(subject, content)

    monkeypatch.setattr("careward.intake.examining.examined", slow)
    delivering.work(delivery)
    delivery.refresh_from_db()
    assert delivery.attempts == 2
    assert delivery.receipt_key.endswith("-2")
    assert len(_letters(delivery)) == 1
    assert AcceptedFile.objects.count() == (0 if content == b"" else 1)


def test_a_kill_between_parquet_and_row_is_made_good_with_one_accepted_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        """The worker is gone, whatever it would have caught."""

    def die(*args: object, **facts: object) -> None:
        raise Killed

    delivery = delivering.delivered(delivering.account())
    with monkeypatch.context() as patched:
        patched.setattr(acts, "accept", die)
        with pytest.raises(Killed):
            delivering.work(delivery)
    delivery.refresh_from_db()
    assert delivery.state == "checking"
    assert not AcceptedFile.objects.exists()
    assert _letters(delivery) == []

    delivering.work(delivery)
    delivery.refresh_from_db()
    assert delivery.state == "accepted"
    assert [file.delivery for file in _in_force()] == [delivery]
    assert objects().exists(delivery.accepted_file.parquet_key)
    assert _letters(delivery) == ["delivery_accepted"]


def test_a_newer_file_of_the_month_supersedes_the_older_one() -> None:
    account = delivering.account()
    older = delivering.checked(account)
    with clock.frozen(delivering.OPEN + timedelta(hours=1)):
        newer = delivering.checked(account, delivering.staff_csv(4, seed=2))
    older.refresh_from_db()
    assert (older.state, newer.state) == ("superseded", "accepted")
    assert [file.delivery for file in _in_force()] == [newer]
    assert older.accepted_file.superseded_at == delivering.OPEN + timedelta(hours=1)
    assert objects().exists(older.accepted_file.parquet_key)


def test_an_accepted_file_stands_until_a_new_one_is_accepted() -> None:
    account = delivering.account()
    stands = delivering.checked(account)
    refused = delivering.checked(account, delivering.staff_csv(role="XXX"))
    stands.refresh_from_db()
    assert (stands.state, refused.state) == ("accepted", "rejected")
    assert [file.delivery for file in _in_force()] == [stands]


def test_the_last_one_received_stands_even_when_its_check_ended_first() -> None:
    account = delivering.account()
    older = delivering.delivered(account)
    with clock.frozen(delivering.OPEN + timedelta(hours=1)):
        newer = delivering.checked(account)
        delivering.work(older)
    older.refresh_from_db()
    newer.refresh_from_db()
    assert (older.state, newer.state) == ("superseded", "accepted")
    assert [file.delivery for file in _in_force()] == [newer]


@pytest.mark.django_db(transaction=True)
def test_of_two_files_accepted_at_the_same_moment_one_stands() -> None:
    account = delivering.account()
    deliveries = []
    for minutes in range(4):
        with clock.frozen(delivering.OPEN + timedelta(minutes=minutes)):
            deliveries.append(delivering.delivered(account))
    together = Barrier(len(deliveries))

    def check(delivery: Delivery) -> None:
        together.wait()
        try:
            delivering.work(delivery)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deliveries)) as workers:
        list(workers.map(check, deliveries))
    states = [Delivery.objects.get(pk=delivery.pk).state for delivery in deliveries]
    assert states == ["superseded", "superseded", "superseded", "accepted"]
    assert [file.delivery for file in _in_force()] == [deliveries[-1]]


def test_months_datasets_lanes_and_institutions_do_not_supersede_each_other() -> None:
    live = delivering.account()
    march = delivering.MONTH.following()
    delivering.checked(live)
    delivering.checked(live, delivering.staff_csv(month=march), f"staff-{march}.csv")
    delivering.checked(delivering.account("test"))
    delivering.checked(
        delivering.account(code="1131000010"), delivering.staff_csv(code="1131000010"), "staff-11501.csv"
    )
    assert len(_in_force()) == 4
    assert not Delivery.objects.filter(state="superseded").exists()


def test_a_test_delivery_is_checked_alike_and_never_counts() -> None:
    test, live = delivering.checked(delivering.account("test")), delivering.checked(delivering.account())
    assert (test.state, test.row_count) == ("accepted", 3)
    assert [file.delivery for file in AcceptedFile.objects.that_count()] == [live]


def test_the_test_lane_takes_any_month_and_the_live_lane_those_of_the_season() -> None:
    month = type(delivering.MONTH).parse("11412")
    content, name = delivering.staff_csv(month=month), "staff-11412.csv"
    assert delivering.checked(delivering.account("test"), content, name).state == "accepted"
    assert delivering.checked(delivering.account(), content, name).state == "rejected"


def test_the_same_bytes_again_are_a_new_delivery_with_a_ticket_of_its_own_and_the_earlier_receipt() -> None:
    account = delivering.account()
    content = delivering.staff_csv()
    first, second = delivering.checked(account, content), delivering.checked(account, content)
    assert first.ticket != second.ticket
    assert first.sha256 == second.sha256
    assert first.receipt_key == second.receipt_key


def test_every_step_is_in_the_journal_with_who_did_it() -> None:
    account = delivering.account()
    delivery = delivering.told(delivering.checked(account))
    told = [
        (event.state, event.pgh_context["act"], event.pgh_context["role"], event.pgh_context["actor"])
        for event in delivery.events.order_by("pgh_id")
    ]
    assert told == [
        ("received", "delivery.receive", "institution", str(account.pk)),
        ("checking", "delivery.begin", "system", "worker"),
        ("accepted", "delivery.accept", "system", "worker"),
        ("accepted", "delivery.tell", "system", "worker"),
    ]
    (event,) = delivery.accepted_file.events.all()
    assert event.pgh_context["act"] == "delivery.accept"
