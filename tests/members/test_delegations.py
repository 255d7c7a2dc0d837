"""A dated delegation to a vendor: what it opens, when it ends, and who looked for whom."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from careward import rulebook
from careward.accounts.seats import seats_of
from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel import clock
from careward.members.models import Delegation, Look
from careward.registry.models import Institution
from careward.vendors import acts as vendor_acts
from support import delivering, members, vendors

pytestmark = pytest.mark.django_db
TODAY = delivering.OPEN.date()
DELEGATIONS = "/my/delegations/"


@pytest.fixture
def home(home: Institution) -> Institution:
    """With somebody who heads it."""
    members.head(home)
    return home


def seats_at(delegation: Delegation, days: int = 0) -> list[str]:
    head = delegation.company.members.get(position="company_head").user
    with clock.frozen(delivering.OPEN + timedelta(days=days)):
        return [seat.institution_code for seat in seats_of(head) if seat.position == "delegate"]


def test_it_opens_from_the_first_day_to_the_last_and_not_beyond(home: Institution) -> None:
    given = members.delegated(home, first_day=TODAY + timedelta(days=1), last_day=TODAY + timedelta(days=3))
    assert [bool(seats_at(given, day)) for day in range(5)] == [False, True, True, True, False]


def test_the_head_delegates_by_the_vendors_code_and_both_are_told(home: Institution, client: Client) -> None:
    company = vendors.listed()
    members.in_seat(client, home.members.get().user)
    client.post(DELEGATIONS, {"company": company.code.lower(), "first_day": "115/2/5", "last_day": "115/3/6"})
    (given,) = Delegation.objects.all()
    assert seats_at(given) == [home.code]
    (sent,) = Letter.objects.filter(kind="delegation_granted")
    assert sent.to == [company.mailbox]
    assert sent.cc == ["head@example.org"]
    assert company.name in client.get(DELEGATIONS).content.decode()


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [(3, 2, "days_backwards"), (-3, -1, "days_over"), (0, 366, "days_too_many"), (400, 401, "days_far")],
)
def test_days_that_cannot_be_are_refused_with_the_reason(
    home: Institution, first: int, last: int, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        members.delegated(
            home, first_day=TODAY + timedelta(days=first), last_day=TODAY + timedelta(days=last)
        )
    assert refused.value.code == code
    assert not Delegation.objects.exists()


def test_the_longest_it_may_be_is_allowed(home: Institution) -> None:
    most = rulebook.current().policies.members.delegation_days.value
    assert members.delegated(home, last_day=TODAY + timedelta(days=most - 1)).state == "in_force"


def test_days_that_overlap_an_earlier_one_are_refused_and_those_after_it_are_not(home: Institution) -> None:
    first = members.delegated(home)
    with pytest.raises(Refused) as refused:
        members.delegated(home, first.company, first_day=first.last_day, last_day=first.last_day)
    assert refused.value.code == "granted_already"
    after = first.last_day + timedelta(days=1)
    assert members.delegated(home, first.company, first_day=after, last_day=after).pk


def test_an_unknown_code_and_an_unproved_vendor_are_refused(home: Institution, client: Client) -> None:
    unproved = vendors.entered()
    members.in_seat(client, home.members.get().user)
    for code in ("V000000", unproved.code or "x"):
        answer = client.post(DELEGATIONS, {"company": code, "first_day": "115/2/5", "last_day": "115/3/6"})
        assert "沒有這個廠商代碼" in answer.content.decode()
    assert not Delegation.objects.exists()


def test_ended_by_the_head_it_shows_nothing_with_the_next_request(home: Institution, client: Client) -> None:
    given = members.delegated(home)
    company = members.in_seat(Client(), given.company.members.get().user, home.code)
    assert company.get("/my/").status_code == 200
    members.in_seat(client, home.members.get().user)
    client.post(reverse("members:end", args=[given.pk]))
    assert home.name not in company.get("/my/", follow=True).content.decode()
    assert seats_at(given) == []
    (sent,) = Letter.objects.filter(kind="delegation_ended")
    assert (sent.to, sent.cc) == ([given.company.mailbox], ["head@example.org"])


def test_the_company_can_give_it_back(home: Institution, client: Client) -> None:
    given = members.delegated(home)
    members.in_seat(client, given.company.members.get().user, given.company.name)
    client.post(reverse("members:give_back", args=[given.pk]))
    assert seats_at(given) == []


def test_a_vendor_taken_out_of_the_directory_sees_nothing(home: Institution) -> None:
    given = members.delegated(home)
    head = given.company.members.get().user
    vendor_acts.close(given.company, Actor("ministry", "x"), reason="歇業")
    assert seats_of(head) == ()


def test_the_company_looks_and_may_do_nothing(home: Institution, client: Client) -> None:
    account = delivering.account()
    delivery = delivering.checked(account)
    given = members.delegated(home)
    members.in_seat(client, given.company.members.get().user, home.code)
    for address in ("/my/", f"/my/deliveries/{delivery.ticket}/", "/my/connection/"):
        assert client.get(address).status_code == 200, address
    for address in (
        f"/my/deliveries/{delivery.ticket}/confirm/",
        reverse("custody:look", args=[delivery.ticket]),
        reverse("provisioning:keys", args=[account.pk]),
        "/my/people/",
        DELEGATIONS,
        reverse("members:end", args=[given.pk]),
    ):
        assert client.post(address).status_code == 404, address
    page = client.get("/my/").content.decode()
    assert "只能查看" in page
    assert "/keys/" not in page
    look = reverse("custody:look", args=[delivery.ticket])
    receipt = f"/my/deliveries/{delivery.ticket}/"
    assert look not in client.get(receipt).content.decode()
    own = members.in_seat(Client(), home.members.get().user)
    assert look in own.get(receipt).content.decode()


def test_what_was_not_delegated_is_not_there(home: Institution, client: Client) -> None:
    other = delivering.checked(delivering.account(code="1131000018"))
    given = members.delegated(home)
    members.in_seat(client, given.company.members.get().user, home.code)
    assert client.get(f"/my/deliveries/{other.ticket}/").status_code == 404
    strangers = members.delegated(
        other.institution, vendors.listed(business_id="12345675", mailbox="b@b.example")
    )
    assert client.post(reverse("members:give_back", args=[strangers.pk])).status_code == 404
    assert seats_at(strangers) == ["1131000018"]


def test_each_look_is_noted_once_a_day_with_who_looked_and_the_head_reads_it(
    home: Institution, client: Client
) -> None:
    delivery = delivering.checked(delivering.account())
    given = members.delegated(home)
    looker = given.company.members.get().user
    company = members.in_seat(Client(), looker, home.code)
    for _ in range(2):
        company.get(f"/my/deliveries/{delivery.ticket}/")
    noted = Look.objects.filter(page="intake:receipt")
    assert [(look.delegation, look.user, look.thing) for look in noted] == [(given, looker, delivery.ticket)]
    event = noted.get().events.get()
    assert (event.pgh_context["role"], event.pgh_context["actor"]) == ("institution", str(looker.pk))
    page = members.in_seat(client, home.members.get().user).get(DELEGATIONS).content.decode()
    assert delivery.ticket in page
    assert looker.email in page


def test_what_the_own_people_open_is_not_noted(home: Institution, client: Client) -> None:
    members.in_seat(client, home.members.get().user).get("/my/")
    assert not Look.objects.exists()


def test_the_companys_own_people_see_the_same_and_its_head_adds_them(
    home: Institution, client: Client
) -> None:
    given = members.delegated(home)
    members.in_seat(client, given.company.members.get().user, given.company.name)
    client.post("/my/people/", {"name": "林工程師", "mailbox": "engineer@yuanfan.example"})
    from careward.correspondence import links
    from careward.members.models import Member

    member = Member.objects.get(user__email="engineer@yuanfan.example")
    client.post(
        reverse("members:person", args=[member.pk]), {"act": "answer", "code": links.code(member.seed)}
    )
    assert [seat.position for seat in seats_of(member.user)] == ["company_clerk", "delegate"]
    engineer = members.in_seat(Client(), member.user, given.company.name)
    assert home.name in engineer.get("/my/clients/").content.decode()
    assert engineer.get("/my/people/").status_code == 404


def test_the_company_lands_at_its_institutions_and_finds_one_by_name(
    home: Institution, client: Client
) -> None:
    given = members.delegated(home)
    user = given.company.members.get().user
    members.in_seat(client, user, given.company.name)
    assert client.get("/my/")["Location"] == "/my/clients/"
    assert home.name in client.get("/my/clients/", {"search": home.name[:2]}).content.decode()
    assert "沒有符合的機構" in client.get("/my/clients/", {"search": "zzz"}).content.decode()
