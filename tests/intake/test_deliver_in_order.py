"""When much waits: mailed links go before the checks, the letters that repeat a receipt after them."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.correspondence.models import Letter
from careward.intake.models import Delivery
from careward.kernel.clock import frozen
from support import applying, delivering

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


def priority(**args: str) -> int:
    return ProcrastinateJob.objects.get(args=args).priority


def of_letter_about(subject: object) -> int:
    return priority(letter_id=str(Letter.objects.about(subject).get().pk))  # type: ignore[arg-type]


def of_check(delivery: Delivery) -> int:
    return priority(delivery_id=str(delivery.pk))


def of_telling(delivery: Delivery) -> int:
    return priority(account_id=str(delivery.account_id))


def test_a_link_is_sent_first_then_files_are_checked_then_receipts_letters_are_sent() -> None:
    with frozen(applying.DURING):
        applicant = applying.lacking()
    taken, refused = delivering.checked(delivering.account()), delivering.checked(delivering.account(), b"")
    assert of_letter_about(applicant) > of_check(taken) == of_check(refused)
    assert of_check(taken) > of_telling(taken) == of_telling(refused)
    assert (
        of_check(taken) > of_letter_about(delivering.told(taken)) == of_letter_about(delivering.told(refused))
    )


def test_who_must_say_whether_a_file_came_whole_is_asked_at_once() -> None:
    held = delivering.delivered(delivering.account(), perhaps_cut=True)
    assert of_letter_about(held) > of_check(delivering.delivered(delivering.account()))
