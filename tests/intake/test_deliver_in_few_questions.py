"""A check asks the database little, and what it asks is as it is then, however often the process asked before."""

from typing import Any

import pytest

from careward.applications.models import Application
from careward.correspondence.models import Letter
from careward.intake.models import Delivery, ReceiptKey
from careward.journal import Actor, acting
from support import delivering

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]

MOST = 16
"""Questions of one check that finds nothing before it, savepoints among them."""


def change(row: Any, **changes: object) -> None:
    with acting(Actor.system("test"), "change"):
        type(row).objects.filter(pk=row.pk).update(**changes)


def mailbox_of(delivery: Delivery) -> list[str]:
    return Letter.objects.about(delivering.told(delivery)).get().to


def test_a_clean_file_is_checked_in_few_questions(django_assert_max_num_queries: Any) -> None:
    delivering.checked(delivering.account())  # what a process asks once
    delivery = delivering.delivered(delivering.account(code="1131000025"))
    with django_assert_max_num_queries(MOST):
        delivering.work(delivery)


def test_the_letter_goes_to_the_mailbox_there_is_when_it_is_written() -> None:
    account = delivering.account()
    assert mailbox_of(delivering.checked(account)) == ["office@example.org"]
    delivery = delivering.checked(account)
    change(Application.objects.get(pk=account.application_id), mailbox="mended@example.org")
    assert mailbox_of(delivery) == ["mended@example.org"]


def test_the_letter_names_the_institution_as_it_is_called_when_it_is_written() -> None:
    account = delivering.account()
    delivery = delivering.checked(account)
    change(account.institution, name="改名護理之家")
    assert "改名護理之家" in Letter.objects.about(delivering.told(delivery)).get().body


def test_a_key_is_noted_with_its_first_receipt_and_once_more_after_its_row_was_lost() -> None:
    account = delivering.account()
    signed = delivering.checked(account).signed_with
    assert ReceiptKey.objects.get().key == signed
    with acting(Actor.system("test"), "lose"):
        ReceiptKey.objects.all().delete()
    delivering.checked(account)
    assert ReceiptKey.objects.get().key == signed
