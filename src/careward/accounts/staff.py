"""Accounts of staff as lists show them: their state, what their review shows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from allauth.mfa.models import Authenticator
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from careward import rulebook
from careward.accounts.models import Role, User
from careward.kernel import clock
from careward.kernel.texts import text
from careward.store.spreadsheets import Cell

COLUMNS: Final = ("email", "name", "role", "county", "unit", "state", "opened", "last_login", "second_factor")


def listed(
    *, words: str = "", role: str = "", state: str = "", now: datetime | None = None
) -> QuerySet[User]:
    """Everybody of staff, as far as they match; roles in the rulebook's order, then by county and name."""
    people = User.objects.exclude(role=Role.INSTITUTION).annotate(
        with_second_factor=Exists(
            Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        )
    )
    if words:
        people = people.filter(Q(name__icontains=words) | Q(email__icontains=words))
    if role:
        people = people.filter(role=role)
    return _in_state(people, state, now or clock.now()).order_by("role", "county", "unit", "name", "email")


def _in_state(people: QuerySet[User], state: str, now: datetime) -> QuerySet[User]:
    used = Greatest(F("opened_at"), Coalesce(F("last_login"), F("opened_at")))
    sign_in = rulebook.current().policies.sign_in
    gone, soon = now - sign_in.unused, now - sign_in.unused_warning
    active = people.filter(is_active=True).annotate(used_at=used)
    states = {
        "closed": people.filter(is_active=False),
        "idle": active.filter(used_at__lt=gone),
        "soon": active.filter(used_at__lt=soon, used_at__gte=gone),
        "never": active.filter(used_at__gte=soon, last_login=None),
        "open": active.filter(used_at__gte=soon, last_login__isnull=False),
    }
    return states.get(state, people)


def state_of(user: User, now: datetime) -> str:
    """``open``, ``never`` (not yet signed in), ``soon`` (to be idle), ``idle`` or ``closed``."""
    if not user.is_active:
        return "closed"
    if user.idle(now):
        return "idle"
    if user.idle(now, rulebook.current().policies.sign_in.unused_warning):
        return "soon"
    return "open" if user.last_login else "never"


def heading() -> list[str]:
    """The columns of the list that is exported."""
    return [text(f"accounts:staff.columns.{column}") for column in COLUMNS]


def rows(people: Iterable[User]) -> list[list[Cell]]:
    """The accounts as rows for the account review (ODS first). Source: security-baseline.md 4."""
    book, now = rulebook.current(), clock.now()
    units = {**book.types.local_units, **book.types.central_units}
    return [
        [
            user.email,
            user.name,
            user.role_label,
            book.counties[user.county].name if user.county in book.counties else "",
            units[user.unit].label if user.unit in units else "",
            text(f"accounts:staff.states.{state_of(user, now)}"),
            user.opened_at,
            user.last_login,
            text(f"accounts:staff.second_factor.{'set_up' if _has_factor(user) else 'missing'}"),
        ]
        for user in people
    ]


def _has_factor(user: User) -> bool:
    return bool(getattr(user, "with_second_factor", False))
