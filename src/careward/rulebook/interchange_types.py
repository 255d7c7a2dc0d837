"""What an interchange specification consists of: datasets, fields, code lists and checks of one version.

The specification is the platform's own; no payload specification of the ministry is public, and each version
says so. Nothing in Python knows a dataset or a field by name: a version dropped beside another one works.
A check's id is ``<dataset>.<field>.<kind>`` when it follows from the field's definition,
``<dataset>.<name>`` or
``file.<name>`` when a rules file lists it; it never changes within a version.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field as Limited

from careward.rulebook.interchange_kind import Condition, Level
from careward.rulebook.interchange_rules import Family, ReadingProblem, Rule, Words
from careward.rulebook.values import ByCode, ById, Entry, Frozen, Source, Sourced, Text, pick

FieldType = Literal["text", "integer", "decimal", "date", "roc_month", "code", "personal_id"]
PersonalData = Literal["none", "personal", "sensitive"]
Keep = Literal["as_is", "name_masked", "id_hashed", "year_only"]
Encoding = Literal["utf-8", "utf-16", "cp950"]
Delimiter = Literal["comma", "tab", "semicolon"]
Positive = Annotated[int, Limited(gt=0)]


class Sample(Frozen):
    """An input that passes (good) or breaks (bad) a check.

    `records` are rows, each saying only what differs from the dataset's example record; `others` are rows of other
    datasets accepted for the same month, `before` rows of this one accepted for the month before, told likewise;
    `form` is what the file is written as, `spoilt` what a workbook holds beside its rows; `content` or `base64`
    replace the whole file, `file_name` its name, `limits` single limits; the rest is what
    the file is checked against: by default the example's own month and institution, on the first day of the
    following month.
    """

    records: tuple[Mapping[str, str], ...] = ()
    others: Mapping[str, tuple[Mapping[str, str], ...]] = {}
    before: tuple[Mapping[str, str], ...] = ()
    period: str | None = None
    institution_code: str | None = None
    content: str | None = None
    base64: str | None = None
    form: Literal["csv", "xlsx", "ods", "json", "jsonl"] = "csv"
    spoilt: Literal["formula", "merged", "heavy"] | None = None
    file_name: str | None = None
    limits: Mapping[str, int] = {}


class Check(Frozen):
    """One check with its identity, its rule and what a person is told when it fails.

    `facts` fill the placeholders that do not depend on the row (label, limits, code list …).
    """

    id: Text
    dataset: str | None
    level: Level
    family: Family
    fields: tuple[str, ...]
    rule: Rule
    words: Words
    facts: Mapping[str, str]
    good: tuple[Sample, ...]
    bad: tuple[Sample, ...]
    source: Source

    @property
    def field(self) -> str | None:
        """The field a finding stands under; None for the file as a whole."""
        return self.fields[0] if self.fields else None

    @property
    def warns(self) -> bool:
        """Whether it is family W, which never rejects a file."""
        return self.family == "W"

    def say(self, part: Literal["what", "expected", "why", "how"], **values: object) -> str:
        """One sentence for a person; `values` are those of the row, ``found`` always among them."""
        template: str = getattr(self.words, part)
        return template.format(**{**self.facts, **values})


class Code(Entry):
    """One code; its label and the other spellings in `also` are read as the code, and reported as adapted."""

    code: str
    label: Text
    also: tuple[Text, ...] = ()


class CodeList(Entry):
    """A closed list of codes, text all of them."""

    id: str
    title: Text
    codes: ByCode[Code]


class FieldTexts(Frozen):
    """Wording of one derived check replaced for one field; what is None stays as the kind says it."""

    what: Text | None = None
    expected: Text | None = None
    why: Text | None = None
    how: Text | None = None


class Field(Entry):
    """One column. `id` is its code name, `label` its Chinese name; either may head the column, so may `also`.

    `min` and `max` are bounds of a number in `unit`; `decimals` the most decimal places of a decimal.
    `keep` says what of it is stored; `example_record` replaces `example` in the dataset's example record, and
    `bad` gives a bad sample for a derived check that cannot invent one.
    """

    id: str
    label: Text
    also: tuple[Text, ...] = ()
    type: FieldType
    required: bool = False
    required_when: Condition | None = None
    max_length: Positive | None = None
    pattern: Text | None = None
    pattern_means: Text | None = None
    holds_no_personal_id: bool = False
    min: int | None = None
    max: int | None = None
    decimals: Positive | None = None
    unit: Text | None = None
    codes: str | None = None
    personal_data: PersonalData = "none"
    keep: Keep = "as_is"
    example: Text
    example_record: str | None = None
    bad: Mapping[str, str] = {}
    means: Text
    texts: Mapping[str, FieldTexts] = {}

    @property
    def in_example(self) -> str:
        """What the dataset's example record holds."""
        return self.example if self.example_record is None else self.example_record


