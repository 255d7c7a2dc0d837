"""The receipt as a workbook to sort and filter: a cover, one sheet by rule, one by record; ODS and XLSX.

Every finding is in it, whatever their number. It is made when the delivery has its answer, so that nobody waits for
it, from the findings as they were held; what a killed worker left out is made later from the stored receipt. A file
in which nothing was found has none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Any, Final

from careward.intake.confirming import confirmed_of
from careward.intake.grouping import Receipt
from careward.intake.models import Delivery
from careward.intake.prechecking import Prechecked
from careward.intake.receipts import BOOKS
from careward.intake.report import Confirmed, short_moment
from careward.intake.spill import CheckResult, Findings
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset
from careward.store import books
from careward.store.objects import objects
from careward.store.spreadsheets import Page

_BY_RULE_WIDTHS: Final = (8, 34, 20, 8, 16, 24, 50, 40, 50, 40, 40)
_BY_RECORD_WIDTHS: Final = (8, 16, 8, 8, 40, 60)
_COVER_WIDTHS: Final = (16, 60)

Rows = Iterator[Sequence[Any]]


def make(delivery: Delivery, result: CheckResult) -> None:
    """Write both workbooks of an answered delivery beside its receipt, from the findings of its check."""
    if delivery.has_findings:
        known = delivery.specification.datasets.get(delivery.dataset)
        confirmed = confirmed_of(delivery.institution, delivery.dataset) if result.warnings else {}
        _write(delivery, _Held(result.findings, known, confirmed))


def complete(delivery: Delivery) -> None:
    """Write the workbooks that are not there, from the stored receipt."""
    if delivery.has_findings and not all(
        objects().exists(f"{delivery.receipt_key}.{form}") for form in BOOKS
    ):
        _write(delivery, _Stored(Receipt.of(delivery)))


class _Held:
    """Rows out of findings as a check holds them."""

    def __init__(self, findings: Findings, dataset: Dataset | None, confirmed: Confirmed) -> None:
        self._findings, self._confirmed = findings, confirmed
        self._labels = {field.id: field.label for field in dataset.fields} if dataset else {}

    def by_rule(self) -> Rows:
        for each in self._findings.by_check():
            for found in each:
                yield (
                    _kind(warns=found.warns), found.rule, self._label(found.field), found.line,
                    found.record_key, found.found, found.what, found.expected, found.how, found.why,
                    _reason(self._confirmed.get(found.mark)),
                )  # fmt: skip

    def by_record(self) -> Rows:
        for record in self._findings.by_record():
            warnings = sum(found.warns for found in record.findings)
            yield _record(
                record.line,
                record.record_key,
                len(record.findings) - warnings,
                warnings,
                [self._label(found.field) for found in record.findings],
                [found.rule for found in record.findings],
            )

    def _label(self, field: str | None) -> str:
        return self._labels.get(field or "", _say("whole"))


class _Stored:
    """The same rows out of a stored receipt."""

    def __init__(self, receipt: Receipt) -> None:
        self._receipt = receipt

    def by_rule(self) -> Rows:
        for group in self._receipt.document["by_rule"]:
            for found in group["findings"]:
                yield (
                    _kind(warns=group["warns"]), group["rule"], group["label"] or _say("whole"), found["line"],
                    found["record_key"], found["found"], found["what"], found["expected"], found["how"],
                    group["why"], _reason(found.get("confirmed")),
                )  # fmt: skip

    def by_record(self) -> Rows:
        known = {group["rule"]: group for group in self._receipt.document["by_rule"]}
        for record in self._receipt.document["by_record"]:
            groups = [known[broken["rule"]] for broken in record["rules"]]
            warnings = sum(group["warns"] for group in groups)
            yield _record(
                record["line"],
                record["record_key"] or "",
                len(groups) - warnings,
                warnings,
                [group["label"] or _say("whole") for group in groups],
                [group["rule"] for group in groups],
            )


def write_unsent(form: str, found: Prechecked, target: IO[bytes]) -> None:
    """Write the workbook of a file that was checked before sending: it belongs to no delivery."""
    document = found.document
    values = [document["counts"][name] for name in ("errors", "warnings", "rows")]
    name, said = document["file"]["name"], found.dataset.title if found.dataset else ""
    lines = _say("cover.unsent_lines").split("|")
    cover = zip(lines, (_say("cover.unsent"), *values, name, said, document["period"] or ""), strict=True)
    told = _Held(found.result.findings, found.dataset, found.confirmed)
    books.write(form, _pages(chain(cover, [("", _say("cover.masked"))]), told), target)


def _pages(cover: Iterable[Sequence[Any]], told: "_Held | _Stored") -> list[Page]:
    return [
        Page(_say("cover.title"), _heading("cover"), cover, _COVER_WIDTHS),
        Page(_say("by_rule.title"), _heading("by_rule"), told.by_rule(), _BY_RULE_WIDTHS),
        Page(_say("by_record.title"), _heading("by_record"), told.by_record(), _BY_RECORD_WIDTHS),
    ]


def _write(delivery: Delivery, told: _Held | _Stored) -> None:
    for form in BOOKS:
        with TemporaryFile(prefix="careward-receipt-") as file:
            books.write(form, _pages(_cover(delivery), told), file)
            file.seek(0)
            objects().put(f"{delivery.receipt_key}.{form}", file)


def _cover(delivery: Delivery) -> Rows:
    names = _say("cover.lines").split("|")
    state = _say("cover.rejected") if delivery.error_count else _say("cover.accepted")
    values = (
        delivery.ticket, state, delivery.error_count, delivery.warning_count, delivery.row_count, delivery.name,
        delivery.dataset_label, delivery.period, delivery.institution.code, delivery.lane_label,
        short_moment(delivery.received_at), short_moment(delivery.answered_at), delivery.sha256,
        delivery.specification.title, delivery.signed_with,
    )  # fmt: skip
    yield from zip(names, values, strict=True)
    yield ("", _say("cover.masked"))


def _record(
    line: int | None, key: str, errors: int, warnings: int, labels: Sequence[str], rules: Sequence[str]
) -> Sequence[Any]:
    parts = text("intake:findings.separator")
    return line, key, errors, warnings, parts.join(dict.fromkeys(labels)), parts.join(dict.fromkeys(rules))


def _reason(confirmed: Mapping[str, str] | None) -> str:
    return confirmed["reason"] if confirmed else ""


def _kind(*, warns: bool) -> str:
    return _say("warning") if warns else _say("error")


def _heading(sheet: str) -> Sequence[str]:
    return _say(f"{sheet}.heading").split("|")


def _say(part: str) -> str:
    return text(f"intake:receipt_book.{part}")
