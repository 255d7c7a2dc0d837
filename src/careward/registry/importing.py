"""Importing institutions, their beds and residents, and their accreditations from tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from careward import rulebook
from careward.flow.importing import Importer, Line, compared
from careward.journal import Actor
from careward.kernel.roc import short_date
from careward.kernel.text import name_key
from careward.kernel.texts import text
from careward.registry.acts import register
from careward.registry.models import Accreditation, Institution, Occupancy
from careward.store import cells
from careward.store.cells import Column, Wrong, column
from careward.store.mailboxes import mailbox
from careward.store.tables import Fault, Row

_MOST_BEDS: Final = 5000
_FIRST_YEAR: Final = 80
_LAST_YEAR: Final = 199


def institution_code(written: str) -> str:
    """A code as its authority writes it, without blanks. Raises :class:`Wrong`."""
    return str(cells.words(20)("".join(written.split())))


def known_institutions(rows: Iterable[Row]) -> dict[str, Institution]:
    """The institutions the rows name, by code."""
    codes = {row.values["code"] for row in rows}
    return {one.code: one for one in Institution.objects.filter(code__in=codes)}


def unknown_institution(row: Row, columns: Sequence[Column]) -> Fault:
    """The fault of a row whose institution the registry does not have."""
    code = row.values["code"]
    return Fault(row.number, columns[0].label, text("registry:import.unknown_institution", code=code))


def _institution_columns() -> Sequence[Column]:
    book = rulebook.current()
    texts = "registry:import.institutions"
    types = {kind.id: kind.label for kind in book.institution_types.values()}
    counties = {county.code: county.name for county in book.counties.values()}
    owners = {owner.id: owner.label for owner in book.ownerships.values()}
    return (
        column(texts, "code", institution_code),
        column(texts, "name", cells.words(120), as_written=True),
        column(texts, "type", cells.one_of(types)),
        column(texts, "county", cells.one_of(counties)),
        column(texts, "ownership", cells.one_of(owners)),
        column(texts, "licensed", cells.yes_or_no, needed=False, blank=True),
        column(texts, "mailbox", mailbox, needed=False, blank=True),
        column(texts, "founded_on", cells.roc_day, needed=False, blank=True),
    )


def _say_institution(name: str, value: Any) -> str:
    book = rulebook.current()
    words: Mapping[str, Callable[[Any], str]] = {
        "type": lambda known: book.institution_type(known).label,
        "county": lambda known: book.county(known).name,
        "ownership": lambda known: book.ownership(known).label,
        "licensed": lambda known: text(f"registry:values.{'yes' if known else 'no'}"),
    }
    return words[name](value) if name in words and value != "" else said(name, value)


def said(_name: str, value: Any) -> str:
    """A value as the preview shows it."""
    if value is None:
        return ""
    return short_date(value) if isinstance(value, date) else str(value)


def _compare_institutions(rows: Sequence[Row]) -> Iterator[Line | Fault]:
    columns, there = _institution_columns(), known_institutions(rows)
    for row in rows:
        kind, code = rulebook.current().institution_type(row.values["type"]), row.values["code"]
        if not kind.accepts_code(code):
            wrong = text(
                "registry:import.institutions.code_of_type", found=code, type=kind.label, says=kind.code.says
            )
            yield Fault(row.number, columns[0].label, wrong)
            continue
        found = there.get(code)
        known = _values(found, columns)
        if known and name_key(known["name"]) == name_key(row.values["name"]):
            known["name"] = row.values["name"]
        yield compared(row, f"{row.values['name']} {code}", columns, known, _say_institution)


def _values(found: object | None, columns: Sequence[Column], **more: Any) -> dict[str, Any] | None:
    if found is None:
        return None
    return {c.id: more[c.id] if c.id in more else getattr(found, c.id) for c in columns}


def _enter_institutions(lines: Sequence[Line], by: Actor) -> None:
    for line in lines:
        values = {name: value for name, value in line.row.values.items() if value is not None}
        if "licensed" not in values:
            known = Institution.objects.with_code(values["code"]).first()
            values["licensed"] = known.licensed if known else True
        register(by, **values)


def _occupancy_columns() -> Sequence[Column]:
    texts, count = "registry:import.occupancy", cells.whole_number(0, _MOST_BEDS)
    return (
        column(texts, "code", institution_code),
        column(texts, "month", cells.roc_month),
        column(texts, "approved_beds", count, needed=False, blank=True),
        column(texts, "open_beds", count, needed=False, blank=True),
        column(texts, "residents", count, needed=False, blank=True),
        column(texts, "not_counted_residents", count, needed=False, blank=True),
    )


def _compare_occupancy(rows: Sequence[Row]) -> Iterator[Line | Fault]:
    columns, institutions = _occupancy_columns(), known_institutions(rows)
    there = {
        (one.institution.code, one.month): one
        for one in Occupancy.objects.filter(institution__in=institutions.values()).select_related(
            "institution"
        )
    }
    for row in rows:
        code, month = row.values["code"], row.values["month"]
        if code not in institutions:
            yield unknown_institution(row, columns)
            continue
        found = there.get((code, month))
        known = _values(found, columns, code=code)
        after = {**(known or {}), **{name: v for name, v in row.values.items() if v is not None}}
        given, residents = after.get("not_counted_residents") or 0, after.get("residents")
        if residents is not None and given > residents:
            wrong = text("registry:import.occupancy.more_than_residents", given=given, residents=residents)
            yield Fault(row.number, columns[-1].label, wrong)
            continue
        yield compared(row, f"{institutions[code].name} {month}", columns, known, said)


def _enter_occupancy(lines: Sequence[Line], by: Actor) -> None:
    institutions = known_institutions(line.row for line in lines)
    for line in lines:
        values = {name: value for name, value in line.row.values.items() if value is not None}
        institution = institutions[values.pop("code")]
        Occupancy.objects.update_or_create(
            institution=institution, month=values.pop("month"), defaults=values
        )


def _accreditation_columns() -> Sequence[Column]:
    texts = "registry:import.accreditation"
    kinds = {kind: text(f"registry:accreditation_kinds.{kind}") for kind in ("regular", "re")}
    return (
        column(texts, "code", institution_code),
        column(texts, "year", cells.whole_number(_FIRST_YEAR, _LAST_YEAR)),
        column(texts, "kind", cells.one_of(kinds)),
        column(texts, "grade", cells.words(8), blank=True),
        column(texts, "announced_on", cells.roc_day, blank=True),
        column(texts, "valid_from", cells.roc_day, needed=False, blank=True),
        column(texts, "valid_to", cells.roc_day, needed=False, blank=True),
    )


def _say_accreditation(name: str, value: Any) -> str:
    return text(f"registry:accreditation_kinds.{value}") if name == "kind" else said(name, value)


def grade_of(institution: Institution, written: str) -> str:
    """The grade of the institution's family, 乙等 read as 乙. Raises :class:`Wrong`."""
    book = rulebook.current()
    kind = book.institution_type(institution.type)
    grades = book.types.grade_families[kind.grade_family].grades
    for said_ in (written, written.removesuffix(text("registry:grade_suffix"))):
        if said_ in grades:
            return said_
    expected = text("store:tables.separator").join(grades)
    raise Wrong(
        text("registry:import.accreditation.grade_of_type", found=written, type=kind.label, expected=expected)
    )


