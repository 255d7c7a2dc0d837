"""The same checks before sending, on files of one's own machine: no database, no account, nothing kept."""

import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from careward.checking.receipt.report import receipt_lines, whole
from careward.checking.trying import Ground, Tried, tried
from careward.checking.watching import watched
from careward.kernel import clock
from careward.kernel.roc import NotAMonth, RocMonth
from careward.kernel.texts import text
from careward.rulebook import UnknownCode, current

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

    On `err` (default: standard error) a bar shows how far a long file is, when that is a terminal; never with `json`,
    where it takes what is no receipt instead, so that `out` holds JSON only.

    `dataset` and `period` overrule what a file's name says; of a ZIP each file in it is checked. Returns 0 when all
    are clean (warnings allowed), 1 when one has errors, 2 when one is missing or no table, or an argument is unknown.
    With `json` the output is one JSON document per line, a receipt without ticket; it names no institution, so that
    check is left out. Raises OSError when an answer cannot be written, or a file that was there cannot be read on.
    """
    told = _Told(out or sys.stdout, err or sys.stderr, as_json=json)
    try:
        interchange = current().interchange(spec)
        wanted = interchange.dataset(dataset) if dataset is not None else None
        month = RocMonth.parse(period) if period is not None else None
    except UnknownCode as unknown:
        return told.fault(_unknown(unknown, spec))
    except NotAMonth:
        return told.fault(_say("unknown_period", period=period))
    ground = Ground(interchange, clock.now(), dataset=wanted, period=month)
    return max((_one(path, ground, told) for path in files), default=CLEAN)


@dataclass(frozen=True)
class _Told:
    """Where answers go, and what is none."""

    out: TextIO
    err: TextIO
    as_json: bool

    @property
    def bar(self) -> TextIO:
        """Where a bar may stand."""
        return io.StringIO() if self.as_json else self.err

    def fault(self, said: str) -> int:
        """Nothing could be checked, and why."""
        (self.err if self.as_json else self.out).write(said + "\n")
        return UNREADABLE

    def answer(self, one: Tried) -> int:
        """What was found, and its exit code."""
        if self.as_json:
            self.out.write(json.dumps(whole(one.document()), ensure_ascii=False) + "\n")
        else:
            _tell(one, self.out)
        if not one.result.readable:
            return UNREADABLE
        return CLEAN if one.result.accepted else ERRORS


def _one(path: Path, ground: Ground, told: _Told) -> int:
    try:
        path.open("rb").close()
    except IsADirectoryError:
        return told.fault(_say("folder", name=path))
    except OSError:
        return told.fault(_say("missing", name=path))
    worst = CLEAN
    with watched(path, told.bar) as (stream, end_bar):
        for answer in tried(path, path.name, ground, stream):
            end_bar()
            worst = max(worst, told.answer(answer))
    return worst


def _tell(one: Tried, out: TextIO) -> None:
    result = one.result
    outcome = "unreadable" if not result.readable else "clean" if result.accepted else "faulty"
    counts = {"rows": result.row_count, "errors": result.errors, "warnings": result.warnings}
    out.write(_say(outcome, name=one.file.name, **counts) + "\n")
    if result.findings or result.adaptations:
        out.writelines(f"{line}\n" for line in receipt_lines(one.document()))
        out.writelines(f"{line}\n" for line in _unnamed(one))
        out.write("\n")


def _unnamed(one: Tried) -> list[str]:
    """What else can be done about a name that does not tell dataset and month."""
    return [_say("unnamed")] if one.dataset is None or one.period is None else []


def _unknown(unknown: UnknownCode, spec: str) -> str:
    separator = text("checking:findings.separator")
    if unknown.table == "dataset":
        known = separator.join(current().interchange(spec).datasets)
        return _say("unknown_dataset", dataset=unknown.code, known=known)
    return _say("unknown_version", version=unknown.code, known=separator.join(current().interchanges))


def _say(key: str, **values: object) -> str:
    return text(f"checking:findings.offline.{key}", **values)
