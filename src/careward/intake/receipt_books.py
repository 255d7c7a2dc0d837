"""The receipt as a workbook to sort and filter: a cover, one sheet by rule, one by record; ODS and XLSX.

Every finding is in it, whatever their number. It is made when the delivery has its answer, so that nobody waits for
it, from the findings as they were held; what a killed worker left out is made later from the stored receipt. When a
warning is confirmed, or that is taken back, it is made anew. A file in which nothing was found has none.
"""

from collections.abc import Callable, Mapping
from tempfile import TemporaryFile
from typing import Any

from typing_extensions import override

from careward.checking.receipt.report import short_moment
from careward.checking.receipt.sheets import Held, Rows, Told, kind, pages, record_row, say
from careward.checking.spill import CheckResult
from careward.intake.confirming import confirmed_of, without_mark
from careward.intake.models import Delivery
from careward.intake.receipts import BOOKS, is_long
from careward.intake.stored_receipt import StoredReceipt
from careward.store import books
from careward.store.objects import objects

Reason = Callable[[Mapping[str, Any], Mapping[str, Any]], str]


class Stored(Told):
    """The same rows out of a stored receipt; ``reason`` says why a warning of a group was confirmed."""

    def __init__(self, receipt: StoredReceipt, reason: Reason) -> None:
        self._receipt, self._reason = receipt, reason

    @override
    def by_rule(self) -> Rows:
        for group, found in self._receipt.findings():
            yield (
                kind(warns=group["warns"]), group["rule"], group["label"] or say("whole"), found["line"],
                found["record_key"], found["found"], found["what"], found["expected"], found["how"],
                group["why"], self._reason(group, found),
            )  # fmt: skip

    @override
    def by_record(self) -> Rows:
        known = {group["rule"]: group for group in self._receipt.groups}
        for record in self._receipt.records():
            groups = [known[broken["rule"]] for broken in record["rules"]]
            warnings = sum(group["warns"] for group in groups)
            yield record_row(
                record["line"],
                record["record_key"] or "",
                len(groups) - warnings,
                warnings,
                [group["label"] or say("whole") for group in groups],
                [group["rule"] for group in groups],
            )


def make(delivery: Delivery, result: CheckResult) -> None:
    """Write both workbooks of an answered delivery beside its receipt, from the findings of its check."""
    if delivery.has_findings:
        known = delivery.specification.datasets.get(delivery.dataset)
        confirmed = confirmed_of(delivery.institution, delivery.dataset) if result.warnings else {}
        _write(delivery, Held(result.findings, known, confirmed))


def complete(delivery: Delivery) -> None:
    """Write the workbooks that are not there, from the stored receipt."""
    if delivery.has_findings and not _are_there(delivery):
        renew(delivery)


def made_here(delivery: Delivery) -> bool:
    """Whether they are there, those of a short receipt made now; of a long one only a worker makes them."""
    if not is_long(delivery):
        complete(delivery)
    return _are_there(delivery)


def _are_there(delivery: Delivery) -> bool:
    return all(objects().exists(f"{delivery.receipt_key}.{form}") for form in BOOKS)


def renew(delivery: Delivery) -> None:
    """Write them anew from the stored receipt, with the warnings that are confirmed now.

    The signed receipt and its text stay as they were signed; the workbook is what an institution works with.
    """
    if delivery.has_findings:
        _write(delivery, Stored(StoredReceipt(delivery), _reasons(delivery)))


def _reasons(delivery: Delivery) -> Reason:
    institution, dataset = delivery.institution, delivery.dataset
    confirmed = confirmed_of(institution, dataset)

    def reason(group: Mapping[str, Any], finding: Mapping[str, Any]) -> str:
        if not confirmed or not group["warns"]:
            return ""
        mark = finding.get("mark") or without_mark(
            institution,
            dataset,
            group["rule"],
            finding["record_key"] or "",
            finding["found"],
            finding["what"],
        )
        return confirmed[mark]["reason"] if mark in confirmed else ""

    return reason


def _write(delivery: Delivery, told: Told) -> None:
    for form in BOOKS:
        with TemporaryFile(prefix="careward-receipt-") as file:
            books.write(form, pages(_cover(delivery), told), file)
            file.seek(0)
            objects().put(f"{delivery.receipt_key}.{form}", file)


def _cover(delivery: Delivery) -> Rows:
    names = say("cover.lines").split("|")
    state = say("cover.rejected") if delivery.error_count else say("cover.accepted")
    values = (
        delivery.ticket, state, delivery.error_count, delivery.warning_count, delivery.row_count, delivery.name,
        delivery.dataset_label, delivery.period, delivery.institution.code, delivery.lane_label,
        short_moment(delivery.received_at), short_moment(delivery.answered_at), delivery.sha256,
        delivery.specification.title, delivery.signed_with,
    )  # fmt: skip
    yield from zip(names, values, strict=True)
    yield ("", say("cover.masked"))
