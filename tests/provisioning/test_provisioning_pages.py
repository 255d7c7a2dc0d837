"""The vendor's pages, the page behind the secret's link, and what others see of an account."""

import re
from datetime import timedelta
from html import unescape

import asyncssh
import pytest
from django.core import mail
from django.test import Client

from careward.accounts.models import MailedLink
from careward.correspondence import links
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen, taipei
from careward.provisioning import acts
from careward.provisioning.forms import CreateForm
from careward.provisioning.models import UploadAccount
from careward.rulebook import current
from provisioning.making import VENDOR, created, notified, owner_of, requested, send_all, vendor_user
from review.deciding import officer
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db

CODE = "1131000009"
PASSWORD = re.compile(r"[a-z2-9]{5}(?:-[a-z2-9]{5}){4}")


@pytest.fixture
def vendor(client: Client) -> Client:
    return sign_in(client, person("vendor"))


def _page(account: UploadAccount) -> str:
    return f"/provisioning/{account.pk}/"


def _body(client: Client, address: str, **answers: str) -> str:
    answer = client.post(address, answers, follow=True) if answers else client.get(address)
    assert answer.status_code == 200, answer
    return unescape(answer.content.decode())


def _words(client: Client, address: str) -> str:
    """A page as it is read, without its tags."""
    return re.sub(r"<[^>]+>", "", _body(client, address))


@pytest.mark.parametrize("role", ["administrator", "institution", "officer"])
def test_for_other_roles_the_vendors_pages_are_not_there(client: Client, role: str) -> None:
    account = requested()
    sign_in(client, officer() if role == "officer" else person(role))
    assert client.get("/provisioning/").status_code == 404
    assert client.get(_page(account)).status_code == 404
    refused = client.post(_page(account), {"act": "create", "username": "abc", "sources": "168.95.1.1"})
    assert refused.status_code == 404


def test_an_auditor_looks_at_the_vendors_pages(client: Client) -> None:
    account = requested()
    sign_in(client, person("auditor"))
    assert client.get("/provisioning/").status_code == 200
    assert "建立帳號並寄信" not in _body(client, _page(account))
    assert client.post(_page(account), {"act": "create"}).status_code == 404
    assert UploadAccount.objects.get().state == "requested"


def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client) -> None:
    for address in ("/provisioning/", _page(requested())):
        assert client.get(address).headers["Location"].startswith("/accounts/sign-in/?next=/provisioning/")


def test_the_vendor_goes_from_the_queue_to_a_created_account(vendor: Client, host_keys: list[str]) -> None:
    account = requested()
    queue = _body(vendor, "/provisioning/")
    for words in ("範例護理之家", CODE, "114 年 12 月 10 日（三）09:00", "還有 4 天"):
        assert words in queue
    page = _body(vendor, _page(account))
    for words in ('value="cw115-1131000009"', "168.95.1.1", *host_keys):
        assert words in page
    done = _body(
        vendor, _page(account), act="create", username=" CW115-new ", sources="168.95.1.1\n\n168.95.2.0/28\n"
    )
    assert "帳號信與密碼信已排入寄送" in done
    account.refresh_from_db()
    assert (account.state, account.username) == ("created", "cw115-new")
    assert account.networks == ["168.95.1.1/32", "168.95.2.0/28"]
    assert "目前沒有待建立的帳號" in _body(vendor, "/provisioning/")
    assert "cw115-new" in _body(vendor, "/provisioning/?shown=done")


BAD_LINES = {
    "10.0.0.1": "內部網路位址",
    "127.0.0.1": "本機位址",
    "100.64.0.1": "電信業者共用",
    "198.51.100.7": "文件範例用",
    "224.0.0.1": "群播位址",
    "240.0.0.1": "保留位址",
    "168.95.0.0/16": "範圍太大",
    "my office": "看不出是 IP 位址",
    "<b>8.8.8.8</b>": "看不出是 IP 位址",
}


def test_every_bad_line_is_named_with_its_own_reason_and_no_account_is_made(vendor: Client) -> None:
    account = requested()
    page = _body(
        vendor,
        _page(account),
        act="create",
        username="cw115-x",
        sources="\n".join(["168.95.1.1", *BAD_LINES]),
    )
    for line, reason in BAD_LINES.items():
        assert f"「{line}」" in page, line
        assert reason in page
    assert "「168.95.1.1」" not in page
    account.refresh_from_db()
    assert account.state == "requested"
    assert not Letter.objects.about(account).exists()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "1abc",
        "-abc",
        "ab_c",
        "ab c",
        "中文名稱",
        "a" * 33,
        "root;id",
        "../etc",
        "abc\x00d",
        "abc\n",
    ],
)
def test_names_that_are_none_are_refused(name: str) -> None:
    form = CreateForm({"username": name, "sources": "168.95.1.1"})
    accepted = form.is_valid()
    if name == "abc\n":  # a line end at the edge is a slip of the hand
        assert accepted
        assert form.cleaned_data["username"] == "abc"
        return
    assert not accepted
    assert set(form.errors) == {"username"}


