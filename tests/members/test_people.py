"""Head and clerks of an institution: who may sign in, who says so, and what each may do."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from careward import rulebook
from careward.accounts.seats import seats_of
from careward.correspondence import links
from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel import clock
from careward.members import acts
from careward.members.models import Member
from careward.registry.models import Institution
from support import delivering, members
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
PEOPLE = "/my/people/"
HOME = "/my/"


def page_of(member: Member) -> str:
    return reverse("members:person", args=[member.pk])


def test_the_registered_mailbox_is_the_head_and_a_newer_one_takes_its_place(home: Institution) -> None:
    first = members.head(home, "Old@Example.org")
    assert members.head(home, "old@example.org") == first
    assert [seat.position for seat in seats_of(first)] == ["head"]
    second = members.head(home, "new@example.org")
    assert seats_of(first) == ()
    assert [seat.position for seat in seats_of(second)] == ["head"]
    assert Letter.objects.filter(kind="member_removed", to=["old@example.org"]).count() == 1


def test_a_clerk_who_becomes_the_head_sits_there_once(home: Institution) -> None:
    members.head(home)
    clerk = members.clerk(home).user
    assert members.head(home, clerk.email) == clerk
    assert [seat.position for seat in seats_of(clerk)] == ["head"]


def test_a_mailbox_of_staff_gets_no_seat_and_stops_nothing(home: Institution) -> None:
    officer = person("officer", "officer@county.example")
    assert acts.let_in(home, officer.email, Actor.system("test")) is None
    with pytest.raises(Refused) as refused:
        members.invited(home, officer.email)
    assert refused.value.code == "mailbox_is_staffs"


def test_a_clerk_sees_nothing_before_the_code_came_back(home: Institution, client: Client) -> None:
    members.in_seat(client, members.head(home))
    answer = client.post(PEOPLE, {"name": "陳小華", "mailbox": "Clerk@Example.org"})
    member = Member.objects.get(user__email="clerk@example.org")
    assert answer["Location"] == page_of(member)
    assert seats_of(member.user) == ()
    sent = Letter.objects.get(kind="member_code")
    assert links.code(member.seed) not in sent.body
    code = links.code(member.seed)
    client.post(page_of(member), {"act": "answer", "code": f"{code[:3]}-{code[3:].lower()}"})
    assert [seat.position for seat in seats_of(member.user)] == ["clerk"]
    assert Letter.objects.filter(kind="member_added", to=["clerk@example.org"]).exists()


def test_five_wrong_codes_end_the_code_and_a_fresh_one_works(home: Institution, client: Client) -> None:
    members.in_seat(client, members.head(home))
    member = members.invited(home)
    right = links.code(member.seed)
    for _ in range(5):
        said = client.post(page_of(member), {"act": "answer", "code": "AAAAAA"}).content.decode()
    assert "驗證碼已經失效" in said
    client.post(page_of(member), {"act": "answer", "code": right})
    assert seats_of(member.user) == ()
    client.post(page_of(member), {"act": "send_code"})
    member.refresh_from_db()
    client.post(page_of(member), {"act": "answer", "code": links.code(member.seed)})
    assert len(seats_of(member.user)) == 1


def test_a_code_is_over_after_its_time(home: Institution) -> None:
    member = members.invited(home)
    valid = rulebook.current().policies.mailbox_code.valid
    with clock.frozen(delivering.OPEN + valid * 1.01):
        assert acts.answer(member, links.code(member.seed), members.BY) is acts.Answer.OVER


def test_one_mailbox_is_not_flooded_with_codes(home: Institution, client: Client) -> None:
    members.in_seat(client, members.head(home))
    member = members.invited(home)
    for _ in range(8):
        client.post(page_of(member), {"act": "send_code"})
    sent = Letter.objects.filter(kind="member_code").count()
    assert sent == 1 + rulebook.current().policies.mailbox_code.codes_per_hour.value


def test_who_loses_a_seat_is_asked_anew_though_one_other_is_left(home: Institution, client: Client) -> None:
    clerk = members.clerk(home)
    members.clerk(delivering.institution("1131000018"), clerk.user.email)
    members.in_seat(client, clerk.user, home.code)
    acts.remove(clerk, members.BY)
    assert client.get(HOME)["Location"].startswith("/my/places/")


def test_a_removed_clerk_is_out_with_the_next_request(home: Institution, client: Client) -> None:
    clerk = members.clerk(home)
    at_work = members.in_seat(Client(), clerk.user)
    assert at_work.get(HOME).status_code == 200
    members.in_seat(client, members.head(home))
    client.post(page_of(clerk), {"act": "remove"})
    assert at_work.get(HOME)["Location"].startswith("/my/places/")
    assert Letter.objects.filter(kind="member_removed", to=[clerk.user.email]).exists()


def test_the_head_is_removed_by_nobody_here(home: Institution, client: Client) -> None:
    head = members.head(home)
    members.in_seat(client, head)
    own = Member.objects.get(user=head)
    client.post(page_of(own), {"act": "remove"})
    assert len(seats_of(head)) == 1


def test_a_clerk_is_offered_and_allowed_neither_people_nor_delegations_nor_keys(
    home: Institution, client: Client
) -> None:
    account = delivering.account()
    members.head(home)
    clerk = members.clerk(home)
    page = members.in_seat(client, clerk.user).get(HOME).content.decode()
    keys = reverse("provisioning:keys", args=[account.pk])
    for address in (PEOPLE, "/my/delegations/", keys, page_of(clerk)):
        assert address not in page
        assert client.get(address).status_code == 404
        assert client.post(address, {"act": "remove"}).status_code == 404
    assert "機構承辦人" in page
    assert "由機構負責人登入後登記、更換或停用" in page, "letters send who uploads to this page for keys"


def test_the_head_is_offered_all_of_it(home: Institution, client: Client) -> None:
    account = delivering.account()
    page = members.in_seat(client, members.head(home)).get(HOME).content.decode()
    for address in (PEOPLE, "/my/delegations/", reverse("provisioning:keys", args=[account.pk])):
        assert address in page


def test_somebody_of_another_institution_is_not_there(home: Institution, client: Client) -> None:
    elsewhere = members.clerk(delivering.institution("1131000018"), "else@example.org")
    members.in_seat(client, members.head(home))
    assert client.get(page_of(elsewhere)).status_code == 404
    assert client.post(page_of(elsewhere), {"act": "remove"}).status_code == 404
    assert len(seats_of(elsewhere.user)) == 1


def test_a_place_has_no_more_people_than_the_rules_say(
    home: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = rulebook.current().policies.members.people.value
    members.head(home)
    for number in range(most - 1):
        members.invited(home, f"clerk{number}@example.org")
    with pytest.raises(Refused) as refused:
        members.invited(home, "onemore@example.org")
    assert refused.value.code == "too_many"


def test_the_same_mailbox_twice_is_refused(home: Institution) -> None:
    members.invited(home)
    with pytest.raises(Refused) as refused:
        members.invited(home, "Clerk@example.org")
    assert refused.value.code == "there_already"


def test_a_name_one_place_wrote_is_not_shown_to_another(home: Institution, client: Client) -> None:
    acts.invite(delivering.institution("1131000018"), "clerk@example.org", "甲處的稱呼", members.BY)
    members.in_seat(client, members.head(home))
    client.post(PEOPLE, {"name": "乙處的稱呼", "mailbox": "clerk@example.org"})
    page = client.get(PEOPLE).content.decode()
    assert "乙處的稱呼" in page
    assert "甲處的稱呼" not in page


def test_one_mailbox_of_two_institutions_chooses_and_sees_only_the_chosen(
    home: Institution, client: Client
) -> None:
    other = delivering.institution("1131000018")
    head = members.head(home)
    assert members.head(other, head.email) == head
    here, there = (
        delivering.checked(delivering.account()),
        delivering.checked(delivering.account(code=other.code)),
    )
    sign_in(client, head)
    asked = client.get(f"/my/deliveries/{there.ticket}/")
    assert asked["Location"] == f"/my/places/?next=/my/deliveries/{there.ticket}/"
    seat = {one.institution_code: one.id for one in seats_of(head)}
    assert client.post(asked["Location"], {"seat": seat[other.code]})["Location"].endswith(f"{there.ticket}/")
    assert client.get(f"/my/deliveries/{there.ticket}/").status_code == 200
    assert client.get(f"/my/deliveries/{here.ticket}/").status_code == 404
    client.post("/my/places/", {"seat": seat[home.code]})
    assert client.get(f"/my/deliveries/{here.ticket}/").status_code == 200
    assert "切換" in client.get(HOME).content.decode()


def test_a_seat_of_somebody_else_is_not_taken(home: Institution, client: Client) -> None:
    members.head(home)
    foreign = seats_of(members.head(home))[0].id
    other = members.head(delivering.institution("1131000018"), "other@example.org")
    sign_in(client, other)
    client.post("/my/places/", {"seat": foreign})
    assert "1131000018" in client.get(HOME).content.decode()
    assert home.code not in client.get(HOME).content.decode()


def test_the_place_to_go_on_to_lies_here(home: Institution, client: Client) -> None:
    head = members.head(home)
    sign_in(client, head)
    seat = seats_of(head)[0].id
    answer = client.post("/my/places/?next=https://example.org/", {"seat": seat})
    assert answer["Location"] == HOME


def test_who_has_no_seat_is_told_what_may_be_the_reason(client: Client) -> None:
    sign_in(client, acts_account())
    answer = client.get(HOME, follow=True)
    assert "目前沒有可以開啟的機構" in answer.content.decode()


def acts_account() -> object:
    from careward.journal import acting

    with acting(Actor.system("test"), "prepare"):
        return acts.account_of("nowhere@example.org", "x")


def test_a_closed_account_sits_nowhere(home: Institution, acting: None) -> None:
    head = members.head(home)
    head.is_active = False
    assert seats_of(head) == ()


def test_signing_in_by_the_mailed_code_leads_to_the_choice_when_there_are_two(
    home: Institution, client: Client
) -> None:
    head = members.head(home)
    members.head(delivering.institution("1131000018"), head.email)
    client.post("/accounts/sign-in/code/", {"email": head.email})
    body = Letter.objects.filter(kind="login_code").latest("created_at", "pk").body
    code = re.search(r"^  ([A-Z]{4}-[A-Z]{4})$", body, re.MULTILINE)
    assert code
    answer = client.post("/accounts/sign-in/code/confirm/", {"code": code[1]})
    assert answer["Location"] == "/my/places/"
