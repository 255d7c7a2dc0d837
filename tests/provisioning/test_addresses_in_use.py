"""Addresses of accounts that are in use, last season's too, are compared with what an application says."""

from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.applications.jobs import look_at_addresses_in_use
from careward.applications.models import Application
from careward.applications.sharing import SHARED
from careward.kernel.clock import frozen, taipei
from careward.provisioning import acts
from careward.provisioning.following import uses_of
from careward.provisioning.models import UploadAccount
from provisioning.making import VENDOR, VENDOR_AT_WORK, created, requested
from support.applying import lacking
from support.delivering import accounts

pytestmark = pytest.mark.django_db


def account_at(networks: list[str]) -> UploadAccount:
    """已建立, with other addresses than were applied for."""
    account = requested()
    with frozen(VENDOR_AT_WORK):
        return acts.create(
            account, VENDOR, username=account.proposed_username, sources=networks, allow_loopback=False
        )


def noted(**changes: object) -> bool:
    sent = lacking(institution_code="1131000018", **changes)
    return sent.findings.in_force().filter(kind=SHARED).exists()


def test_an_address_another_institutions_account_uses_is_noted() -> None:
    account_at(["168.95.9.9"])
    with frozen(VENDOR_AT_WORK):
        assert noted(sources=["168.95.9.0/28"])


def test_ones_own_account_is_no_finding() -> None:
    account = account_at(["168.95.9.9"])
    again = lacking(institution_code=account.institution.code, sources=["168.95.9.9/32"])
    assert not again.findings.in_force().filter(kind=SHARED).exists()


def test_a_closed_account_uses_nothing() -> None:
    with frozen(VENDOR_AT_WORK):
        acts.close(created(), VENDOR)
        assert not list(uses_of(["168.95.1.1/32"]))


def test_an_account_whose_right_has_ended_uses_nothing() -> None:
    account_at(["168.95.9.9"])
    with frozen(taipei(2026, 4, 29)):
        assert list(uses_of(["168.95.9.9/32"]))
    with frozen(taipei(2026, 5, 2)):
        assert not list(uses_of(["168.95.9.9/32"]))


def shared(application: Application) -> bool:
    return application.findings.in_force().filter(kind=SHARED).exists()


def work() -> None:
    """What the worker does after acts on accounts."""
    waiting = ProcrastinateJob.objects.filter(task_name=look_at_addresses_in_use.name)
    for one in waiting.order_by("id"):
        look_at_addresses_in_use(**one.args)


def test_an_address_put_on_an_account_later_is_noted_on_who_applied_before_and_lifted_when_it_goes() -> None:
    account = account_at(["168.95.9.9"])
    before = lacking(institution_code="1131000018", sources=["168.95.7.0/28"])
    work()
    assert not shared(before)
    with frozen(VENDOR_AT_WORK):
        account = acts.change_sources(account, VENDOR, sources=["168.95.7.7/32"])
        work()
        assert shared(before)
        account = acts.change_sources(account, VENDOR, sources=["168.95.9.9/32"])
        work()
    assert not shared(before)


def test_a_closed_accounts_addresses_are_lifted_from_others() -> None:
    account = account_at(["168.95.7.7"])
    with frozen(VENDOR_AT_WORK):
        other = lacking(institution_code="1131000018", sources=["168.95.7.7/32"])
        assert shared(other)
        acts.close(account, VENDOR)
        work()
        # what the institution applied for is compared by itself; here it was another address
        assert not shared(other)


def test_an_address_of_many_accounts_is_looked_at_with_two_questions(django_assert_num_queries: Any) -> None:
    accounts(["1199000001", "1199000002", "1199000003"], networks=["203.0.113.9/32"])
    with django_assert_num_queries(2):  # the accounts, moves of moments
        assert len(list(uses_of(["203.0.113.9/32"]))) == 3