class DatasetLimits(Frozen):
    """What one file of a dataset may hold, where that is less than the version allows."""

    file_bytes: Sourced[Positive] | None = None
    rows: Sourced[Positive] | None = None


class Dataset(Frozen):
    """One month of one kind of data of one institution; `checks` are the derived and the listed ones.

    `record_key` is the field by which an institution recognises a row. `may_be_empty`: a file with a heading and no
    rows says that nothing happened that month. ``limits`` are its own; :meth:`Interchange.most_rows` and
    :meth:`Interchange.most_bytes` say what holds.
    """

    id: str
    title: Text
    means: Text
    record_key: str | None
    may_be_empty: bool
    limits: DatasetLimits
    fields: tuple[Field, ...]
    checks: tuple[Check, ...]
    source: Source

    def field(self, id: str) -> Field:  # noqa: A002 – the word the rules use
        """Return a field; raises UnknownCode."""
        return pick({field.id: field for field in self.fields}, "field", id)

    @cached_property
    def example(self) -> Mapping[str, str]:
        """A clean record, by code name."""
        return {field.id: field.in_example for field in self.fields}


class Naming(Entry):
    """How a file is named so that its dataset and month are known."""

    form: Text
    example: Text
    means: Text
    extensions: tuple[Text, ...]


class Limits(Frozen):
    """What one file may hold: bytes, data rows, characters of a line, columns.

    `rows_held_whole` bounds forms that can only be read as a whole (workbooks, JSON), `bytes_held_whole` JSON.
    """

    file_bytes: Sourced[Positive]
    rows: Sourced[Positive]
    rows_held_whole: Sourced[Positive]
    bytes_held_whole: Sourced[Positive]
    line_characters: Sourced[Positive]
    columns: Sourced[Positive]


class Labelled(Entry):
    """A family of checks or a class of personal data, as people read it."""

    label: Text


class Meaning(Entry):
    """A sentence of the specification."""

    means: Text


class Stays(Frozen):
    """Where stays are told: whose (`key`), from which day (`start`) to which (`end`, empty while it lasts)."""

    dataset: str
    key: str
    start: str
    end: str


class Moves(Frozen):
    """Where absences are told: whose (`key`), on which `day`, and the field of the `code`."""

    dataset: str
    key: str
    day: str
    code: str


class ResidentDays(Entry):
    """How resident-days follow from stays and moves; `returns` and `leaves` are codes of the moves."""

    stays: Stays
    moves: Moves
    returns: Annotated[tuple[str, ...], Limited(min_length=1)]
    leaves: Annotated[tuple[str, ...], Limited(min_length=1)]


class SampleNames(Frozen):
    """Invented names for generated files."""

    surnames: tuple[Text, ...]
    given_names: tuple[Text, ...]


