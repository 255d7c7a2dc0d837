"""What changes the people of a place, and what an institution delegates."""

from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from careward import rulebook
from careward.accounts.handing_over import end_ways_in
from careward.accounts.models import Role, User
from careward.correspondence import links, post
from careward.flow import Refusal, Step, act, after, guard
from careward.journal import Actor, acting
from careward.kernel import clock, tokens
from careward.kernel.identifiers import normalise_id
from careward.members.models import Delegation, Look, Member
from careward.registry.models import Institution
from careward.vendors.models import SystemVendor
from careward.vendors.procedure import LISTED


class Answer(StrEnum):
    """What became of a typed code."""

    PROVED = "proved"
    WRONG = "wrong"
    OVER = "over"
    """Expired or wrong too often: a new code is needed."""


def account_of(mailbox: str, name: str) -> User:
    """The account of a mailbox, made when there is none: without any password, as they sign in by a mailed code."""
    user, _ = User.objects.get_or_create(
        email=mailbox.strip().lower(),
        # An empty one would count as set.
        defaults={"name": name[:60], "role": Role.INSTITUTION, "password": make_password(None)},
    )
    return user


@guard("member", "mailbox_is_not_staffs")
def mailbox_is_not_staffs(step: Step[Member]) -> Refusal | None:
    """Staff sign in by password and second factor, never by a mailed code."""
    return Refusal("mailbox_is_staffs") if step.subject.user.is_staff_member else None


@guard("member", "not_there_already")
def not_there_already(step: Step[Member]) -> Refusal | None:
    """A mailbox stands at a place once."""
    others = Member.objects.at(step.subject.place).there().filter(user=step.subject.user)
    return Refusal("there_already") if others.exists() else None


@guard("member", "room_for_more")
def room_for_more(step: Step[Member]) -> Refusal | None:
    """A place has as many people as rules/policies.yaml says."""
    most = rulebook.current().policies.members.people.value
    full = Member.objects.at(step.subject.place).there().count() >= most
    return Refusal("too_many", {"most": most}) if full else None


@guard("member", "not_the_head")
def not_the_head(step: Step[Member]) -> Refusal | None:
    """The registered mailbox changes with the registration, not here."""
    return Refusal("head_stays") if step.subject.is_head else None


@act("member", "install")
def install(step: Step[Member]) -> None:
    """Let the registered mailbox sign in as the head."""
    step.subject.since = step.at


@act("member", "add")
def add(step: Step[Member]) -> None:
    """Invite a clerk: a code goes to the mailbox, and opens nothing before it comes back."""
    step.subject.since = step.at
    _fresh_code(step)


@act("member", "send_code")
def send_code(step: Step[Member]) -> None:
    """Mail a fresh code; the older one is of no use from now on."""
    _fresh_code(step)


def _fresh_code(step: Step[Member]) -> None:
    step.subject.seed = links.new_seed()
    step.subject.expires_at = step.at + rulebook.current().policies.mailbox_code.valid
    step.subject.wrong = 0


@act("member", "prove")
def prove(step: Step[Member]) -> None:
    """The mailbox answered: the person may sign in. Called by :func:`answer` alone."""
    step.subject.since = step.at


@act("member", "remove")
def remove(step: Step[Member]) -> None:
    """Take the seat away; it opens nothing from now on, open sessions included."""
    step.subject.ended_at = step.at
    _leave(step.subject)


@act("member", "replace")
def replace(step: Step[Member]) -> None:
    """End the seat because the registration says something else now."""
    step.subject.ended_at = step.at


def _leave(member: Member) -> None:
    """Who loses the last seat loses the ways in too: the mailbox may be another person's when it gets the next."""
    others = Member.objects.there().filter(user=member.user).exclude(pk=member.pk)
    if not others.exists():
        end_ways_in(member.user)


def pass_on(institution: Institution, by: Actor) -> None:
    """Somebody else is in charge of it: who read the registered mailbox before comes in no more by a device.

    The mailbox itself is told how to sign in; nothing happens where nobody ever signed in.
    """
    with transaction.atomic(), acting(by, "member.pass_on"):
        for head in Member.objects.at(institution).active().heads().select_related("user"):
            if end_ways_in(head.user):
                post("mailbox_passed_on", head, at=clock.now())


def answer(member: Member, typed: str, by: Actor) -> Answer:
    """Compare what was typed with the mailed code; case, width, blanks and hyphens do not matter.

    A wrong answer is counted in the same transaction that looks: parallel attempts win nothing.
    """
    with transaction.atomic(), acting(by, "member.answer"):
        held = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
        if not held.code_is_waiting(clock.now()):
            return Answer.OVER
        if tokens.same(links.code(held.seed), normalise_id(typed)):
            prove(held, by)
            return Answer.PROVED
        held.wrong += 1
        held.save(update_fields=["wrong"])
        return Answer.WRONG if held.code_is_waiting(clock.now()) else Answer.OVER


