"""Heads, clerks, companies and what is delegated to them, made by the real acts."""

from datetime import date, timedelta
from typing import Any

from django.test import Client

from careward.accounts.models import User
from careward.accounts.seats import seats_of
from careward.correspondence import links
from careward.journal import Actor
from careward.kernel import clock
from careward.members import acts
from careward.members.models import Delegation, Member
from careward.registry.models import Institution
from careward.vendors.models import SystemVendor
from support import vendors
from support.signing_in import sign_in

BY = Actor("institution", "test")


def head(of: Institution, mailbox: str = "head@example.org") -> User:
    """The registered mailbox."""
    seat = acts.let_in(of, mailbox, Actor.system("test"))
    assert seat is not None
    return seat.user


def invited(of: Institution, mailbox: str = "clerk@example.org") -> Member:
    """待確認信箱."""
    return acts.invite(of, mailbox, "陳小華", BY)


def clerk(of: Institution, mailbox: str = "clerk@example.org") -> Member:
    """可以登入."""
    member = invited(of, mailbox)
    assert acts.answer(member, links.code(member.seed), BY) is acts.Answer.PROVED
    return Member.objects.get(pk=member.pk)


def delegated(of: Institution, company: SystemVendor | None = None, **days: Any) -> Delegation:
    """委託中, from today for thirty days."""
    today: date = clock.now().date()
    known = {"first_day": today, "last_day": today + timedelta(days=29), **days}
    return acts.grant(Delegation(institution=of, company=company or vendors.listed(), **known), BY)


def at_work(position: str, code: str) -> Client:
    """Somebody signed in who sits in this position, at the institution of this code or at a company."""
    of = Institution.objects.get(code=code)
    if position in ("head", "clerk"):
        make = {"head": head, "clerk": lambda of, mailbox: clerk(of, mailbox).user}[position]
        return in_seat(Client(), make(of, "sits@example.org"))
    company = vendors.listed(business_id="04595252", mailbox="sits@vendor.example")
    delegated(of, company)
    user = company.members.get().user
    if position == "company_clerk":
        seat = acts.invite(company, "sits@example.org", "林工程師", BY)
        acts.answer(seat, links.code(seat.seed), BY)
        user = seat.user
    return in_seat(Client(), user, code if position == "delegate" else company.name)


def in_seat(client: Client, user: User, place: str = "") -> Client:
    """Signed in, and sitting at the place of this name or code."""
    sign_in(client, user)
    if place:
        seat = next(one for one in seats_of(user) if place in (one.name, one.institution_code))
        client.post("/my/places/", {"seat": seat.id})
    return client
