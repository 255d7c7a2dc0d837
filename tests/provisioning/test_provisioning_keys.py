"""Public keys of an institution: registered instead of the password, replaced with overlap."""

from datetime import timedelta

import asyncssh
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from careward.accounts.models import MailedLink
from careward.correspondence import links
from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.clock import frozen
from careward.provisioning import acts, key_acts
from careward.provisioning.models import AccountKey
from careward.rulebook import current
from careward.vendors.keys import RefusedKey, public_line
from provisioning.making import VENDOR, VENDOR_AT_WORK, created, owner_of
from support.signing_in import person, sign_in

STRONG = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"]


def public(kind: str = "ssh-ed25519", form: str = "openssh", **options: int) -> str:
    key = asyncssh.generate_private_key(kind, comment="office@example", **options)
    return key.export_public_key(form).decode()


@pytest.mark.parametrize("kind", STRONG)
@pytest.mark.parametrize("form", ["openssh", "rfc4716"])
def test_strong_keys_are_taken_in_both_forms_without_their_comment(kind: str, form: str) -> None:
    line = public_line(f"\n {public(kind, form)} \n")
    assert line.split()[0] == kind
    assert len(line.split()) == 2


def test_rsa_needs_3072_bits() -> None:
    assert public_line(public("ssh-rsa", key_size=3072)).startswith("ssh-rsa ")
    with pytest.raises(RefusedKey, match="weak"):
        public_line(public("ssh-rsa", key_size=2048))


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("", "unreadable"),
        ("ssh-ed25519 AAAA", "unreadable"),
        ("x" * 5000, "unreadable"),
        ("PuTTY-User-Key-File-3: ssh-ed25519", "putty"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----", "private"),
        ("ssh-ed25519 AAAA a\nssh-ed25519 BBBB b", "several"),
    ],
)
def test_what_is_no_single_public_key_is_named(pasted: str, code: str) -> None:
    with pytest.raises(RefusedKey) as refused:
        public_line(pasted)
    assert refused.value.code == code


@given(st.text(max_size=200))
def test_no_paste_crashes(pasted: str) -> None:
    try:
        taken = public_line(pasted)
    except RefusedKey as refused:
        taken = refused.code
    assert taken


