"""The account of a system that uploads for many institutions: opened, given a key, stopped; its page."""

from datetime import timedelta

import asyncssh
import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.provisioning import system_acts as acts
from careward.provisioning.jobs import tell_of_system
from careward.provisioning.models import SystemAccount
from support import delivering
from support.delivering import OPEN
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db

VENDOR = Actor("vendor", "test")
MODE = "nursing_home_system"
PAGE = f"/provisioning/system/{MODE}/"
KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


def opened() -> SystemAccount:
    return acts.open_account(
        SystemAccount(mode=MODE, username="cw-system", networks=["168.95.1.1/32"]), VENDOR
    )


def through(code: str = delivering.CODE, lane: str = "live", **changes: object) -> object:
    return delivering.account(lane, code, username="", networks=[], through=MODE, **changes)


def test_the_vendor_opens_it_gives_it_a_key_and_sees_for_whom_it_uploads(client: Client) -> None:
    through()
    sign_in(client, person("vendor"))
    page = client.get(PAGE).content.decode()
    assert delivering.CODE in page
    client.post(PAGE, {"act": "open", "username": "cw-system", "sources": "168.95.1.1"})
    keyless = client.get(PAGE).content.decode()
    assert "還不能登入" in keyless
    assert "系統目前不能上傳" in keyless
    assert "還不能登入" in client.get("/connections/").content.decode()
    client.post(PAGE, {"act": "register_key", "line": KEY})
    system = SystemAccount.objects.get()
    assert (system.state, system.networks) == ("in_use", ["168.95.1.1/32"])
    page = client.get(PAGE).content.decode()
    assert system.system_keys.get().fingerprint in page
    assert "系統目前不能上傳" not in page


def test_vendor_and_ministry_stop_it_with_a_reason_and_only_the_vendor_opens_it(client: Client) -> None:
    sign_in(client, person("ministry"))
    client.post(PAGE, {"act": "open", "username": "cw-system", "sources": "168.95.1.1"})
    assert not SystemAccount.objects.exists()
    system = opened()
    assert "請填寫暫停使用的原因" in client.post(PAGE, {"act": "suspend", "reason": ""}).content.decode()
    client.post(PAGE, {"act": "suspend", "reason": "金鑰外洩"})
    system.refresh_from_db()
    assert (system.state, system.suspended_reason) == ("suspended", "金鑰外洩")
    client.post(PAGE, {"act": "resume"})
    system.refresh_from_db()
    assert (system.state, system.suspended_reason) == ("in_use", "")


def _letters(kind: str) -> list[Letter]:
    return list(Letter.objects.filter(kind=kind).order_by("pk"))


def _do_jobs() -> int:
    """Every telling that was deferred, as the worker does it; how many."""
    waiting = list(ProcrastinateJob.objects.filter(task_name=tell_of_system.name).order_by("pk"))
    for job in waiting:
        tell_of_system(**job.args)
    return len(waiting)


def test_a_stopped_and_a_resumed_system_is_told_to_the_vendor_and_to_whom_it_uploads_for() -> None:
    vendor, officer = person("vendor"), person("officer", county="10007", unit="health")
    with frozen(OPEN):
        through()
        system = acts.suspend_system(keyed(), Actor("ministry", "test"), reason="金鑰外洩")
        assert _do_jobs() == 1
        (to_vendor,), (to_institution,) = _letters("system_account_suspended"), _letters("system_suspended")
        assert (to_vendor.to, "金鑰外洩" in to_vendor.body, "1 家" in to_vendor.body) == (
            [vendor.email],
            True,
            True,
        )
        assert (to_institution.to, to_institution.cc) == (["office@example.org"], [officer.email])
        assert "金鑰外洩" in to_institution.body
    with frozen(OPEN + timedelta(hours=1)):
        acts.resume_system(system, Actor("ministry", "test"))
        assert _do_jobs() == 2
        assert len(_letters("system_account_resumed")) == len(_letters("system_resumed")) == 1
        _do_jobs()  # a worker that died and did both again
    assert Letter.objects.filter(kind__startswith="system_").count() == 4


@pytest.mark.parametrize("state", ["suspended", "closed", "held"])
def test_who_is_not_uploaded_for_hears_nothing_of_the_system(state: str) -> None:
    with frozen(OPEN):
        through(state=state)
        delivering.account("live", "1131000018")
        acts.suspend_system(opened(), VENDOR, reason="金鑰外洩")
        _do_jobs()
    assert not Letter.objects.exists()


def test_whose_right_is_over_hears_nothing_of_the_system() -> None:
    with frozen(OPEN):
        through(lane="test")
        system = opened()
    with frozen(taipei(2026, 5, 1)):
        acts.suspend_system(system, VENDOR, reason="金鑰外洩")
        _do_jobs()
    assert not Letter.objects.exists()


def test_a_mode_with_accounts_of_its_own_has_no_system(client: Client) -> None:
    sign_in(client, person("vendor"))
    assert client.get("/provisioning/system/own/").status_code == 404


def test_one_system_a_mode_and_no_name_twice(client: Client) -> None:
    opened()
    with pytest.raises(Refused) as refused:
        acts.open_account(SystemAccount(mode=MODE, username="another", networks=["168.95.1.1/32"]), VENDOR)
    assert refused.value.code == "system_account_exists"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("staff-11501-1131000009.csv", True),
        ("Staff-11501-1131000009.CSV", True),
        ("staff-11501-１１３１０００００９.csv", True),
        ("staff-11501-1131000018.csv", False),
        ("staff-11501-11310000091.csv", False),
        ("staff-11501-.csv", False),
        ("staff-11501.csv", False),
        ("1131000009.csv", False),
    ],
)
def test_whose_a_file_is_its_name_says_exactly(name: str, found: bool) -> None:
    mine, system = through(), opened()
    if found:
        assert acts.account_for(system, name, OPEN) == mine
        return
    with pytest.raises(Refused):
        acts.account_for(system, name, OPEN)


