"""Months missed while an account, or the system that uploads, was stopped; and what is left of a closed account."""

import importlib
import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.apps import apps
from django.test import Client

from careward.correspondence.models import Letter
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.clock import taipei
from careward.kernel.roc import RocMonth
from careward.monthly.reminding import remind_due
from careward.provisioning import acts, system_acts
from careward.provisioning.models import UploadAccount
from careward.provisioning.stops import UploadStop, stops_of
from careward.rulebook import current
from support.delivering import CODE, MADE, account
from support.delivering import system as opened_system
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]

MODE = "nursing_home_system"
VENDOR = Actor("vendor", "test")
DUE = current().written_seasons["115"].due_at(RocMonth.parse("11501"))
REASON = "疑似外洩"


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode().partition("<main")[2])).split())


def stopped(of: UploadAccount, begins: datetime, ends: datetime | None) -> UploadAccount:
    with clock.frozen(begins):
        of = acts.suspend(of, VENDOR, reason=REASON)
    if ends is None:
        return of
    with clock.frozen(ends):
        return acts.resume(of, VENDOR)


@pytest.fixture
def ministry(client: Client) -> Client:
    return sign_in(client, person("ministry"))


def test_a_month_missed_while_suspended_is_told_apart_and_takes_nothing_from_the_institution(
    ministry: Client,
) -> None:
    stopped(account("live"), DUE - timedelta(days=3), DUE + timedelta(hours=1))
    with clock.frozen(DUE + timedelta(days=1)):
        assert "因暫停未準時 1" in words(ministry, "/months/?month=11501")
        year = words(ministry, "/months/year/")
        assert "0／11" in year
        assert "不算應送月份" in year
        page = words(ministry, f"/months/institution/{CODE}/")
    assert "因暫停未準時 1 個月（不算應送月份）" in page
    assert "還沒收齊" in page
    assert REASON in page


def test_while_it_is_suspended_the_month_is_paused_and_the_institution_reads_why(client: Client) -> None:
    stopped(account("live"), DUE - timedelta(days=3), None)
    institution = sign_in(client, person("institution", institution_code=CODE))
    with clock.frozen(DUE - timedelta(days=1)):
        page = words(institution, "/institution/months/")
        assert "11501 暫停中" in page
        assert f"還在暫停（{REASON}）" in page
        assert "11501 暫停中" in words(institution, "/my/")


def test_a_short_stop_long_before_the_due_moment_excuses_nothing(ministry: Client) -> None:
    stopped(account("live"), DUE - timedelta(days=5), DUE - timedelta(days=5) + timedelta(hours=2))
    with clock.frozen(DUE + timedelta(days=1)):
        assert "逾期未收齊 1" in words(ministry, "/months/?month=11501")


def test_after_the_stop_it_is_reminded_all_the_same_and_told_how_the_month_is_listed() -> None:
    stopped(account("live"), DUE - timedelta(days=3), DUE + timedelta(hours=1))
    assert remind_due(DUE + timedelta(days=1)) == 1
    letter = Letter.objects.get(kind="month_due")
    assert "因暫停未準時" in letter.body
    assert "列為逾期補上" not in letter.body


def test_a_systems_stop_is_that_of_every_institution_it_uploads_for(ministry: Client) -> None:
    account("live", username="", networks=[], through=MODE)
    own = account("live", "1131000201")
    with clock.frozen(MADE):
        system = opened_system()
    with clock.frozen(DUE - timedelta(days=2)):
        system_acts.suspend_system(system, VENDOR, reason=REASON)
    with clock.frozen(DUE + timedelta(days=1)):
        board = words(ministry, "/months/?month=11501")
    assert "因暫停未準時 1" in board
    assert "逾期未收齊 1" in board
    assert stops_of([own])[own.pk] == ()


def test_nothing_could_come_before_the_systems_first_key_nor_between_two_of_its_accounts() -> None:
    of = account("live", username="", networks=[], through=MODE)
    assert stops_of([of])[of.pk][0].holds(DUE)
    opened, closed, again = taipei(2026, 1, 5), taipei(2026, 2, 6), taipei(2026, 2, 9)
    for at, name in ((opened, "cw-one"), (again, "cw-two")):
        with clock.frozen(at - timedelta(days=1)):
            system = opened_system(name, key=False)
        with clock.frozen(at):
            system_acts.register_system_key(system, VENDOR, line=f"ssh-ed25519 {name}")
        if at == opened:
            with clock.frozen(closed):
                system_acts.close_system(system, VENDOR)
    hour = timedelta(hours=1)
    spans = stops_of([of])[of.pk]
    held = [
        any(span.holds(at) for span in spans)
        for at in (opened - hour, opened, closed - hour, closed, again - hour, again, DUE)
    ]
    assert held == [True, False, False, True, True, False, False]


def test_a_held_account_that_is_made_anew_is_stopped_no_longer() -> None:
    of = stopped(account("live"), DUE - timedelta(days=3), None)
    with clock.frozen(DUE - timedelta(days=2)):
        acts.hold(of, Actor.system("test"))
    assert not UploadStop.objects.filter(ends=None).exists()


def test_a_closed_accounts_months_stay_to_be_seen_and_nobody_is_reminded_of_them(
    ministry: Client,
) -> None:
    of = account("live")
    with clock.frozen(DUE - timedelta(days=8)):
        acts.close(of, VENDOR)
    assert remind_due(DUE - timedelta(days=1)) == 0
    with clock.frozen(DUE + timedelta(days=1)):
        assert "逾期未收齊 1" in words(ministry, "/months/?month=11501")
        assert "帳號已關閉" in words(ministry, "/months/year/")
        assert "已經關閉，不能再上傳" in words(ministry, f"/months/institution/{CODE}/")


def test_an_institution_with_a_closed_and_a_new_account_stands_on_the_board_once(ministry: Client) -> None:
    acts.close(account("live", requested_at=MADE - timedelta(days=1)), VENDOR)
    account("live")
    page = words(ministry, "/months/year/")
    assert "共 1 家" in page
    assert "帳號已關閉" not in page


def test_who_got_its_account_late_is_not_asked_for_the_months_before(ministry: Client) -> None:
    account("live", created_at=taipei(2026, 3, 2))
    assert "0／10" in words(ministry, "/months/year/")


def test_stops_of_before_are_told_from_the_history_once() -> None:
    of = stopped(account("live"), DUE - timedelta(days=3), DUE)
    still = stopped(account("live", "1131000202"), DUE - timedelta(days=1), None)
    systems = []
    for day, name in ((1, "cw-one"), (5, "cw-two")):
        with clock.frozen(taipei(2026, 2, day)):
            systems.append(opened_system(name))
        if day == 1:
            with clock.frozen(taipei(2026, 2, 3)):
                system_acts.close_system(systems[0], VENDOR)
    kept = _all()
    assert {row[:2] for row in kept} == {(of.pk, None), (still.pk, None), (None, systems[0].pk)}
    _forget()
    importlib.import_module("careward.provisioning.migrations.0009_stops_of_before").tell_stops(apps, None)
    assert _all() == kept


def _all() -> set[tuple[object, object, datetime, datetime | None]]:
    return set(UploadStop.objects.values_list("account", "system", "begins", "ends"))


def _forget() -> None:
    from careward.journal import acting

    with acting(Actor.system("test"), "forget"):
        UploadStop.objects.all().delete()
