"""The sheets of a receipt as a workbook – cover, by rule, by record – from what a check holds or a document says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import IO, Any, Final, Protocol

from typing_extensions import override

from careward.checking.receipt.report import Confirmed, Document, worded
from careward.checking.spill import Findings
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset
from careward.store import books
from careward.store.spreadsheets import Page

_BY_RULE_WIDTHS: Final = (8, 34, 20, 8, 16, 24, 50, 40, 50, 40, 40)
_BY_RECORD_WIDTHS: Final = (8, 16, 8, 8, 40, 60)
_COVER_WIDTHS: Final = (16, 60)

Rows = Iterator[Sequence[Any]]


class Told(Protocol):
    """What became of a file, row by row of a sheet."""

    def by_rule(self) -> Rows:
        """One row a finding, errors before warnings."""

    def by_record(self) -> Rows:
        """One row a line of the file."""


class Held(Told):
    """Rows out of findings as a check holds them."""

    def __init__(self, findings: Findings, dataset: Dataset | None, confirmed: Confirmed) -> None:
        self._findings, self._confirmed = findings, confirmed
        self._labels = {field.id: field.label for field in dataset.fields} if dataset else {}

    @override
    def by_rule(self) -> Rows:
        for each in self._findings.by_check():
            named = kind(warns=each.check.warns), each.check.id, self._label(each.check.field)
            for found, words in worded(each):
                yield (
                    *named, found.line, found.record_key, found.found,
                    words["what"], words["expected"], words["how"], found.why,
                    _reason(self._confirmed.get(found.mark)),
                )  # fmt: skip

    @override
    def by_record(self) -> Rows:
        for record in self._findings.by_record():
            warnings = sum(found.warns for found in record.findings)
            yield record_row(
                record.line,
                record.record_key,
                len(record.findings) - warnings,
                warnings,
                [self._label(found.field) for found in record.findings],
                [found.rule for found in record.findings],
            )

    def _label(self, field: str | None) -> str:
        return self._labels.get(field or "", say("whole"))


def write_unsent(form: str, document: Document, told: Told, target: IO[bytes]) -> None:
    """Write the workbook of a file that was checked before sending: it belongs to no delivery."""
    values = [document["counts"][name] for name in ("errors", "warnings", "rows")]
    name, said = document["file"]["name"], document["dataset"]["title"] if document["dataset"] else ""
    lines = say("cover.unsent_lines").split("|")
    cover = zip(lines, (say("cover.unsent"), *values, name, said, document["period"] or ""), strict=True)
    books.write(form, pages(chain(cover, [("", say("cover.unsent_masked"))]), told), target)


def pages(cover: Iterable[Sequence[Any]], told: Told) -> list[Page]:
    """The three sheets; their rows are made while they are written."""
    return [
        Page(say("cover.title"), _heading("cover"), cover, _COVER_WIDTHS),
        Page(say("by_rule.title"), _heading("by_rule"), told.by_rule(), _BY_RULE_WIDTHS),
        Page(say("by_record.title"), _heading("by_record"), told.by_record(), _BY_RECORD_WIDTHS),
    ]


def record_row(
    line: int | None, key: str, errors: int, warnings: int, labels: Sequence[str], rules: Sequence[str]
) -> Sequence[Any]:
    """A row of the sheet by record: how many errors and warnings, in which fields, by which rules."""
    parts = text("checking:findings.separator")
    return line, key, errors, warnings, parts.join(dict.fromkeys(labels)), parts.join(dict.fromkeys(rules))


def _reason(confirmed: Mapping[str, str] | None) -> str:
    return confirmed["reason"] if confirmed else ""


def kind(*, warns: bool) -> str:
    """Error or warning, in a word."""
    return say("warning") if warns else say("error")


def _heading(sheet: str) -> Sequence[str]:
    return say(f"{sheet}.heading").split("|")


def say(part: str) -> str:
    """A word of the workbook."""
    return text(f"checking:receipt_book.{part}")
