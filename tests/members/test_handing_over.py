"""A mailbox passes on to another person: what the former one's devices still open."""

from datetime import datetime

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from careward.accounts.models import User
from careward.accounts.seats import seats_of
from careward.changes import acts as changes
from careward.correspondence.models import Letter
from careward.journal import Actor, acting
from careward.kernel.clock import frozen, taipei
from careward.kernel.identifiers import make_national_id
from careward.members import acts
from careward.provisioning import acts as provisioning
from careward.registry.models import Institution
from support import changing, delivering, members
from support.signing_in import by_mailed_code, person, sign_in

pytestmark = pytest.mark.django_db

HOME = "/my/"
NUMBER = make_national_id(77)


def with_ways_in(user: User) -> Client:
    """Signed in on one device, a passkey on another."""
    with acting(Actor.system("test"), "prepare"):
        Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    return by_mailed_code(Client(), user)


def comes_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def keys(user: User) -> int:
    return Authenticator.objects.filter(user=user).count()


def _processed(name: str, at: datetime) -> None:
    account = delivering.account()
    change = changing.released(account, at, person_name=name, person_id=NUMBER)
    with frozen(taipei(2026, 3, 2)):
        changes.process(change, changing.VENDOR)


@pytest.mark.parametrize(("name", "stays"), [("周大安", False), ("林小明", True)])
def test_with_another_person_in_charge_devices_end_and_with_a_corrected_number_they_stay(
    home: Institution, name: str, stays: bool
) -> None:
    head = members.head(home)
    client = with_ways_in(head)
    _processed(name, taipei(2026, 2, 10))
    assert (comes_in(client), keys(head) == 1) == (stays, stays)
    assert Letter.objects.filter(kind="mailbox_passed_on", to=[head.email]).exists() is not stays
    assert seats_of(head)


def test_nobody_is_told_where_nothing_ended(home: Institution) -> None:
    members.head(home)
    _processed("周大安", taipei(2026, 2, 10))
    assert not Letter.objects.filter(kind="mailbox_passed_on").exists()


def test_a_mailbox_that_is_seated_again_is_not_opened_by_a_device_of_before(home: Institution) -> None:
    clerk = members.clerk(home)
    client = with_ways_in(clerk.user)
    acts.remove(clerk, members.BY)
    members.clerk(home, clerk.user.email)
    assert not comes_in(client)
    assert keys(clerk.user) == 0


def test_who_sits_elsewhere_too_keeps_devices(home: Institution) -> None:
    clerk = members.clerk(home)
    members.clerk(delivering.institution("1131000018"), clerk.user.email)
    client = with_ways_in(clerk.user)
    acts.remove(clerk, members.BY)
    assert comes_in(client)
    assert keys(clerk.user) == 1


def test_the_mailbox_registered_before_comes_in_no_more_and_a_clerk_who_is_made_head_goes_on(
    home: Institution,
) -> None:
    former, clerk = members.head(home), members.clerk(home)
    before, after = with_ways_in(former), with_ways_in(clerk.user)
    acts.let_in(home, clerk.user.email, members.BY)
    assert (comes_in(before), keys(former)) == (False, 0)
    assert (comes_in(after), keys(clerk.user)) == (True, 1)


@pytest.mark.parametrize(("name", "stays"), [("周大安", False), ("林小明", True)])
def test_a_new_season_with_another_person_ends_devices_too(home: Institution, name: str, stays: bool) -> None:
    delivering.account(season="114")
    account = delivering.account(state="requested", username="", created_at=None)
    with acting(Actor.system("test"), "prepare"):
        account.application.person_name = name
        account.application.save()
    head = members.head(home, account.application.mailbox)
    client = with_ways_in(head)
    provisioning.create(
        account, changing.VENDOR, username="cw115-new", sources=["168.95.1.1/32"], allow_loopback=False
    )
    assert (comes_in(client), keys(head) == 1) == (stays, stays)


def test_staff_lose_nothing_by_it() -> None:
    from careward.accounts.handing_over import end_ways_in

    vendor = person("vendor")
    client = sign_in(Client(), vendor)
    assert not end_ways_in(vendor)
    assert comes_in(client)
