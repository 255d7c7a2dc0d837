"""The journal: no change without an actor, no entry changed afterwards, no switch that turns it off."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from careward.journal import Actor, acting
from careward.journal.database import event_tables
from careward.registry.models import Institution

pytestmark = pytest.mark.django_db

HOME = {"code": "X1", "name": "某某", "type": "elderly", "county": "63000", "ownership": "private"}
BY = Actor("officer", "7")


def _institution() -> Institution:
    with acting(BY, "institution.register"):
        return Institution.objects.create(**HOME)


def test_a_change_without_an_actor_fails() -> None:
    with pytest.raises(IntegrityError, match="pgh_context"), transaction.atomic():
        Institution.objects.create(**HOME)
    assert not Institution.objects.exists()


def test_insert_update_and_delete_are_written_with_who_and_what() -> None:
    institution = _institution()
    key = institution.pk
    with acting(Actor("ministry", "9"), "institution.rename"):
        institution.name = "新名"
        institution.save()
        institution.delete()
    events = institution.events.model
    rows = list(events.objects.filter(pgh_obj_id=key).order_by("pgh_id"))
    assert [row.pgh_label for row in rows] == ["insert", "update", "delete"]
    assert [row.name for row in rows] == ["某某", "新名", "新名"]
    assert [row.pgh_context["actor"] for row in rows] == ["7", "9", "9"]
    assert {row.pgh_context["act"] for row in rows} == {"institution.register", "institution.rename"}


def test_the_inner_act_gives_the_name_back_to_the_outer() -> None:
    with acting(BY, "outer"):
        with acting(Actor.system("worker"), "inner"):
            first = Institution.objects.create(**HOME)
        second = Institution.objects.create(**{**HOME, "code": "X2"})
    assert first.events.get().pgh_context["act"] == "inner"
    assert second.events.get().pgh_context["act"] == "outer"
    assert second.events.get().pgh_context["role"] == "officer"


@pytest.mark.parametrize("statement", ["UPDATE {} SET pgh_label = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_no_entry_is_changed_or_taken_away(statement: str) -> None:
    _institution()
    for table in event_tables():
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement.format(connection.ops.quote_name(table)))


def test_the_library_switch_that_ignores_triggers_is_dead() -> None:
    import pgtrigger

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{registry.Institution:insert_insert}', true)")
        cursor.execute("SELECT _pgtrigger_should_ignore('insert_insert')")
        assert cursor.fetchone() == (False,)
    with pytest.raises(DatabaseError), transaction.atomic(), pgtrigger.ignore():
        Institution.objects.create(**HOME)


def test_the_app_role_makes_no_tables() -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("CREATE TABLE mine (x int)")
