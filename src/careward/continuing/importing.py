"""Last season's participants from a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.conf import settings

from careward import rulebook
from careward.continuing import acts
from careward.continuing.models import CARRIED, Invitation
from careward.continuing.procedure import LISTED
from careward.continuing.rules import as_text
from careward.flow.importing import Change, Importer, Line, compared
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.identifiers import is_business_id
from careward.kernel.networks import RefusedSource, parse_source
from careward.kernel.texts import text
from careward.registry.importing import institution_code, known_institutions, unknown_institution
from careward.rulebook import Season
from careward.store import cells
from careward.store.cells import Column, Wrong, column
from careward.store.mailboxes import mailbox
from careward.store.tables import Fault, Row
from careward.vendors.models import SystemVendor

TEXTS: Final = "continuing:import"
OF_VENDOR: Final = ("vendor_name", "vendor_business_id", "vendor_contact", "vendor_phone")


def season_now() -> Season:
    """The season whose invitations are prepared."""
    return rulebook.current().season_at(clock.now(), county=rulebook.NATIONWIDE)


def _columns() -> Sequence[Column]:
    modes: dict[str, str] = {mode.id: mode.label for mode in season_now().modes.values()}
    optional = {"needed": False, "blank": True}
    return (
        column(TEXTS, "code", institution_code),
        column(TEXTS, "mailbox", mailbox),
        column(TEXTS, "mode", cells.one_of(modes)),
        column(TEXTS, "person_name", cells.words(60), as_written=True, **optional),
        column(TEXTS, "contact_name", cells.words(60), as_written=True, **optional),
        column(TEXTS, "contact_phone", cells.phone, **optional),
        column(TEXTS, "sources", _sources, **optional),
        column(TEXTS, "vendor_code", _vendor_code, **optional),
        column(TEXTS, "vendor_name", cells.words(120), as_written=True, **optional),
        column(TEXTS, "vendor_business_id", _business_id, **optional),
        column(TEXTS, "vendor_contact", cells.words(60), as_written=True, **optional),
        column(TEXTS, "vendor_phone", cells.phone, **optional),
    )


def _business_id(written: str) -> str:
    if not is_business_id(written):
        raise Wrong(text(f"{TEXTS}.wrong_business_id", found=written))
    return written


def _vendor_code(written: str) -> str:
    vendor = SystemVendor.objects.with_code(written)
    if vendor is None:
        raise Wrong(text(f"{TEXTS}.unknown_vendor", found=written))
    return vendor.code


def _with_its_vendor(row: Row, found: Invitation | None) -> Row:
    """What the directory says of the vendor of the row's code stands in place of what the table says of it."""
    vendor = SystemVendor.objects.with_code(row.values.get("vendor_code") or "")
    if vendor is None:
        return row
    known: dict[str, Any] = dict(
        zip(OF_VENDOR, (vendor.name, vendor.business_id, vendor.contact, vendor.phone), strict=True)
    )
    if not row.values.get("sources") and not (found and found.sources):
        known["sources"] = list(vendor.sources)
    return replace(row, values={**row.values, **known})


def _sources(written: str) -> list[str]:
    """Addresses separated by 、, comma, semicolon or blank; loopback in the demo season only."""
    found = []
    for one in (
        written.replace(text("store:tables.separator"), " ").replace(",", " ").replace(";", " ").split()
    ):
        try:
            found.append(str(parse_source(one, allow_loopback=settings.DEMO)))
        except RefusedSource as refused:
            raise Wrong(text(f"{TEXTS}.wrong_source", found=one)) from refused
    return found


def _say(name: str, value: Any) -> str:
    if name == "mode" and value:
        return season_now().mode(value).label
    return as_text(value)


def _compare(rows: Sequence[Row]) -> Iterator[Line | Fault]:
    season, columns, institutions = season_now(), _columns(), known_institutions(rows)
    there = {
        one.institution.code: one
        for one in Invitation.objects.of_season(season.code).select_related("institution")
    }
    for row in rows:
        code = row.values["code"]
        if code not in institutions:
            yield unknown_institution(row, columns)
            continue
        row = _with_its_vendor(row, there.get(code))  # noqa: PLW2901
        institution, found = institutions[code], there.get(code)
        if institution.type not in season.mode(row.values["mode"]).institution_types.value:
            wrong = text(f"{TEXTS}.mode_of_type", type=institution.type_label)
            yield Fault(row.number, columns[2].label, wrong)
            continue
        known = _known(found)
        line = compared(row, f"{institution.name} {code}", columns, known, _say)
        if found is not None and found.state != LISTED and line.change is not Change.SAME:
            yield Fault(row.number, "", text(f"{TEXTS}.already_invited", state=found.state_label))
            continue
        yield line


def _known(found: Invitation | None) -> Mapping[str, Any] | None:
    if found is None:
        return None
    return {
        "code": found.institution.code,
        "mailbox": found.mailbox,
        **{name: getattr(found, name) for name in CARRIED},
    }


def _enter(lines: Sequence[Line], by: Actor) -> None:
    season = season_now().code
    institutions = known_institutions(line.row for line in lines)
    for line in lines:
        values = {name: value for name, value in line.row.values.items() if value is not None}
        institution = institutions[values.pop("code")]
        found = Invitation.objects.of_season(season).filter(institution=institution).first()
        if found is None:
            fresh = Invitation(season=season, institution=institution, origin="import", **values)
            acts.enlist(fresh, by)
        else:
            acts.relist(found, by, changes=values)


PARTICIPANTS: Final = Importer("participants", TEXTS, _columns, ("code",), _compare, _enter)
