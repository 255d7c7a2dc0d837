"""What became of its files is told by letter: one for all that were answered since the last, each told once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.correspondence.models import Letter
from careward.intake import telling
from careward.intake.jobs import tell_account
from careward.intake.models import Delivery
from careward.intake.reconciling import reconcile
from careward.kernel import clock
from careward.provisioning.models import UploadAccount
from support import delivering

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]

NAMES = ("staff-11501.csv", "residents-11501.csv", "drills-11501.csv")


def answered(account: UploadAccount, *, refused: int = 1) -> list[Delivery]:
    """Two files that were taken, and so many that were not."""
    taken = [
        delivering.checked(account, delivering.staff_csv(month=month), f"staff-{month}.csv")
        for month in (delivering.MONTH, delivering.MONTH.following())
    ]
    return taken + [delivering.checked(account, b"no heading", name) for name in NAMES[:refused]]


def tellings() -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name=tell_account.name).order_by("id"))


def test_several_files_make_one_letter_with_the_refused_ones_first() -> None:
    account = delivering.account()
    *taken, refused = answered(account)
    delivering.told(refused)
    (letter,) = Letter.objects.all()
    assert (letter.kind, letter.to, letter.cc) == ("deliveries_answered", ["office@example.org"], [])
    assert letter.subject.endswith("3 個檔案檢核完畢：1 個未收下，請修正後重新上傳")
    assert letter.institution_code == account.institution.code
    assert letter.body.index(refused.ticket) < min(letter.body.index(one.ticket) for one in taken)
    for one in (refused, *taken):
        assert f"/receipts/{one.receipt_name}.txt" in letter.body
        assert f"/my/deliveries/{one.ticket}/" in letter.body
    assert f"錯誤 {refused.error_count} 項" in letter.body
    assert "{" not in letter.subject + letter.body


def test_when_all_were_taken_nothing_is_left_to_do() -> None:
    delivering.told(answered(delivering.account(), refused=0)[0])
    (letter,) = Letter.objects.all()
    assert letter.subject.endswith("2 個檔案檢核完畢：都已收下")
    assert "您不必再做什麼" in letter.body
    assert "未收下" not in letter.body


def test_test_files_are_told_of_apart_and_as_what_they_are() -> None:
    live, test = delivering.account(), delivering.account("test")
    for account in (live, test):
        delivering.told(answered(account)[0])
    letters = {"測試" in letter.subject: letter for letter in Letter.objects.all()}
    assert letters[True].subject.endswith("3 個測試檔案檢核完畢：1 個未通過")
    assert "不列入正式資料" in letters[True].body
    assert "測試" not in letters[False].body


def test_a_file_that_was_replaced_before_it_is_told_of_says_so() -> None:
    account = delivering.account()
    older = delivering.checked(account)
    with clock.frozen(delivering.OPEN + timedelta(seconds=5)):
        delivering.told(delivering.checked(account))
    (letter,) = Letter.objects.all()
    assert older.ticket in letter.body
    assert letter.body.count("以新檔為準") == 1


def test_a_second_telling_writes_nothing_and_what_comes_later_has_a_letter_of_its_own() -> None:
    account = delivering.account()
    delivering.told(answered(account)[0])
    later = delivering.told(delivering.told(delivering.checked(account)))
    assert [letter.kind for letter in Letter.objects.order_by("created_at", "kind")] == [
        "deliveries_answered",
        "delivery_accepted",
    ]
    assert [letter.kind for letter in Letter.objects.about(later)] == ["delivery_accepted"]
    assert not Delivery.objects.untold().exists()


def test_one_job_waits_for_all_answers_that_are_not_told_yet() -> None:
    answered(delivering.account())
    (job,) = tellings()
    assert job.scheduled_at is not None, "it gathers for a while"


def test_after_a_telling_the_next_answer_has_a_job_again() -> None:
    account = delivering.account()
    delivering.told(delivering.checked(account))
    delivering.checked(account)
    assert len(tellings()) == 2


@pytest.mark.usefixtures("own_store")
def test_what_is_untold_and_has_no_job_is_taken_up() -> None:
    account = delivering.account()
    delivering.checked(account)
    assert reconcile().taken_up == 0
    ProcrastinateJob.objects.filter(task_name=tell_account.name).update(status="failed")
    assert reconcile().taken_up == 1
    assert [job.args for job in tellings() if job.status == "todo"] == [{"account_id": str(account.pk)}]


@pytest.mark.django_db(transaction=True)
def test_whatever_is_told_while_files_are_being_answered_each_is_told_once() -> None:
    account = delivering.account()
    deliveries = [delivering.delivered(account, b"no heading", name) for name in NAMES]
    together = Barrier(len(deliveries) + 1)

    def check(delivery: Delivery | None) -> None:
        together.wait()
        try:
            for _ in range(1 if delivery else 6):
                delivering.work(delivery) if delivery else telling.tell(str(account.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deliveries) + 1) as workers:
        list(workers.map(check, [*deliveries, None]))
    if Delivery.objects.untold().exists():
        assert [job for job in tellings() if job.status == "todo"], "who is untold has a job to come"
    delivering.told(deliveries[0])
    bodies = "".join(Letter.objects.values_list("body", flat=True))
    assert [bodies.count(f"收件編號：{one.ticket}") for one in deliveries] == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_trusts_in_a_waiting_job_is_seen_by_it() -> None:
    account = delivering.account()
    delivering.checked(account, b"no heading", NAMES[0])
    second = delivering.delivered(account, b"no heading", NAMES[1])

    def tell() -> None:
        try:
            telling.tell(str(account.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as worker:
        with transaction.atomic():
            delivering.work(second)  # holds the lock, its answer not committed yet
            telling_now = worker.submit(tell)
            assert not telling_now.done()
        telling_now.result(60)
    assert len(tellings()) == 1
    assert not Delivery.objects.untold().exists()
    (letter,) = Letter.objects.all()
    assert second.ticket in letter.body
