"""What a check tells: findings with their place and wording, adaptations of what was written, the result.

Nothing here shows a full personal number or name: what was found is masked when a finding is made.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from unicodedata import category

from careward.kernel.identifiers import mask_id
from careward.kernel.text import mask_name, nfkc
from careward.kernel.texts import text
from careward.rulebook.interchange import Check, Field

_LONGEST_SHOWN: Final = 60
_LIKE_AN_ID: Final = re.compile(r"[A-Za-z][A-Da-d1289][0-9]{8}")
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")

AdaptationKind = Literal[
    "encoding",
    "delimiter",
    "extra_column",
    "blank_rows",
    "trailing_cells",
    "spaces",
    "width",
    "date_form",
    "id_form",
    "number_form",
    "code_spelling",
    "not_compared",
    "other_sheet",
    "hidden_sheet",
]

_OF_ROWS: Final = frozenset({"blank_rows", "trailing_cells"})


def shown(said: str, field: Field | None = None) -> str:
    """What of `said` may stand in a receipt: masked when `field` is personal.

    Whatever looks like an ID number is masked in any field. Control and direction characters become U+FFFD,
    long text ends in an ellipsis, empty text has its own word.
    """
    if not said.strip():
        return text("checking:findings.empty")
    if field is not None and field.keep == "name_masked":
        return mask_name(said)
    if field is not None and field.keep == "year_only":
        return text("checking:findings.year_only", begins=said.strip()[:3])
    if field is not None and field.keep == "id_hashed":
        return mask_id(said)[:_LONGEST_SHOWN]
    if not said.isascii() or not said.isprintable():
        said = "".join("\ufffd" if category(sign) in _UNSEEN else sign for sign in said)
    said = without_ids(said)
    return said if len(said) <= _LONGEST_SHOWN else f"{said[:_LONGEST_SHOWN]}…"


def without_ids(said: str) -> str:
    """A text with whatever looks like an ID number in it masked."""
    if not said.isascii() and _LIKE_AN_ID.search(nfkc(said)):
        said = nfkc(said)
    return _LIKE_AN_ID.sub(lambda found: mask_id(found[0]), said)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that failed at one place. `line` counts from 1 as an editor does, None for the whole file.

    `found` and `record_key` are fit to be shown; `values` fill what else the wording needs of the row. `mark` is what
    a warning is known by (:mod:`careward.checking.marking`), empty where it has none.
    """

    line: int | None
    check: Check
    found: str
    record_key: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    mark: str = ""

    @property
    def rule(self) -> str:
        """The check's stable id."""
        return self.check.id

    @property
    def family(self) -> str:
        """E1 required/length, E2 format, E4 look-up, E5 business rule, W warning."""
        return self.check.family

    @property
    def field(self) -> str | None:
        """Code name of the field it stands under."""
        return self.check.field

    @property
    def warns(self) -> bool:
        """Whether it leaves the file acceptable."""
        return self.check.warns

    @property
    def what(self) -> str:
        """What is wrong."""
        return self.check.say("what", found=self.found, **self.values)

    @property
    def expected(self) -> str:
        """What would be right."""
        return self.check.say("expected", found=self.found, **self.values)

    @property
    def why(self) -> str:
        """Why it matters."""
        return self.check.say("why", found=self.found, **self.values)

    @property
    def how(self) -> str:
        """How to mend it."""
        return self.check.say("how", found=self.found, **self.values)


@dataclass(frozen=True, slots=True)
class Adaptation:
    """Something that was read although it was not written as the specification says: never silently.

    `field` is a code name or "" for the file; `detail` says what kind of it (an encoding's name, a heading).
    """

    kind: AdaptationKind
    field: str
    detail: str
    count: int
    first_line: int

    @property
    def says(self) -> str:
        """One sentence for a person."""
        return text(f"checking:reading.adapted.{self.kind}", detail=self.detail, count=self.count)


class Notes:
    """Counts adaptations while a file is read; as many entries as there are kinds and fields, not rows.

    `fields` are the dataset's code names in their order: of one line, the field that stands first is told first.
    """

    def __init__(self, fields: Sequence[str] = ()) -> None:
        self._counts: dict[tuple[AdaptationKind, str, str], list[int]] = {}
        self._places = {name: place for place, name in enumerate(fields)}

    def add(
        self, kind: AdaptationKind, line: int, field: str = "", detail: str = "", *, count: int = 1
    ) -> None:
        """Count one more, or as many as `count`, remembering the first line, in whatever order they come."""
        entry = self._counts.setdefault((kind, field, detail), [0, line])
        entry[0] += count
        entry[1] = min(entry[1], line)

    def told(self) -> tuple[Adaptation, ...]:
        """Those of the file as a whole, then those of its rows in the order in which they were first met."""
        return tuple(
            Adaptation(*key, count, line)
            for key, (count, line) in sorted(self._counts.items(), key=self._met)
        )

    def _met(self, entry: tuple[tuple[AdaptationKind, str, str], list[int]]) -> tuple[int, int]:
        (kind, field, _), (_, line) = entry
        if not field and kind not in _OF_ROWS:
            return (0, 0)
        return (line, self._places.get(field, -1))
