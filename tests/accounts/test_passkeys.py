"""Passkeys: a way in for people of institutions, a second factor for staff; nobody needs one."""

import html
import json
import re
import string
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.test import Client, RequestFactory
from fido2.utils import websafe_decode, websafe_encode
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from accounts.desk import is_in
from careward import rulebook
from careward.accounts import passkeys, second_factor
from careward.accounts.models import User
from careward.accounts.passkey_forms import AddPasskeyForm, PasskeySignInForm
from careward.accounts.sessions import SessionStore
from careward.correspondence.models import Letter
from support.passkey import Device
from support.signing_in import PASSWORD, SECRET, by_mailed_code, person, sign_in

MINE = "/accounts/passkeys/"
NEW = "/accounts/passkeys/new/"
SIGN_IN = "/accounts/sign-in/passkey/"
AGAIN = "/accounts/sign-in/again/"
SECOND = "/accounts/sign-in/second-factor/"


pytestmark = [pytest.mark.django_db, pytest.mark.urls("accounts.desk")]


def browser() -> Client:
    """A browser at the address keys are bound to."""
    return Client(
        SERVER_NAME="localhost", HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36"
    )


def question_on(page: Any) -> str:
    found = re.search(r'data-question="([^"]+)"', page.content.decode())
    assert found
    return html.unescape(found[1])


def asked(client: Client) -> str:
    return client.get(SIGN_IN, HTTP_ACCEPT="application/json").content.decode()


def add(client: Client, device: Device, **fields: str) -> Any:
    answer = device.make(question_on(client.get(NEW)))
    return client.post(NEW, {"name": "櫃檯電腦", "credential": answer, **fields})


def come_in(device: Device, client: Client | None = None, **fields: str) -> tuple[Client, Any]:
    client = client or browser()
    return client, client.post(SIGN_IN, {"credential": device.show(asked(client)), **fields})


def page_of(key: Authenticator) -> str:
    return f"{MINE}one/?key={key.pk}"


@pytest.fixture
def clerk() -> User:
    return person("institution", "home@example.org")


@pytest.fixture
def device(clerk: User) -> Device:
    """A device with a key of the clerk."""
    made = Device()
    assert add(by_mailed_code(browser(), clerk), made)["Location"] == MINE
    return made


def test_a_passkey_signs_in_without_a_letter_and_leads_to_the_page_asked_for(
    clerk: User, device: Device
) -> None:
    before = Letter.objects.filter(kind="login_code").count()
    client, answer = come_in(device, next="/desk/")
    assert answer["Location"] == "/desk/"
    assert is_in(client)
    assert client.session["_auth_user_id"] == str(clerk.pk)
    assert Letter.objects.filter(kind="login_code").count() == before


def test_the_mailed_code_goes_on_working_and_asks_for_no_passkey(clerk: User, device: Device) -> None:
    assert is_in(by_mailed_code(browser(), clerk))


def test_adding_and_removing_are_told_by_letter_without_a_name(clerk: User, device: Device) -> None:
    key = passkeys.of(clerk).get()
    page = page_of(key)
    client = by_mailed_code(browser(), clerk)
    assert "櫃檯電腦" in client.get(MINE).content.decode()
    client.post(page, {"act": "remove"})
    told = Letter.objects.about(clerk).filter(kind__startswith="passkey_")
    assert sorted(told.values_list("kind", flat=True)) == ["passkey_added", "passkey_removed"]
    assert not [letter for letter in told if "櫃檯電腦" in letter.body]
    assert "還沒有通行金鑰" in client.get(MINE).content.decode()


def test_the_journal_knows_who_added_and_who_removed_a_passkey(clerk: User, device: Device) -> None:
    key = passkeys.of(clerk).get()
    by_mailed_code(browser(), clerk).post(page_of(key), {"act": "remove"})
    kept = apps.get_model("accounts", "WayInEvent").objects.filter(pgh_obj=key.pk).order_by("pgh_id")
    assert [(one.pgh_label, one.pgh_context["role"], one.pgh_context["actor"]) for one in kept] == [
        ("insert", "institution", str(clerk.pk)),
        ("delete", "institution", str(clerk.pk)),
    ]


