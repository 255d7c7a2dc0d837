"""職務代理 at the desk: in which roles somebody acts on a case, and that two people still sign."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from careward.accounts.acts import end_deputyship, name_deputy
from careward.accounts.models import Deputyship, User
from careward.applications.models import Application
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel.clock import frozen, taipei
from careward.registry.deputies import actor_for, actor_on, acts_on, in_whose_place, roles_on
from careward.review import acts, bulk
from careward.review.models import DeskSetting, SignOff
from review.deciding import REVIEW, actor, cleared, officer, second_step, sign, supervisor
from review.reading import page_of
from support.applying import submitted
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
BY = Actor.system("test")


@pytest.fixture
def chief() -> User:
    return supervisor()


@pytest.fixture
def stand_in(chief: User) -> User:
    """Another officer of the desk, who stands in for its supervisor today."""
    return _standing_in(officer("stand-in@county.example"), chief)


def _standing_in(deputy: User, person: User) -> User:
    name_deputy(person, deputy, BY, first_day=date(2025, 12, 9), last_day=date(2025, 12, 11))
    return User.objects.get(pk=deputy.pk)


def test_an_officer_who_stands_in_for_the_supervisor_may_do_what_both_may(stand_in: User) -> None:
    second_step()
    application = sign(submitted())
    assert roles_on(stand_in, application) == ("officer", "supervisor")
    assert acts_on(stand_in, application)["confirm"] == "supervisor"
    assert "confirm" not in acts_on(officer(), application)


def test_without_the_dates_the_own_role_is_all_there_is(stand_in: User) -> None:
    application = submitted()
    for at in (taipei(2025, 12, 8, 23, 59), taipei(2025, 12, 12)):
        with frozen(at):
            assert roles_on(User.objects.get(pk=stand_in.pk), application) == ("officer",)
    end_deputyship(Deputyship.objects.get(), BY)
    assert roles_on(User.objects.get(pk=stand_in.pk), application) == ("officer",)


def test_a_supervisor_who_stands_in_for_an_officer_elsewhere_is_an_officer_there() -> None:
    second_step()
    other = _standing_in(supervisor("other@county.example", county="63000"), officer())
    case = sign(submitted(), officer("third@county.example"))
    assert roles_on(other, case) == ("officer",)
    assert "confirm" not in acts_on(other, case)
    with pytest.raises(PermissionDenied):
        acts.confirm(case, actor(other))
    assert Application.objects.get(pk=case.pk).state == "awaiting_second"


def test_outside_both_reaches_there_is_no_role(stand_in: User) -> None:
    elsewhere = submitted(county="63000")
    assert roles_on(stand_in, elsewhere) == ()
    assert in_whose_place(elsewhere, actor(stand_in)) == "", (
        "no deputy's matter, such as a list carried over whole"
    )
    assert not acts_on(stand_in, elsewhere)


@given(
    role=st.sampled_from(["officer", "supervisor"]),
    of=st.sampled_from(["officer", "supervisor"]),
    here=st.booleans(),
)
def test_each_role_counts_only_where_its_person_reaches(role: str, of: str, here: bool) -> None:
    from django.db import transaction

    with transaction.atomic(), frozen(REVIEW):
        case = submitted(institution_code="1131000018")
        me = person(role, "me@county.example", county="10007" if here else "63000", unit="health")
        me = _standing_in(me, person(of, "of@county.example", county="10007", unit="health"))
        expected = ({role} if here else set()) | {of}
        assert set(roles_on(me, case)) == expected
        transaction.set_rollback(True)


def test_the_deputy_confirms_and_the_journal_says_for_whom(
    stand_in: User, chief: User, client: Client
) -> None:
    second_step()
    application = sign(submitted())
    desk = sign_in(client, stand_in)
    assert "覆核" in page_of(desk, f"/review/{application.pk}/")
    assert "確認覆核" in page_of(desk, f"/review/{application.pk}/decide/confirm/")
    desk.post(f"/review/{application.pk}/decide/confirm/", {"sure": "1"})
    assert Application.objects.get().state == "signed_off"
    assert SignOff.objects.get().second == stand_in
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pgh_context->>'role', pgh_context->>'actor', pgh_context->>'deputy_for'"
            " FROM review_signoffevent WHERE pgh_context->>'act' = 'application.confirm'"
        )
        assert set(cursor.fetchall()) == {("supervisor", str(stand_in.pk), str(chief.pk))}
    timeline = page_of(desk, f"/review/{application.pk}/")
    assert f"，代理{chief.name}" in timeline[timeline.index('id="timeline"') :]


def test_a_deputy_does_not_confirm_the_own_signature(stand_in: User, client: Client) -> None:
    second_step()
    application = sign(submitted(), stand_in)
    told = sign_in(client, stand_in).post(f"/review/{application.pk}/decide/confirm/", {"sure": "1"})
    assert "簽核的人不能覆核" in told.content.decode()
    assert Application.objects.get().state == "awaiting_second"
    with pytest.raises(Refused, match="second_person_needed"):
        acts.confirm(application, actor_for(stand_in, application, "confirm"))


def test_nor_has_the_supervisor_the_own_signature_confirmed_in_the_own_name(
    stand_in: User, chief: User
) -> None:
    second_step()
    application = submitted()
    ticked = [item.id for item in application.checklist]
    application = acts.sign_off(application, actor(chief), ticked=ticked, remark="")
    with pytest.raises(Refused, match="second_person_needed"):
        acts.confirm(application, actor_for(stand_in, application, "confirm"))


def test_who_stands_in_for_nobody_takes_no_role_but_the_own(chief: User) -> None:
    second_step()
    application = sign(submitted())
    pretender = officer("other@county.example")
    with pytest.raises(PermissionDenied):
        acts.confirm(application, Actor("supervisor", str(pretender.pk)))
    assert Application.objects.get().state == "awaiting_second"


def test_pages_of_supervisors_open_to_their_deputy_while_it_holds(stand_in: User, client: Client) -> None:
    desk = sign_in(client, stand_in)
    assert "審查進度" in page_of(desk, "/oversight/")
    with frozen(taipei(2025, 12, 12)):
        assert desk.get("/oversight/").status_code == 404
        assert "審查進度" not in page_of(desk, "/review/")


def test_the_deputy_switches_the_second_step_of_the_desk_and_nobody_elses(
    stand_in: User, client: Client
) -> None:
    desk = sign_in(client, stand_in)
    assert "彰化縣衛生局" in page_of(desk, "/review/desk/")
    desk.post("/review/desk/", {"desk": "10007:health", "on": "1"})
    assert DeskSetting.objects.get().second_step
    for other in ("63000:health", "10007:social", "", "x"):
        desk.post("/review/desk/", {"desk": other, "on": "1"})
    assert DeskSetting.objects.count() == 1
    sign_in(client, officer("plain@county.example")).post(
        "/review/desk/", {"desk": "10007:health", "off": "1"}
    )
    assert DeskSetting.objects.get().second_step


def test_many_are_signed_by_a_deputy_in_the_role_that_reaches_them() -> None:
    other = _standing_in(supervisor("other@county.example", county="63000"), officer())
    case = cleared(submitted())
    (result,) = bulk.perform("sign_off", [case.pk], other, "")
    assert result.done, result.says
    assert actor_on(other, case) == Actor("officer", str(other.pk), deputy_for=str(officer().pk))
