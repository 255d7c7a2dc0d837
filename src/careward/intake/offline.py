"""The same checks before sending, on files of one's own machine: no database, no account, nothing kept."""

import io
import json
import sys
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Final, TextIO

from careward.intake.checking import check, refusals
from careward.intake.months import name_the_right_one
from careward.intake.naming import recognise
from careward.intake.report import Document, ReceivedFile, receipt_document, receipt_text
from careward.intake.spill import CheckResult, Findings
from careward.intake.table import Source, Unreadable
from careward.intake.watching import watched
from careward.kernel import clock
from careward.kernel.roc import NotAMonth, RocMonth
from careward.kernel.texts import text
from careward.rulebook import UnknownCode, current
from careward.rulebook.interchange import Dataset, Interchange

CLEAN: Final = 0
ERRORS: Final = 1
UNREADABLE: Final = 2


def run(
    files: Sequence[Path],
    dataset: str | None = None,
    period: str | None = None,
    spec: str = "1.0",
    *,
    json: bool = False,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Check `files` and write the answer to `out` (default: standard output).

    On `err` (default: standard error) a bar shows how far a long file is, when that is a terminal; never with `json`.

    `dataset` and `period` overrule what a file's name says. Returns 0 when all are clean (warnings
    allowed), 1 when one has errors, 2 when one is missing or no table, or an argument is unknown. With
    `json` the output is one JSON document per line, a receipt without ticket; it names no institution, so
    that check is left out.
    """
    out, err = out or sys.stdout, io.StringIO() if json else err or sys.stderr
    try:
        interchange = current().interchange(spec)
        wanted = interchange.dataset(dataset) if dataset is not None else None
        month = RocMonth.parse(period) if period is not None else None
    except UnknownCode as unknown:
        out.write(_unknown(unknown, spec) + "\n")
        return UNREADABLE
    except NotAMonth:
        out.write(_say("unknown_period", period=period) + "\n")
        return UNREADABLE
    return max(
        (_one(path, interchange, wanted, month, as_json=json, out=out, err=err) for path in files),
        default=CLEAN,
    )


def _one(
    path: Path,
    spec: Interchange,
    dataset: Dataset | None,
    period: RocMonth | None,
    *,
    as_json: bool,
    out: TextIO,
    err: TextIO,
) -> int:
    try:
        with watched(path, err) as file:
            result, dataset, period = _checked(path, file, spec, dataset, period)
        document = _document(path, result, spec, dataset, period)
    except OSError:
        out.write(_say("missing", name=path) + "\n")
        return UNREADABLE
    if as_json:
        out.write(json.dumps(document, ensure_ascii=False) + "\n")
    else:
        _tell(path, result, document, out)
    if not result.readable:
        return UNREADABLE
    return CLEAN if result.accepted else ERRORS


def _checked(
    path: Path, file: Source, spec: Interchange, dataset: Dataset | None, period: RocMonth | None
) -> tuple[CheckResult, Dataset | None, RocMonth | None]:
    if dataset is None or period is None:
        try:
            named = recognise(path.name, spec=spec)
        except Unreadable as unreadable:
            return (
                CheckResult(Findings.of(refusals(unreadable, spec)), 0, (), readable=False),
                dataset,
                period,
            )
        dataset, period = dataset or named.dataset, period or named.period
    today = clock.now().date()
    result = check(file, spec=spec, dataset=dataset, period=period, institution_code=None, today=today)
    name_the_right_one(result, spec=spec, dataset=dataset, period=period, name=path.name)
    return result, dataset, period


def _document(
    path: Path, result: CheckResult, spec: Interchange, dataset: Dataset | None, period: RocMonth | None
) -> Document:
    with path.open("rb") as stream:
        fingerprint = file_digest(stream, "sha256").hexdigest()
    now = clock.now()
    file = ReceivedFile("", path.name, fingerprint, path.stat().st_size, now, "offline")
    return receipt_document(
        result, file=file, spec=spec, dataset=dataset, period=period, institution_code=None, checked_at=now
    )


def _tell(path: Path, result: CheckResult, document: Document, out: TextIO) -> None:
    outcome = "unreadable" if not result.readable else "clean" if result.accepted else "faulty"
    counts = {"rows": result.row_count, "errors": result.errors, "warnings": result.warnings}
    out.write(_say(outcome, name=path.name, **counts) + "\n")
    if result.findings or result.adaptations:
        out.write(receipt_text(document) + "\n")


def _unknown(unknown: UnknownCode, spec: str) -> str:
    separator = text("intake:findings.separator")
    if unknown.table == "dataset":
        known = separator.join(current().interchange(spec).datasets)
        return _say("unknown_dataset", dataset=unknown.code, known=known)
    return _say("unknown_version", version=unknown.code, known=separator.join(current().interchanges))


def _say(key: str, **values: object) -> str:
    return text(f"intake:findings.offline.{key}", **values)
