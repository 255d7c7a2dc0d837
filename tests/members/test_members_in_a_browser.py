"""The pages of a place's people in a browser: full, empty, refused, and before anything may be opened."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from careward.accounts.models import User
from careward.members import acts
from careward.members.models import Delegation, Member
from careward.registry.models import Institution
from support import delivering, members, vendors
from support.browsing import chromium, look, page_in, session_of
from support.signing_in import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TODAY = delivering.OPEN.date()


def at(browser: Browser, server: LiveServer, client: Client) -> Page:
    """A page of whoever the client has signed in."""
    context = browser.new_context(
        base_url=server.url, viewport={"width": 1280, "height": 900}, locale="zh-TW"
    )
    return page_in(context, server, session_of(client))


def walk(server: LiveServer, *steps: tuple[Client, str, str]) -> None:
    """Look at each address as the one who is signed in there."""
    with chromium() as browser:
        for client, address, name in steps:
            page = at(browser, server, client)
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200
            look(page, name)
            page.context.close()


def signed_in(user: User) -> Client:
    return sign_in(Client(), user)


def test_the_heads_pages_of_people_and_delegations(live_server: LiveServer, home: Institution) -> None:
    head = members.head(home)
    empty = members.head(delivering.institution("1131000020"), "empty@example.org")
    company = vendors.listed()
    given = members.delegated(home, company)
    acts.revoke(
        members.delegated(home, vendors.listed(business_id="04595252", mailbox="b@vendor.example")),
        members.BY,
    )
    members.delegated(
        home, company, first_day=TODAY + timedelta(days=40), last_day=TODAY + timedelta(days=60)
    )
    looking = company.members.get().user
    for page in ("intake:home", "monthly:own", "gateway:own"):
        acts.note_look(given, looking, page, "")
    clerk = members.clerk(home)
    invited = members.invited(home, "a-rather-long-mailbox-of-somebody@nursing-home.example")
    at_home, at_empty = members.in_seat(Client(), head), members.in_seat(Client(), empty)
    walk(
        live_server,
        (at_home, "/my/people/", "people"),
        (at_home, reverse("members:person", args=[clerk.pk]), "person"),
        (at_home, reverse("members:person", args=[invited.pk]), "person-invited"),
        (at_home, "/my/delegations/", "delegations"),
        (at_empty, "/my/delegations/", "delegations-none"),
        (at_home, reverse("members:end", args=[given.pk]), "delegation-end"),
    )


def test_what_is_refused_is_said_on_the_page(live_server: LiveServer, home: Institution) -> None:
    head = members.in_seat(Client(), members.head(home))
    with chromium() as browser:
        page = at(browser, live_server, head)
        page.goto("/my/people/")
        page.get_by_role("button", name="寄出驗證碼").click()
        page.locator(".govuk-error-summary").wait_for()
        look(page, "people-refused")
        page.goto("/my/delegations/")
        page.locator("[name=company]").fill("V0000000")
        page.locator("[name=first_day]").fill("115/13/1")
        page.get_by_role("button", name="委託", exact=True).click()
        page.locator(".govuk-error-summary").wait_for()
        look(page, "delegations-refused")


def test_the_companys_pages_full_empty_and_with_nothing_found(live_server: LiveServer) -> None:
    company = vendors.listed()
    for number in range(12):
        of = delivering.institution(f"11310001{number:02}")
        days = (
            {"first_day": TODAY + timedelta(days=5), "last_day": TODAY + timedelta(days=9)}
            if number == 3
            else {}
        )
        given = members.delegated(of, company, **days)
        if number == 4:
            acts.revoke(given, members.BY)
    head = company.members.get().user
    lonely = vendors.listed(business_id="04595252", mailbox="lonely@vendor.example")
    acts.let_in(lonely, lonely.mailbox, vendors.VENDOR)
    alone = lonely.members.get().user
    chosen = members.in_seat(Client(), head, company.name)
    given = Delegation.objects.filter(state="in_force").first()
    assert given is not None
    walk(
        live_server,
        (signed_in(head), "/my/places/", "choose"),
        (signed_in(head), "/my/places/?search=沒有這家", "choose-nothing-found"),
        (chosen, "/my/clients/", "clients"),
        (chosen, "/my/clients/?search=沒有這家", "clients-nothing-found"),
        (chosen, reverse("members:give_back", args=[given.pk]), "give-back"),
        (members.in_seat(Client(), alone, lonely.name), "/my/clients/", "clients-none"),
    )


def test_who_was_invited_and_signs_in_first_is_told_what_is_missing(
    live_server: LiveServer, home: Institution
) -> None:
    members.head(home)
    invited = members.invited(home)
    assert Member.objects.get(pk=invited.pk).state == "invited"
    walk(live_server, (signed_in(invited.user), "/my/places/", "choose-none"))
