"""Example files generated from the specification: never written by hand, never about a real person."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from careward.checking.cells import UNREAD, Reader, Value, written
from careward.checking.engine.columns import kind_of
from careward.checking.engine.compiling import Compiled, compiled
from careward.checking.engine.kinds import RowTest, Scope
from careward.checking.known import Known, KnownRow, KnownTable
from careward.checking.sample_forms import as_csv, in_form
from careward.kernel.identifiers import make_national_id, make_resident_id
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange import Check, Dataset, Field, Interchange, Sample
from careward.rulebook.interchange_rules import (
    EmptyUnless,
    EqualsAccountInstitution,
    EqualsFilePeriod,
    IdKind,
    RequiredWhen,
    Sum,
    Unique,
)

Record = dict[str, str]
"""Cells by code name of the field."""

_SERIALS: Final = 1_000_000
_VARIED_BY: Final = 12
_DAYS_BACK: Final = 3_000


@dataclass(frozen=True, slots=True)
class Faulty:
    """A generated file with faults. `planted`: places in `records`, each with the check broken there."""

    records: tuple[Record, ...]
    planted: tuple[tuple[int, str], ...]


def good_rows(
    spec: Interchange, dataset: Dataset, *, institution_code: str, period: RocMonth, n: int, seed: int
) -> tuple[Record, ...]:
    """Invent `n` clean records, the same for the same arguments; numbers and names are invented ones.

    Each field is varied by its type; a variation that would break or warn is not taken.
    """
    maker = _Maker(spec, dataset, institution_code, period, Random(seed))  # noqa: S311  # nosec B311 – invented data
    return tuple(maker.record(number) for number in range(n))


def faulty_rows(
    spec: Interchange, dataset: Dataset, *, institution_code: str, period: RocMonth, n: int, seed: int
) -> Faulty:
    """Invent `n` records; every other one breaks one check of a single row, by that check's bad sample."""
    records = list(good_rows(spec, dataset, institution_code=institution_code, period=period, n=n, seed=seed))
    usable = [
        (check, sample.records[0])
        for check in dataset.checks
        for sample in check.bad
        if check.level in ("field", "record") and len(sample.records) == 1 and not _of_the_file(sample)
    ]
    maker = _Maker(spec, dataset, institution_code, period, Random(seed))  # noqa: S311  # nosec B311 – invented data
    planted: list[tuple[int, str]] = []
    for turn, place in enumerate(range(1, n, 2)):
        check, overrides = usable[turn % len(usable)]
        records[place] = {**maker.plain(place), **overrides}
        planted.append((place, check.id))
    return Faulty(tuple(records), tuple(planted))


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A check's sample made into a file, and what it is to be checked against."""

    name: str
    content: bytes
    spec: Interchange
    dataset: Dataset
    period: RocMonth
    institution_code: str
    today: date
    known: Known


class _Told:
    """What a sample says was accepted before."""

    def __init__(self, month: Mapping[str, KnownTable], before: Mapping[str, KnownTable]) -> None:
        self._month, self._before = month, before

    def month(self, dataset: str) -> KnownTable | None:
        return self._month.get(dataset)

    def before(self, dataset: str) -> KnownTable | None:
        return self._before.get(dataset)


def sample_file(spec: Interchange, check: Check, sample: Sample) -> SampleFile:
    """Make the file a sample in the rules describes; one of the file itself uses the last dataset."""
    dataset = spec.dataset(check.dataset) if check.dataset else tuple(spec.datasets.values())[-1]
    period = RocMonth.parse(sample.period or dataset.example[_named(dataset, EqualsFilePeriod)])
    code = sample.institution_code or dataset.example[_named(dataset, EqualsAccountInstitution)]
    return SampleFile(
        name=sample.file_name or f"{dataset.id}-{period}.{sample.form}",
        content=_content(dataset, sample),
        spec=_limited(spec, sample.limits),
        dataset=dataset,
        period=period,
        institution_code=code,
        today=period.following().first_day,
        known=_Told(
            {id_: known_table(spec, spec.dataset(id_), rows, period) for id_, rows in sample.others.items()},
            {dataset.id: known_table(spec, dataset, sample.before, period)} if sample.before else {},
        ),
    )


def known_table(
    spec: Interchange, dataset: Dataset, rows: Iterable[Mapping[str, str]], period: RocMonth
) -> KnownTable:
    """Rows as they would be known once accepted; each says only what differs from the example."""
    readers = {column.field.id: column.reader for column in compiled(spec, dataset).columns}
    whole = ({**dataset.example, **row} for row in rows)
    told: list[KnownRow] = [
        {name: _value(readers[name], cell) for name, cell in row.items()} for row in whole
    ]
    return KnownTable.of(period, told, {field.id: kind_of(field) for field in dataset.fields})


def _value(reader: Reader, cell: str) -> Value:
    value = reader.parse(cell) if cell else None
    return None if value is UNREAD else value


def _content(dataset: Dataset, sample: Sample) -> bytes:
    if sample.base64 is not None:
        return base64.b64decode(sample.base64)
    whole = [{**dataset.example, **record} for record in sample.records or ({},)]
    if sample.content is None:
        return in_form(dataset, whole, sample.form, sample.spoilt)
    header, row = as_csv(dataset, [dataset.example], encoding="utf-8", line_end="\n").decode().splitlines()
    return sample.content.replace("{header}", header).replace("{row}", row).encode()