def test_a_name_in_use_is_refused_and_named(vendor: Client) -> None:
    taken = created().username
    account = requested(institution_code="1131000010")
    page = _body(vendor, _page(account), act="create", username=taken.upper(), sources="168.95.1.1")
    assert f"「{taken}」已經有人使用" in page
    account.refresh_from_db()
    assert account.state == "requested"


@pytest.mark.parametrize("sources", ["", "   \n \n", "，"])
def test_a_list_without_any_address_is_refused(sources: str) -> None:
    form = CreateForm({"username": "cw115-x", "sources": sources})
    assert not form.is_valid()
    assert set(form.errors) == {"sources"}


def test_buttons_follow_the_state(vendor: Client) -> None:
    account = notified()
    page = _body(vendor, _page(account))
    assert 'value="suspend"' in page
    assert 'value="resume"' not in page
    assert "帳號已暫停" in _body(vendor, _page(account), act="suspend", reason="位址外洩")
    assert 'value="resume"' in _body(vendor, _page(account))
    assert "帳號已恢復" in _body(vendor, _page(account), act="resume")
    assert "新的密碼信已排入寄送" in _body(vendor, _page(account), act="reissue")
    assert "帳號已關閉" in _body(vendor, _page(account), act="close")
    assert "不能「恢復使用」" in _body(vendor, _page(account), act="resume")
    account.refresh_from_db()
    assert account.state == "closed"


@pytest.mark.parametrize("act", ["", "notify", "reveal", "request", "delete", "__class__"])
def test_a_button_the_page_does_not_have_changes_nothing(vendor: Client, act: str) -> None:
    account = notified()
    before = account.events.count()
    answer = vendor.post(_page(account), {"act": act})
    assert answer.status_code == 200
    assert account.events.count() == before


def _open(client: Client, account: UploadAccount) -> None:
    link = MailedLink.objects.not_revoked().get(purpose="secret", subject_id=str(account.pk))
    address = "/" + links.address(link.seed).split("/", 3)[3]
    assert client.post(address, {"code": CODE}).headers["Location"] == "/account/secret/"


def test_the_password_is_shown_once_by_post_alone(client: Client) -> None:
    account = notified()
    assert client.get("/account/secret/").status_code == 403
    assert client.post("/account/secret/").status_code == 403
    _open(client, account)
    for _ in range(3):
        assert not PASSWORD.search(_body(client, "/account/secret/"))
    account.refresh_from_db()
    assert account.password_hash == ""
    answer = client.post("/account/secret/")
    shown = PASSWORD.search(answer.content.decode())
    assert shown is not None
    assert "no-store" in answer.headers["Cache-Control"]
    again = client.post("/account/secret/").content.decode()
    assert not PASSWORD.search(again)
    assert "只能顯示一次" in again
    page = _body(client, "/account/secret/")
    assert shown[0] not in page
    assert "02-85907137" in page


def test_the_link_asks_for_the_institutions_code(client: Client) -> None:
    account = notified()
    link = MailedLink.objects.not_revoked().get(purpose="secret", subject_id=str(account.pk))
    address = "/" + links.address(link.seed).split("/", 3)[3]
    assert client.post(address, {"code": "1131000010"}).status_code == 200
    assert client.get("/account/secret/").status_code == 403
    send_all()
    body = next(str(sent.body) for sent in mail.outbox if "請取得上傳密碼" in sent.subject)
    assert links.address(link.seed) in body


def test_a_reissue_closes_the_page_that_was_already_open(client: Client) -> None:
    account = notified()
    _open(client, account)
    acts.reissue(account, VENDOR)
    assert client.post("/account/secret/").status_code == 403
    account.refresh_from_db()
    assert account.password_hash == ""


def test_after_its_time_the_page_makes_no_password(client: Client) -> None:
    account = notified()
    assert account.secret_expires_at is not None
    with frozen(account.secret_expires_at):
        _open(client, account)
    with frozen(account.secret_expires_at + timedelta(milliseconds=1)):
        assert client.post("/account/secret/").status_code == 403
    account.refresh_from_db()
    assert account.password_hash == ""


def test_a_key_instead_of_a_password_is_called_a_key_ever_after(client: Client) -> None:
    account = notified()
    _open(client, account)
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    assert "已經登記這把公開金鑰" in _body(client, "/account/secret/", act="key", line=key)
    again = [_body(client, "/account/secret/"), _body(client, "/account/secret/", act="reveal")]
    assert ["登記公開金鑰" in page for page in again] == [True, True]
    assert ["只能顯示一次" in page for page in again] == [False, False]
    vendors = _body(sign_in(Client(), vendor_user()), _page(account))
    assert "不使用，機構已於" in vendors
    assert account.account_keys.get().fingerprint in vendors
    institution = sign_in(Client(), person("institution", institution_code=CODE))
    assert "不使用，已登記公開金鑰" in _body(institution, "/my/")


