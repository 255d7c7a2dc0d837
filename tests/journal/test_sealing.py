"""The sealed journal: whatever the owner changes afterwards is named, and nothing slow is left out."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from typer.testing import CliRunner

from careward.cli import app
from careward.journal import Actor, acting
from careward.journal.database import tables_without_digests, write_digests
from careward.journal.models import RowDigest, Seal
from careward.journal.sealing import seal
from careward.journal.verifying import Fault, verify
from careward.registry.models import Institution
from support.database import owner, point_django_at
from support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = "registry_institutionevent"


def _register(code: str) -> Institution:
    with acting(Actor("officer", "7"), "institution.register"):
        return Institution.objects.create(
            code=code, name="某某", type="elderly", county="63000", ownership="private"
        )


def _sealed() -> Seal:
    """Seal; other runs on the same server may hold it up for a moment."""
    return until(seal, 60, "a seal")


def _chain_of(*batches: str) -> None:
    for batch in batches:
        for code in batch.split():
            _register(code)
        _sealed()


@pytest.fixture
def by_owner() -> Iterator[Callable[[str], None]]:
    """Runs a statement as somebody who may do everything, the guarding triggers off."""
    with owner(str(connection.settings_dict["NAME"])) as connected:
        tables = (EVENTS, "journal_digest", "journal_seal")

        def run(statement: str) -> None:
            with connected.transaction():
                for table in tables:
                    connected.execute(psycopg.sql.SQL(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
                connected.execute(psycopg.sql.SQL(statement))
                for table in tables:
                    connected.execute(psycopg.sql.SQL(f"ALTER TABLE {table} ENABLE TRIGGER USER"))

        yield run


def _ids() -> list[int]:
    return list(RowDigest.objects.order_by("pk").values_list("event_id", flat=True))


def _first() -> Fault:
    return verify().faults[0]


def test_a_journal_nobody_touched_is_as_it_was_written() -> None:
    _chain_of("A1 A2", "A3")
    _register("A4")
    verdict = verify()
    assert (verdict.faults, verdict.events, verdict.seals, verdict.unsealed) == ((), 4, 2, 1)
    assert verdict.head == f"2:{bytes(Seal.objects.get(n=2).chain).hex()}"


def test_without_anything_new_no_seal_is_added() -> None:
    _chain_of("A1")
    assert seal() is None
    assert Seal.objects.count() == 1


def test_an_act_that_failed_leaves_no_digest_and_no_gap_in_the_chain() -> None:
    _chain_of("A1")
    with transaction.atomic():
        _register("A2")
        transaction.set_rollback(True)
    _chain_of("A3")
    assert verify().faults == ()


def test_the_digest_does_not_depend_on_the_settings_of_a_session() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'America/Lima'; SET LOCAL DateStyle = 'SQL, DMY'")
        _register("A1")
    _sealed()
    assert verify().faults == ()


def test_a_changed_event_is_named(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1 A2", "A3")
    second = _ids()[1]
    by_owner(f"UPDATE {EVENTS} SET name = '別名' WHERE pgh_id = {second}")
    assert str(_first()) == f"changed: event {second} of {EVENTS}"


def test_another_actor_put_in_is_named(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1")
    by_owner(f"""UPDATE {EVENTS} SET pgh_context = pgh_context || '{{"actor": "8"}}'""")
    assert _first().kind == "changed"


def test_a_deleted_event_is_named(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1 A2", "A3")
    first = _ids()[0]
    by_owner(f"DELETE FROM {EVENTS} WHERE pgh_id = {first}")
    assert str(_first()) == f"deleted: event {first} of {EVENTS}"


def test_the_last_event_deleted_is_named(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1", "A2")
    last = _ids()[-1]
    by_owner(f"DELETE FROM {EVENTS} WHERE pgh_id = {last}")
    assert str(_first()) == f"deleted: event {last} of {EVENTS}"


def test_a_deleted_event_is_named_though_its_digest_went_with_it(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1", "A2 A3 A4")
    event, digest = RowDigest.objects.order_by("pk").values_list("event_id", "pk")[2]
    by_owner(f"DELETE FROM {EVENTS} WHERE pgh_id = {event}")
    by_owner(f"DELETE FROM journal_digest WHERE id = {digest}")
    fault = _first()
    assert (fault.kind, fault.digest) == ("missing", digest)
    assert "1 of 3 in seal 2" in fault.what


def test_two_events_that_changed_places_are_named(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1 A2 A3")
    one, _, other = _ids()
    for old, new in ((one, -1), (other, one), (-1, other)):
        by_owner(f"UPDATE {EVENTS} SET pgh_id = {new} WHERE pgh_id = {old}")
    assert str(_first()) == f"changed: event {one} of {EVENTS}"


def test_two_digests_that_changed_places_break_their_seal(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1", "A2 A3")
    one, other = RowDigest.objects.order_by("pk").values_list("pk", flat=True)[1:3]
    for old, new in ((one, -1), (other, one), (-1, other)):
        by_owner(f"UPDATE journal_digest SET id = {new} WHERE id = {old}")
    fault = _first()
    assert fault.kind == "broken"
    assert "seal 2" in fault.what


def test_an_event_changed_together_with_its_digest_breaks_its_seal(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1", "A2")
    by_owner(f"UPDATE {EVENTS} SET name = '別名' WHERE pgh_id = {_ids()[1]}")
    form = (
        "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601';"
    )
    by_owner(
        f"{form} UPDATE journal_digest d SET digest = sha256(convert_to('{EVENTS} ' || e::text, 'UTF8'))"
        f" FROM {EVENTS} e WHERE e.pgh_id = d.event_id"
    )
    assert [fault.kind for fault in verify().faults] == ["broken"]
    assert "seal 2" in _first().what


def test_an_event_put_in_behind_the_triggers_is_named(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1")
    rest = ", ".join(
        f.column for f in Institution.events.rel.related_model._meta.concrete_fields if f.column != "pgh_id"
    )
    by_owner(f"INSERT INTO {EVENTS} (pgh_id, {rest}) SELECT 999, {rest} FROM {EVENTS} LIMIT 1")
    assert str(_first()) == f"added: event 999 of {EVENTS} has no digest"


def test_a_seal_taken_out_of_the_middle_is_named(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1", "A2", "A3")
    by_owner("DELETE FROM journal_seal WHERE n = 2")
    assert str(_first()) == "gap: seal 3 does not follow seal 1"


def test_an_end_cut_off_whole_shows_against_a_head_kept_elsewhere(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1", "A2")
    kept = verify().head
    by_owner(f"DELETE FROM {EVENTS} WHERE pgh_id = {_ids()[-1]}")
    by_owner("DELETE FROM journal_digest WHERE id = (SELECT max(id) FROM journal_digest)")
    by_owner("DELETE FROM journal_seal WHERE n = 2")
    assert [fault.kind for fault in verify(kept).faults] == ["truncated"]


def test_the_chain_goes_on_past_a_head_kept_earlier() -> None:
    _chain_of("A1")
    kept = verify().head
    _chain_of("A2")
    assert verify(kept).faults == ()


def test_a_column_added_later_changes_nothing(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1")
    by_owner(f"ALTER TABLE {EVENTS} ADD COLUMN later text NOT NULL DEFAULT 'x'")
    try:
        _chain_of("A2")
        assert RowDigest.objects.values_list("columns").distinct().count() == 2
        assert verify().faults == ()
        by_owner(f"UPDATE {EVENTS} SET later = 'y'")
        assert [fault.digest for fault in verify().faults] == [RowDigest.objects.latest("pk").pk]
    finally:
        by_owner(f"ALTER TABLE {EVENTS} DROP COLUMN later")


def test_a_slow_transaction_that_wrote_first_is_waited_for_and_not_left_out() -> None:
    written, may_end = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            _register("SLOW")
            written.set()
            assert may_end.wait(30)
        connection.close()

    with ThreadPoolExecutor(1) as others:
        slow = others.submit(slowly)
        assert written.wait(30)
        _register("FAST")
        assert seal(patience=0.1) is None
        may_end.set()
        slow.result()
    link = _sealed()
    assert link.rows == 2
    assert verify().faults == ()


def test_several_sealing_at_once_make_one_chain() -> None:
    def work(name: str) -> None:
        for number in range(15):
            _register(f"{name}{number}")
            seal(patience=0.05)
        connection.close()

    with ThreadPoolExecutor(4) as others:
        for done in [others.submit(work, name) for name in "KLMN"]:
            done.result()
    until(lambda: seal() is None and verify().unsealed == 0, 60, "everything sealed")
    verdict = verify()
    assert (verdict.faults, verdict.events) == ((), 60)
    assert list(Seal.objects.order_by("n").values_list("n", flat=True)) == list(range(1, verdict.seals + 1))


@contextmanager
def _as_owner() -> Iterator[None]:
    name = str(connection.settings_dict["NAME"])
    point_django_at(name, "owner")
    try:
        yield
    finally:
        point_django_at(name, "app")


def _install() -> tuple[str, ...]:
    with _as_owner(), connection.cursor() as cursor:
        missing = tables_without_digests(cursor)
        write_digests(cursor)
        assert tables_without_digests(cursor) == ()
    return missing


def test_a_journal_older_than_its_digests_is_caught_up_with(by_owner: Callable[[str], None]) -> None:
    by_owner(f"DROP TRIGGER journal_digest ON {EVENTS}")
    _register("A1")
    assert not RowDigest.objects.exists()
    assert _install() == (EVENTS,)
    _chain_of("A2")
    verdict = verify()
    assert (verdict.faults, verdict.events) == ((), 2)


def test_what_came_while_the_digests_were_switched_off_stays_named(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1")
    by_owner(f"DROP TRIGGER journal_digest ON {EVENTS}")
    _register("A2")
    assert _install() == (EVENTS,)
    _chain_of("A3")
    assert [fault.kind for fault in verify().faults] == ["added"]


@pytest.mark.parametrize("table", ["journal_digest", "journal_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = 0", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_app_role_cannot_touch_what_seals_the_journal(table: str, statement: str) -> None:
    _chain_of("A1")
    statement = statement.replace("id", "n") if table == "journal_seal" else statement
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement.format(table))


def test_the_app_role_cannot_switch_the_digests_off() -> None:
    with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic():
        connection.cursor().execute(f'ALTER TABLE {EVENTS} DISABLE TRIGGER "journal_digest"')


def test_the_command_names_the_fault_and_says_so_by_its_exit(by_owner: Callable[[str], None]) -> None:
    _chain_of("A1")
    good = CliRunner().invoke(app, ["journal", "verify"])
    assert good.exit_code == 0
    assert verify().head in good.output
    by_owner(f"UPDATE {EVENTS} SET name = '別名'")
    bad = CliRunner().invoke(app, ["journal", "verify"])
    assert bad.exit_code == 1
    assert f"changed: event {_ids()[0]} of {EVENTS}" in bad.output
