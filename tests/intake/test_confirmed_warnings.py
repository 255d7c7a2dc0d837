"""Warnings confirmed with a reason: not asked about again while record and value are the same."""

import base64
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from python_calamine import CalamineWorkbook

from careward.checking.receipt import signing, verifying
from careward.intake import confirming
from careward.intake.jobs import renew_workbooks
from careward.intake.models import Delivery, WarningConfirmation
from careward.intake.receipts import receipt_in
from careward.kernel import clock
from careward.kernel.identifiers import is_personal_id, mask_id
from careward.kernel.roc import RocMonth
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


def test_a_bare_mark_says_nothing_without_the_key(
    institution: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = _warned(1)
    (found,) = confirming.open_warnings(delivery, rule=RULE, line="")
    assert found.mark
    monkeypatch.setenv("CAREWARD_HASH_KEY", "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
    (again,) = confirming.open_warnings(_warned(2), rule=RULE, line="2")
    assert again.mark != found.mark
    assert (again.record_key, again.found) == (found.record_key, found.found)


def test_a_later_receipt_says_what_was_confirmed_and_is_genuine(institution: Client, tmp_path: Path) -> None:
    _confirm(institution, _warned(), reason="聘約到六月 A123456789")
    later = _warned(3)
    document = signing.read(receipt_in(later, "json"))
    assert document["counts"]["confirmed"] == 2
    told = [one["confirmed"] for one in document["by_rule"][0]["findings"]]
    reason = {"reason": "聘約到六月 A12****789", "at": delivering.OPEN.isoformat()}
    assert told == [reason, reason, None]
    assert signing.verify(document, signing.own_keys()) == later.signed_with
    (tmp_path / "receipt.json").write_bytes(receipt_in(later, "json"))
    key = base64.b64encode(next(iter(signing.own_keys().values()))).decode()
    assert verifying.run(tmp_path / "receipt.json", [key], io.StringIO()) == verifying.GENUINE
    as_text = receipt_in(later, "txt").decode()
    assert "其中 2 項提醒先前已經確認過" in as_text
    assert as_text.count("已確認：聘約到六月 A12****789") == 2
    for form in ("ods", "xlsx"):
        rows = CalamineWorkbook.from_filelike(io.BytesIO(receipt_in(later, form))).get_sheet_by_name("依規則")
        heading, *lines = rows.to_python()
        assert heading[-1] == "已確認"
        assert [line[-1] for line in lines] == [reason["reason"], reason["reason"], ""]


def _in_the_workbook(delivery: Delivery, form: str) -> list[str]:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(receipt_in(delivery, form))).get_sheet_by_name("依規則")
    return [str(line[-1]) for line in rows.to_python()[1:]]


def test_the_workbook_follows_what_is_confirmed_and_taken_back_and_the_signed_receipt_stays(
    institution: Client,
) -> None:
    delivery = _warned()
    signed, as_text = receipt_in(delivery, "json"), receipt_in(delivery, "txt")
    _confirm(institution, delivery)
    renew_workbooks(delivery_id=str(delivery.pk))
    waiting = ProcrastinateJob.objects.filter(task_name="intake.renew_workbooks", status="todo")
    assert [job.args["delivery_id"] for job in waiting] == [str(delivery.pk)]
    for form in ("ods", "xlsx"):
        assert _in_the_workbook(delivery, form) == ["聘約到六月"] * 2
    taken_back = WarningConfirmation.objects.in_force().order_by("pk").first()
    assert taken_back is not None
    answer = institution.post(f"/my/confirmed/{taken_back.pk}/revoke/", follow=True)
    assert "已取消" in answer.content.decode()
    assert waiting.all().count() == 2
    renew_workbooks(delivery_id=str(delivery.pk))
    for form in ("ods", "xlsx"):
        assert sorted(_in_the_workbook(delivery, form)) == ["", "聘約到六月"]
    assert (receipt_in(delivery, "json"), receipt_in(delivery, "txt")) == (signed, as_text)


def test_a_receipt_of_before_names_none(institution: Client) -> None:
    document = signing.read(receipt_in(_warned(), "json"))
    assert document["counts"]["confirmed"] == 0
    assert "確認過" not in receipt_in(_warned(3), "txt").decode()


def _foreign_numbers() -> tuple[str, str]:
    """Two numbers that are shown alike."""
    alike = [number for middle in range(10_000) if is_personal_id(number := f"A80{middle:04}141")]
    assert mask_id(alike[0]) == mask_id(alike[1])
    return alike[0], alike[1]


def test_another_number_that_is_shown_alike_is_asked_about_anew(institution: Client) -> None:
    rule, (one, other) = "staff.nationals_have_a_national_id", _foreign_numbers()

    def sent(number: str, seed: int) -> Delivery:
        content = delivering.staff_csv(1, seed=seed, personal_id=number, nationality="TWN", record_key="R1")
        return delivering.checked(delivering.account(), content)

    first = sent(one, 1)
    (found,) = confirming.open_warnings(first, rule=rule, line="")
    assert (
        institution.post(
            f"/my/deliveries/{first.ticket}/warnings/?rule={rule}", {"reason": "歸化前"}
        ).status_code
        == 302
    )
    assert confirming.open_warnings(sent(one, 2), rule=rule, line="") == []
    (changed,) = confirming.open_warnings(sent(other, 3), rule=rule, line="")
    assert (changed.found, changed.what) == (found.found, found.what)


@pytest.mark.parametrize("written", ["115/06/30", "１１５０６３０", " 115年6月30日 "])
def test_the_same_value_written_in_another_way_stays_confirmed(institution: Client, written: str) -> None:
    _confirm(institution, _warned())
    assert confirming.open_warnings(_warned(day=written), rule=RULE, line="") == []


def test_it_stays_confirmed_in_the_next_month(institution: Client) -> None:
    _confirm(institution, _warned())
    month = RocMonth.parse("11502")
    with clock.frozen(delivering.OPEN + timedelta(days=30)):
        content = delivering.staff_csv(2, month=month, employed_to="1150630")
        later = delivering.checked(delivering.account(), content, "staff-11502.csv")
        assert later.warning_count >= 2
        assert confirming.open_warnings(later, rule=RULE, line="") == []


def test_another_row_that_says_the_same_is_asked_about(institution: Client) -> None:
    _confirm(institution, _warned(1))
    content = delivering.staff_csv(1, employed_to="1150630", record_key="R-other")
    other = delivering.checked(delivering.account(), content)
    assert len(confirming.open_warnings(other, rule=RULE, line="")) == 1


def test_the_check_before_sending_shows_it_as_confirmed(institution: Client) -> None:
    _confirm(institution, _warned())
    content = delivering.staff_csv(2, employed_to="1150630")
    page = institution.post(
        "/check/", {"file": SimpleUploadedFile("staff-11501.csv", content), "want": "page"}
    )
    assert page.content.decode().count("已確認：聘約到六月") == 2
