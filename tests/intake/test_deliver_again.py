"""The very same bytes sent again after their answer: the earlier receipt under a ticket of its own."""

from datetime import timedelta

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.checking import sample_forms, samples
from careward.correspondence.models import Letter
from careward.intake import ground, publishing
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.receipts import receipt_in, receipts_of, waiting_of
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.provisioning.models import UploadAccount
from support import delivering
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]

CLEAN = delivering.staff_csv
FAULTY = b"period,institution_code\n11501,1131000009\n"


def _later(of: UploadAccount, content: bytes, hours: int = 1, name: str = "staff-11501.csv") -> Delivery:
    with clock.frozen(delivering.OPEN + timedelta(hours=hours)):
        return delivering.delivered(of, content, name)


def _jobs(delivery: Delivery) -> int:
    return ProcrastinateJob.objects.filter(args__delivery_id=str(delivery.pk)).count()


def _letters(delivery: Delivery) -> list[str]:
    return [letter.kind for letter in Letter.objects.about(delivering.told(delivery))]


@pytest.mark.parametrize("faulty", [False, True], ids=["accepted", "rejected"])
def test_what_was_answered_is_not_checked_again_and_has_the_earlier_receipt(faulty: bool) -> None:
    account, content = delivering.account(), FAULTY if faulty else CLEAN()
    earlier = delivering.checked(account, content)
    again = _later(account, content)
    assert (again.state, again.repeats, _jobs(again)) == ("repeated", earlier, 0)
    assert again.ticket != earlier.ticket
    assert (again.error_count, again.row_count) == (earlier.error_count, earlier.row_count)
    assert waiting_of(account.pk, "live") == []
    assert receipt_in(again, "json") == receipt_in(earlier, "json")
    earlier.refresh_from_db()
    assert earlier.state != "superseded"
    assert AcceptedFile.objects.count() == (1 if earlier.state == "accepted" else 0)


def test_its_text_receipt_says_so_first_and_its_listing_tells_the_right_size_and_time() -> None:
    account = delivering.account()
    earlier = delivering.checked(account, FAULTY)
    again = _later(account, FAULTY)
    for file in receipts_of(account.pk, "live"):
        content = delivering.receipt_bytes(account.pk, "live", file.name)
        assert content is not None
        assert len(content) == file.size
        hours = 1 if again.ticket in file.name else 0
        assert file.mtime == delivering.OPEN + timedelta(hours=hours)
    said = receipt_in(again, "txt").decode("utf-8-sig")
    assert said.startswith(f"※ 收件編號 {again.ticket}")
    assert earlier.ticket in said.splitlines()[0]
    assert receipt_in(earlier, "txt").decode("utf-8-sig") in said


def test_only_a_rejected_file_sent_again_gets_a_letter() -> None:
    account = delivering.account()
    accepted, rejected = CLEAN(seed=5), FAULTY
    for content in (accepted, rejected):
        delivering.checked(account, content)
    assert _letters(_later(account, rejected)) == ["delivery_repeated"]
    assert _letters(_later(account, accepted)) == []


def test_a_third_time_it_points_to_the_first() -> None:
    account = delivering.account()
    first = delivering.checked(account, FAULTY)
    _later(account, FAULTY)
    assert _later(account, FAULTY, hours=2).repeats == first


@pytest.mark.parametrize("name", ["staff-11502.csv", "institution_month-11501.csv", "staff.csv"])
def test_under_another_month_or_dataset_it_is_another_file(name: str) -> None:
    account = delivering.account()
    delivering.checked(account, FAULTY)
    assert _later(account, FAULTY, name=name).state == "received"


def test_another_name_for_the_same_month_makes_no_difference() -> None:
    account = delivering.account()
    delivering.checked(account, FAULTY)
    assert _later(account, FAULTY, name="staff-11501-second.csv").state == "repeated"


def test_another_institution_and_another_lane_are_asked_anew() -> None:
    delivering.checked(delivering.account(), FAULTY)
    assert _later(delivering.account(code="1131000010"), FAULTY).state == "received"
    assert _later(delivering.account("test"), FAULTY).state == "received"


def test_an_accepted_file_that_a_newer_one_replaced_is_checked_again_and_counts_again() -> None:
    account = delivering.account()
    content = CLEAN(seed=7)
    first = delivering.checked(account, content)
    with clock.frozen(delivering.OPEN + timedelta(minutes=30)):
        second = delivering.checked(account, CLEAN(seed=8))
    third = _later(account, content)
    assert third.state == "received"
    delivering.work(third)
    states = [Delivery.objects.get(pk=each.pk).state for each in (first, second, third)]
    assert states == ["superseded", "superseded", "accepted"]


def test_while_a_newer_file_of_the_month_waits_it_is_checked_again_so_that_the_last_one_counts() -> None:
    account = delivering.account()
    content = CLEAN(seed=7)
    delivering.checked(account, content)
    waits = delivering.delivered(account, CLEAN(seed=8))
    last = _later(account, content)
    assert last.state == "received"
    for each in (last, waits):
        delivering.work(each)
    assert AcceptedFile.objects.in_force().get().delivery == last


def test_when_a_rule_changed_meanwhile_it_is_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    account = delivering.account()
    delivering.checked(account, FAULTY)
    monkeypatch.setattr(ground, "_digest", lambda spec: "another wording, another limit")
    assert _later(account, FAULTY).state == "received"


def test_when_a_file_it_is_compared_with_was_accepted_meanwhile_it_is_checked_again() -> None:
    account = delivering.account()
    spec = publishing.specification_in_force()
    movements = spec.dataset("movements")
    facts = {"institution_code": delivering.CODE, "period": delivering.MONTH, "n": 3, "seed": 1}
    content = sample_forms.as_csv(movements, samples.good_rows(spec, movements, **facts))
    before = delivering.checked(account, content, "movements-11501.csv")
    roster = sample_forms.as_csv(
        spec.dataset("residents"), samples.good_rows(spec, spec.dataset("residents"), **facts)
    )
    assert _later(account, content, name="movements-11501.csv").repeats == before
    assert delivering.checked(account, roster, "residents-11501.csv").state == "accepted"
    assert _later(account, content, hours=2, name="movements-11501.csv").state == "received"


def test_a_month_that_opened_meanwhile_is_checked_again() -> None:
    account = delivering.account()
    content = CLEAN(month=delivering.MONTH.following().following())
    early = delivering.checked(account, content, "staff-11503.csv")
    assert early.state == "rejected"
    assert _later(account, content, name="staff-11503.csv").repeats == early
    with clock.frozen(delivering.OPEN + timedelta(days=40)):
        assert delivering.checked(account, content, "staff-11503.csv").state == "accepted"


def test_deliveries_answered_before_grounds_were_kept_are_checked_again() -> None:
    account = delivering.account()
    earlier = delivering.checked(account, FAULTY)
    with acting(Actor.system("test"), "prepare"):
        Delivery.objects.filter(pk=earlier.pk).update(ground="")
    assert _later(account, FAULTY).state == "received"


def test_the_page_says_so_and_leads_to_the_earlier_receipt(client: Client) -> None:
    account = delivering.account()
    earlier = delivering.checked(account, FAULTY)
    again = _later(account, FAULTY)
    sign_in(client, person("institution", institution_code=delivering.CODE))
    page = client.get(f"/my/deliveries/{again.ticket}/").content.decode()
    assert f"/my/deliveries/{earlier.ticket}/" in page
    assert "完全相同" in page
    assert "file.column_missing" in page