class Head(Entry):
    """interchange.yaml: what holds for the version as a whole."""

    version: Annotated[str, Limited(pattern=r"^\d+\.\d+$")]
    title: Text
    statement: Text
    effective_from: Annotated[str, Limited(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    naming: Naming
    encodings: Sourced[tuple[Encoding, ...]]
    delimiters: Sourced[tuple[Delimiter, ...]]
    limits: Limits
    check_ids: Meaning
    families: Mapping[Family, Labelled]
    personal_data: Mapping[PersonalData, Labelled]
    resident_days: ResidentDays | None = None


class Interchange(Frozen):
    """One version of the specification, whole and free of contradictions."""

    head: Head
    code_lists: Mapping[str, CodeList]
    datasets: Mapping[str, Dataset]
    file_checks: tuple[Check, ...]
    sample_names: SampleNames

    @property
    def version(self) -> str:
        """``1.0``."""
        return self.head.version

    @property
    def title(self) -> str:
        """The version's full name."""
        return self.head.title

    @property
    def statement(self) -> str:
        """That this is the platform's own specification, to be shown wherever it is."""
        return self.head.statement

    @property
    def effective_from(self) -> date:
        """The day deliveries may follow this version from."""
        return date.fromisoformat(self.head.effective_from)

    @property
    def limits(self) -> Limits:
        """What one file may hold, whatever the dataset."""
        return self.head.limits

    def most_rows(self, dataset: Dataset) -> int:
        """How many data rows a file of the dataset may hold."""
        own, every = dataset.limits.rows, self.limits.rows
        return min(own or every, every, key=lambda limit: limit.value).value

    def most_bytes(self, dataset: Dataset) -> int:
        """How large a file of the dataset may be."""
        own, every = dataset.limits.file_bytes, self.limits.file_bytes
        return min(own or every, every, key=lambda limit: limit.value).value

    def dataset(self, id: str) -> Dataset:  # noqa: A002
        """Return a dataset; raises UnknownCode."""
        return pick(self.datasets, "dataset", id)

    def code_list(self, id: str) -> CodeList:  # noqa: A002
        """Return a code list; raises UnknownCode."""
        return pick(self.code_lists, "code list", id)

    def check(self, id: str) -> Check:  # noqa: A002
        """Return a check of the file or of any dataset; raises UnknownCode."""
        return pick(self._checks, "check", id)

    def reading_check(self, problem: ReadingProblem) -> Check:
        """The check that tells of a file, or line, that cannot be read."""
        return self._reading_checks[problem]

    @property
    def checks(self) -> tuple[Check, ...]:
        """All of them: the error catalogue."""
        return tuple(self._checks.values())

    @cached_property
    def _checks(self) -> dict[str, Check]:
        of_datasets = (check for dataset in self.datasets.values() for check in dataset.checks)
        return {check.id: check for check in (*self.file_checks, *of_datasets)}

    @cached_property
    def _reading_checks(self) -> dict[str, Check]:
        return {c.rule.problem: c for c in self.file_checks if c.rule.kind == "reading"}


# The files as they lie, before checks are derived.


class DatasetFile(Entry):
    """datasets/<id>.yaml. `common` names fields of common.yaml that stand before its own."""

    id: str
    common: tuple[str, ...] = ()
    title: Text
    means: Text
    record_key: str | None = None
    may_be_empty: bool = False
    limits: DatasetLimits = DatasetLimits()
    fields: Annotated[ById[Field], Limited(min_length=2)]


class CommonFile(Frozen):
    """common.yaml: fields that several datasets share, and checks of every dataset that has their fields."""

    fields: ById[Field]
    checks: ById["ListedCheck"]


class ListedCheck(Entry, Words):
    """One line of checks/<dataset>.yaml."""

    id: str
    family: Family
    rule: Rule
    good: Annotated[tuple[Sample, ...], Limited(min_length=1)]
    bad: Annotated[tuple[Sample, ...], Limited(min_length=1)]

    @property
    def words(self) -> Words:
        """Its wording alone."""
        return Words(what=self.what, expected=self.expected, why=self.why, how=self.how)


class ChecksFile(Frozen):
    """checks/<dataset>.yaml and checks/file.yaml."""

    checks: ById[ListedCheck]


class KindWords(Entry, Words):
    """Family and wording of the checks of one kind that follow from field definitions."""

    family: Family


class DerivedFile(Frozen):
    """checks/derived.yaml; `joiner` stands between the items of a list in a sentence."""

    joiner: Text
    kinds: Mapping[str, KindWords]