@pytest.mark.parametrize("number", ["other", "0", "x", "9" * 40, "", "１"])
def test_another_persons_passkey_is_not_there(clerk: User, device: Device, number: str) -> None:
    other = person("institution", "other@example.org", institution_code="1101010023")
    client = by_mailed_code(browser(), other)
    page = page_of(passkeys.of(clerk).get()) if number == "other" else f"{MINE}one/?key={number}"
    assert client.get(page)["Location"] == MINE
    assert client.post(page, {"act": "remove"})["Location"] == MINE
    assert passkeys.of(clerk).exists()


def test_a_removed_passkey_opens_nothing_and_says_what_to_do(
    clerk: User, device: Device, acting: None
) -> None:
    passkeys.of(clerk).delete()
    client, answer = come_in(device)
    assert answer["Location"] == "/accounts/sign-in/"
    assert "沒有通過驗證" in client.get("/accounts/sign-in/").content.decode()
    assert not is_in(client)


def test_a_passkey_is_called_by_another_name(clerk: User, device: Device) -> None:
    client = by_mailed_code(browser(), clerk)
    page = page_of(passkeys.of(clerk).get())
    assert client.post(page, {"act": "rename", "name": " 新 櫃檯 "})["Location"] == MINE
    assert passkeys.of(clerk).get().wrap().name == "新 櫃檯"
    assert "名稱" in client.post(page, {"act": "rename", "name": ""}).content.decode()
    assert passkeys.of(clerk).get().wrap().name == "新 櫃檯"


def test_a_blank_name_is_filled_with_the_browsers_kind(clerk: User) -> None:
    add(by_mailed_code(browser(), clerk), Device(), name="  ")
    assert passkeys.of(clerk).get().wrap().name == "Chrome（Windows）"


@pytest.mark.parametrize("address", [NEW, "one"])
def test_changing_passkeys_asks_for_having_signed_in_lately(
    clerk: User, device: Device, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = NEW if address == NEW else page_of(passkeys.of(clerk).get())
    client, start = by_mailed_code(browser(), clerk), time.time()
    limit = rulebook.current().policies.sign_in.fresh.total_seconds()
    monkeypatch.setattr(time, "time", lambda: start + limit - 30)
    assert client.get(page).status_code == 200
    monkeypatch.setattr(time, "time", lambda: start + limit + 30)
    for method in (client.get, client.post):
        assert method(page, {"act": "remove"})["Location"].startswith(f"{AGAIN}?next=%2Faccounts%2Fpasskeys")
    assert passkeys.of(clerk).count() == 1
    again = client.get(AGAIN, {"next": page}).content.decode()
    back = html.unescape(re.findall(r'name="next" value="([^"]+)"', again)[0])
    assert client.post("/accounts/sign-out/", {"next": back})["Location"] == back
    assert not is_in(client)


def test_signing_in_again_leads_back_only_within_the_platform(clerk: User) -> None:
    client = sign_in(browser(), clerk)
    assert "example.org" not in client.get(AGAIN, {"next": "https://example.org/"}).content.decode()


def test_a_session_that_showed_nothing_adds_no_passkey(clerk: User) -> None:
    client = sign_in(browser(), clerk)
    assert client.get(NEW)["Location"].startswith(AGAIN)


def test_nobody_has_more_passkeys_than_the_rule(clerk: User) -> None:
    client, most = (
        by_mailed_code(browser(), clerk),
        rulebook.current().policies.sign_in.passkeys_per_person.value,
    )
    for _ in range(most):
        add(client, Device())
    assert client.get(NEW)["Location"] == MINE
    assert client.post(NEW, {"name": "x", "credential": "{}"})["Location"] == MINE
    assert passkeys.of(clerk).count() == most


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "https://example.org"}, {"domain": "example.org"}, {"verifies": False}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_key_of_another_address_or_whose_owner_was_not_verified_is_refused(
    clerk: User, device: Device, wrong: dict[str, Any]
) -> None:
    for name, value in wrong.items():
        setattr(device, name, value)
    assert not is_in(come_in(device)[0])
    assert "沒有通過驗證" in add(by_mailed_code(browser(), clerk), Device(**wrong)).content.decode()
    assert passkeys.of(clerk).count() == 1


