"""Sessions: one statement a look or a change, nothing written where nothing changed, over when idle too long."""

from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from careward.accounts.sessions import VISITORS_LONGER, SessionStore

pytestmark = pytest.mark.django_db


def kept(**content: object) -> str:
    """The key of a session with this content."""
    session = SessionStore()
    session.update(content)
    session.create()
    assert session.session_key
    return session.session_key


def ends_in(key: str) -> timedelta:
    return Session.objects.get(session_key=key).expire_date - timezone.now()


def let_pass(key: str, time: timedelta) -> None:
    row = Session.objects.get(session_key=key)
    row.expire_date -= time
    row.save()


def idle_time() -> timedelta:
    return timedelta(seconds=SessionStore().get_expiry_age())


def test_a_session_keeps_what_was_put_in(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    key = kept(draft="a")
    session = SessionStore(key)
    with django_assert_num_queries(2):
        session["draft"] = "b"
        session.save()
    assert SessionStore(key)["draft"] == "b"


def test_a_change_inside_of_what_a_session_holds_is_kept_too() -> None:
    key = kept(opened={"a": 1})
    session = SessionStore(key)
    session["opened"]["b"] = 2
    session.save()
    assert SessionStore(key)["opened"] == {"a": 1, "b": 2}


def test_a_visitors_session_is_prolonged_only_after_half_a_minute(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    key = kept(draft="a")
    for passed, statements in ((timedelta(seconds=20), 1), (timedelta(seconds=20), 2), (timedelta(), 1)):
        let_pass(key, passed)
        with django_assert_num_queries(statements):
            session = SessionStore(key)
            assert session["draft"] == "a"
            session.save()
        assert idle_time() <= ends_in(key) <= idle_time() + VISITORS_LONGER


def test_the_session_of_somebody_signed_in_is_prolonged_by_every_request_to_the_second() -> None:
    key = kept(**{SESSION_KEY: "1"})
    let_pass(key, timedelta(seconds=3))
    session = SessionStore(key)
    assert session[SESSION_KEY] == "1"
    session.save()
    assert abs(ends_in(key) - idle_time()) < timedelta(seconds=2)


def test_a_session_idle_too_long_is_empty() -> None:
    key = kept(**{SESSION_KEY: "1"})
    let_pass(key, idle_time() + timedelta(seconds=1))
    assert SessionStore(key).get(SESSION_KEY) is None


@pytest.mark.parametrize("content", [{SESSION_KEY: "1"}, {"draft": "a"}])
def test_a_session_ended_meanwhile_does_not_come_back(content: dict[str, str]) -> None:
    key = kept(**content)
    session = SessionStore(key)
    session["more"] = "b"
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()


def test_a_fresh_key_keeps_the_content_and_the_old_one_is_gone() -> None:
    key = kept(draft="a")
    session = SessionStore(key)
    session.cycle_key()
    session.save()
    assert session.session_key != key
    assert SessionStore(key).get("draft") is None
    assert SessionStore(session.session_key)["draft"] == "a"
