"""Roles: who may open a page, who counts as which actor, what the database asks of an account."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from careward import rulebook
from careward.accounts.access import NoPartInProcedures, actor_of, for_roles, start_page_of, user_of
from careward.accounts.models import Role, User
from careward.kernel.texts import text
from careward.rulebook.roles import ROLES
from support.signing_in import person, sign_in


@for_roles("vendor")
def vendor_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(actor_of(request).role)


@for_roles("officer", "ministry")
def staff_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(user_of(request).role)


@for_roles("institution")
def institution_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("vendor/", vendor_page),
    path("staff/", staff_page),
    path("institution/", institution_page),
    path("", include("careward.urls")),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def test_the_right_role_sees_the_page_and_acts_in_it(client: Client) -> None:
    assert sign_in(client, person("vendor")).get("/vendor/").content == b"vendor"


@pytest.mark.parametrize("role", [role for role in Role.values if role not in ("vendor", "auditor")])
def test_another_role_gets_a_page_that_is_not_there(client: Client, role: str) -> None:
    assert sign_in(client, person(role)).get("/vendor/").status_code == 404


def test_an_auditor_looks_at_every_page_of_staff_and_changes_nothing(client: Client) -> None:
    auditor = sign_in(client, person("auditor"))
    assert auditor.get("/staff/").content == b"auditor"
    assert auditor.head("/staff/").status_code == 200
    for change in (auditor.post, auditor.put, auditor.patch, auditor.delete):
        assert change("/staff/").status_code == 404


def test_an_auditor_does_not_see_the_pages_of_an_institution(client: Client) -> None:
    assert sign_in(client, person("auditor")).get("/institution/").status_code == 404


def test_nobody_is_sent_to_sign_in_and_comes_back(client: Client) -> None:
    assert client.get("/vendor/?page=2")["Location"] == "/accounts/sign-in/?next=/vendor/%3Fpage%3D2"


def test_a_page_for_a_role_that_does_not_exist_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="clerk"):
        for_roles("clerk")


def test_an_auditor_is_no_actor() -> None:
    request = RequestFactory().get("/")
    request.user = person("auditor")
    with pytest.raises(NoPartInProcedures):
        actor_of(request)


def test_an_actor_is_named_by_role_and_id_without_personal_data() -> None:
    request = RequestFactory().get("/")
    request.user = person("officer")
    actor = actor_of(request)
    assert (actor.role, actor.id) == ("officer", str(request.user.pk))


def test_nobody_is_no_actor(client: Client) -> None:
    request = client.get("/accounts/sign-in/").wsgi_request
    with pytest.raises(PermissionDenied):
        actor_of(request)


def test_a_role_without_a_page_of_its_own_starts_at_its_account() -> None:
    assert start_page_of(User(role="clerk")) == "accounts:home"


def test_the_rulebook_has_every_role_with_its_name_and_no_other() -> None:
    assert tuple(rulebook.current().roles) == tuple(Role.values) == ROLES
    assert all(User(role=role).role_label for role in Role.values)


@pytest.mark.parametrize(
    ("role", "fields", "constraint"),
    [
        ("officer", {"county": ""}, "officer_has_county_and_unit"),
        ("officer", {"unit": ""}, "officer_has_county_and_unit"),
        ("supervisor", {"county": ""}, "officer_has_county_and_unit"),
        ("clerk", {}, "role_is_known"),
    ],
)
def test_an_account_without_what_its_role_needs_is_refused(
    role: str, fields: dict[str, str], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        person(role, **fields)


def test_the_refusal_says_what_is_missing() -> None:
    user = User(email="a@example.org", name="王小明", role="officer", password="x")
    with pytest.raises(ValidationError) as refused:
        user.full_clean()
    assert text("accounts:constraints.officer_has_county_and_unit") in refused.value.messages


def test_two_spellings_of_one_address_are_one_account() -> None:
    person("vendor", "Vendor@Example.org")
    with pytest.raises(IntegrityError):
        person("vendor", "vendor@example.org")


def test_an_address_in_capitals_cannot_be_stored(acting: None) -> None:
    with pytest.raises(IntegrityError, match="email_is_in_lower_case"):
        User.objects.create(email="Vendor@example.org", name="王小明", role="vendor")


def test_a_change_of_an_account_is_in_its_history_but_no_password(acting: None) -> None:
    user = person("vendor", password="an orchard of lanterns 73")
    user.name = "李大同"
    user.save()
    rows = list(user.events.order_by("pgh_id").values())
    assert [row["name"] for row in rows] == ["王小明", "李大同"]
    assert not any("password" in row or "last_login" in row for row in rows)


@pytest.mark.parametrize(
    ("role", "address"), [("officer", "/review/"), ("supervisor", "/review/"), ("vendor", "/provisioning/")]
)
def test_no_browser_keeps_a_page_somebody_had_to_sign_in_for(role: str, address: str, client: Client) -> None:
    response = sign_in(client, person(role)).get(address)
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