def test_an_answer_works_once_and_only_where_it_was_asked_for(device: Device) -> None:
    client, stranger = browser(), browser()
    answer = device.show(asked(client))
    asked(stranger)
    stranger.post(SIGN_IN, {"credential": answer})
    assert not is_in(stranger)
    client.post(SIGN_IN, {"credential": answer})
    assert is_in(client)
    client.post("/accounts/sign-out/")
    client.post(SIGN_IN, {"credential": answer})
    assert not is_in(client)


def test_a_key_shown_for_somebody_else_opens_neither_account(device: Device) -> None:
    other = person("institution", "other@example.org", institution_code="1101010023")
    device.owner = passkeys.auth.build_user_payload(other).id.hex()
    assert not is_in(come_in(device)[0])


def test_a_closed_account_is_not_opened_by_its_passkey(clerk: User, device: Device, acting: None) -> None:
    clerk.is_active = False
    clerk.save()
    client, answer = come_in(device)
    assert answer["Location"] == "/accounts/inactive/"
    assert not is_in(client)


def test_staff_use_a_passkey_after_the_password_and_never_alone() -> None:
    officer = person("officer", password=PASSWORD)
    second_factor.enrol(officer, SECRET)
    client, device = sign_in(browser(), officer), Device()
    asked = client.get(NEW)["Location"]
    assert asked.startswith("/accounts/confirm/?next=")
    assert "改用驗證應用程式確認" in client.get(asked).content.decode()
    client.post("/accounts/confirm/", {"password": PASSWORD})
    add(client, device)
    alone, answer = come_in(device)
    assert "請用電子信箱與密碼登入" in alone.get(answer["Location"]).content.decode()
    assert not is_in(alone)
    alone.post("/accounts/sign-in/", {"login": officer.email, "password": PASSWORD})
    assert not is_in(alone)
    alone.post(SECOND, {"credential": device.show(question_on(alone.get(SECOND)))})
    assert is_in(alone)


def test_staff_keep_the_app_beside_a_passkey_and_get_no_further_recovery_codes() -> None:
    officer = person("officer", password=PASSWORD)
    second_factor.enrol(officer, SECRET)
    client = sign_in(browser(), officer)
    client.post("/accounts/confirm/", {"password": PASSWORD})
    add(client, Device())
    kinds = Authenticator.objects.filter(user=officer).values_list("type", flat=True)
    assert sorted(kinds) == ["totp", "webauthn"]
    fresh = browser()
    fresh.post("/accounts/sign-in/", {"login": officer.email, "password": PASSWORD})
    fresh.post(SECOND, {"code": second_factor.current_code(SECRET, datetime.now(UTC))})
    assert is_in(fresh)


def test_a_wrong_passkey_as_second_factor_says_so_and_lets_nobody_in() -> None:
    officer = person("officer", password=PASSWORD)
    second_factor.enrol(officer, SECRET)
    client = browser()
    client.post("/accounts/sign-in/", {"login": officer.email, "password": PASSWORD})
    page = client.post(SECOND, {"credential": json.dumps({"id": "x"})}).content.decode()
    assert "沒有通過驗證" in page
    assert not is_in(client)


def test_at_an_ip_address_no_passkey_is_offered_and_the_page_names_the_right_one(
    clerk: User, settings: Settings
) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    client = by_mailed_code(Client(SERVER_NAME="127.0.0.1"), clerk)
    assert f"http://localhost:8000{MINE}" in client.get(MINE).content.decode()
    assert client.get(NEW)["Location"] == MINE
    assert "data-cw-passkey" not in Client(SERVER_NAME="127.0.0.1").get("/accounts/sign-in/").content.decode()
    assert "data-cw-passkey" in browser().get("/accounts/sign-in/").content.decode()


