"""The board and the reminders where a system uploads for the institution: its months count as anybody's."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from careward.correspondence.models import Letter
from careward.gateway.backend import DeliveryRefused
from careward.gateway.django_backend import DjangoBackend
from careward.intake.models import Delivery
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.roc import RocMonth
from careward.monthly.reminding import remind_due
from careward.provisioning import system_acts
from careward.provisioning.models import SystemAccount, UploadAccount
from careward.rulebook import current
from support.delivering import CODE, MADE, account, arrived, publishing, sample_forms, samples, work
from support.delivering import system as opened_system
from support.signing_in import person, sign_in

# Transactions of their own: a gateway acknowledges what it sees committed, and nothing else.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("uploads_open")]

MODE, OTHER = "nursing_home_system", "1131000018"
VENDOR = Actor("vendor", "test")
JANUARY = RocMonth.parse("11501")
DUE = current().written_seasons["115"].due_at(JANUARY)


@pytest.fixture
def mine() -> UploadAccount:
    return account("live", username="", networks=[], through=MODE)


@pytest.fixture
def system(mine: UploadAccount) -> SystemAccount:
    with clock.frozen(MADE):
        return opened_system()


def send(system: SystemAccount, dataset: str, code: str = CODE) -> Delivery:
    """One clean file of the system's, received as the gateway does it, and checked."""
    spec = publishing.specification_in_force()
    rows = samples.good_rows(spec, spec.dataset(dataset), institution_code=code, period=JANUARY, n=1, seed=1)
    content = sample_forms.as_csv(spec.dataset(dataset), rows)
    backend = DjangoBackend()
    guest = DjangoBackend.guest.__wrapped__(backend, system.username)  # type: ignore[attr-defined]
    receive = DjangoBackend.receive.__wrapped__  # type: ignore[attr-defined]
    name = f"{dataset}-{JANUARY}-{code}.csv"
    ticket = receive(backend, guest, "live", name, arrived(content), perhaps_cut=False)
    delivery = Delivery.objects.get(ticket=ticket)
    work(delivery)
    delivery.refresh_from_db()
    assert delivery.state == "accepted"
    return delivery


def words(client: Client, address: str) -> str:
    page = client.get(address).content.decode().partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def officer(client: Client) -> Client:
    return sign_in(client, person("officer", county="10007", unit="health"))


def test_a_month_the_system_sent_in_time_is_the_institutions_and_no_other_ones(
    officer: Client, system: SystemAccount
) -> None:
    account("live", OTHER, username="", networks=[], through=MODE)
    assert "還沒收齊 2" in words(officer, "/months/")
    send(system, "staff")
    assert "還沒收齊 2" in words(officer, "/months/")
    send(system, "institution_month")
    board = words(officer, "/months/")
    assert "準時 1" in board
    assert "還沒收齊 1" in board


def test_what_the_system_sent_late_is_late(officer: Client, system: SystemAccount) -> None:
    with clock.frozen(DUE + timedelta(hours=1)):
        send(system, "staff")
        send(system, "institution_month")
        assert "逾期補上 1" in words(officer, f"/months/?month={JANUARY}")


def test_the_institution_sees_its_months_and_the_receipt_of_the_systems_file(
    client: Client, system: SystemAccount
) -> None:
    delivery = send(system, "staff")
    sign_in(client, person("institution", institution_code=CODE))
    assert "人員" in words(client, reverse("monthly:own"))
    assert client.get(reverse("intake:receipt", args=[delivery.ticket])).status_code == 200


def test_the_letter_says_to_fill_in_at_the_system_and_names_no_account(system: SystemAccount) -> None:
    with clock.frozen(DUE - timedelta(days=5)):
        assert remind_due(clock.now()) == 1
    letter = Letter.objects.get(kind="month_due")
    assert "護理之家照護管理系統" in letter.body
    assert "上傳帳號" not in letter.body


def test_while_the_system_is_stopped_nobody_is_told_to_send_through_it(system: SystemAccount) -> None:
    account("live", OTHER)
    system = system_acts.suspend_system(system, VENDOR, reason="金鑰外洩")
    with clock.frozen(DUE - timedelta(days=5)):
        assert remind_due(clock.now()) == 1
        assert Letter.objects.get(kind="month_due").institution_code == OTHER
        system_acts.resume_system(system, VENDOR)
        assert remind_due(clock.now()) == 1
    assert Letter.objects.filter(kind="month_due").count() == 2


def test_a_file_in_the_systems_name_for_somebody_else_is_on_no_board(system: SystemAccount) -> None:
    account("live", OTHER)
    with pytest.raises(DeliveryRefused):
        send(system, "staff", OTHER)
    assert not Delivery.objects.exists()


def test_a_system_without_a_key_lets_nothing_come_and_nobody_is_told_to_send_through_it(
    mine: UploadAccount, client: Client
) -> None:
    with clock.frozen(MADE):
        opened = opened_system(key=False)
    sign_in(client, person("institution", institution_code=CODE))
    with clock.frozen(DUE - timedelta(days=5)):
        assert remind_due(clock.now()) == 0
        assert "系統目前不能替貴機構上傳" in words(client, "/my/")
        assert "還沒有登記金鑰" in words(client, "/my/connection/")
        assert "11501 暫停中" in words(client, "/institution/months/")
        system_acts.register_system_key(opened, VENDOR, line="ssh-ed25519 key")
        assert remind_due(clock.now()) == 1
        assert "現在可以上傳" in words(client, "/my/")
        assert "由系統轉送" in words(client, "/my/connection/")
        assert "11501 還沒收齊" in words(client, "/institution/months/")
