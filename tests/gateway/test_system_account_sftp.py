"""One account of a system uploads for many institutions: those it is signed off for, and no other. With OpenSSH."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from careward.gateway.backend import Outcome
from careward.gateway.django_backend import DjangoBackend
from careward.gateway.models import ConnectionAttempt
from careward.intake.models import Delivery
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.provisioning import acts, system_acts
from careward.provisioning.models import SystemAccount, UploadAccount
from careward.vendors.keys import public_line
from gateway.running import OpenSsh, Running
from support.delivering import OPEN, account, staff_csv, work
from support.signing_in import person, sign_in
from support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

MODE = "nursing_home_system"
VENDOR = Actor("vendor", "test")
MINE, OTHERS = "1131000009", "1131000018"


@pytest.fixture
def open_day() -> Iterator[None]:
    with clock.frozen(OPEN):
        yield


@pytest.fixture
def backend(open_day: None) -> Iterator[DjangoBackend]:
    made = DjangoBackend()
    yield made
    made.close()


@pytest.fixture
def mine(open_day: None) -> UploadAccount:
    return account("live", MINE, username="", networks=[], through=MODE)


@pytest.fixture
def system(mine: UploadAccount) -> SystemAccount:
    fresh = SystemAccount(mode=MODE, username="cw-nursing-home-system", networks=["127.0.0.1/32"])
    return system_acts.open_account(fresh, VENDOR)


@pytest.fixture
def client(system: SystemAccount, gateway: Running, tmp_path: Path) -> OpenSsh:
    folder = tmp_path / "client"
    folder.mkdir()
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    line = public_line(key.with_suffix(".pub").read_text())
    system_acts.register_system_key(system, VENDOR, line=line)
    options = {"IdentityFile": str(key), "PreferredAuthentications": "publickey"}
    return OpenSsh(gateway, folder, "", system.username, options)


def put(client: OpenSsh, name: str, code: str) -> tuple[int, str]:
    (client.folder / name).write_bytes(staff_csv(code=code))
    return client.sftp(f"put {name} /inbox/", "ls -1 /inbox")


def test_a_file_is_the_institutions_whose_code_its_name_says(client: OpenSsh, mine: UploadAccount) -> None:
    code, output = put(client, f"staff-11501-{MINE}.csv", MINE)
    assert code == 0, output
    assert f"/inbox/staff-11501-{MINE}.csv" in output
    delivery = Delivery.objects.get()
    assert (delivery.account_id, delivery.institution.code) == (mine.pk, MINE)
    assert (delivery.dataset, delivery.period) == ("staff", "11501")


def test_the_receipt_goes_to_the_system_and_to_the_institutions_page(client: OpenSsh) -> None:
    assert put(client, f"staff-11501-{MINE}.csv", MINE)[0] == 0
    delivery = Delivery.objects.get()
    work(delivery)
    delivery.refresh_from_db()
    assert delivery.state == "accepted"
    code, output = client.sftp(f"get /receipts/{delivery.receipt_name}.txt", "ls -1 /receipts")
    assert code == 0, output
    assert delivery.ticket in (client.folder / f"{delivery.receipt_name}.txt").read_text()
    user = sign_in(Client(), person("institution", institution_code=MINE))
    assert delivery.ticket in user.get("/my/").content.decode()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (f"staff-11501-{OTHERS}.csv", "institution_not_connected"),
        ("staff-11501.csv", "name_without_institution"),
    ],
)
def test_a_file_for_any_other_institution_is_refused_with_the_reason(
    client: OpenSsh, name: str, told: str
) -> None:
    account("live", OTHERS)
    code, output = put(client, name, OTHERS)
    assert code != 0, output
    assert not Delivery.objects.exists()
    until(lambda: ConnectionAttempt.objects.filter(outcome=Outcome.FILE_REFUSED).exists())
    noted = ConnectionAttempt.objects.get(outcome=Outcome.FILE_REFUSED)
    assert (noted.account_id, noted.detail) == (None, told)
    assert noted.system is not None


def test_its_attempts_stand_with_the_institution_whose_file_it_was(
    client: OpenSsh, mine: UploadAccount, system: SystemAccount
) -> None:
    other = account("live", OTHERS, username="", networks=[], through=MODE)
    assert put(client, f"staff-11501-{MINE}.csv.part", MINE)[0] == 0
    assert client.sftp(f"rename /inbox/staff-11501-{MINE}.csv.part /inbox/staff-11501-{MINE}.csv")[0] == 0
    acts.suspend(other, VENDOR, reason="停業")
    assert put(client, f"staff-11501-{OTHERS}.csv", OTHERS)[0] != 0
    rename = (f"rename /inbox/{MINE}.part /test/inbox/staff-11501-{MINE}.csv",)
    assert client.sftp(f"put staff-11501-{MINE}.csv.part /inbox/{MINE}.part", *rename)[0] != 0
    files = ConnectionAttempt.objects.filter(step="file", system=system).order_by("pk")
    found = files.values_list("account", "outcome", "detail")
    until(
        lambda: (
            set(found.all())
            == {
                (mine.pk, "received", ""),
                (other.pk, "file_refused", "institution_not_connected"),
                (mine.pk, "file_refused", "rename_other_lane"),
            }
        )
    )


def test_the_same_refusal_of_a_system_is_one_line_too(client: OpenSsh, system: SystemAccount) -> None:
    system_acts.suspend_system(system, VENDOR, reason="金鑰外洩")
    assert [client.sftp("ls")[0] for _ in range(2)] == [255, 255]
    noted = ConnectionAttempt.objects.filter(system=system, outcome=Outcome.WITHOUT_RIGHT)
    assert noted.count() == 1


def test_a_void_sign_off_ends_the_right_for_that_institution_alone(
    client: OpenSsh, mine: UploadAccount
) -> None:
    account("live", OTHERS, username="", networks=[], through=MODE)
    acts.hold(mine, Actor.system("test"))
    assert put(client, f"staff-11501-{MINE}.csv", MINE)[0] != 0
    assert put(client, f"staff-11501-{OTHERS}.csv", OTHERS)[0] == 0
    assert Delivery.objects.get().institution.code == OTHERS


def test_the_lane_is_the_institutions_own(client: OpenSsh, mine: UploadAccount) -> None:
    account("test", OTHERS, username="", networks=[], through=MODE)
    (client.folder / "a.csv").write_bytes(staff_csv(code=OTHERS))
    assert client.sftp(f"put a.csv /inbox/staff-11501-{OTHERS}.csv")[0] != 0
    assert client.sftp(f"put a.csv /test/inbox/staff-11501-{OTHERS}.csv")[0] == 0
    assert Delivery.objects.get().lane == "test"


def test_no_password_opens_it_and_no_other_address(client: OpenSsh, system: SystemAccount) -> None:
    client.options, client.password = {"PreferredAuthentications": "password"}, "anything"
    assert client.sftp("ls")[0] == 255
    client.options = {}
    system_acts.change_system_sources(system, VENDOR, sources=["168.95.1.1/32"])
    assert client.sftp("ls")[0] == 255


def test_suspending_the_system_cuts_its_live_session(client: OpenSsh, system: SystemAccount) -> None:
    with client.start("ssh", "-s", "127.0.0.1", "sftp", stdin=subprocess.PIPE) as process:
        until(lambda: ConnectionAttempt.objects.filter(outcome=Outcome.SIGNED_IN).exists())
        system_acts.suspend_system(system, Actor("ministry", "test"), reason="金鑰外洩")
        assert process.wait(timeout=20) == 255
    assert client.sftp("ls")[0] == 255


def test_while_it_uploads_for_nobody_it_does_not_come_in(client: OpenSsh, mine: UploadAccount) -> None:
    with acting(Actor.system("test"), "prepare"):
        acts.hold(mine, Actor.system("test"))
    assert client.sftp("ls")[0] == 255


def test_ending_a_key_cuts_the_session_that_came_in_by_it_and_no_other(
    client: OpenSsh, gateway: Running, system: SystemAccount, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    line = public_line(key.with_suffix(".pub").read_text())
    system_acts.register_system_key(system, VENDOR, line=line)
    other = OpenSsh(gateway, folder, "", system.username, {**client.options, "IdentityFile": str(key)})
    words = ("ssh", "-s", "127.0.0.1", "sftp")
    with (
        client.start(*words, stdin=subprocess.PIPE) as one,
        other.start(*words, stdin=subprocess.PIPE) as two,
    ):
        until(lambda: ConnectionAttempt.objects.filter(outcome=Outcome.SIGNED_IN).count() == 2)
        first = system.system_keys.order_by("pk")[0]
        system_acts.end_system_key(system, VENDOR, key=first.pk, reason="金鑰外洩")
        assert one.wait(timeout=20) == 255
        assert two.poll() is None
        two.kill()
    assert client.sftp("ls")[0] == 255
    assert other.sftp("ls")[0] == 0
