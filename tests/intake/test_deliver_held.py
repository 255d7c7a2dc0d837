"""可能未傳完: what is held is kept, told of, and checked once somebody says that it is whole."""

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.correspondence.models import Letter
from careward.intake import acts, receipts
from careward.intake.models import Delivery
from careward.intake.reconciling import reconcile
from careward.store.objects import objects
from support import delivering
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


def _jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name="intake.check_delivery", status="todo").count()


def test_a_held_file_is_kept_with_a_letter_and_a_note_but_not_checked() -> None:
    account = delivering.account()
    held = delivering.delivered(account, perhaps_cut=True)
    assert (held.state, objects().exists(held.raw_key), _jobs()) == ("held", True, 0)
    assert Letter.objects.get(about__endswith=str(held.pk)).kind == "delivery_held"
    [note] = receipts.receipts_of(account.pk, "live")
    assert note.name == f"11501-staff-{held.ticket}-held.txt"
    written = delivering.receipt_bytes(account.pk, "live", note.name)
    assert written is not None
    assert (len(written), held.ticket in written.decode("utf-8-sig")) == (note.size, True)
    assert [file.name for file in receipts.waiting_of(account.pk, "live")] == ["staff-11501.csv"]
    assert reconcile().taken_up == 0


def test_the_very_same_bytes_sent_again_say_that_it_was_whole() -> None:
    account = delivering.account()
    content = delivering.staff_csv()
    held = delivering.delivered(account, content, perhaps_cut=True)
    again = delivering.delivered(account, content, perhaps_cut=True)
    assert (again.pk, again.state, _jobs()) == (held.pk, "received", 1)


def test_other_bytes_of_the_same_name_set_it_aside() -> None:
    account = delivering.account()
    content = delivering.staff_csv(9)
    held = delivering.delivered(account, content[:100], perhaps_cut=True)
    whole = delivering.delivered(account, content)
    held.refresh_from_db()
    assert (held.state, whole.state, _jobs()) == ("set_aside", "received", 1)
    assert receipts.receipts_of(account.pk, "live") == []


def test_another_name_or_account_does_not_set_it_aside() -> None:
    account = delivering.account()
    held = delivering.delivered(account, perhaps_cut=True)
    delivering.delivered(account, name="staff-11502.csv")
    delivering.delivered(delivering.account())
    held.refresh_from_db()
    assert held.state == "held"


def test_a_new_name_confirms_it_and_says_what_it_is() -> None:
    held = delivering.delivered(delivering.account(), name="upload.sending", perhaps_cut=True)
    assert (held.dataset, held.period) == ("", "")
    given = acts.confirm(held, delivering.by(held.account), name="staff-11501.csv")
    said = (given.name, given.dataset, given.period, given.state)
    assert said == ("staff-11501.csv", "staff", "11501", "received")
    delivering.work(given)
    given.refresh_from_db()
    assert given.state == "accepted"


def test_a_file_whose_answer_was_lost_and_that_is_sent_again_is_one_delivery() -> None:
    account = delivering.account()
    content = delivering.staff_csv()
    first = delivering.delivered(account, content)
    assert delivering.delivered(account, content).pk == first.pk
    assert (Delivery.objects.count(), _jobs()) == (1, 1)
    delivering.work(first)
    assert delivering.delivered(account, content).pk != first.pk


def test_the_institution_confirms_it_on_its_page_and_nobody_elses(client: Client) -> None:
    held = delivering.delivered(delivering.account(), perhaps_cut=True)
    page, button = (reverse(f"intake:{name}", args=[held.ticket]) for name in ("receipt", "confirm"))
    sign_in(client, person("institution"))
    assert client.post(button).status_code == 404
    owner = person("institution", "owner@example.org", institution_code=held.institution.code)
    sign_in(client, owner)
    assert "檔案已完整，開始檢核" in client.get(page).content.decode()
    assert client.get(button).status_code == 405
    assert "已開始檢核" in client.post(button, follow=True).content.decode()
    held.refresh_from_db()
    assert (held.state, _jobs()) == ("received", 1)
    assert "檔案已完整" not in client.get(page).content.decode()
    client.post(button)
    assert _jobs() == 1
