"""A long receipt is gone through piece by piece: what its pages and workbooks say stays, memory stays small."""

import json
import tracemalloc
from pathlib import Path

import pytest
from django.test import Client

from careward.intake import confirming, stored_receipt
from careward.intake.grouping import Receipt
from careward.intake.models import Delivery, WarningConfirmation
from careward.intake.stored_receipt import StoredReceipt
from support import delivering
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]

RULE = "staff.leaving_lies_ahead"


@pytest.mark.parametrize(("rule", "line"), [("", ""), (RULE, ""), (RULE, "3"), ("", "whole"), ("", "4")])
def test_piece_by_piece_it_says_what_it_says_as_a_whole(rule: str, line: str) -> None:
    content = delivering.staff_csv(4, employed_to="1150630", role="XXX")
    delivery = delivering.checked(delivering.account(), content)
    whole = Receipt.of(delivery)
    told = list(StoredReceipt(delivery).chosen(rule=rule, line=line))
    assert sorted(told, key=lambda one: one.line or 0) == whole.chosen(rule=rule, line=line)
    assert [dict(each) for each in StoredReceipt(delivery).records()] == whole.document["by_record"]


def test_of_a_long_one_no_more_than_a_piece_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = json.dumps({"line": 2, "what": "字" * 100})
    with (tmp_path / "long.json").open("w") as file:
        file.write('{"by_rule":[{"count":30000,"findings":[' + ",".join([finding] * 30_000) + "]}]}")
    monkeypatch.setattr(stored_receipt, "open_receipt", lambda *_: (tmp_path / "long.json").open("rb"))
    short = Receipt({"by_rule": [{"count": 30_000, "findings": []}]})
    monkeypatch.setattr(Receipt, "for_page", lambda _: short)
    tracemalloc.start()
    count = sum(1 for _ in StoredReceipt(Delivery()).findings())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 30_000
    assert most < (tmp_path / "long.json").stat().st_size / 10


def test_more_warnings_than_are_confirmed_at_once_are_confirmed_by_the_next_press(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "MOST_AT_ONCE", 2)
    sign_in(client, person("institution", institution_code=delivering.CODE))
    delivery = delivering.checked(delivering.account(), delivering.staff_csv(3, employed_to="1150630"))
    address = f"/my/deliveries/{delivery.ticket}/warnings/?rule={RULE}"
    assert "一次最多確認 2 項" in client.get(address).content.decode()
    for done in (2, 3):
        client.post(address, {"reason": "聘約到六月"})
        assert WarningConfirmation.objects.in_force().count() == done
        assert "一次最多確認" not in client.get(address, follow=True).content.decode()
