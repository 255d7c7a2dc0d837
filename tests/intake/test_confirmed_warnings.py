"""Warnings confirmed with a reason: not asked about again while record and value are the same."""

import pytest
from django.test import Client

from careward.intake import confirming
from careward.intake.models import Delivery, WarningConfirmation
from careward.intake.receipts import receipt_in
from support import delivering
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]

RULE = "staff.leaving_lies_ahead"


@pytest.fixture
def institution(client: Client) -> Client:
    return sign_in(client, person("institution", institution_code=delivering.CODE))


def _warned(n: int = 2, day: str = "1150630") -> Delivery:
    delivery = delivering.checked(delivering.account(), delivering.staff_csv(n, employed_to=day))
    assert (delivery.state, delivery.warning_count) == ("accepted", n)
    return delivery


def _confirm(client: Client, delivery: Delivery, line: str = "", reason: str = "聘約到六月") -> str:
    address = f"/my/deliveries/{delivery.ticket}/warnings/?rule={RULE}&line={line}"
    return client.post(address, {"reason": reason}, follow=True).content.decode()


def _page(client: Client, delivery: Delivery) -> str:
    return client.get(f"/my/deliveries/{delivery.ticket}/").content.decode()


def test_a_confirmed_warning_is_shown_as_such_in_this_and_later_receipts(institution: Client) -> None:
    first = _warned()
    before = receipt_in(first, "json")
    assert "內容正確，確認這一項" in _page(institution, first)
    assert "已確認 2 項提醒" in _confirm(institution, first)
    later = _warned(3)
    for delivery, new in ((first, 0), (later, 1)):
        page = _page(institution, delivery)
        assert page.count("已確認：聘約到六月") == 2
        assert page.count("內容正確，確認這一項") == new
    assert receipt_in(first, "json") == before


def test_another_value_is_asked_about_anew(institution: Client) -> None:
    _confirm(institution, _warned())
    changed = _warned(day="1150731")
    assert "內容正確，確認這一項" in _page(institution, changed)
    assert "已確認：" not in _page(institution, changed)


def test_one_line_alone_is_confirmed(institution: Client) -> None:
    delivery = _warned()
    _confirm(institution, delivery, line="2")
    page = _page(institution, delivery)
    assert (page.count("已確認：聘約到六月"), page.count("內容正確，確認這一項")) == (1, 1)
    _confirm(institution, delivery)
    assert WarningConfirmation.objects.in_force().count() == 2


def test_it_wants_a_reason_and_errors_cannot_be_confirmed(institution: Client) -> None:
    delivery = _warned()
    assert "請寫明內容為什麼正確" in _confirm(institution, delivery, reason=" ")
    faulty = delivering.checked(delivering.account(), delivering.staff_csv(1, role="XXX"))
    address = f"/my/deliveries/{faulty.ticket}/warnings/?rule=staff.role.code_list"
    assert "沒有要確認的提醒" in institution.post(address, {"reason": "x"}, follow=True).content.decode()
    assert not WarningConfirmation.objects.exists()


def test_what_is_taken_back_is_asked_about_again_and_stays_in_the_record(institution: Client) -> None:
    delivery = _warned(1)
    _confirm(institution, delivery)
    listed = institution.get("/my/confirmed/").content.decode()
    row = WarningConfirmation.objects.get()
    assert "聘約到六月" in listed
    page = institution.post(f"/my/confirmed/{row.pk}/revoke/", follow=True).content.decode()
    assert "還沒有確認過提醒" in page
    assert "內容正確，確認這一項" in _page(institution, delivery)
    row.refresh_from_db()
    assert row.revoked_at == delivering.OPEN
    told = [event.pgh_context["act"] for event in row.events.order_by("pgh_id")]
    assert told == ["warning.confirm", "warning.revoke"]
    _confirm(institution, delivery)
    assert WarningConfirmation.objects.count() == 2


def test_it_holds_for_the_institution_that_confirmed_alone(institution: Client, client: Client) -> None:
    _confirm(institution, _warned())
    row = WarningConfirmation.objects.first()
    assert row is not None
    stranger = sign_in(Client(), person("institution", "other@example.org", institution_code="1131000010"))
    assert stranger.post(f"/my/confirmed/{row.pk}/revoke/").status_code == 404
    assert stranger.post(f"/my/deliveries/{row.delivery.ticket}/warnings/?rule={RULE}").status_code == 404
    other = delivering.account(code="1131000010")
    delivery = delivering.checked(other, delivering.staff_csv(2, code="1131000010", employed_to="1150630"))
    assert len(confirming.open_warnings(delivery, rule=RULE, line="")) == 2


def test_a_bare_digest_says_nothing_without_the_key(
    institution: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = _warned(1)
    (found,) = confirming.open_warnings(delivery, rule=RULE, line="")
    before = confirming.digest_of(delivery, found)
    monkeypatch.setenv("CAREWARD_HASH_KEY", "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
    assert confirming.digest_of(delivery, found) != before
