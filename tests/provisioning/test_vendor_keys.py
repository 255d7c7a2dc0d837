"""The key a system vendor registered once opens the accounts of the institutions that chose it by its code."""

import asyncssh
import pytest
from django.test import Client

from careward.flow import NotPermitted, Refused
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.clock import frozen
from careward.provisioning import acts, key_acts
from careward.provisioning.models import UploadAccount
from careward.vendors import acts as vendor_acts
from provisioning.making import VENDOR_AT_WORK, created, letters, owner_of, requested
from support.applying import APPLICANT, DURING, lacking, with_scan
from support.signing_in import person, sign_in
from support.vendors import VENDOR, listed

pytestmark = pytest.mark.django_db


def line() -> str:
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    return " ".join(key.split()[:2])


def account_of(vendor_code: str) -> UploadAccount:
    """待建立, of a rented system whose vendor was chosen by its code."""
    from careward.applications import acts as applying

    sent = lacking(mode="rented", vendor_code=vendor_code)
    for kind in ("mandate", "vendor_commitment"):
        sent = with_scan(sent, kind=kind)
    return requested(applying.complete(sent, APPLICANT, arrived_at=DURING))


def lines_of(account: UploadAccount) -> list[tuple[str, str]]:
    return list(account.account_keys.valid_at(clock.now()).values_list("line", "vendor_code"))


class TestWhenTheAccountIsMade:
    def test_the_vendors_key_is_registered_and_the_letter_says_so(self) -> None:
        vendor = listed(public_key=line())
        account = created(account_of(vendor.code))
        assert lines_of(account) == [(vendor.public_key, vendor.code)]
        (letter,) = letters(account, "account_created")
        assert account.account_keys.get().fingerprint in letter.body
        assert vendor.code in letter.body

    def test_the_institution_can_still_make_its_password(self) -> None:
        account = created(account_of(listed(public_key=line()).code))
        assert account.secret_is_waiting(VENDOR_AT_WORK)
        with frozen(VENDOR_AT_WORK):
            acts.reveal(account, owner_of(account), password=acts.new_password())

    def test_it_is_an_act_of_its_own_in_the_journal(self) -> None:
        account = created(account_of(listed(public_key=line()).code))
        event = account.account_keys.get().events.get()
        assert event.pgh_context["act"] == "account.register_vendor_key"

    @pytest.mark.parametrize("key", ["", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"])
    def test_a_vendor_without_a_key_that_can_be_used_changes_nothing(self, key: str) -> None:
        account = created(account_of(listed(public_key=key).code))
        assert lines_of(account) == []
        assert "公開金鑰" not in letters(account, "account_created")[0].body

    def test_a_vendor_that_left_the_directory_is_let_in_no_more(self) -> None:
        vendor = listed(public_key=line())
        account = account_of(vendor.code)
        vendor_acts.close(vendor, Actor("ministry", "test"), reason="歇業")
        assert lines_of(created(account)) == []

    def test_a_typed_vendor_opens_nothing(self) -> None:
        listed(public_key=line())
        assert lines_of(created(account_of(""))) == []

    def test_a_corrected_application_leaves_no_key_behind(self) -> None:
        account = created(account_of(listed(public_key=line()).code))
        acts.hold(account, Actor("ministry", "test"))
        assert lines_of(account) == []


class TestAfterwards:
    def test_the_institutions_own_key_does_not_end_the_vendors(self) -> None:
        vendor = listed(public_key=line())
        account = created(account_of(vendor.code))
        own = line()
        key_acts.register_key(account, owner_of(account), line=own)
        assert set(account.account_keys.filter(valid_to=None).values_list("line", flat=True)) == {
            vendor.public_key,
            own,
        }

    def test_a_key_the_vendor_changed_is_offered_and_taken_by_the_institution_alone(
        self, client: Client
    ) -> None:
        vendor = listed(public_key=line())
        account = created(account_of(vendor.code))
        changed = vendor_acts.change(vendor, VENDOR, changes={"public_key": line()})
        assert changed.public_key not in dict(lines_of(account))
        sign_in(client, person("institution", institution_code=account.institution.code))
        address = f"/account/{account.pk}/keys/"
        assert "登記廠商的金鑰" in client.get(address).content.decode()
        client.post(address, {"act": "vendor"})
        assert account.account_keys.get(valid_to=None).line == changed.public_key
        assert "登記廠商的金鑰" not in client.get(address).content.decode()

    def test_only_the_key_that_stands_in_the_directory_counts_as_the_vendors(self) -> None:
        account = created(account_of(listed(public_key=line()).code))
        with pytest.raises(Refused) as refused:
            key_acts.register_vendor_key(account, owner_of(account), line=line())
        assert refused.value.code == "vendor_has_no_key"

    def test_the_institution_ends_a_key_at_once(self, client: Client) -> None:
        account = created(account_of(listed(public_key=line()).code))
        sign_in(client, person("institution", institution_code=account.institution.code))
        address, key = f"/account/{account.pk}/keys/", account.account_keys.get()
        client.post(address, {"act": "end", "key": key.pk})
        assert lines_of(account) == []
        again = client.post(address, {"act": "end", "key": key.pk}).content.decode()
        assert "這把金鑰已經停用" in again

    def test_nobody_ends_a_key_of_another_account(self) -> None:
        first = created(account_of(listed(public_key=line()).code))
        other = created(institution_code="1131000018")
        with pytest.raises(Refused):
            key_acts.end_key(other, owner_of(other), key=first.account_keys.get().pk)

    def test_the_vendor_of_the_platform_ends_none(self) -> None:
        account = created(account_of(listed(public_key=line()).code))
        with pytest.raises(NotPermitted):
            key_acts.end_key(account, Actor("vendor", "test"), key=account.account_keys.get().pk)
