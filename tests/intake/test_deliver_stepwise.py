"""Kill -9 and a full disk at every single step between bytes on disk and receipt: each file has exactly one fate."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from careward.correspondence.models import Letter
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.receipts import FORMS, receipt_in
from careward.intake.reconciling import reconcile
from careward.store.objects import objects
from support import delivering
from support.stepwise import Killed, Steps, disk_full, killed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open"), pytest.mark.slow]

FAULTS = [killed, disk_full]
STATES = ["accepted", "rejected"]
STRIDE = 8
"""The steps are shared out over so many tests, so that a failure names the few among which it is."""


def _has_one_fate(delivery: Delivery, state: str) -> None:
    delivery.refresh_from_db()
    assert delivery.state == state
    assert all(receipt_in(delivery, form) for form in FORMS)
    letters = Letter.objects.filter(about=f"intake.delivery:{delivery.pk}").values_list("kind", flat=True)
    assert list(letters) == [f"delivery_{state}"]
    files = AcceptedFile.objects.filter(delivery=delivery)
    assert files.count() == (1 if state == "accepted" else 0)
    for file in files:
        with objects().open(file.parquet_key) as parquet:
            assert parquet.read(4) == b"PAR1"


def _delivered(state: str, number: int) -> Delivery:
    code = f"11310{number:05}"
    content = delivering.staff_csv(code=code) if state == "accepted" else b"no heading at all"
    return delivering.delivered(delivering.account(code=code), content)


def _steps_of_a_check(state: str) -> int:
    counted = Steps()
    delivery = _delivered(state, 0)
    with counted.taken():
        delivering.work(delivery)
    return counted.count


@pytest.mark.parametrize("share", range(STRIDE))
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_check_that_is_broken_off_at_any_step_ends_once_when_it_is_taken_up(
    fault: Callable[[str], BaseException], state: str, share: int
) -> None:
    count = _steps_of_a_check(state)
    assert count > STRIDE
    for at in range(1 + share, count + 1, STRIDE):
        delivery = _delivered(state, at)
        with Steps(at, fault).taken(), suppress(Killed, Exception):
            delivering.work(delivery)
        delivering.work(delivery)
        _has_one_fate(delivery, state)
    assert reconcile().removed == 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_delivery_broken_off_at_any_step_was_never_acknowledged_and_sent_again_is_one(
    fault: Callable[[str], BaseException], own_store: Path
) -> None:
    account, content = delivering.account(), delivering.staff_csv(seed=77)
    counted = Steps()
    with counted.taken():
        delivering.delivered(delivering.account(code="1131099999"), content)
    for at in range(1, counted.count + 1):
        steps = Steps(at, fault)
        acknowledged = None
        with steps.taken(), suppress(Killed, Exception):
            acknowledged = delivering.delivered(account, content)
        assert acknowledged is None or Delivery.objects.filter(pk=acknowledged.pk).exists()
    delivery = delivering.delivered(account, content)
    waiting = Delivery.objects.of_account(account.pk, "live").in_the_inbox()
    assert [one.pk for one in waiting] == [delivery.pk]
    delivering.work(delivery)
    _has_one_fate(delivery, "accepted")
