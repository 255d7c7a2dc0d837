"""What the administrator does with accounts of staff, and deputies (職務代理)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from careward import rulebook
from careward.accounts.models import COUNTY, AccountReview, Deputyship, Role, User
from careward.correspondence import post
from careward.flow import Refused
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.texts import text
from careward.rulebook.roles import RoleFacts


def _refuse(code: str, **values: object) -> Refused:
    return Refused(code, text(f"accounts:refusals.{code}", **values))


def open_account(by: Actor, *, email: str, name: str, role: str, county: str = "", unit: str = "") -> User:
    """Make an account of staff without any password; the letter says how its owner sets one.

    Raises :class:`careward.flow.Refused` when the address has an account, or county and unit do not fit the role.
    """
    refuse_misplaced(role, county, unit)
    with transaction.atomic(), acting(by, "account.open"):
        if User.objects.filter(email=email.strip().lower()).exists():
            raise _refuse("address_taken", email=email)
        user: User = User.objects.create_user(email, name=name, role=role, county=county, unit=unit)
        post("account_opened", user)
    return user


def refuse_misplaced(role: str, county: str, unit: str) -> None:
    """Refuse a role of staff whose county or unit is missing, unknown or none of its business.

    Raises :class:`careward.flow.Refused`.
    """
    book = rulebook.current()
    if role not in book.roles or role == Role.INSTITUTION:
        raise _refuse("no_role_of_staff")
    label = book.role(role).label
    if role in COUNTY:
        if county not in book.counties:
            raise _refuse("county_missing", role=label)
        if unit not in book.types.local_units:
            raise _refuse("unit_missing", role=label, units=_labels(book.types.local_units))
        return
    if county:
        raise _refuse("county_of_nothing", role=label)
    if role == Role.MINISTRY and unit not in book.types.central_units:
        raise _refuse("unit_missing", role=label, units=_labels(book.types.central_units))
    if role != Role.MINISTRY and unit:
        raise _refuse("unit_of_nothing", role=label)


def _roles(ids: Iterable[str]) -> dict[str, RoleFacts]:
    return {id_: rulebook.current().role(id_) for id_ in ids}


def _labels(units: Any) -> str:
    return text("store:tables.separator").join(unit.label for unit in units.values())


def change_account(user: User, by: Actor, **changes: Any) -> User:
    """Change what is known of somebody of staff. Raises :class:`careward.flow.Refused`."""
    with transaction.atomic(), acting(by, "account.change"):
        held = User.objects.select_for_update().get(pk=user.pk)
        for name, value in changes.items():
            setattr(held, name, value)
        refuse_misplaced(held.role, held.county, held.unit)
        held.save()
    return held


def close_account(user: User, by: Actor) -> None:
    """Close an account at once: no way in, and the sessions open now end. A second time changes nothing.

    Raises :class:`careward.flow.Refused` for the last open administrator and for one's own account.
    """
    with transaction.atomic(), acting(by, "account.close"):
        administrators = list(
            User.objects.select_for_update()
            .filter(role=Role.ADMINISTRATOR, is_active=True)
            .values_list("pk", flat=True)
        )
        if str(user.pk) == by.id:
            raise _refuse("own_account")
        if administrators == [user.pk]:
            raise _refuse("last_administrator")
        held = User.objects.select_for_update().get(pk=user.pk)
        if held.is_active:
            held.is_active = False
            held.save(update_fields=["is_active"])
        _end_sessions(held)


def reopen_account(user: User, by: Actor) -> None:
    """Let a closed or unused account open again; its password and second factor are as they were."""
    with transaction.atomic(), acting(by, "account.reopen"):
        held = User.objects.select_for_update().get(pk=user.pk)
        held.is_active, held.opened_at = True, clock.now()
        held.save(update_fields=["is_active", "opened_at"])


def _end_sessions(user: User) -> None:
    for session in Session.objects.filter(expire_date__gte=clock.now()):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
    UserSession.objects.filter(user=user).delete()


def name_deputy(person: User, deputy: User, by: Actor, *, first_day: date, last_day: date) -> Deputyship:
    """Let ``deputy`` act within ``person``'s reach from one day to another, both included.

    Which roles may stand in for which is rules/roles.yaml's; that nobody confirms as a deputy what they, or those
    they stand in for, signed themselves is the second step's own guard. Raises :class:`careward.flow.Refused`.
    """
    role = rulebook.current().role(person.role)
    if not role.deputies:
        raise _refuse("no_deputies", role=role.label)
    if deputy.pk == person.pk:
        raise _refuse("own_deputy")
    if deputy.role not in role.deputies:
        raise _refuse("other_role", role=role.label, roles=_labels(_roles(role.deputies)))
    if not deputy.is_active:
        raise _refuse("deputy_closed")
    if last_day < first_day:
        raise _refuse("days_backwards")
    if last_day < clock.now().date():
        raise _refuse("days_over")
    with transaction.atomic(), acting(by, "deputyship.name"):
        made = Deputyship.objects.create(
            person=person, deputy=deputy, first_day=first_day, last_day=last_day, noted_at=clock.now()
        )
        post("deputy_named", made)
    return made


def end_deputyship(deputyship: Deputyship, by: Actor) -> None:
    """End a deputyship now; a second time changes nothing."""
    with transaction.atomic(), acting(by, "deputyship.end"):
        held = Deputyship.objects.select_for_update().get(pk=deputyship.pk)
        if held.ended_at is None:
            held.ended_at = clock.now()
            held.save(update_fields=["ended_at"])


def review_accounts(by: User, remark: str) -> AccountReview:
    """Note that somebody went through all accounts of staff."""
    with transaction.atomic(), acting(Actor(by.role, str(by.pk)), "account.review"):
        count = User.objects.exclude(role=Role.INSTITUTION).filter(is_active=True).count()
        return AccountReview.objects.create(by=by, at=clock.now(), accounts=count, remark=remark)