def test_an_unused_letter_is_said_to_be_over(vendor: Client) -> None:
    account = notified()
    assert account.secret_expires_at is not None
    with frozen(account.secret_expires_at):
        assert "等待機構產生" in _body(vendor, f"/provisioning/{account.pk}/")
    with frozen(account.secret_expires_at + timedelta(milliseconds=1)):
        assert "需要時請重寄密碼信" in _body(vendor, f"/provisioning/{account.pk}/")


@pytest.mark.parametrize("kind", ["openssh", "putty"])
def test_a_secret_key_pasted_by_mistake_is_not_shown_again(client: Client, kind: str) -> None:
    account = notified()
    _open(client, account)
    written = {
        "openssh": "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----",
        "putty": "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nc2VjcmV0",
    }[kind]
    page = _body(client, "/account/secret/", act="key", line=written)
    assert "換一把新的" in page
    assert ("PuTTYgen 開啟" in page) == (kind == "putty")
    assert "c2VjcmV0" not in page
    kept = _body(client, "/account/secret/", act="key", line="ssh-ed25519 c2hvd24=")
    assert "c2hvd24=" in kept


def test_a_suspended_account_gets_no_password(client: Client) -> None:
    account = notified()
    _open(client, account)
    acts.suspend(account, VENDOR, reason="帳號外洩")
    page = _body(client, "/account/secret/", press="1")
    assert not PASSWORD.search(page)
    assert "目前狀態為「暫停使用」" in page


@pytest.mark.parametrize("role", ["vendor", "ministry"])
def test_vendor_and_ministry_stop_an_account_at_once_with_a_reason(client: Client, role: str) -> None:
    account = notified()
    sign_in(client, person(role))
    assert "立即暫停使用" in _body(client, _page(account))
    assert "請填寫暫停使用的原因" in _body(client, _page(account), act="suspend", reason=" ")
    done = _body(client, _page(account), act="suspend", reason="帳號外洩")
    assert "帳號已暫停使用" in done
    assert "暫停使用的原因" in done
    told = Letter.objects.about(account).get(kind="account_suspended")
    assert (told.to, told.cc) == ([account.application.mailbox], ["health@county.example"])
    assert "帳號外洩" in told.body
    _body(client, _page(account), act="resume")
    account.refresh_from_db()
    assert (account.state, account.suspended_reason) == ("notified", "")
    assert Letter.objects.about(account).filter(kind="account_resumed").exists()


def test_the_ministry_finds_accounts_and_creates_none(client: Client) -> None:
    account = requested()
    sign_in(client, person("ministry"))
    page = _body(client, "/provisioning/")
    assert "範例護理之家" in page
    assert "建立選取的帳號" not in page
    assert "建立帳號並寄信" not in _body(client, _page(account))
    client.post(_page(account), {"act": "create", "username": "abc", "sources": "168.95.1.1"})
    account.refresh_from_db()
    assert account.state == "requested"
    assert "沒有符合的帳號" in _body(client, "/provisioning/?q=nobody")


def test_an_account_is_found_by_name_code_or_institution(vendor: Client) -> None:
    notified()
    for asked in ("CW115-113", "1131000009", "範例護理"):
        assert "cw115-1131000009" in _body(vendor, f"/provisioning/?q={asked}")


def test_the_institution_sees_where_its_account_stands(client: Client) -> None:
    account = notified()
    sign_in(client, person("institution", "second@example.org", institution_code=CODE))
    page = _words(client, "/my/")
    for words in ("cw115-1131000009", "還沒產生", "114 年 12 月 22 日（一）00:00 起可以上傳"):
        assert words in page
    acts.reveal(account, owner_of(account), password="x")
    with frozen(taipei(2025, 12, 22)):
        assert "現在可以上傳" in _words(client, "/my/")
    with frozen(taipei(2026, 5, 1)):
        assert "已於 115 年 4 月 30 日" in _words(client, "/my/")
    acts.suspend(account, VENDOR, reason="帳號外洩")
    assert "目前不能上傳" in _words(client, "/my/")


@pytest.mark.parametrize(("at", "said"), [(-1, "還有 1 天"), (1, "前建立完成，期限已過。")])
def test_the_queue_says_how_long_it_still_is_and_afterwards_that_it_is_over(
    client: Client, at: int, said: str
) -> None:
    requested()
    with frozen(current().written_seasons["115"].moment("provisioning_due").at + timedelta(days=at)):
        sign_in(client, vendor_user())
        page = client.get("/provisioning/").content.decode()
    assert said in page
    assert "還有 期限" not in page


def test_where_no_account_waits_the_queue_does_not_press(vendor: Client) -> None:
    created()
    assert "目前都已建立完成" in _body(vendor, "/provisioning/")
