"""Signed receipts: genuine ones are told from changed ones, offline, by whoever has the published keys."""

import json
from base64 import b64encode
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from careward.checking.receipt import signing, verifying
from careward.correspondence.models import Letter
from careward.intake import publishing
from careward.intake.models import Delivery, ReceiptKey
from careward.intake.receipts import receipt_in
from careward.intake.reconciling import reconcile
from careward.journal import Actor, acting
from careward.store.objects import objects
from support import delivering
from support.signing_in import person, sign_in

OLD, NEW = (b64encode(bytes(range(start, start + 32))).decode() for start in (1, 40))
DOCUMENT: dict[str, Any] = {
    "schema": "careward-receipt/1",
    "ticket": "0123456789",
    "file": {"name": "staff-11501-名冊.csv", "bytes": 17},
    "result": "rejected",
    "checked_at": "2026-02-05T10:00:00.940440+08:00",
    "counts": {"rows": 3, "errors": 0},
    "by_rule": [{"findings": [{"line": None, "found": 'a "quoted" \\ text\t𠮷'}], "warns": True}],
}


@pytest.fixture(autouse=True)
def own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREWARD_RECEIPT_KEYS", OLD)


def _of(content: bytes) -> str:
    return signing.verify(signing.read(content), signing.own_keys())


def test_a_receipt_as_it_is_delivered_is_genuine() -> None:
    content = signing.written(signing.signed(DOCUMENT))
    assert _of(content) == next(iter(signing.own_keys()))


def test_what_is_delivered_is_the_canonical_form_with_the_signature_last() -> None:
    content = signing.written(signing.signed(DOCUMENT))
    said, _, _ = content.partition(b',"signature":')
    assert said + b"}" == signing.canonical(DOCUMENT)
    assert b'"ticket":"0123456789"' in said
    assert "名冊".encode() in said


def test_a_receipt_signed_in_pieces_is_the_same_bytes() -> None:
    said, stamp = signing.canonical(DOCUMENT)[:-1], signing.Signing()
    pieces = [stamp.take(said[place : place + 7]) for place in range(0, len(said), 7)]
    key, tail = stamp.end()
    assert b"".join(pieces) + tail == signing.written(signing.signed(DOCUMENT))
    assert key == next(iter(signing.own_keys()))


def test_reading_and_writing_it_anew_does_no_harm() -> None:
    document = json.loads(signing.written(signing.signed(DOCUMENT)))
    again = dict(reversed(list(document.items())))
    assert _of(json.dumps(again, indent=4).encode())


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    content = signing.written(signing.signed(DOCUMENT))
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    changed = content[:place] + bytes([other]) + content[place + 1 :]
    with pytest.raises((signing.NotGenuine, signing.NotAReceipt, signing.KeyUnknown)):
        _of(changed)


@given(st.data())
def test_a_byte_left_out_or_put_in_is_noticed(data: st.DataObject) -> None:
    content = signing.written(signing.signed(DOCUMENT))
    place = data.draw(st.integers(0, len(content) - 1))
    put_in = data.draw(st.sampled_from([b"", b"0", b"a", b'"', b",", b"}"]))
    changed = content[:place] + (put_in + content[place:] if put_in else content[place + 1 :])
    with pytest.raises((signing.NotGenuine, signing.NotAReceipt, signing.KeyUnknown)):
        _of(changed)


@pytest.mark.parametrize(
    "content",
    [
        b'{"ticket":"1","ticket":"2"}',
        b'{"counts":1.5}',
        b'{"counts":NaN}',
        b"[1]",
        b"\xff",
        b"",
        b"[" * 100_000,
    ],
)
def test_what_two_readers_could_read_differently_is_no_receipt(content: bytes) -> None:
    with pytest.raises(signing.NotAReceipt):
        signing.read(content)


def test_a_signature_of_another_receipt_proves_nothing() -> None:
    other = signing.signed({**DOCUMENT, "ticket": "9876543210"})
    with pytest.raises(signing.NotGenuine):
        signing.verify({**DOCUMENT, "signature": other["signature"]}, signing.own_keys())


def _say(*words: str | Path, keys: list[str] | None = None) -> tuple[int, str]:
    out = StringIO()
    return verifying.run(Path(words[0]), keys or [], out), out.getvalue()


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    file = tmp_path / "receipt.json"
    file.write_bytes(signing.written(signing.signed(DOCUMENT)))
    return file


