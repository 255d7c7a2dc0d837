"""職務代理: who sees and does what for whom, between two days."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from careward.accounts import acts
from careward.accounts.models import Deputyship, User
from careward.applications.models import Application
from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.journal import Actor
from careward.kernel.clock import TAIPEI, frozen, taipei
from careward.registry.deputies import actor_on
from review.deciding import REVIEW, sign
from support.applying import submitted
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
BY = Actor.system("test")
FIRST, LAST = date(2025, 12, 9), date(2025, 12, 11)


@pytest.fixture(autouse=True)
def _during_the_review() -> Iterator[None]:
    with frozen(REVIEW):
        yield


@pytest.fixture
def away() -> User:
    return person("officer", "away@example.org", county="10007", unit="health")


@pytest.fixture
def deputy() -> User:
    return person("officer", "deputy@example.org", county="10007", unit="social")


def _named(away: User, deputy: User, **changes: Any) -> Deputyship:
    days = {"first_day": FIRST, "last_day": LAST, **changes}
    return acts.name_deputy(away, deputy, BY, **days)


def _seen(user: User) -> set[Application]:
    return set(Application.objects.visible_to(User.objects.get(pk=user.pk)))


def test_a_deputy_sees_the_cases_of_both(away: User, deputy: User) -> None:
    theirs = submitted()
    own = submitted(institution_type="elderly", institution_code="E-001")
    assert _seen(deputy) == {own}
    _named(away, deputy)
    assert _seen(deputy) == {own, theirs}
    assert _seen(away) == {theirs}


@pytest.mark.parametrize(
    ("at", "sees"),
    [
        (taipei(2025, 12, 8, 23, 59, 59), False),
        (taipei(2025, 12, 9), True),
        (taipei(2025, 12, 11, 23, 59, 59), True),
        (taipei(2025, 12, 12), False),
    ],
)
def test_it_holds_from_the_first_days_midnight_to_the_last_days_end(
    away: User, deputy: User, at: datetime, sees: bool
) -> None:
    theirs = submitted()
    with frozen(taipei(2025, 12, 8, 9)):
        _named(away, deputy)
    with frozen(at):
        assert (theirs in _seen(deputy)) is sees


@given(start=st.integers(0, 20), length=st.integers(0, 10), minute=st.integers(0, 32 * 24 * 60))
def test_whether_it_holds_is_asked_of_the_days_alone(start: int, length: int, minute: int) -> None:
    first = date(2025, 12, 1) + timedelta(days=start)
    last = first + timedelta(days=length)
    at = taipei(2025, 12, 1) + timedelta(minutes=minute)
    with transaction.atomic():
        one = person("officer", "one@example.org", county="10007", unit="health")
        other = person("officer", "other@example.org", county="63000", unit="health")
        with frozen(taipei(2025, 12, 1)):
            acts.name_deputy(one, other, BY, first_day=first, last_day=last)
        with frozen(at):
            holds = User.objects.get(pk=other.pk).represented() == (one,)
        transaction.set_rollback(True)
    assert holds == (first <= at.astimezone(TAIPEI).date() <= last)


def test_ended_early_it_holds_no_longer(away: User, deputy: User) -> None:
    theirs = submitted()
    made = _named(away, deputy)
    acts.end_deputyship(made, BY)
    acts.end_deputyship(made, BY)
    assert theirs not in _seen(deputy)


def test_a_deputy_of_a_deputy_sees_nothing_of_the_first(away: User, deputy: User) -> None:
    third = person("officer", "third@example.org", county="63000", unit="social")
    theirs = submitted()
    _named(away, deputy)
    _named(deputy, third)
    assert theirs not in _seen(third)


def test_for_somebody_whose_account_is_closed_nobody_stands_in(away: User, deputy: User) -> None:
    theirs = submitted()
    _named(away, deputy)
    acts.close_account(away, BY)
    assert theirs not in _seen(deputy)


def _contexts(model: str, of: str) -> list[dict[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pgh_context FROM {model} WHERE pgh_context ->> 'act' = %s ORDER BY pgh_id", [of]
        )
        import json

        return [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]


def test_what_a_deputy_does_is_journalled_as_done_for_the_other(away: User, deputy: User) -> None:
    application = submitted()
    _named(away, deputy)
    sign(application, deputy)
    (context, *_) = _contexts("applications_applicationevent", "application.sign_off")
    assert (context["actor"], context["deputy_for"]) == (str(deputy.pk), str(away.pk))


def test_a_deputys_own_work_is_not_marked(away: User, deputy: User) -> None:
    own = submitted(institution_type="elderly", institution_code="E-001")
    _named(away, deputy)
    sign(own, deputy)
    (context, *_) = _contexts("applications_applicationevent", "application.sign_off")
    assert "deputy_for" not in context
    assert actor_on(deputy, own) == Actor("officer", str(deputy.pk))


@pytest.mark.parametrize(
    ("who", "changes", "code"),
    [
        ({"role": "ministry"}, {}, "other_role"),
        ({"is_active": False}, {}, "deputy_closed"),
        ({}, {"last_day": date(2025, 12, 8)}, "days_backwards"),
        ({}, {"first_day": date(2025, 12, 1), "last_day": date(2025, 12, 9)}, "days_over"),
    ],
)
def test_a_deputy_who_cannot_be_one_is_refused(
    away: User, who: dict[str, Any], changes: dict[str, Any], code: str
) -> None:
    role = who.pop("role", "officer")
    other = person(role, "other@example.org", county="10007", unit="social", **who)
    with pytest.raises(Refused, match=code):
        _named(away, other, **changes)
    assert not Deputyship.objects.exists()


def test_nobody_is_the_own_deputy_not_even_in_the_database(away: User, acting: None) -> None:
    with pytest.raises(Refused, match="own_deputy"):
        _named(away, away)
    with pytest.raises(IntegrityError, match="nobody_is_own_deputy"):
        Deputyship.objects.create(person=away, deputy=away, first_day=FIRST, last_day=LAST)


def test_a_vendor_has_no_deputy() -> None:
    with pytest.raises(Refused, match="no_deputies"):
        _named(person("vendor"), person("vendor", "v2@example.org"))


def test_both_are_told_by_letter(away: User, deputy: User) -> None:
    _named(away, deputy)
    letter = Letter.objects.get(kind="deputy_named")
    assert (letter.to, letter.cc) == ([deputy.email], [away.email])
    assert "114 年 12 月 9 日" in letter.body


def test_an_officer_names_and_ends_a_deputy_on_the_own_page(away: User, deputy: User, client: Client) -> None:
    sign_in(client, away)
    days = {"first_day": "114/12/9", "last_day": "114/12/11"}
    client.post("/accounts/deputies/", {"act": "name_deputy", "deputy": str(deputy.pk), **days})
    made = Deputyship.objects.get()
    assert (made.person, made.deputy, made.first_day, made.last_day) == (away, deputy, FIRST, LAST)
    page = client.get("/accounts/deputies/").content.decode()
    assert "代理中" in page
    client.post("/accounts/deputies/", {"act": "end_deputy", "deputyship": made.pk})
    made.refresh_from_db()
    assert made.ended_at == REVIEW


def test_nobody_ends_a_deputyship_of_somebody_else(away: User, deputy: User, client: Client) -> None:
    made = _named(away, deputy)
    stranger = person("officer", "stranger@example.org")
    for number in (made.pk, "x", "", "9" * 30):
        answer = sign_in(client, stranger).post(
            "/accounts/deputies/", {"act": "end_deputy", "deputyship": number}
        )
        assert answer.status_code == 404
    made.refresh_from_db()
    assert made.ended_at is None


def test_the_deputy_opens_the_case_by_its_address(away: User, deputy: User, client: Client) -> None:
    address = f"/review/{submitted().pk}/"
    assert sign_in(client, deputy).get(address).status_code == 404
    _named(away, deputy)
    assert client.get(address).status_code == 200
