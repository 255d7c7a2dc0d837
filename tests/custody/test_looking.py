"""A record is shown without masks only after a reason, and every time is a row."""

import pytest
from django.test import Client

from careward.custody.models import FullLook
from careward.intake.models import Delivery
from support.delivering import CODE, account, checked, staff_csv, staff_rows
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]


@pytest.fixture
def delivery() -> Delivery:
    return checked(account("live"), staff_csv(3))


@pytest.fixture
def clerk(client: Client) -> Client:
    return sign_in(client, person("institution", institution_code=CODE))


def _numbers() -> list[str]:
    return [value for row in staff_rows(3) for name, value in row.items() if name.endswith("_id")]


def _post(who: Client, delivery: Delivery, **answers: str) -> str:
    return who.post(f"/my/deliveries/{delivery.ticket}/look/", answers).content.decode()


def test_the_page_alone_shows_nothing(clerk: Client, delivery: Delivery) -> None:
    page = clerk.get(f"/my/deliveries/{delivery.ticket}/look/?line=2").content.decode()
    assert 'value="2"' in page
    assert not any(number in page for number in _numbers())
    assert FullLook.objects.count() == 0


def test_the_page_leads_back_to_the_receipt(clerk: Client, delivery: Delivery) -> None:
    page = clerk.get(f"/my/deliveries/{delivery.ticket}/look/").content.decode()
    assert f'href="/my/deliveries/{delivery.ticket}/"' in page


def test_without_a_reason_nothing_is_shown_and_nothing_is_noted(clerk: Client, delivery: Delivery) -> None:
    page = _post(clerk, delivery, line="2", reason="  ")
    assert "請填寫為什麼需要看完整內容" in page
    assert not any(number in page for number in _numbers())
    assert FullLook.objects.count() == 0


def test_with_a_reason_the_one_record_is_shown_and_everybody_sees_who_looked(
    clerk: Client, delivery: Delivery
) -> None:
    page = _post(clerk, delivery, line="2", reason="核對人員")
    first, *others = staff_rows(3)
    assert all(value in page for value in first.values() if value)
    assert not any(row["staff_id"] in page for row in others if "staff_id" in row)
    look = FullLook.objects.get()
    assert (look.line, look.reason) == (2, "核對人員")
    assert "核對人員" in clerk.get(f"/my/deliveries/{delivery.ticket}/look/").content.decode()


@pytest.mark.parametrize("line", ["1", "99"])
def test_a_line_without_a_record_is_said_and_noted_all_the_same(
    clerk: Client, delivery: Delivery, line: str
) -> None:
    assert f"沒有從第 {line} 列開始的資料" in _post(clerk, delivery, line=line, reason="核對人員")
    assert FullLook.objects.count() == 1


def test_another_institution_and_an_officer_find_no_such_page(client: Client, delivery: Delivery) -> None:
    address = f"/my/deliveries/{delivery.ticket}/look/"
    for who in (
        person("institution", "b@example.org", institution_code="1131000888"),
        person("officer", "c@example.org"),
    ):
        assert sign_in(client, who).get(address).status_code == 404
    assert (
        sign_in(client, person("ministry", "d@example.org", unit="nursing")).get(address).status_code == 200
    )


def test_who_oversees_sees_every_look_of_every_institution_and_no_content(
    client: Client, clerk: Client, delivery: Delivery
) -> None:
    _post(clerk, delivery, line="2", reason="核對人員")
    auditor = sign_in(client, person("auditor"))
    page = auditor.get("/custody/looks/").content.decode()
    assert all(said in page for said in ("核對人員", delivery.ticket, CODE, "共 1 次"))
    taken = auditor.get("/custody/looks/?as=csv").content.decode("utf-8-sig")
    assert all(said in taken for said in ("核對人員", delivery.ticket, CODE))
    assert not any(number in page + taken for number in _numbers())


def test_an_auditor_is_offered_no_look(client: Client, delivery: Delivery) -> None:
    address = f"/my/deliveries/{delivery.ticket}/look/"
    auditor = sign_in(client, person("auditor"))
    assert '<form method="post" class="cw-no-print"' not in auditor.get(address).content.decode()
    assert auditor.post(address, {"line": "2", "reason": "x"}).status_code in (403, 404)
    assert FullLook.objects.count() == 0