@pytest.mark.django_db
class TestRegistering:
    def test_a_key_stands_in_for_the_waiting_secret(self) -> None:
        account = created()
        key_acts.register_key(account, owner_of(account), line=public_line(public()))
        account.refresh_from_db()
        assert account.account_keys.valid_at(clock.now()).count() == 1
        assert not account.secret_is_waiting(clock.now())
        with pytest.raises(Refused):
            acts.reveal(account, owner_of(account), password=acts.new_password())

    def test_a_new_key_leaves_the_old_one_the_overlap(self) -> None:
        account = created()
        old, new = public_line(public()), public_line(public())
        key_acts.register_key(account, owner_of(account), line=old)
        key_acts.register_key(account, owner_of(account), line=new)
        overlap = timedelta(days=current().policies.gateway.key_overlap_days.value)

        def valid(at: timedelta) -> set[str]:
            valid = set(AccountKey.objects.valid_at(VENDOR_AT_WORK + at))
            assert valid == {key for key in AccountKey.objects.all() if key.is_valid_at(VENDOR_AT_WORK + at)}
            return {key.line for key in valid}

        assert valid(timedelta()) == valid(overlap - timedelta(seconds=1)) == {old, new}
        assert valid(overlap) == {new}

    def test_the_same_key_twice_is_refused_and_changes_nothing(self) -> None:
        account, line = created(), public_line(public())
        key_acts.register_key(account, owner_of(account), line=line)
        with pytest.raises(Refused) as refused:
            key_acts.register_key(account, owner_of(account), line=line)
        assert refused.value.code == "key_is_there"
        assert account.account_keys.get().valid_to is None

    def test_there_are_not_more_keys_at_a_time_than_the_rules_say(self) -> None:
        account = created()
        most = current().policies.gateway.keys_per_account.value
        for _ in range(most):
            key_acts.register_key(account, owner_of(account), line=public_line(public()))
        with pytest.raises(Refused) as refused:
            key_acts.register_key(account, owner_of(account), line=public_line(public()))
        assert refused.value.code == "too_many_keys"
        later = VENDOR_AT_WORK + timedelta(days=current().policies.gateway.key_overlap_days.value)
        with frozen(later):
            key_acts.register_key(account, owner_of(account), line=public_line(public()))

    def test_the_institution_replaces_its_key_on_its_page_and_nobody_elses(self, client: Client) -> None:
        account = created()
        own = person("institution", "a@example.org", institution_code=account.institution.code)
        sign_in(client, own)
        address = f"/account/{account.pk}/keys/"
        page = client.post(address, {"line": "ssh-rsa AAAA"}).content.decode()
        assert "這不是看得懂的公開金鑰" in page
        assert client.post(address, {"line": public()}, follow=True).status_code == 200
        assert account.account_keys.count() == 1
        stranger = person("institution", "b@example.org", institution_code="1990009999")
        assert sign_in(Client(), stranger).get(address).status_code == 404

    def test_only_who_had_a_key_before_is_told_of_the_old_one(self, client: Client) -> None:
        account = created()
        sign_in(client, person("institution", institution_code=account.institution.code))
        first, second = (
            client.post(f"/account/{account.pk}/keys/", {"line": public()}, follow=True).content.decode()
            for _ in range(2)
        )
        assert "公開金鑰已登記" in first
        assert "舊的金鑰" not in first
        assert "舊的金鑰最多還可以再用 14 天" in second

    def test_when_the_last_key_has_ended_and_there_is_no_password_every_page_says_that_nothing_opens(
        self, client: Client
    ) -> None:
        account = created()
        sign_in(client, person("institution", institution_code=account.institution.code))
        address = f"/account/{account.pk}/keys/"
        assert "密碼也還沒產生" in client.get(address).content.decode()
        key_acts.register_key(account, owner_of(account), line=public_line(public()))
        assert "不使用，已登記公開金鑰" in client.get("/my/").content.decode()
        client.post(address, {"act": "end", "key": account.account_keys.get().pk})
        assert "也沒有密碼，不能連線" in client.get(address).content.decode()
        assert "目前不能連線" in client.get("/my/").content.decode()
        vendor = sign_in(Client(), person("vendor"))
        assert "機構登記的公開金鑰都停用了" in vendor.get(f"/provisioning/{account.pk}/").content.decode()
        account.refresh_from_db()
        with pytest.raises(Refused, match="key_instead"):
            acts.reveal(account, owner_of(account), password="never shown")

    def test_behind_the_secrets_link_who_ended_the_last_key_reads_where_to_register_another(
        self, client: Client
    ) -> None:
        account = created()
        link = MailedLink.objects.not_revoked().get(purpose="secret", subject_id=str(account.pk))
        client.post("/" + links.address(link.seed).split("/", 3)[3], {"code": account.institution.code})
        client.post("/account/secret/", {"act": "key", "line": public()})
        assert "這個帳號不需要密碼" in client.get("/account/secret/").content.decode()
        key_acts.end_key(account, owner_of(account), key=account.account_keys.get().pk)
        page = client.get("/account/secret/").content.decode()
        assert "這把金鑰後來停用了" in page
        assert "不需要密碼" not in page


@pytest.mark.django_db
def test_the_vendor_ends_one_key_of_an_institution_with_a_reason_and_institution_and_county_hear_of_it(
    client: Client,
) -> None:
    account = created()
    kept, lost = (public_line(public()) for _ in range(2))
    for line in (kept, lost):
        key_acts.register_key(account, owner_of(account), line=line)
    key = account.account_keys.get(line=lost)
    sign_in(client, person("vendor"))
    page = f"/provisioning/{account.pk}/"
    assert (
        "請填寫停用金鑰的原因"
        in client.post(page, {"act": "revoke_key", "key": key.pk, "reason": ""}).content.decode()
    )
    client.post(page, {"act": "revoke_key", "key": key.pk, "reason": "金鑰外洩"})
    now = clock.now()
    assert [one.line for one in account.account_keys.valid_at(now)] == [kept]
    told = Letter.objects.get(kind="account_key_ended")
    assert told.to == [account.application.mailbox]
    assert all(said in told.body for said in (key.fingerprint, "金鑰外洩", "可以繼續使用"))
    account.refresh_from_db()
    assert account.state in {"created", "notified"}


@pytest.mark.django_db
def test_another_accounts_key_is_not_ended_from_this_page(client: Client) -> None:
    account, other = created(), created(institution_code="1131000018")
    key_acts.register_key(other, owner_of(other), line=public_line(public()))
    sign_in(client, person("vendor"))
    key = other.account_keys.get()
    client.post(f"/provisioning/{account.pk}/", {"act": "revoke_key", "key": key.pk, "reason": "外洩"})
    key.refresh_from_db()
    assert key.valid_to is None
    with pytest.raises(Refused, match="key_ended_already"):
        key_acts.revoke_key(account, VENDOR, key=key.pk, reason="外洩")
    assert not Letter.objects.filter(kind="account_key_ended").exists()


@pytest.mark.django_db
def test_a_closed_account_is_told_to_its_institution() -> None:
    account = created()
    acts.close(account, VENDOR)
    assert account.username in Letter.objects.get(kind="account_closed").body