def test_the_command_tells_genuine_from_changed_by_a_key_in_any_form(delivered: Path, tmp_path: Path) -> None:
    (raw,) = signing.own_keys().values()
    pem = tmp_path / "key.pem"
    pem.write_text(signing.pem(raw))
    for key in (b64encode(raw).decode(), str(pem)):
        code, said = _say(delivered, keys=[key])
        assert (code, "0123456789" in said) == (0, True)
        assert "結果 未收下，檢核時間 115/02/05 10:00:00" in said
    delivered.write_bytes(delivered.read_bytes().replace(b'"errors":0', b'"errors":1'))
    assert _say(delivered, keys=[str(pem)])[0] == 1


def test_an_unsigned_receipt_is_not_genuine_and_what_cannot_be_told_is_said(
    delivered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (raw,) = signing.own_keys().values()
    key = [b64encode(raw).decode()]
    plain, text = tmp_path / "plain.json", tmp_path / "receipt.txt"
    plain.write_text(json.dumps(DOCUMENT))
    text.write_text("回條")
    monkeypatch.chdir(tmp_path)
    assert _say(plain, keys=key)[0] == 1
    assert _say(text, keys=key)[0] == 2
    assert _say(tmp_path / "none.json", keys=key)[0] == 2
    code, said = _say(delivered)
    assert (code, "receipt-keys.json" in said) == (2, True)
    other = b64encode(bytes(range(100, 132))).decode()
    code, said = _say(delivered, keys=[other])
    assert (code, signing.key_id(raw) in said) == (2, True)


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
def test_every_receipt_is_verified_with_the_published_file_alone(tmp_path: Path) -> None:
    account = delivering.account()
    published = tmp_path / "receipt-keys.json"
    published.write_bytes(publishing.files()["receipt-keys.json"])
    for delivery in (delivering.checked(account), delivering.checked(account, b"", "名冊.csv")):
        over_sftp = delivering.receipt_bytes(account.pk, "live", f"{delivery.receipt_name}.json")
        assert over_sftp is not None
        file = tmp_path / "one.json"
        file.write_bytes(over_sftp)
        assert _say(file, keys=[str(published)])[0] == 0
        assert delivery.signed_with in receipt_in(delivery, "txt").decode()
        (letter,) = Letter.objects.about(delivering.told(delivery).account)
        assert "/specification/receipt-keys/" in letter.body


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
def test_after_the_key_was_changed_and_destroyed_older_receipts_are_still_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = delivering.account()
    before = delivering.checked(account)
    monkeypatch.setenv("CAREWARD_RECEIPT_KEYS", NEW)
    after = delivering.checked(account)
    published = tmp_path / "receipt-keys.json"
    published.write_bytes(publishing.receipt_keys())
    listed = json.loads(published.read_bytes())["keys"]
    assert [(key["id"], key["in_use"]) for key in listed] == [
        (after.signed_with, True),
        (before.signed_with, False),
    ]
    for delivery in (before, after):
        file = tmp_path / "one.json"
        file.write_bytes(receipt_in(delivery, "json"))
        assert _say(file, keys=[str(published)])[0] == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
def test_a_key_that_waits_is_published_before_it_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREWARD_RECEIPT_KEYS", f"{OLD},{NEW}")
    delivery = delivering.checked(delivering.account())
    first, second = ReceiptKey.objects.published()
    assert (first.key, first.in_use) == (delivery.signed_with, True)
    assert (second.first_used_at, second.in_use) == (None, False)


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
def test_receipts_from_before_are_signed_after_the_fact() -> None:
    delivery = delivering.checked(delivering.account())
    document = json.loads(receipt_in(delivery, "json"))
    del document["signature"]
    objects().put(f"{delivery.receipt_key}.json", json.dumps(document, indent=1).encode())
    with acting(Actor.system("test"), "prepare"):
        Delivery.objects.filter(pk=delivery.pk).update(signed_with="")
    assert reconcile().signed == 1
    delivery.refresh_from_db()
    assert _of(receipt_in(delivery, "json")) == delivery.signed_with
    assert reconcile().signed == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
def test_no_secret_half_of_a_key_leaves_the_secrets(stands_somewhere: Any) -> None:
    delivering.checked(delivering.account())
    assert stands_somewhere(OLD) == []
    assert OLD.encode() not in publishing.receipt_keys()


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
def test_the_keys_stand_on_a_public_page_and_the_receipt_names_its_own(client: Client) -> None:
    delivery = delivering.checked(delivering.account())
    page = client.get("/specification/receipt-keys/").content.decode()
    assert delivery.signed_with in page
    assert client.get("/specification/receipt-keys.json").json()["keys"][0]["id"] == delivery.signed_with
    sign_in(client, person("institution", institution_code=delivering.CODE))
    assert delivery.signed_with in client.get(f"/my/deliveries/{delivery.ticket}/").content.decode()
