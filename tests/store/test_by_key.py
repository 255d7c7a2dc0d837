"""A row by its key, quick: the same as Django gives."""

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from careward.applications.models import Application
from careward.registry.models import Institution
from careward.store.by_key import ByKey
from support.applying import lacking

pytestmark = pytest.mark.django_db


def state_of(row: Application) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in Application._meta.concrete_fields}


def test_every_field_is_as_django_reads_it() -> None:
    application = lacking(mode="rented")
    quick = ByKey(Application)
    for _ in range(2):
        found = quick.get(application.pk)
        assert found is not None
        assert state_of(found) == state_of(Application.objects.get(pk=application.pk))
        assert not found._state.adding
        assert found._state.db == "default"


def test_what_was_sealed_stays_sealed_as_it_was_when_it_is_saved_unchanged(acting: None) -> None:
    application = ByKey(Application).get(lacking().pk)
    assert application is not None
    events = application.events.count()  # type: ignore[attr-defined]
    application.save()
    assert application.events.count() == events  # type: ignore[attr-defined]


def test_a_key_nobody_has_gives_nothing() -> None:
    assert ByKey(Application).get("00000000-0000-0000-0000-000000000001") is None
    assert ByKey(Institution).get(0) is None


def test_of_a_key_that_several_rows_have_all_are_given() -> None:
    there = [lacking(county="10007"), lacking(county="10007")]
    lacking(county="63000")
    found = ByKey(Application, "county").all("10007")
    assert {row.pk for row in found} == {row.pk for row in there}
    assert ByKey(Application, "county").all("65000") == []


def test_a_locked_row_is_asked_for_inside_a_transaction_and_locked() -> None:
    application = lacking()
    quick = ByKey(Application, lock=True)
    with transaction.atomic():
        assert quick.get(application.pk) == application
    assert quick._compiled[0].rstrip().endswith('FOR UPDATE OF "applications_application"')


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_of_a_transaction_is_refused() -> None:
    assert connection.get_autocommit()
    with pytest.raises(TransactionManagementError):
        ByKey(Application, lock=True).get("00000000-0000-0000-0000-000000000001")
