"""The closed set of check kinds of an interchange specification: each a name and its parameters, never code.

What a kind does with a row is in :mod:`careward.checking.engine.kinds`; here is only what a rules file may say of it.
What all kinds share stands in :mod:`careward.rulebook.interchange_kind`, those that look beyond the file's own rows
in :mod:`careward.rulebook.interchange_across`.
"""

from typing import Annotated, Literal

from pydantic import Field

from careward.rulebook.interchange_across import (
    ChangeWithin,
    CountsOther,
    InOther,
    SameAsBefore,
    Sequence,
    WithinStay,
)
from careward.rulebook.interchange_kind import Comparison, Condition, Kind, OneField
from careward.rulebook.values import Frozen, Text

Family = Literal["E1", "E2", "E4", "E5", "W"]
ReadingProblem = Literal[
    "name_without_dataset",
    "dataset_unknown",
    "name_without_period",
    "too_large",
    "empty",
    "not_text",
    "encoding",
    "nul",
    "line_too_long",
    "quote",
    "no_header",
    "too_many_columns",
    "column_missing",
    "column_twice",
    "row_ragged",
    "too_many_rows",
    "no_rows",
    "heading_twice",
    "formula",
    "merged_cells",
    "workbook_locked",
    "workbook_broken",
    "workbook_heavy",
    "json_broken",
    "json_shape",
]
"""Why a file, or a line of it, cannot be taken as a table of the dataset."""


class Required(OneField):
    """The cell is not empty."""

    kind: Literal["required"] = "required"


class MaxLength(OneField):
    """At most `most` characters."""

    tells = frozenset({"count"})
    kind: Literal["max_length"] = "max_length"
    most: int


class Pattern(OneField):
    """The whole cell fits the regular expression."""

    kind: Literal["pattern"] = "pattern"
    pattern: str


class OfType(OneField):
    """The cell can be read as its field's type; one kind for each type that is not plain text."""

    kind: Literal["integer", "decimal", "date", "roc_month", "code_list", "personal_id"]


class Range(OneField):
    """A number within `least` and `most`, both included; None is no bound."""

    kind: Literal["range"] = "range"
    least: int | None
    most: int | None


class HoldsNoPersonalId(OneField):
    """The cell is not a valid 身分證號 or 統一證號: keys are shown unmasked."""

    kind: Literal["holds_no_personal_id"] = "holds_no_personal_id"


class RequiredWhen(Kind):
    """The cell is not empty when a condition on another one holds."""

    level = "record"
    tells = frozenset({"other_found"})
    kind: Literal["required_when"] = "required_when"
    field: str
    when: Condition

    @property
    def named(self) -> tuple[str, ...]:
        """The field, then the one it depends on."""
        return (self.field, self.when.field)


class EmptyUnless(Kind):
    """The cell is empty unless a condition on another one holds."""

    level = "record"
    tells = frozenset({"other_found"})
    kind: Literal["empty_unless"]
    field: str
    when: Condition

    @property
    def named(self) -> tuple[str, ...]:
        """The field, then the one it depends on."""
        return (self.field, self.when.field)


class Compare(Kind):
    """``field op other`` holds between two numbers or two dates of a row, both given."""

    level = "record"
    tells = frozenset({"other_found"})
    kind: Literal["compare"]
    field: str
    op: Comparison
    other: str

    @property
    def named(self) -> tuple[str, ...]:
        """Left, then right."""
        return (self.field, self.other)


class Sum(Kind):
    """``sum of parts op total`` holds between whole numbers of a row."""

    level = "record"
    tells = frozenset({"sum"})
    kind: Literal["sum"]
    parts: Annotated[tuple[str, ...], Field(min_length=2)]
    op: Comparison
    total: str

    @property
    def named(self) -> tuple[str, ...]:
        """The total, then its parts."""
        return (self.total, *self.parts)


class EqualsFilePeriod(Kind):
    """The month in the cell is the month the file is for."""

    level = "record"
    tells = frozenset({"period"})
    kind: Literal["equals_file_period"]
    field: str

    @property
    def named(self) -> tuple[str, ...]:
        """The month's field."""
        return (self.field,)


class EqualsAccountInstitution(Kind):
    """The code in the cell is that of the institution whose account sent the file; no account, no check."""

    level = "record"
    tells = frozenset({"institution"})
    kind: Literal["equals_account_institution"]
    field: str

    @property
    def named(self) -> tuple[str, ...]:
        """The institution's field."""
        return (self.field,)


class DateBound(Kind):
    """``date op bound`` holds; the bound is the file's month's first or last day, or the day of checking."""

    level = "record"
    tells = frozenset({"bound"})
    kind: Literal["date_bound"]
    field: str
    op: Comparison
    bound: Literal["period_start", "period_end", "today"]

    @property
    def named(self) -> tuple[str, ...]:
        """The date's field."""
        return (self.field,)


class IdKind(Kind):
    """When the condition holds, the number is a national's (身分證號) or a foreign resident's (統一證號)."""

    level = "record"
    tells = frozenset({"other_found"})
    kind: Literal["id_kind"]
    field: str
    expects: Literal["national", "resident"]
    when: Condition

    @property
    def named(self) -> tuple[str, ...]:
        """The number, then the field of the condition."""
        return (self.field, self.when.field)


class Unique(Kind):
    """No two rows of the file agree in all `fields`."""

    level = "records"
    tells = frozenset({"first_line"})
    kind: Literal["unique"]
    fields: Annotated[tuple[str, ...], Field(min_length=1)]

    @property
    def named(self) -> tuple[str, ...]:
        """The fields that together may stand once."""
        return self.fields


class RowCount(Kind):
    """The file has between `least` and `most` rows."""

    level = "file"
    tells = frozenset({"count"})
    kind: Literal["row_count"]
    least: int
    most: int


class Reading(Kind):
    """The file, or a line of it, can be read as a table of the dataset."""

    level = "file"
    tells = frozenset({"count", "columns", "limit"})
    kind: Literal["reading"]
    problem: ReadingProblem


Rule = Annotated[
    Required
    | MaxLength
    | Pattern
    | OfType
    | Range
    | HoldsNoPersonalId
    | RequiredWhen
    | EmptyUnless
    | Compare
    | Sum
    | EqualsFilePeriod
    | EqualsAccountInstitution
    | DateBound
    | IdKind
    | Unique
    | Sequence
    | InOther
    | WithinStay
    | SameAsBefore
    | ChangeWithin
    | CountsOther
    | RowCount
    | Reading,
    Field(discriminator="kind"),
]


class Words(Frozen):
    """What a person is told: what is wrong, what would be right, why it matters, how to mend it.

    Each is a ``str.format`` template; see :meth:`careward.rulebook.interchange.Check.say`.
    """

    what: Text
    expected: Text
    why: Text
    how: Text