def let_in(place: Institution | SystemVendor, mailbox: str, by: Actor) -> Member | None:
    """Make a mailbox the head of a place; whoever was before ends. A second time changes nothing.

    None when the mailbox is of staff, who cannot sign in by a mailed code.
    """
    with transaction.atomic(), acting(by, "member.let_in"):
        user = account_of(mailbox, place.name)
        if user.is_staff_member:
            return None
        if not user.is_active:
            user.is_active = True
            user.save(update_fields=["is_active"])
        there = Member.objects.at(place).there().select_for_update(of=("self",))
        head = there.heads().first()
        if head is not None and head.user_id == user.pk:
            return head
        for former in (*there.heads(), *there.filter(user=user)):
            replace(former, by)
            if former.user_id != user.pk:
                _leave(former)
                post("member_removed", former)
        ours = isinstance(place, Institution)
        key: dict[str, Any] = {"institution" if ours else "company": place}
        position = "head" if ours else "company_head"
        return install(Member(user=user, name=place.name[:60], position=position, **key), by)


def shut_out(institution: Institution, mailbox: str, by: Actor) -> None:
    """End the head's seat of a mailbox that is no longer the registered one; no seat changes nothing."""
    heads = Member.objects.at(institution).active().heads()
    for head in heads.filter(user__email=mailbox.strip().lower()):
        replace(head, by)
        _leave(head)


@guard("delegation", "company_is_listed")
def company_is_listed(step: Step[Delegation]) -> Refusal | None:
    """Only to a company of the directory, whose mailbox was proved."""
    return None if step.subject.company.state == LISTED else Refusal("company_unknown")


@guard("delegation", "days_are_right")
def days_are_right(step: Step[Delegation]) -> Refusal | None:
    """Forward, not over already, and not longer than rules/policies.yaml says."""
    first, last, today = step.subject.first_day, step.subject.last_day, step.at.date()
    most = rulebook.current().policies.members.delegation_days.value
    if last < first:
        return Refusal("days_backwards")
    if last < today:
        return Refusal("days_over")
    if first > today + timedelta(days=most):
        return Refusal("days_far", {"most": most})
    return Refusal("days_too_many", {"most": most}) if (last - first).days >= most else None


@guard("delegation", "not_granted_already")
def not_granted_already(step: Step[Delegation]) -> Refusal | None:
    """One delegation to a company at a time; the next may follow it."""
    one = step.subject
    others = Delegation.objects.not_over(step.at.date()).filter(
        institution=one.institution, company=one.company
    )
    overlapping = others.filter(first_day__lte=one.last_day, last_day__gte=one.first_day)
    return Refusal("granted_already") if overlapping.exists() else None


@act("delegation", "grant")
def grant(step: Step[Delegation]) -> None:
    """Let the company look from day to day, and its registered mailbox sign in."""
    step.subject.granted_at = step.at
    let_in(step.subject.company, step.subject.company.mailbox, step.by)


@act("delegation", "revoke")
def revoke(step: Step[Delegation]) -> None:
    """End it now; what was open shows nothing from the next request."""
    step.subject.ended_at = step.at


@after("system_vendor", "close")
def end_with_the_entry(step: Step[SystemVendor]) -> None:
    """Who is no longer in the directory works for nobody."""
    for member in Member.objects.at(step.subject).there():
        replace(member, step.by)
        _leave(member)


def note_look(delegation: Delegation, user: User, page: str, thing: str) -> None:
    """Note that somebody looked by a delegation; once a day, page and thing."""
    now = clock.now()
    told = {"delegation": delegation, "user": user, "day": now.date(), "page": page, "thing": thing[:64]}
    if Look.objects.filter(**told).exists():
        return
    with acting(Actor(user.role, str(user.pk)), "delegation.look"):
        try:
            with transaction.atomic():
                Look.objects.create(**told, at=now)
        except IntegrityError:
            return  # Another request of the same person was quicker.


def invite(place: Institution | SystemVendor, mailbox: str, name: str, by: Actor) -> Member:
    """Invite a clerk to a place. Raises :class:`careward.flow.Refused`."""
    ours = isinstance(place, Institution)
    key: dict[str, Any] = {"institution" if ours else "company": place}
    with transaction.atomic(), acting(by, "member.invite"):
        # Two at once are told apart by the place's row, so that neither passes the limit or stands there twice.
        place.__class__.objects.select_for_update(of=("self",)).filter(pk=str(place.pk)).first()
        user = account_of(mailbox, name)
        position = "clerk" if ours else "company_clerk"
        return add(Member(user=user, name=name, position=position, **key), by)
