"""Contradictions inside one version of the interchange specification: refused rather than half believed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Final, get_args

from careward.kernel.text import nfkc
from careward.kernel.texts import text
from careward.rulebook.errors import Problem
from careward.rulebook.interchange_across import (
    ChangeWithin,
    CountsOther,
    InOther,
    SameAsBefore,
    Sequence,
    WithinStay,
)
from careward.rulebook.interchange_kind import Condition
from careward.rulebook.interchange_rules import (
    Compare,
    DateBound,
    EmptyUnless,
    EqualsFilePeriod,
    IdKind,
    Reading,
    ReadingProblem,
    RequiredWhen,
    Rule,
    Sum,
)
from careward.rulebook.interchange_types import (
    CodeList,
    CommonFile,
    DatasetFile,
    DatasetLimits,
    DerivedFile,
    Field,
    Head,
    Interchange,
    Limits,
    ListedCheck,
    ResidentDays,
)
from careward.rulebook.reading import Desk

DERIVED_KINDS: Final = (
    "required",
    "required_when",
    "max_length",
    "pattern",
    "integer",
    "decimal",
    "date",
    "roc_month",
    "code_list",
    "personal_id",
    "range",
    "holds_no_personal_id",
)
_NUMBERS: Final = ("integer", "decimal")
_EVERY_CHECK_TELLS: Final = frozenset({"found"})


@dataclass(frozen=True)
class Page:
    """One version's folder beside everything it names; complaints go to the desk."""

    desk: Desk
    folder: Path
    code_lists: Mapping[str, CodeList]
    derived: DerivedFile

    def _complain(self, file: str, place: str, code: str, **values: object) -> None:
        reason, expected = (
            text(f"rulebook:interchange.{code}.{part}", **values) for part in ("reason", "expected")
        )
        self.desk.problems.append(Problem(self.desk.name(self.folder / file), place, reason, expected))

    def head(self, head: Head) -> None:
        """The version is the folder's name; every kind of derived check has its wording."""
        if head.version != self.folder.name:
            self._complain(
                "interchange.yaml", "version", "file_name", found=head.version, stem=self.folder.name
            )
        for kind in DERIVED_KINDS:
            if kind not in self.derived.kinds:
                self._complain("checks/derived.yaml", f"kinds.{kind}", "missing_line", needed=kind)
        for kind in self.derived.kinds:
            if kind not in DERIVED_KINDS:
                known = _listed(DERIVED_KINDS)
                self._complain("checks/derived.yaml", f"kinds.{kind}", "unknown", found=kind, known=known)

    def lists(self) -> None:
        """No spelling belongs to two codes of one list."""
        for stem, codes in self.code_lists.items():
            file = f"codes/{stem}.yaml"
            self._named_as_file(file, codes.id, stem)
            said = [
                (c.code, spelling) for c in codes.codes.values() for spelling in (c.code, c.label, *c.also)
            ]
            self._twice(file, "codes", said)

    def common(self, common: CommonFile, files: Mapping[str, DatasetFile]) -> None:
        """Every field taken over is there, and none is said again."""
        for stem, file in files.items():
            for name in file.common:
                if name not in common.fields:
                    known = _listed(common.fields)
                    self._complain(f"datasets/{stem}.yaml", "common", "unknown", found=name, known=known)
                if name in file.fields:
                    self._complain(f"datasets/{stem}.yaml", f"fields.{name}", "said_twice", found=name)

    def across(self, stem: str, listed: Mapping[str, ListedCheck], files: Mapping[str, DatasetFile]) -> None:
        """Checks that look into other files name datasets and fields that are there, and kept in clear."""
        for id_, line in listed.items():
            file, place = f"checks/{stem}.yaml", f"checks.{id_}.rule"
            for code, values in self._across(line.rule, files[stem], files):
                self._complain(file, place, code, **values)

    def resident_days(self, days: ResidentDays, files: Mapping[str, DatasetFile]) -> None:
        """The datasets, fields and codes it names are there, and kept in clear."""
        stays, moves = days.stays, days.moves
        for part, table, names in (
            ("stays", stays.dataset, (stays.key, stays.start, stays.end)),
            ("moves", moves.dataset, (moves.key, moves.day, moves.code)),
        ):
            place = f"resident_days.{part}"
            if table not in files:
                known = _listed(files)
                self._complain("interchange.yaml", place, "unknown", found=table, known=known)
                continue
            for code, values in _kept_in_clear(names, files[table]):
                self._complain("interchange.yaml", place, code, **values)
        if moves.dataset in files and moves.code in files[moves.dataset].fields:
            named = Condition.model_validate({"field": moves.code, "in": (*days.returns, *days.leaves)})
            for code, values in self._condition(named, files[moves.dataset]):
                self._complain("interchange.yaml", "resident_days", code, **values)

    def _across(
        self, rule: Rule, own: DatasetFile, files: Mapping[str, DatasetFile]
    ) -> Iterator[tuple[str, dict[str, object]]]:
        if isinstance(rule, InOther | WithinStay | CountsOther):
            other = files.get(rule.dataset)
            if other is None:
                yield "unknown", {"found": rule.dataset, "known": _listed(files)}
                return
            yield from _kept_in_clear(_looked_into(rule), other)
        elif isinstance(rule, SameAsBefore | ChangeWithin):
            yield from _kept_in_clear(rule.named, own)
        elif isinstance(rule, Sequence):
            codes = {*rule.then, *(code for after in rule.then.values() for code in after)}
            named = Condition.model_validate({"field": rule.field, "in": tuple(sorted(codes))})
            yield from self._condition(named, own)

    def dataset(self, stem: str, dataset: DatasetFile, listed: Mapping[str, ListedCheck]) -> None:
        """Fields and listed checks of one dataset."""
        file = f"datasets/{stem}.yaml"
        self._named_as_file(file, dataset.id, stem)
        if dataset.record_key is not None and dataset.record_key not in dataset.fields:
            known = _listed(dataset.fields)
            self._complain(file, "record_key", "unknown", found=dataset.record_key, known=known)
        headings = [(f.id, said) for f in dataset.fields.values() for said in (f.id, f.label, *f.also)]
        self._twice(file, "fields", headings)
        for field in dataset.fields.values():
            for place, code, values in self._field(field, dataset):
                self._complain(file, f"fields.{field.id}.{place}", code, **values)
        for id_, line in listed.items():
            place = f"checks.{id_}"
            if id_ in dataset.fields:
                self._complain(f"checks/{stem}.yaml", place, "check_like_field", found=id_)
            for code, values in self._rule(line.rule, dataset):
                self._complain(f"checks/{stem}.yaml", f"{place}.rule", code, **values)

    def limits(self, stem: str, own: DatasetLimits, every: Limits) -> None:
        """A dataset's own limits are below the version's."""
        for name, limit in own:
            most = getattr(every, name).value
            if limit is not None and limit.value > most:
                place = f"limits.{name}"
                self._complain(f"datasets/{stem}.yaml", place, "over_the_limit", found=limit.value, most=most)

    def file_checks(self, lines: Mapping[str, ListedCheck], a_dataset_is_called_file: bool) -> None:  # noqa: FBT001
        """Each way of being unreadable is told of by exactly one check, an error."""
        told: dict[str, str] = {}
        for id_, line in lines.items():
            if not isinstance(line.rule, Reading):
                self._complain("checks/file.yaml", f"checks.{id_}.rule", "not_of_the_file")
            elif line.rule.problem in told:
                self._complain(
                    "checks/file.yaml", f"checks.{id_}.rule", "said_twice", found=line.rule.problem
                )
            else:
                told[line.rule.problem] = id_
            if line.family == "W":
                self._complain("checks/file.yaml", f"checks.{id_}.family", "only_errors")
        for problem in get_args(ReadingProblem):
            if problem not in told:
                self._complain("checks/file.yaml", "checks", "missing_line", needed=problem)
        if a_dataset_is_called_file:
            self._complain("datasets/file.yaml", "id", "said_twice", found="file")

    def words(self, made: Interchange) -> None:
        """Every placeholder of every wording is one the check can fill, and every check has a bad sample."""
        for check in made.checks:
            file = f"checks/{check.dataset or 'file'}.yaml"
            known = set(check.facts) | check.rule.tells | _EVERY_CHECK_TELLS
            for part, template in check.words:
                for used in _placeholders(template):
                    if used not in known:
                        told = _listed(sorted(known))
                        self._complain(file, f"{check.id}.{part}", "unknown", found=used, known=told)
            if not check.bad:
                self._complain(file, check.id, "no_bad_sample", found=check.rule.kind)

    def _named_as_file(self, file: str, found: str, stem: str) -> None:
        if found != stem:
            self._complain(file, "id", "file_name", found=found, stem=stem)

    def _twice(self, file: str, place: str, said: Iterable[tuple[str, str]]) -> None:
        owners: dict[str, str] = {}
        for owner, spelling in said:
            before = owners.setdefault(spelling_key(spelling), owner)
            if before != owner:
                self._complain(file, f"{place}.{owner}", "spelling_twice", found=spelling, other=before)

    def _field(self, field: Field, dataset: DatasetFile) -> Iterator[tuple[str, str, dict[str, object]]]:
        yield from self._belongs_to_type(field)
        yield from _personal(field)
        if field.min is not None and field.max is not None and field.min > field.max:
            yield "max", "bounds_backwards", {"least": field.min, "most": field.max}
        if field.required and field.required_when:
            yield "required_when", "required_twice", {}
        if field.required_when:
            for code, values in self._condition(field.required_when, dataset):
                yield "required_when", code, values
        yield from _pattern(field)
        if field.max_length is not None and len(field.example) > field.max_length:
            yield "example", "example_breaks", {"found": field.example}
        if field.codes is not None and field.codes not in self.code_lists:
            yield "codes", "unknown", {"found": field.codes, "known": _listed(self.code_lists)}
        elif field.codes is not None and field.example not in self.code_lists[field.codes].codes:
            yield "example", "example_breaks", {"found": field.example}
        for kind in (*field.texts, *field.bad):
            if kind not in DERIVED_KINDS:
                yield "texts", "unknown", {"found": kind, "known": _listed(DERIVED_KINDS)}

    def _belongs_to_type(self, field: Field) -> Iterator[tuple[str, str, dict[str, object]]]:
        """Keys only some types have: each where it may stand, code list and decimals where they must."""
        allowed: tuple[tuple[str, object, tuple[str, ...]], ...] = (
            ("max_length", field.max_length, ("text",)),
            ("pattern", field.pattern, ("text",)),
            ("holds_no_personal_id", field.holds_no_personal_id or None, ("text",)),
            ("min", field.min, _NUMBERS),
            ("max", field.max, _NUMBERS),
            ("unit", field.unit, _NUMBERS),
            ("decimals", field.decimals, ("decimal",)),
            ("codes", field.codes, ("code",)),
        )
        for key, value, types in allowed:
            if value is not None and field.type not in types:
                yield key, "not_of_type", {"type": field.type}
        for key, value, type_ in (("codes", field.codes, "code"), ("decimals", field.decimals, "decimal")):
            if value is None and field.type == type_:
                yield key, "missing_line", {"needed": key}

    def _rule(self, rule: Rule, dataset: DatasetFile) -> Iterator[tuple[str, dict[str, object]]]:
        unknown = [name for name in rule.named if name not in dataset.fields]
        for name in unknown:
            yield "unknown", {"found": name, "known": _listed(dataset.fields)}
        if unknown:
            return
        if rule.level == "field" or isinstance(rule, RequiredWhen | Reading):
            yield "follows_from_field", {"found": rule.kind}
        if isinstance(rule, EmptyUnless):
            yield from self._condition(rule.when, dataset)
        types = [dataset.fields[name].type for name in rule.named]
        if isinstance(rule, Compare) and (types[0] != types[1] or types[0] not in (*_NUMBERS, "date")):
            yield "types_differ", {"found": _listed(types)}
        if isinstance(rule, Sum) and set(types) != {"integer"}:
            yield "types_differ", {"found": _listed(types)}
        wanted = (
            "date"
            if isinstance(rule, DateBound | WithinStay)
            else "roc_month"
            if isinstance(rule, EqualsFilePeriod)
            else None
        )
        if isinstance(rule, IdKind):
            wanted = "personal_id"
            yield from self._condition(rule.when, dataset)
        if wanted and types[0] != wanted:
            yield "not_of_type", {"type": types[0]}

    def _condition(self, when: Condition, dataset: DatasetFile) -> Iterator[tuple[str, dict[str, object]]]:
        field = dataset.fields.get(when.field)
        if field is None or field.codes not in self.code_lists:
            fields = [name for name, field in dataset.fields.items() if field.type == "code"]
            yield "unknown", {"found": when.field, "known": _listed(fields)}
            return
        codes = self.code_lists[field.codes or ""].codes
        for code in when.among:
            if code not in codes:
                yield "unknown", {"found": code, "known": _listed(codes)}