def _limited(spec: Interchange, limits: Mapping[str, int]) -> Interchange:
    if not limits:
        return spec
    changed = {
        name: getattr(spec.limits, name).model_copy(update={"value": value}) for name, value in limits.items()
    }
    head = spec.head.model_copy(update={"limits": spec.limits.model_copy(update=changed)})
    return Interchange(
        head=head,
        code_lists=spec.code_lists,
        datasets=spec.datasets,
        file_checks=spec.file_checks,
        sample_names=spec.sample_names,
    )


def _of_the_file(sample: Sample) -> bool:
    return bool(sample.content or sample.base64 or sample.period or sample.institution_code or sample.limits)


def _named(dataset: Dataset, kind: type[EqualsFilePeriod | EqualsAccountInstitution]) -> str:
    return next(check.rule.field for check in dataset.checks if isinstance(check.rule, kind))


def _numbered(field: Field, number: int) -> str:
    """A key of its own for each record, or a text of its own where texts may stand only once."""
    return (
        f"{field.example[:1]}{number + 1:05d}"
        if field.holds_no_personal_id
        else f"{field.example}{number + 1}"
    )


class _Maker:
    def __init__(
        self, spec: Interchange, dataset: Dataset, institution_code: str, period: RocMonth, dice: Random
    ) -> None:
        self._spec, self._dataset, self._period, self._dice = spec, dataset, period, dice
        self._compiled: Compiled = compiled(spec, dataset)
        self._scope = Scope(period, institution_code, period.following().first_day)
        self._tests: tuple[RowTest, ...] = tuple(
            tested.test for tested in self._compiled.row_tests(self._scope) if tested.check.level == "record"
        )
        self._fixed = {
            _named(dataset, EqualsFilePeriod): str(period),
            _named(dataset, EqualsAccountInstitution): institution_code,
        }
        self._first_serial = dice.randrange(_SERIALS)
        named = {
            name for check in dataset.checks if isinstance(check.rule, Unique) for name in check.rule.fields
        }
        self._once = {
            field.id
            for field in dataset.fields
            if field.id in named and field.type == "text" and field.keep == "as_is"
        }

    def plain(self, number: int) -> Record:
        """The example record moved to this file, with keys and numbers of its own."""
        record = {**self._dataset.example, **self._fixed}
        for field in self._dataset.fields:
            if field.type == "date" and record[field.id]:
                record[field.id] = written(field, self._period.first_day)
            if record[field.id] and (field.holds_no_personal_id or field.id in self._once):
                record[field.id] = _numbered(field, number)
            if field.type == "personal_id":
                record[field.id] = make_national_id(self._serial(number))
        return record

    def record(self, number: int) -> Record:
        record = self.plain(number)
        for field in self._dataset.fields:
            if field.id in self._fixed or field.holds_no_personal_id or field.type == "personal_id":
                continue
            tried = {**record, field.id: self._varied(field, record[field.id])}
            self._follow(tried, number)
            if self._clean(tried):
                record = tried
        return record

    def _serial(self, number: int) -> int:
        return (self._first_serial + number) % _SERIALS

    def _varied(self, field: Field, now: str) -> str:
        dice = self._dice
        if field.type == "code":
            return dice.choice(tuple(self._spec.code_list(field.codes or "").codes))
        if field.type == "integer" and now:
            return str(max(0, int(now) + dice.randint(-min(_VARIED_BY, int(now)), _VARIED_BY)))
        if field.type == "decimal":
            return written(field, Decimal(dice.randint(0, 48)) / 2)
        if field.type == "date" and now:
            day = self._period.first_day - timedelta(days=dice.randrange(_DAYS_BACK))
            return written(field, day)
        if field.keep == "name_masked":
            names = self._spec.sample_names
            return dice.choice(names.surnames) + dice.choice(names.given_names)
        return now

    def _follow(self, record: Record, number: int) -> None:
        """Set what other fields decide: totals from their parts, the kind of number from the nationality."""
        for check in self._dataset.checks:
            rule = check.rule
            if isinstance(rule, Sum) and rule.op == "=":
                record[rule.total] = str(sum(int(record[part]) for part in rule.parts))
            if isinstance(rule, IdKind) and record[rule.when.field] in rule.when.among:
                make = make_national_id if rule.expects == "national" else make_resident_id
                record[rule.field] = make(self._serial(number))
            if isinstance(rule, EmptyUnless) and record[rule.when.field] not in rule.when.among:
                record[rule.field] = ""
            if isinstance(rule, RequiredWhen) and record[rule.when.field] in rule.when.among:
                field = self._dataset.field(rule.field)
                own = _numbered(field, number) if field.holds_no_personal_id else field.example
                record[rule.field] = record[rule.field] or own

    def _clean(self, record: Record) -> bool:
        judged = [column.judged(record[column.field.id]) for column in self._compiled.columns]
        values = [value for value, _, _ in judged]
        if any(breaches for _, breaches, _ in judged):
            return False
        return all(test(1, values) is None for test in self._tests)
