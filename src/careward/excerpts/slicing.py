"""One check of a receipt as a stranger may see it: where it failed and what was expected, nothing of what was written.

The words are the specification's own, with a blank where a receipt quotes a row. Of what was found only the shape
stands – which signs are digits, letters, characters – and that only under a field that points at nobody.
Record numbers, file names and whatever else the institution wrote are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from unicodedata import category

from careward.intake.catalogue import CheckLine, check_lines
from careward.intake.grouping import OfRule, Receipt
from careward.intake.models import Delivery
from careward.kernel.text import nfkc
from careward.kernel.texts import text
from careward.rulebook.interchange import Check, Dataset, Field, Interchange
from careward.store.spreadsheets import write_table

_KEPT: Final = frozenset(" !\"#%&'()*+,-./:;<=>?@[]_…")
"""Signs whose place tells how a value is written, and nothing else."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the check failed: ``line`` None is the file as a whole; ``shape`` is empty where it may not be shown."""

    line: int | None
    shape: str


@dataclass(frozen=True, slots=True)
class Slice:
    """One check of one receipt; ``places`` are all, or the first of ``count``."""

    check: CheckLine
    dataset: Dataset
    field: Field | None
    warns: bool
    count: int
    places: Sequence[Place]

    @property
    def left_out(self) -> int:
        """How many places are not listed."""
        return self.count - len(self.places)

    @property
    def shows_shapes(self) -> bool:
        """Whether the field's class of personal data lets the shape be shown."""
        return _points_at_nobody(self.field)


def rules_of(delivery: Delivery) -> list[OfRule]:
    """The checks of a receipt that may be shared: those that stand in the specification."""
    dataset = _dataset(delivery)
    if dataset is None:
        return []
    known = _checks(delivery.specification, dataset)
    return [group for group in Receipt.for_page(delivery).by_rule if group.rule in known]


def slice_of(delivery: Delivery, rule: str) -> Slice | None:
    """The findings of one check; None where the receipt has none, is destroyed, or the check is not to be shared."""
    dataset = _dataset(delivery)
    if dataset is None:
        return None
    return cut(Receipt.for_page(delivery), rule, delivery.specification, dataset)


def cut(receipt: Receipt, rule: str, spec: Interchange, dataset: Dataset) -> Slice | None:
    """The same of a receipt that was read already."""
    check = _checks(spec, dataset).get(rule)
    group = next((one for one in receipt.by_rule if one.rule == rule), None)
    if check is None or group is None:
        return None
    field = next((one for one in dataset.fields if one.id == check.field), None)
    shown = _points_at_nobody(field)
    places = [
        Place(one.line, shape(one.found) if shown else "") for one in receipt.chosen(rule=rule, line="")
    ]
    (line,) = check_lines(spec, [check], dataset)
    return Slice(line, dataset, field, group.warns, group.count, places)


def as_csv(shared: Slice) -> bytes:
    """The places as a table for whoever mends the program."""
    line, check = shared.check, shared.check.check
    heading = text("excerpts:csv.heading").split("|")
    rows = [
        (
            place.line if place.line is not None else text("excerpts:csv.whole"),
            line.label, check.field or "", check.id, line.expected, place.shape, line.how, line.why,
        )
        for place in shared.places
    ]  # fmt: skip
    return write_table("csv", "", heading, rows)


def shape(said: str) -> str:
    """How something is written, without what: A and a for letters, 9 for digits, one sign for all characters.

    Full width is told from half width. What a receipt says of an empty cell stays.
    """
    return said if said == text("checking:findings.empty") else "".join(map(_sign, said))


def _sign(sign: str) -> str:
    kind, plain = category(sign), nfkc(sign)
    if kind == "Nd":
        return "9" if sign.isascii() else _sign_for("wide_digit") if plain.isascii() else _sign_for("other")
    if kind.startswith("L") and plain.isascii() and len(plain) == 1:
        return ("A" if sign.isupper() else "a") if sign.isascii() else _sign_for("wide_letter")
    if kind.startswith("L"):
        return _sign_for("character")
    return sign if sign in _KEPT else _sign_for("other")


@cache
def _sign_for(kind: str) -> str:
    return text(f"excerpts:shape.{kind}")


def _points_at_nobody(field: Field | None) -> bool:
    return field is not None and field.personal_data == "none"


def _dataset(delivery: Delivery) -> Dataset | None:
    return delivery.specification.datasets.get(delivery.dataset) if delivery.has_findings else None


def _checks(spec: Interchange, dataset: Dataset) -> dict[str, Check]:
    return {check.id: check for check in (*spec.file_checks, *dataset.checks)}
