"""What all check kinds of an interchange specification share.

``level`` is what a kind needs to see: one cell (``field``), one row (``record``), all rows (``records``),
the file as a whole (``file``), accepted files of other datasets of the same month (``files``) or the file
accepted last of an earlier month (``history``). ``tells`` are the placeholders its wording may use beside those
of every check.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from careward.rulebook.values import Frozen

Level = Literal["file", "field", "record", "records", "files", "history"]
Comparison = Literal["<", "<=", "=", ">=", ">"]


class Condition(Frozen):
    """Holds when the code in `field` is one of `among`; a rules file writes ``{field: role, in: [NUR]}``."""

    field: str
    among: Annotated[tuple[str, ...], Field(alias="in", min_length=1)]


class Kind(Frozen):
    """What all kinds share; `named` are the fields a check speaks of, the first being its place."""

    level: ClassVar[Level]
    tells: ClassVar[frozenset[str]] = frozenset()

    @property
    def named(self) -> tuple[str, ...]:
        """Code names of the fields it needs."""
        return ()


class OneField(Kind):
    """A kind that looks at a single cell."""

    level = "field"
    field: str

    @property
    def named(self) -> tuple[str, ...]:
        """The one field."""
        return (self.field,)