def _looked_into(rule: InOther | WithinStay | CountsOther) -> tuple[str, ...]:
    if isinstance(rule, CountsOther):
        return (rule.open,)
    return (rule.key, rule.start, rule.end) if isinstance(rule, WithinStay) else (rule.key,)


def _kept_in_clear(names: Iterable[str], dataset: DatasetFile) -> Iterator[tuple[str, dict[str, object]]]:
    """What accepted files are asked for must stand in them as it was sent."""
    for name in names:
        field = dataset.fields.get(name)
        if field is None:
            yield "unknown", {"found": name, "known": _listed(dataset.fields)}
        elif field.keep != "as_is":
            yield "not_kept", {"found": name}


def _personal(field: Field) -> Iterator[tuple[str, str, dict[str, object]]]:
    if field.personal_data == "personal" and field.keep == "as_is":
        yield "keep", "kept_in_clear", {}
    if field.type == "personal_id" and (field.personal_data != "personal" or field.keep != "id_hashed"):
        yield "keep", "kept_in_clear", {}
    fits = ("date",) if field.keep == "year_only" else ("text", "personal_id")
    if field.keep != "as_is" and field.type not in fits:
        yield "keep", "not_of_type", {"type": field.type}


def _pattern(field: Field) -> Iterator[tuple[str, str, dict[str, object]]]:
    if field.pattern is None:
        return
    if field.pattern_means is None:
        yield "pattern_means", "missing_line", {"needed": "pattern_means"}
    try:
        fits = re.fullmatch(field.pattern, field.example)
    except re.error as error:
        yield "pattern", "pattern_broken", {"said": error}
        return
    if not fits:
        yield "example", "example_breaks", {"found": field.example}


def _placeholders(template: str) -> Iterator[str]:
    try:
        yield from (name for _, name, _, _ in Formatter().parse(template) if name is not None)
    except ValueError as error:
        yield str(error)


def spelling_key(spelling: str) -> str:
    """Two headings or code spellings with one key are the same to a reader (case, blanks, width)."""
    return "".join(nfkc(spelling).split()).casefold()


def _listed(codes: Iterable[str]) -> str:
    return text("rulebook:separator").join(codes)
