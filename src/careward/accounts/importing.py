"""Importing accounts of staff from a table: first what would change, then all of it or nothing."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from careward import rulebook
from careward.accounts import acts
from careward.accounts.models import Role, User
from careward.flow import Refused
from careward.flow.importing import Importer, Line, compared
from careward.journal import Actor
from careward.kernel.texts import text
from careward.store import cells
from careward.store.cells import Column, column
from careward.store.mailboxes import mailbox
from careward.store.tables import Fault, Row

_TEXTS: Final = "accounts:import"
_KNOWN: Final = ("name", "role", "county", "unit", "active")


def _columns() -> Sequence[Column]:
    book = rulebook.current()
    roles = {role.id: role.label for role in book.roles.values() if role.id != Role.INSTITUTION}
    counties = {county.code: county.name for county in book.counties.values()}
    units = {u.id: u.label for u in (*book.types.local_units.values(), *book.types.central_units.values())}
    return (
        column(_TEXTS, "email", mailbox),
        column(_TEXTS, "name", cells.words(60), as_written=True),
        column(_TEXTS, "role", cells.one_of(roles)),
        column(_TEXTS, "county", cells.one_of(counties), blank=True),
        column(_TEXTS, "unit", cells.one_of(units), blank=True),
        column(_TEXTS, "active", cells.yes_or_no, needed=False, blank=True),
    )


def _say(name: str, value: Any) -> str:
    book = rulebook.current()
    if name == "active":
        return text(f"accounts:values.{'open' if value else 'closed'}")
    if name == "role":
        return book.role(value).label
    units = {**book.types.local_units, **book.types.central_units}
    names = {
        "county": {c.code: c.name for c in book.counties.values()},
        "unit": {u: units[u].label for u in units},
    }
    return names[name].get(value, "") if name in names else str(value)


def _compare(rows: Sequence[Row]) -> Iterator[Line | Fault]:
    columns = _columns()
    emails = [row.values["email"] for row in rows]
    there = {user.email: user for user in User.objects.filter(email__in=emails)}
    for row in rows:
        values = {**row.values, **{name: row.values.get(name) or "" for name in ("county", "unit")}}
        found = there.get(values["email"])
        try:
            _refuse_row(values, found)
        except Refused as refused:
            yield Fault(row.number, "", refused.message)
            continue
        known = _known(found) if found else None
        yield compared(Row(row.number, values), f"{values['name']} {values['email']}", columns, known, _say)


def _refuse_row(values: dict[str, Any], found: User | None) -> None:
    acts.refuse_misplaced(values["role"], values["county"], values["unit"])
    if found is not None and not found.is_staff_member:
        raise Refused("of_institution", text("accounts:refusals.of_institution"))
    if found is None and values.get("active") is False:
        raise Refused("closed_before_made", text("accounts:refusals.closed_before_made"))


def _known(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "active": user.is_active,
        **{n: getattr(user, n) for n in _KNOWN if n != "active"},
    }


def _enter(lines: Sequence[Line], by: Actor) -> None:
    there = {u.email: u for u in User.objects.filter(email__in=[line.row.values["email"] for line in lines])}
    for line in lines:
        values = dict(line.row.values)
        email, active = values.pop("email"), values.pop("active", None)
        user = there.get(email)
        if user is None:
            acts.open_account(by, email=email, **values)
            continue
        acts.change_account(user, by, **values)
        if active is not None and active != user.is_active:
            (acts.reopen_account if active else acts.close_account)(user, by)


STAFF: Final = Importer("staff", _TEXTS, _columns, ("email",), _compare, _enter)