@pytest.mark.parametrize(
    ("public", "name"),
    [
        ("https://care.example.tw", "care.example.tw"),
        ("https://care.example.tw:8443/below/", "care.example.tw"),
        ("http://127.0.0.1:8000", "localhost"),
        ("http://[::1]:8000", "localhost"),
        ("https://203.0.113.7", ""),
    ],
)
def test_keys_are_bound_to_the_public_name(public: str, name: str, settings: Settings) -> None:
    settings.PUBLIC_URL = public
    assert passkeys.domain() == name


def test_a_page_without_script_says_what_to_do(clerk: User) -> None:
    client = by_mailed_code(browser(), clerk)
    page = client.get(NEW).content.decode()
    assert "需要瀏覽器的 JavaScript" in page
    assert re.search(r"data-cw-passkey-offer hidden>", page)
    assert "收取驗證碼登入" in browser().get("/accounts/sign-in/").content.decode()


def test_who_asks_without_a_script_is_sent_to_where_people_sign_in() -> None:
    assert browser().get(SIGN_IN)["Location"] == "/accounts/sign-in/"


def test_showing_passkeys_is_bounded_by_source(device: Device) -> None:
    client = browser()
    answers = [client.post(SIGN_IN, {"credential": "{}"}).status_code for _ in range(61)]
    assert set(answers[:60]) == {302}
    assert answers[60] == 429


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
PARTS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
SHOWN = ("clientDataJSON", "authenticatorData", "signature", "userHandle")
SIGNS = f"{string.ascii_letters}{string.digits}-_"
answers = st.fixed_dictionaries(
    {},
    optional={
        "id": anything,
        "rawId": anything,
        "type": anything,
        "response": anything | st.dictionaries(st.sampled_from(PARTS), anything),
        "clientExtensionResults": anything,
    },
)


@pytest.fixture
def ceremony() -> Iterator[None]:
    """A request of a browser at the right address, as allauth wants one about it."""
    request = RequestFactory(SERVER_NAME="localhost").post("/", {})
    request.session = SessionStore()
    with context.request_context(request):
        yield


@profile(max_examples=60)
@given(answer=anything | answers)
def test_whatever_is_sent_as_a_passkey_is_refused_and_breaks_nothing(ceremony: None, answer: Any) -> None:
    passkeys.asked_to_show()
    data = {"credential": json.dumps(answer)}
    assert not PasskeySignInForm(data).is_valid()
    assert not AddPasskeyForm(data, initial={"name": "x"}).is_valid()


@pytest.mark.parametrize("answer", ["[" * 30_000, "x" * 40_000, "{", ""])
def test_an_answer_too_deep_too_long_or_no_json_is_refused(ceremony: None, answer: str) -> None:
    assert not PasskeySignInForm({"credential": answer}).is_valid()


def test_an_owner_spelt_otherwise_than_it_was_given_out_is_refused(device: Device, ceremony: None) -> None:
    answer = json.loads(device.show(passkeys.asked_to_show()))
    owner = websafe_decode(device.owner)
    assert owner != owner.upper()
    answer["response"]["userHandle"] = websafe_encode(owner.upper())
    assert not PasskeySignInForm({"credential": json.dumps(answer)}).is_valid()


@profile(max_examples=40)
@given(part=st.sampled_from(SHOWN), place=st.integers(0, 999), step=st.integers(1, 63))
def test_one_sign_changed_anywhere_in_an_answer_is_refused(
    device: Device, ceremony: None, part: str, place: int, step: int
) -> None:
    answer = json.loads(device.show(passkeys.asked_to_show()))
    assert PasskeySignInForm({"credential": json.dumps(answer)}).is_valid()
    answer = json.loads(device.show(passkeys.asked_to_show()))
    text = answer["response"][part]
    at = place * (len(text) - 3) // 999
    sign = SIGNS[(SIGNS.index(text[at]) + step) % 64]
    answer["response"][part] = text[:at] + sign + text[at + 1 :]
    assert not PasskeySignInForm({"credential": json.dumps(answer)}).is_valid()