def _compare_accreditation(rows: Sequence[Row]) -> Iterator[Line | Fault]:
    columns, institutions = _accreditation_columns(), known_institutions(rows)
    there = {
        (one.institution.code, one.year, one.kind): one
        for one in Accreditation.objects.filter(institution__in=institutions.values()).select_related(
            "institution"
        )
    }
    for row in rows:
        code = row.values["code"]
        if code not in institutions:
            yield unknown_institution(row, columns)
            continue
        known = _values(there.get((code, row.values["year"], row.values["kind"])), columns, code=code)
        yield _accreditation_line(row, institutions[code], columns, known)


def _accreditation_line(
    row: Row, institution: Institution, columns: Sequence[Column], known: dict[str, Any] | None
) -> Line | Fault:
    labels = {column.id: column.label for column in columns}
    values = dict(row.values)
    try:
        values["grade"] = grade_of(institution, values["grade"]) if values["grade"] else None
    except Wrong as wrong:
        return Fault(row.number, labels["grade"], str(wrong))
    after = {**(known or {}), **{name: value for name, value in values.items() if value is not None}}
    if after.get("grade") and not after.get("announced_on"):
        return Fault(row.number, labels["announced_on"], text("registry:import.accreditation.not_announced"))
    if after.get("valid_from") and after.get("valid_to") and after["valid_to"] < after["valid_from"]:
        return Fault(row.number, labels["valid_to"], text("registry:import.accreditation.backwards"))
    name = f"{institution.name} {values['year']}"
    return compared(Row(row.number, values), name, columns, known, _say_accreditation)


def _enter_accreditation(lines: Sequence[Line], by: Actor) -> None:
    institutions = known_institutions(line.row for line in lines)
    for line in lines:
        values = {name: value for name, value in line.row.values.items() if value is not None}
        key: dict[str, Any] = {"institution": institutions[values.pop("code")]}
        key |= {name: values.pop(name) for name in ("year", "kind")}
        Accreditation.objects.update_or_create(**key, defaults=values)


def _importer(id: str, *spec: Any) -> Importer:  # noqa: A002
    return Importer(id, f"registry:import.{id}", *spec)


IMPORTERS: Final[Mapping[str, Importer]] = {
    importer.id: importer
    for importer in (
        _importer(
            "institutions", _institution_columns, ("code",), _compare_institutions, _enter_institutions
        ),
        _importer("occupancy", _occupancy_columns, ("code", "month"), _compare_occupancy, _enter_occupancy),
        _importer(
            "accreditation",
            _accreditation_columns,
            ("code", "year", "kind"),
            _compare_accreditation,
            _enter_accreditation,
        ),
    )
}
"""By the word in the address and on the command line."""
