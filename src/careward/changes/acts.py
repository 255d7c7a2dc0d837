"""What changes a change: one function per act of the table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db.models import Max

from careward.accounts.models import Role, User
from careward.applications.procedure import SIGNED_OFF
from careward.applications.rules import say
from careward.changes import data
from careward.changes.models import ConnectionChange
from careward.changes.rules import Data
from careward.correspondence import post
from careward.flow import Refusal, Step, act, guard
from careward.members import acts as members
from careward.provisioning import acts as provisioning
from careward.registry import acts as registry
from careward.registry.models import Institution

EDITABLE: Final = ("sources", "person_name", "person_id")


@guard("connection_change", "changes_open")
def changes_open(step: Step[ConnectionChange]) -> Refusal | None:
    """Signed off, the form is shut, and a list of the season is still to come."""
    application, season = step.subject.application, step.subject.rules
    contact = season.contact_window(application.institution_type).phone
    if application.state != SIGNED_OFF:
        return Refusal("not_signed_off", {"contact": contact})
    if season.changes_open(step.at):
        return None
    begins = season.moment(season.changes.asked_from.value)
    if not begins.passed(step.at):
        return Refusal("form_still_open", {"moment": say(begins.at)})
    return Refusal("season_over", {"season": season.season.label, "contact": contact})


@guard("connection_change", "one_at_a_time")
def one_at_a_time(step: Step[ConnectionChange]) -> Refusal | None:
    """What is open is changed or cancelled, nothing is begun beside it."""
    return Refusal("one_is_open") if step.subject.application.connection_changes.open().exists() else None


@guard("connection_change", "something_changes")
def something_changes(step: Step[ConnectionChange]) -> Refusal | None:
    """There is a difference from what is in force."""
    wanted = step.subject.wanted
    return Refusal("nothing_changes") if wanted == Data(None, None) else None


@guard("connection_change", "list_to_come")
def list_to_come(step: Step[ConnectionChange]) -> Refusal | None:
    """What is approved stands on exactly one list: none is left once the season's last is frozen."""
    if step.subject.rules.changes.list_of(step.at) is not None:
        return None
    return Refusal("no_list_left", {"season": step.subject.rules.season.label})


@guard("connection_change", "reason_given")
def reason_given(step: Step[ConnectionChange]) -> Refusal | None:
    """Who does not do what was asked for says why; the institution reads it."""
    return None if str(step.facts.get("reason", "")).strip() else Refusal("reason_missing")


@guard("connection_change", "list_released")
def list_released(step: Step[ConnectionChange]) -> Refusal | None:
    """The list is frozen and the ministry has released it (domain.md §2)."""
    listed = step.subject.listed
    if listed is None or not listed.frozen(step.at):
        return Refusal("list_not_frozen", {"moment": step.subject.list_frozen_at})
    return None if step.subject.released else Refusal("list_not_released")


@guard("connection_change", "account_takes_it")
def account_takes_it(step: Step[ConnectionChange]) -> Refusal | None:
    """Addresses need an account that is still in use."""
    if step.subject.sources is None:
        return None
    return None if data.account_of(step.subject.application) else Refusal("no_account")


@act("connection_change", "begin")
def begin(step: Step[ConnectionChange]) -> None:
    """Begin a change: ``subject`` is unsaved and knows its application; it counts for nothing until it is sent."""
    change = step.subject
    highest = change.application.connection_changes.aggregate(top=Max("number"))["top"]
    change.number = (highest or 0) + 1
    change.begun_at = step.at


@act("connection_change", "edit")
def edit(step: Step[ConnectionChange], *, changes: Mapping[str, Any]) -> None:
    """Take over what was filled in; what equals the data in force is no change. Raises ValueError for other fields."""
    strangers = set(changes) - set(EDITABLE)
    if strangers:
        raise ValueError(f"cannot be changed: {sorted(strangers)}")
    change, now = step.subject, data.now_of(step.subject.application)
    for name, value in changes.items():
        setattr(change, name, value)
    if change.sources is not None and list(change.sources) == list(now.sources or ()):
        change.sources = None
    if "person_name" in changes and "person_id" not in changes:
        change.person_id = None


@act("connection_change", "drop")
def drop(step: Step[ConnectionChange]) -> None:
    """Give a draft up."""
    _forget_person(step.subject)


@act("connection_change", "send")
def send(step: Step[ConnectionChange]) -> None:
    """Ask for the change: from now on the county reviews it, beside what is in force today."""
    change, now = step.subject, data.now_of(step.subject.application)
    change.sent_at, change.reason = step.at, ""
    change.former_sources = list(now.sources) if now.sources is not None else None
    change.former_person_name = now.person_name
    if officers_of(change):
        post("change_arrived", change)


@act("connection_change", "cancel")
def cancel(step: Step[ConnectionChange]) -> None:
    """Withdraw what was sent and not approved."""


@act("connection_change", "approve")
def approve(step: Step[ConnectionChange]) -> None:
    """同意: from this moment it stands on the month's list."""
    step.subject.approved_at = step.subject.decided_at = step.at


@act("connection_change", "give_back")
def give_back(step: Step[ConnectionChange], *, reason: str) -> None:
    """Return it to be mended; it may be sent again."""
    step.subject.reason, step.subject.decided_at = reason.strip(), step.at


@act("connection_change", "refuse")
def refuse(step: Step[ConnectionChange], *, reason: str) -> None:
    """不同意: what is in force stays."""
    step.subject.reason, step.subject.decided_at = reason.strip(), step.at


@act("connection_change", "process")
def process(step: Step[ConnectionChange]) -> None:
    """Let the change take effect: the account's address list (the gateway hears of it), the person in the registry."""
    change = step.subject
    change.answered_at, change.reason = step.at, ""
    if change.sources is not None:
        account = data.account_of(change.application)
        assert account is not None
        provisioning.change_sources(account, step.by, sources=change.sources)
    if change.person_name is not None:
        institution = Institution.objects.get(code=change.application.institution_code)
        registry.name_person(
            institution,
            step.by,
            name=change.person_name,
            number=change.person_id,
            at=step.at,
        )
        if change.person_name != change.former_person_name:
            members.pass_on(institution, step.by)


@act("connection_change", "fail")
def fail(step: Step[ConnectionChange], *, reason: str) -> None:
    """It could not be processed; what is in force stays."""
    step.subject.reason, step.subject.answered_at = reason.strip(), step.at


def officers_of(change: ConnectionChange) -> Sequence[str]:
    """Mailboxes of the county unit that reviews it."""
    application = change.application
    officers = User.objects.filter(
        role=Role.OFFICER, county=application.county, unit=data.desk_of(application).unit, is_active=True
    )
    return tuple(officers.order_by("email").values_list("email", flat=True))


def _forget_person(change: ConnectionChange) -> None:
    change.person_name = change.person_id = None