@pytest.mark.parametrize("state", ["suspended", "closed", "held"])
def test_who_is_stopped_is_not_uploaded_for(state: str) -> None:
    through(state=state)
    with pytest.raises(Refused) as refused:
        acts.account_for(opened(), f"staff-11501-{delivering.CODE}.csv", OPEN)
    assert refused.value.code == "institution_not_connected"


def test_it_opens_when_uploads_do_and_not_while_it_uploads_for_nobody() -> None:
    system = opened()
    assert acts.lanes_of(system) == ()
    through()
    assert acts.lanes_of(system) == ("live", "test")
    with frozen(OPEN):
        opens = acts.opens_at(system)
    assert opens is not None
    assert f"{opens:%Y-%m-%d}" == "2025-12-22"


def keyed(*lines: str) -> SystemAccount:
    system = opened()
    for line in lines or (KEY,):
        system = acts.register_system_key(system, VENDOR, line=line)
    return system


OTHER_KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


def test_one_of_two_keys_is_ended_with_a_reason_and_only_the_vendor_hears_of_it(client: Client) -> None:
    vendor = person("vendor")
    with frozen(OPEN):
        through()
        system = keyed(KEY, OTHER_KEY)
        old, new = system.system_keys.order_by("pk")
        sign_in(client, vendor)
        missing = client.post(PAGE, {"act": "end_key", "key": old.pk, "reason": " "}).content.decode()
        assert "請填寫停用金鑰的原因" in missing
        assert (
            "請選擇要停用的金鑰" in client.post(PAGE, {"act": "end_key", "reason": "外洩"}).content.decode()
        )
        client.post(PAGE, {"act": "end_key", "key": old.pk, "reason": "離職人員的金鑰"})
        assert _do_jobs() == 1
        valid = system.system_keys.valid_at(OPEN)
        assert [key.pk for key in valid] == [new.pk]
        again = client.post(PAGE, {"act": "end_key", "key": old.pk, "reason": "再一次"}).content.decode()
        assert "這把金鑰已經停用" in again
    (told,) = Letter.objects.filter(kind__contains="system")
    assert (told.kind, told.to) == ("system_account_key_ended", [vendor.email])
    assert old.fingerprint in told.body
    assert "離職人員的金鑰" in told.body
    assert not system.stops.exists()


def test_with_its_last_key_ended_nothing_comes_and_the_institutions_hear_of_it_and_of_the_next_key() -> None:
    person("vendor")
    with frozen(OPEN):
        through()
        system = keyed()
        acts.end_system_key(system, VENDOR, key=system.system_keys.get().pk, reason="金鑰外洩")
        _do_jobs()
        assert not system.can_come_in
        assert system.stops.get().ends is None
        (institution,), (to_vendor,) = _letters("system_suspended"), _letters("system_account_key_ended")
        assert "金鑰外洩" in institution.body
        assert "最後一把" in to_vendor.body
    with frozen(OPEN + timedelta(hours=2)):
        acts.register_system_key(system, VENDOR, line=OTHER_KEY)
        _do_jobs()
        assert system.stops.get().ends == OPEN + timedelta(hours=2)
    assert len(_letters("system_resumed")) == len(_letters("system_account_resumed")) == 1


def test_the_first_key_of_all_is_told_to_nobody() -> None:
    person("vendor")
    with frozen(OPEN):
        through()
        keyed()
        _do_jobs()
    assert not Letter.objects.filter(kind__contains="system_").exists()


def test_a_key_ended_while_the_system_is_stopped_keeps_it_stopped_after_the_resuming() -> None:
    person("vendor")
    with frozen(OPEN):
        through()
        system = acts.suspend_system(keyed(), VENDOR, reason="金鑰外洩")
        acts.end_system_key(system, VENDOR, key=system.system_keys.get().pk, reason="金鑰外洩")
        system = acts.resume_system(system, VENDOR)
        _do_jobs()
        assert system.stops.get().ends is None
        assert (len(_letters("system_suspended")), len(_letters("system_resumed"))) == (1, 0)
        acts.register_system_key(system, VENDOR, line=OTHER_KEY)
        _do_jobs()
        assert system.stops.get().ends == OPEN
        assert len(_letters("system_resumed")) == 1


def test_a_key_whose_overlap_has_passed_lets_no_system_come_in() -> None:
    with frozen(OPEN):
        system = keyed(KEY, OTHER_KEY)
        acts.end_system_key(system, VENDOR, key=system.system_keys.get(valid_to=None).pk, reason="外洩")
        assert system.can_come_in
    with frozen(OPEN + timedelta(days=365)):
        assert not system.can_come_in


def test_a_closed_system_is_told_to_the_vendor_and_to_whom_it_uploads_for() -> None:
    person("vendor")
    with frozen(OPEN):
        through()
        acts.close_system(keyed(), VENDOR)
        _do_jobs()
    assert len(_letters("system_account_closed")) == len(_letters("system_suspended")) == 1
    assert "系統帳號已關閉" in _letters("system_suspended")[0].body
