"""Contradictions between values that are each well-formed: refused rather than half believed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from careward.kernel.texts import text
from careward.rulebook.notice import SIX_ITEMS, Notice
from careward.rulebook.places import Counties, InstitutionTypes
from careward.rulebook.policies import Policies
from careward.rulebook.programme import Programme
from careward.rulebook.reading import Desk
from careward.rulebook.reward_consistency import RewardPage, refuse_laws
from careward.rulebook.roles import POSITIONS, ROLES, Roles
from careward.rulebook.season import ALL_DOCUMENTS, MOMENTS_IN_ORDER, SECTIONS, ChecklistItem, Mode, Season
from careward.rulebook.shelf import Shelf
from careward.rulebook.wording import FIELDS, Wording, fields_of

_KINDS: Final = ("new", "continuing")


def refuse_contradictions(desk: Desk, shelf: Shelf) -> None:
    """Note on the desk whatever cannot be true together."""
    _counties(desk, shelf.counties, shelf.types)
    _types(desk, shelf.types)
    _roles(desk, shelf.roles)
    _policies(desk, shelf.policies)
    refuse_laws(desk, shelf.laws)
    _retention(desk, shelf)
    for stem, programme in shelf.programmes.items():
        _programme(desk, desk.folder / "programmes" / f"{stem}.yaml", programme, shelf)
    for stem, wording in shelf.wordings.items():
        _wording(desk, desk.folder / "documents" / f"{stem}.yaml", wording)
    for stem, notice in shelf.notices.items():
        _notice(desk, desk.folder / "notices" / f"{stem}.yaml", notice)
    for stem, season in shelf.seasons.items():
        page = _SeasonPage(desk, desk.folder / "seasons" / f"{stem}.yaml", season, shelf)
        page.refuse()


def _listed(codes: Iterable[str]) -> str:
    return text("rulebook:separator").join(codes)


def _notice(desk: Desk, path: Path, notice: Notice) -> None:
    if notice.notice.id != path.stem:
        desk.complain(path, "notice.id", "file_name", found=notice.notice.id, stem=path.stem)
    for name in SIX_ITEMS:
        if name not in notice.items:
            desk.complain(path, f"items.{name}", "missing_line", needed=name)
    for name in sorted(set(notice.items) - set(SIX_ITEMS)):
        desk.complain(path, f"items.{name}", "unknown", found=name, known=_listed(SIX_ITEMS))


def _counties(desk: Desk, table: Counties, types: InstitutionTypes) -> None:
    path = desk.folder / "counties.yaml"
    seen: dict[str, str] = {}
    for code, county in table.counties.items():
        if county.name in seen:
            desk.complain(
                path, f"counties.{code}.name", "county_twice", name=county.name, other=seen[county.name]
            )
        seen[county.name] = code
        place = f"counties.{code}.local_units"
        for kind, unit in county.local_units.items():
            if kind not in types.institution_types:
                desk.complain(path, place, "unknown", found=kind, known=_listed(types.institution_types))
            if unit.value not in types.local_units:
                told = {"found": unit.value, "known": _listed(types.local_units)}
                desk.complain(path, f"{place}.{kind}.value", "unknown", **told)


def _roles(desk: Desk, table: Roles) -> None:
    path = desk.folder / "roles.yaml"
    _just_these(desk, path, "roles", table.roles, ROLES)
    _just_these(desk, path, "positions", table.positions, POSITIONS)
    for name, role in table.roles.items():
        if role.deputies and not role.acts:
            desk.complain(path, f"roles.{name}.deputies", "deputy_of_nothing", label=role.label)
        for deputy in role.deputies:
            other = table.roles.get(deputy)
            if other is None:
                desk.complain(path, f"roles.{name}.deputies", "unknown", found=deputy, known=_listed(ROLES))
            elif other.scope != role.scope or not other.acts:
                desk.complain(
                    path, f"roles.{name}.deputies", "deputy_elsewhere", label=role.label, other=other.label
                )
    for name, position in table.positions.items():
        if name.endswith("head") and "people" not in position.may:
            desk.complain(path, f"positions.{name}.may", "head_without_people", label=position.label)


def _just_these(
    desk: Desk, path: Path, line: str, written: Mapping[str, object], wanted: tuple[str, ...]
) -> None:
    for name in wanted:
        if name not in written:
            desk.complain(path, f"{line}.{name}", "missing_line", needed=name)
    for name in written:
        if name not in wanted:
            desk.complain(path, line, "unknown", found=name, known=_listed(wanted))


def _policies(desk: Desk, policies: Policies) -> None:
    warned, unused = policies.sign_in.unused_warning_days.value, policies.sign_in.unused_days.value
    if warned >= unused:
        place = "sign_in.unused_warning_days.value"
        desk.complain(desk.folder / "policies.yaml", place, "warned_too_late", found=warned, least=unused)


def _retention(desk: Desk, shelf: Shelf) -> None:
    """Every dataset of every version has its line, and no line is for nothing."""
    path = desk.folder / "retention.yaml"
    known = {dataset for spec in shelf.interchanges.values() for dataset in spec.datasets}
    for name in sorted(known - set(shelf.retention.datasets)):
        desk.complain(path, f"datasets.{name}", "missing_line", needed=name)
    for name in sorted(set(shelf.retention.datasets) - known):
        desk.complain(path, f"datasets.{name}", "unknown", found=name, known=_listed(sorted(known)))


def _types(desk: Desk, tables: InstitutionTypes) -> None:
    path = desk.folder / "institution-types.yaml"
    for id_, kind in tables.institution_types.items():
        for field, value, known in (
            ("grade_family", kind.grade_family, tables.grade_families),
            ("local_unit", kind.local_unit, tables.local_units),
            ("central_unit", kind.central_unit, tables.central_units),
        ):
            if value not in known:
                place = f"institution_types.{id_}.{field}"
                desk.complain(path, place, "unknown", found=value, known=_listed(known))
    for id_, family in tables.grade_families.items():
        for grade in sorted(set(family.passing) - set(family.grades)):
            place = f"grade_families.{id_}.passing"
            desk.complain(path, place, "unknown", found=grade, known=_listed(family.grades))


def _programme(desk: Desk, path: Path, programme: Programme, shelf: Shelf) -> None:
    facts = programme.programme
    if facts.id != path.stem:
        desk.complain(path, "programme.id", "file_name", found=facts.id, stem=path.stem)
    if facts.first_year > facts.last_year:
        desk.complain(
            path, "programme.last_year", "years_backwards", first=facts.first_year, last=facts.last_year
        )
    known = shelf.types.institution_types
    for type_ in programme.institution_types.value:
        if type_ not in known:
            desk.complain(path, "institution_types.value", "unknown", found=type_, known=_listed(known))
    types, ownerships = tuple(known), tuple(shelf.types.ownerships)
    RewardPage(desk, path, programme, shelf.laws, types, ownerships).refuse()


def _wording(desk: Desk, path: Path, wording: Wording) -> None:
    if wording.wording.id != path.stem:
        desk.complain(path, "wording.id", "file_name", found=wording.wording.id, stem=path.stem)
    for number, row in enumerate(wording.rows):
        if row.field not in FIELDS:
            desk.complain(
                path, f"rows.{number}.field", "unknown", found=row.field, known=_listed(sorted(FIELDS))
            )
        if row.field == "person_id" and "continuing" in row.kinds:
            desk.complain(path, f"rows.{number}.kinds", "id_of_continuing")
    for number, paragraph in enumerate(wording.paragraphs.value):
        _paragraph(desk, path, f"paragraphs.value.{number}", paragraph)


def _paragraph(desk: Desk, path: Path, place: str, paragraph: str) -> None:
    try:
        used = fields_of(paragraph)
    except ValueError:
        desk.complain(path, place, "braces")
        return
    for field in sorted(used - FIELDS):
        desk.complain(path, place, "unknown", found=field, known=_listed(sorted(FIELDS)))
    if "person_id" in used:
        desk.complain(path, place, "id_of_continuing")


@dataclass(frozen=True, slots=True)
class _SeasonPage:
    """One season's file beside everything it names."""

    desk: Desk
    path: Path
    season: Season
    shelf: Shelf

    def refuse(self) -> None:
        self._facts()
        self._moments()
        self._months()
        for mode in self.season.modes.values():
            self._mode(mode)
        self._kinds()
        self._documents()
        self._checklist()
        self._datasets()
        self._escalation()
        self._change_lists()
        self._types_served()

    def _complain(self, place: str, code: str, **values: object) -> None:
        self.desk.complain(self.path, place, code, **values)

    def _known(self, place: str, found: Iterable[str], known: Iterable[str]) -> None:
        names = tuple(known)
        for name in found:
            if name not in names:
                self._complain(place, "unknown", found=name, known=_listed(names))

    def _facts(self) -> None:
        facts = self.season.season
        if facts.code != self.path.stem:
            self._complain("season.code", "file_name", found=facts.code, stem=self.path.stem)
        self._known("season.programme", [facts.programme], self.shelf.programmes)
        self._known("season.interchange", [facts.interchange], self.shelf.interchanges)
        programme = self.shelf.programmes.get(facts.programme)
        if programme is None:
            return
        self._known("season.indicator", [facts.indicator], programme.indicators)
        first, last = programme.programme.first_year, programme.programme.last_year
        if not first <= facts.code <= last:
            self._complain("season.code", "year_outside", found=facts.code, first=first, last=last)

    def _moments(self) -> None:
        moments = self.season.moments
        for code in MOMENTS_IN_ORDER:
            if code not in moments:
                self._complain(f"moments.{code}", "missing_line", needed=code)
        self._known("moments", moments, MOMENTS_IN_ORDER)
        present = [moments[code] for code in MOMENTS_IN_ORDER if code in moments]
        for before, after in pairwise(present):
            if after.at < before.at:
                told = {"label": after.label, "at": after.at, "other": before.label, "other_at": before.at}
                self._complain(f"moments.{after.code}.at", "moments_backwards", **told)
        self._known(
            "personal_data_notice.value", [self.season.personal_data_notice.value], self.shelf.notices
        )
        self._known("application_link_until.value", [self.season.application_link_until.value], moments)
        days = self.season.reminders_days_before.value
        if list(days) != sorted(set(days), reverse=True):
            self._complain("reminders_days_before.value", "reminders_not_descending")

    def _months(self) -> None:
        months = self.season.data_months
        if months.last < months.first:
            self._complain("data_months.last", "months_backwards", first=months.first, last=months.last)
        for name, month in (("first", months.first), ("last", months.last)):
            if not month.startswith(self.season.code):
                self._complain(f"data_months.{name}", "month_outside", found=month, year=self.season.code)
        days = self.season.upload_reminders.days_after_due
        if list(days) != sorted(set(days)):
            self._complain("upload_reminders.days_after_due", "reminders_not_ascending")

    def _mode(self, mode: Mode) -> None:
        place = f"modes.{mode.id}"
        self._known(f"{place}.documents.value", mode.documents.value, self.season.documents)
        self._known(f"{place}.institution_types.value", mode.institution_types.value, self._all_types())
        if not mode.documents.value:
            self._complain(f"{place}.documents.value", "mode_without_document", label=mode.label)
        if len(set(mode.documents.value)) < len(mode.documents.value):
            self._complain(f"{place}.documents.value", "said_twice")

    def _all_types(self) -> Iterable[str]:
        return self.shelf.types.institution_types

    def _kinds(self) -> None:
        for kind in _KINDS:
            if kind not in self.season.kinds:
                self._complain(f"kinds.{kind}", "missing_line", needed=kind)

    def _documents(self) -> None:
        used = {id_ for mode in self.season.modes.values() for id_ in mode.documents.value}
        for id_, document in self.season.documents.items():
            self._known(f"documents.{id_}.wording", [document.wording], self.shelf.wordings)
            if id_ not in used:
                self._complain(f"documents.{id_}", "document_unused", label=document.label)

    def _mended(self, item: ChecklistItem) -> None:
        """What 補件 opens is a part of the form or a document, a phrase no more than its item."""
        place = f"checklist.{item.id}"
        self._known(f"{place}.mends", item.mends, (*SECTIONS, ALL_DOCUMENTS, *self.season.documents))
        for phrase in item.phrases.values():
            self._known(f"{place}.phrases.{phrase.id}.mends", phrase.mends, item.mends)

    def _checklist(self) -> None:
        """Every case meets an item for eligibility, identity, documents and, where asked for, addresses."""
        for item in self.season.checklist.values():
            self._mended(item)
        for mode in self.season.modes.values():
            groups = ["eligibility", "identity", "documents"]
            groups += ["addresses"] if mode.asks_source_addresses.value else []
            for kind in _KINDS:
                covered = {item.group for item in self.season.checklist_for(mode.id, kind)}
                for group in groups:
                    if group not in covered:
                        self._complain("checklist", "checklist_gap", mode=mode.id, kind=kind, group=group)

    def _datasets(self) -> None:
        required, optional = self.season.datasets.required.value, self.season.datasets.optional.value
        interchange = self.shelf.interchanges.get(self.season.season.interchange)
        if interchange is not None:
            known = tuple(interchange.datasets)
            self._known("datasets.required.value", required, known)
            self._known("datasets.optional.value", optional, known)
        if set(required) & set(optional):
            self._complain("datasets.optional.value", "said_twice")

    def _escalation(self) -> None:
        """A ladder goes down towards the deadline, never up."""
        for above, below in pairwise(self.season.escalation.values()):
            if below.hours_before >= above.hours_before:
                place = f"escalation.{below.id}.hours_before"
                self._complain(place, "ladder_upwards", found=below.hours_before, above=above.hours_before)

    def _change_lists(self) -> None:
        """One list a month without a gap, each frozen later than the one before and after its month began."""
        changes = self.season.changes
        self._known("changes.asked_from.value", [changes.asked_from.value], self.season.moments)
        begins = self.season.moments.get(changes.asked_from.value)
        last = begins.at if begins else None
        for one in changes.lists.values():
            place = f"changes.lists.{one.code}.at"
            if last is not None and one.at <= last:
                self._complain(place, "list_backwards", month=one.code, at=one.at, before=last)
            if one.at.date() <= one.month.first_day:
                self._complain(place, "list_before_month", month=one.code, at=one.at)
            last = one.at
        for before, after in pairwise(changes.lists.values()):
            if after.month != before.month.following():
                told = {"found": after.code, "expected": before.month.following()}
                self._complain(f"changes.lists.{after.code}", "list_gap", **told)

    def _types_served(self) -> None:
        programme = self.shelf.programmes.get(self.season.season.programme)
        self._known("contact_windows", self.season.contact_windows, self._all_types())
        for type_ in programme.institution_types.value if programme else ():
            if type_ not in self.season.contact_windows:
                self._complain(f"contact_windows.{type_}", "window_missing", type=type_)
            if not self.season.modes_for(type_):
                self._complain("modes", "type_without_mode", type=type_)
