"""The ministry releases a frozen list to the vendor, each office its own part (domain.md §2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from careward import rulebook
from careward.accounts.models import Role, User
from careward.changes.models import ConnectionChange, ListRelease
from careward.correspondence import post
from careward.flow import Refused
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.texts import text
from careward.rulebook import NATIONWIDE, Season
from careward.rulebook.change_lists import ChangeList


@dataclass(frozen=True, slots=True)
class Month:
    """One month's list of a season."""

    season: Season
    listed: ChangeList

    def frozen(self, now: datetime) -> bool:
        """Whether nothing can be added any more."""
        return self.listed.frozen(now)

    @property
    def units(self) -> dict[str, str]:
        """Offices that have something on it, by id, in words."""
        book = rulebook.current()
        on_it = ConnectionChange.objects.of_list(self.season, self.listed)
        types = set(on_it.order_by().values_list("application__institution_type", flat=True))
        found = {book.central_unit(kind).id for kind in types}
        return {one.id: one.label for one in book.types.central_units.values() if one.id in found}

    @property
    def released(self) -> set[str]:
        """Offices that have released their part."""
        return set(ListRelease.objects.of_list(self.season.code, self.listed.code).units())


def month_of(season: str, month: str) -> Month | None:
    """A month's list by its codes; None when the rulebook has none."""
    try:
        rules = rulebook.current().season(season, county=NATIONWIDE)
    except rulebook.UnknownCode:
        return None
    listed = rules.changes.lists.get(month)
    return Month(rules, listed) if listed else None


def months(now: datetime) -> Iterator[Month]:
    """The lists begun by now, the latest first: of the season served and of those with changes."""
    book = rulebook.current()
    served = book.season_at(now, county=NATIONWIDE).code
    codes = {served, *ConnectionChange.objects.order_by().values_list("application__season", flat=True)}
    for code in sorted(codes, reverse=True):
        season = book.season(code, county=NATIONWIDE)
        if season.reached(season.changes.asked_from.value, now):
            begun = [one for one in season.changes.lists.values() if _begun(season, one, now)]
            yield from (Month(season, one) for one in reversed(begun))


def _begun(season: Season, listed: ChangeList, now: datetime) -> bool:
    before = season.changes.began(listed)
    return before is None or now > before


def may_release(user: User, month: Month) -> dict[str, str]:
    """Offices whose part of the list this person releases now: the own, and those stood in for."""
    if user.role != Role.MINISTRY or not month.frozen(clock.now()):
        return {}
    own = {user.unit, *(person.unit for person in user.represented())}
    return {id_: label for id_, label in month.units.items() if id_ in own and id_ not in month.released}


def release(user: User, month: Month, unit: str) -> ListRelease:
    """Release an office's part; the vendor is told. Raises Refused when it is not this person's or not the time."""
    with transaction.atomic(), acting(_actor(user, unit), "list_release.release"):
        if unit not in may_release(user, month):
            raise Refused("not_yours", text("changes:refusals.not_to_release"))
        row, fresh = ListRelease.objects.get_or_create(
            season=month.season.code,
            month=month.listed.code,
            unit=unit,
            defaults={"released_at": clock.now()},
        )
        if fresh and vendor_mailboxes():
            post("change_list_released", row)
    return row


def vendor_mailboxes() -> tuple[str, ...]:
    """Everybody of the vendor."""
    people = User.objects.filter(role=Role.VENDOR, is_active=True).order_by("email")
    return tuple(people.values_list("email", flat=True))


def _actor(user: User, unit: str) -> Actor:
    stood_in = next((p for p in user.represented() if p.unit == unit), None) if unit != user.unit else None
    return Actor(user.role, str(user.pk), deputy_for=str(stood_in.pk) if stood_in else "")
